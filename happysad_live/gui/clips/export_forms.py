"""The forms that a clip can be exported as, as the user reads them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportForm:
    """How an export is offered. menu_text: with its shortcut. file_filter: for a file dialog."""

    menu_text: str
    file_filter: str


EXPORT_FORMS = {
    "video": ExportForm("&Video with the labels drawn in…", "Videos (*.mp4)"),
    "csv": ExportForm("&Table (CSV)…", "Tables (*.csv)"),
    "jsonl": ExportForm("&JSON lines…", "JSON lines (*.jsonl)"),
    "vtt": ExportForm("&Subtitles (WebVTT)…", "Subtitles (*.vtt)"),
    "eaf": ExportForm("&ELAN annotations (.eaf)…", "ELAN annotations (*.eaf)"),
}
"""In the menu's order; the names are those of ``EXPORT_SUFFIXES``."""
