"""Exporting a clip's labels for ELAN, an annotation program (.eaf, format 3.0)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from happysad_live.core.label_text import face_name
from happysad_live.core.numbered import numbered
from happysad_live.core.replacing import replacing
from happysad_live.recording.clip_info import ClipInfo
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.label_lines import FrameLabels
from happysad_live.recording.stretches import label_stretches

FORMAT = "3.0"
LABEL_TYPE = "label"
"""The tiers' linguistic type: free text, aligned with the time."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an XML 1.0 document cannot hold (production 2 of its specification)."""


def write_elan(
    path: Path, video: Path, info: ClipInfo, lines: Sequence[FrameLabels], *, begins_s: float
) -> None:
    """Write a tier for each face with the model's labels, and tiers with the user's own.

    video: the clip that ELAN will open beside it.
    lines: the label lines without the user's own labels filled in.
    begins_s: when a player shows the frame whose ``time_s`` is 0.

    Raises RecordingError where the file cannot be written.
    """
    from pympi.Elan import Eaf

    document = Eaf(author="HappySad Live")
    _declare_format(document)
    document.add_linked_file(_link(video), relpath=_relative_link(video, path.parent), mimetype="video/mp4")
    document.add_linguistic_type(LABEL_TYPE)
    document.remove_tier("default")
    document.remove_linguistic_type("default-lt")
    document.add_property("model", _as_xml(info.model))
    begins_ms = round(begins_s * 1000)
    for tier, stretches in _tiers(info, lines).items():
        document.add_tier(tier, LABEL_TYPE)
        for start_ms, end_ms, text in stretches:
            if start_ms < end_ms:  # else shorter than ELAN's unit, a millisecond
                document.add_annotation(tier, begins_ms + start_ms, begins_ms + end_ms, text)
    _write(document, path)


def _link(video: Path) -> str:
    """What ELAN itself writes of a file: ``file:///``, and the path as it is. It decodes no ``%20``."""
    path = video.absolute().as_posix()
    return _as_xml(f"file:{path}" if path.startswith("//") else f"file:///{path.removeprefix('/')}")


def _relative_link(video: Path, folder: Path) -> str | None:
    try:
        return _as_xml("./" + Path(os.path.relpath(video, folder)).as_posix())
    except ValueError:  # on another drive of Windows
        return None


def _tiers(info: ClipInfo, lines: Sequence[FrameLabels]) -> dict[str, list[tuple[int, int, str]]]:
    tiers: dict[str, list[tuple[int, int, str]]] = {}

    def add(name: str, start_s: float, end_s: float, text: str) -> None:
        start_ms = max(round(start_s * 1000), 0)  # ELAN knows nothing before the beginning
        entry = start_ms, round(end_s * 1000), _as_xml(text)
        tiers.setdefault(_free_tier(tiers, name, start_ms), []).append(entry)

    for stretch in label_stretches(lines, info.length_s):
        # Without its confidence: annotations are counted and compared by their text.
        add(face_name(stretch.track), stretch.start_s, stretch.end_s, stretch.label)
    for own in sorted(info.own_labels, key=lambda own: own.start_s):
        name = "Own labels" if own.track is None else f"Own labels, {face_name(own.track).lower()}"
        add(name, own.start_s, own.end_within(info.length_s), own.label)
    return tiers


def _free_tier(tiers: dict[str, list[tuple[int, int, str]]], name: str, start_ms: int) -> str:
    """The first of ``NAME``, ``NAME (2)``, … that is free from that time on: tiers know no overlap.

    Several faces of photographs have the same name, as they have no number; and own labels may overlap where
    somebody has edited them by hand.
    """
    names = numbered(name, "{} ({})")
    return next(tier for tier in names if tier not in tiers or tiers[tier][-1][1] <= start_ms)


def _as_xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _declare_format(document: Any) -> None:
    """Declare format 3.0 in place of the library's 2.8: what is written here is the same in both."""
    for name, value in document.adocument.items():
        document.adocument[name] = str(value).replace("2.8", FORMAT)


def _write(document: Any, path: Path) -> None:
    try:
        with replacing(path) as partial:
            document.to_file(str(partial))
    except OSError as error:
        raise write_failure(path, error) from error
