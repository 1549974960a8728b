"""``doctor``: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.core.cores import usable_cores
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.errors import HappySadError
from happysad_live.paths import is_folder, is_there
from happysad_live.terminal import EXIT_DONE, print_json, print_result

if TYPE_CHECKING:
    from happysad_live.sources import CameraInfo

PACKAGES = (
    "mediapipe", "ai-edge-litert", "tensorflow", "keras", "opencv-python", "numpy", "PyQt6", "av", "pillow",
    "pillow-heif",
)  # fmt: skip
MEDIAPIPE_WITHOUT_REPORTS = "0.10.21"
LOW_SPACE_GB = 2.0

State = Literal["ok", "note", "problem"]
_MARKS: dict[State, str] = {"ok": "✓", "note": "•", "problem": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. advice: what to do, empty where all is well."""

    subject: str
    state: State
    detail: str
    advice: str = ""


def run(clips_folder: Path, as_json: bool) -> int:
    """Print every finding; returns the exit code.

    clips_folder: where the window records to. Raises HappySadError when something that the program needs does
    not work.
    """
    findings = []
    for finding in _examine(clips_folder):
        findings.append(finding)
        if not as_json:
            print_result(f"{_MARKS[finding.state]} {finding.subject}: {finding.detail}")
            if finding.advice:
                print_result(f"    {finding.advice}")
    if as_json:
        print_json([asdict(finding) for finding in findings])
    if broken := [finding.subject for finding in findings if finding.state == "problem"]:
        raise HappySadError(f"Not everything works: see {', '.join(broken)} above.")
    return EXIT_DONE


def _examine(clips_folder: Path) -> Iterator[Finding]:
    yield _python()
    yield from _packages()
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("face finder", _face_finder),
        ("device", _device),
        ("video encoder", _encoder),
        ("cameras", _cameras),
        ("window", _window),
        ("clips folder", partial(_clips_folder, clips_folder)),
        ("recordings", partial(_leftovers, clips_folder)),
    )
    for subject, check in checks:
        yield _guarded(subject, check)
    yield from _models()


def _guarded(subject: str, check: Callable[[], Finding]) -> Finding:
    """A doctor must survive every illness: a check that breaks is itself a finding."""
    try:
        return check()
    except Exception as error:
        return Finding(subject, "problem", f"{type(error).__name__}: {error}", "Install the program anew.")


def _python() -> Finding:
    fits = (3, 11) <= sys.version_info[:2] <= (3, 12)
    advice = "" if fits else "Keras 3.15 and MediaPipe 0.10.21 need Python 3.11 or 3.12."
    detail = (
        f"{platform.python_version()} on {platform.system()} {platform.machine()}, {usable_cores()} cores"
    )
    return Finding("Python", "ok" if fits else "problem", detail, advice)


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(name, "problem", "not installed", "Install the program anew.")
            continue
        if name == "mediapipe" and found != MEDIAPIPE_WITHOUT_REPORTS:
            advice = f"Install mediapipe=={MEDIAPIPE_WITHOUT_REPORTS}: later ones send usage reports."
            yield Finding(name, "problem", found, advice)
        else:
            yield Finding(name, "ok", found)


def _face_finder() -> Finding:
    from happysad_live.detection.finder import FaceFinder
    from happysad_live.sources import open_source

    finder = FaceFinder()
    with open_source("demo") as demo:
        frame = demo.read()
    assert frame is not None
    found = finder.find(frame.image)
    finder.close()
    if found:
        return Finding("face finder", "ok", f"finds the demo's face (score {found[0].score:.2f})")
    return Finding("face finder", "problem", "does not find the demo's face", "Install mediapipe anew.")


def _device() -> Finding:
    from happysad_live.classification.device import choose_device

    with native_chatter_silenced():
        chosen = choose_device("gpu")
    if chosen.name == "CPU":
        return Finding("device", "ok", "CPU, which is fast enough", chosen.note and f"{chosen.note}.")
    return Finding("device", "ok", chosen.name)


def _encoder() -> Finding:
    import av

    if "libx264" in av.codecs_available:
        return Finding("video encoder", "ok", "H.264 (libx264)")
    return Finding("video encoder", "problem", "no H.264", "Install av from a wheel: pip install --force av.")


def _cameras() -> Finding:
    from happysad_live.sources import list_cameras

    cameras = list_cameras()
    if refused := [camera.refusal for camera in cameras if camera.refusal]:
        return Finding("cameras", "note", _named(cameras), " ".join(refused))
    if cameras:
        return Finding("cameras", "ok", _named(cameras))
    advice = "Plug one in, or allow this program to use it; files and the demo work without."
    return Finding("cameras", "note", "none found", advice)


def _named(cameras: Sequence[CameraInfo]) -> str:
    return ", ".join(f"{camera.index}: {camera.name}" for camera in cameras)


def _window() -> Finding:
    from happysad_live.display import missing_display

    reason = missing_display()
    if reason is None:
        return Finding("window", "ok", "can be opened")
    return Finding("window", "note", reason)


def _clips_folder(folder: Path) -> Finding:
    existing = next((place for place in (folder, *folder.parents) if is_there(place)), folder)
    if not (is_folder(existing) and os.access(existing, os.W_OK | os.X_OK)):
        return Finding(
            "clips folder", "problem", f"{folder} cannot be written", "Record into another folder."
        )
    free_gb = shutil.disk_usage(existing).free / 1e9
    state: State = "note" if free_gb < LOW_SPACE_GB else "ok"
    advice = "Make room before recording." if state == "note" else ""
    return Finding("clips folder", state, f"{folder}, {free_gb:.0f} GB free", advice)


def _leftovers(folder: Path) -> Finding:
    from happysad_live.recording.recovery import find_leftovers

    count = len(find_leftovers(folder))
    if not count:
        return Finding("recordings", "ok", "none was cut off")
    return Finding(
        "recordings", "note", f"{count} cut off by a crash", "Open the window: it offers to recover them."
    )


def _models() -> Iterator[Finding]:
    from happysad_live.classification.bundle import available_models

    models = available_models()
    if not models:
        yield Finding("models", "problem", "none found", "Install the program anew.")
    for name, folder in models.items():
        yield _guarded(f"model {name}", lambda name=name, folder=folder: _model(name, folder))  # type: ignore[misc]


def _model(name: str, folder: Path) -> Finding:
    from happysad_live.classification.classifier import EmotionModel

    try:
        model = EmotionModel.load(folder, device="cpu")
    except HappySadError as error:
        return Finding(f"model {name}", "problem", str(error), "Copy the model again.")
    grey = np.full((1, CROP_SIZE_PX, CROP_SIZE_PX, 3), 128, np.uint8)
    sums_to_one = abs(float(model.probabilities(grey).sum()) - 1) < 1e-3
    count = model.bundle.info.get("parameters")
    size = f" ({count:,} parameters)" if isinstance(count, int) else ""
    detail = f"{', '.join(model.labels)}{size}"
    if not sums_to_one:
        return Finding(f"model {name}", "problem", "its answers make no sense", "Copy the model again.")
    return Finding(f"model {name}", "ok", detail)
