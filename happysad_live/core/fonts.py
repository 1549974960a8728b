"""Fonts with letters beyond ASCII, which the drawing libraries' own fonts lack, some or all."""

from __future__ import annotations

FONTS = {
    "DejaVuSans.ttf": "DejaVu Sans",
    "NotoSansCJK-Regular.ttc": "Noto Sans CJK JP",
    "wqy-microhei.ttc": "WenQuanYi Micro Hei",
    "DroidSansFallbackFull.ttf": "Droid Sans Fallback",
    "DroidSansFallback.ttf": "Droid Sans Fallback",
    "Arial Unicode.ttf": "Arial Unicode MS",
    "segoeui.ttf": "Segoe UI",
    "msyh.ttc": "Microsoft YaHei",
    "malgun.ttf": "Malgun Gothic",
}
"""Usual fonts of Linux, macOS and Windows, each file with the font's name; for each system the European one
first, then those of East Asia."""
