"""``cameras``: which ones there are, with names and sizes, also those that cannot be opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from happysad_live.sources import CameraInfo, list_cameras
from happysad_live.sources.registry import BESIDES_CAMERAS
from happysad_live.terminal import print_json, print_message, print_result, table_lines

_NO_CAMERA = f"No camera was found. Plug one in, or open {BESIDES_CAMERAS} instead."


def run(as_json: bool) -> int:
    """Print the cameras as a table, or as a JSON list of objects. Returns the exit code, always 0."""
    cameras = list_cameras()
    if as_json:
        print_json([asdict(camera) for camera in cameras])
    elif cameras:
        print_result(_table(cameras))
        for camera in cameras:
            if camera.refusal:
                print_message(camera.refusal)
    else:
        print_result(_NO_CAMERA)
    return 0


def _table(cameras: Sequence[CameraInfo]) -> str:
    rows = [("Number", "Name", "Picture", "Device"), *(_row(camera) for camera in cameras)]
    return "\n".join(table_lines(rows, text_columns=4))


def _row(camera: CameraInfo) -> tuple[str, str, str, str]:
    return str(camera.index), camera.name, _picture(camera), camera.path


def _picture(camera: CameraInfo) -> str:
    if camera.refusal:
        return "cannot be opened"
    if camera.width is None or camera.height is None:
        return "known once open"
    rate = f", {camera.frame_rate:g} a second" if camera.frame_rate else ""
    return f"{camera.width}x{camera.height}{rate}"
