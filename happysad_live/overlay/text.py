"""Smooth text as a mask: OpenCV's own letters are strokes without umlauts."""

from __future__ import annotations

from contextlib import suppress
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_FONTS = ("DejaVuSans.ttf", "Arial Unicode.ttf", "segoeui.ttf")
"""Of Linux, macOS and Windows, for the letters beyond ASCII, which Pillow's own font lacks. Letters that the
first of them lacks, too, as DejaVu does those of East Asia, are drawn as boxes."""


@cache
def _system_font() -> ImageFont.FreeTypeFont | None:
    """Looked for once: a label's size changes with its face's, and the search goes through folders."""
    for name in _FONTS:
        with suppress(OSError):  # it is not installed
            return ImageFont.truetype(name)
    return None


@lru_cache(maxsize=32)
def _font(size_px: int, is_ascii: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    system = None if is_ascii else _system_font()
    return system.font_variant(size=size_px) if system else ImageFont.load_default(size_px)


def text_mask(text: str, size_px: int) -> np.ndarray:
    """The text's coverage, (height, width) uint8, 0..255; the height depends on size and font alone."""
    font = _font(size_px, text.isascii())
    left, _, right, _ = font.getbbox(text)
    _, top, _, bottom = font.getbbox("Áhgjy1%")
    picture = Image.new("L", (max(round(right - left), 1), max(round(bottom - top), 1)), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return np.asarray(picture)
