"""The formats that a clip can be exported in, as the user reads them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """How a format is offered. menu_text: with its shortcut. file_filter: for a file dialog."""

    menu_text: str
    file_filter: str


EXPORT_FORMATS = {
    "video": ExportFormat("&Video with the labels drawn in…", "Videos (*.mp4)"),
    "csv": ExportFormat("&Table (CSV)…", "Tables (*.csv)"),
    "jsonl": ExportFormat("&JSON lines…", "JSON lines (*.jsonl)"),
    "vtt": ExportFormat("&Subtitles (WebVTT)…", "Subtitles (*.vtt)"),
    "eaf": ExportFormat("&ELAN annotations (.eaf)…", "ELAN annotations (*.eaf)"),
}
"""In the menu's order; the names are those of ``EXPORT_SUFFIXES``."""
