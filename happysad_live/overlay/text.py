"""Smooth text as a mask: OpenCV's own letters are strokes without umlauts."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_FONTS = ("DejaVuSans.ttf", "Arial Unicode.ttf", "segoeui.ttf")
"""Of Linux, macOS and Windows, for the letters beyond ASCII, which Pillow's own font lacks. Letters that the
first of them lacks, too, as DejaVu does those of East Asia, are drawn as boxes."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=32)
def _font(size_px: int, is_ascii: bool) -> Font:
    if not is_ascii:
        for name in _FONTS:
            with suppress(OSError):  # it is not installed
                return ImageFont.truetype(name, size_px)
    return ImageFont.load_default(size_px)


def text_mask(text: str, size_px: int) -> np.ndarray:
    """The text's coverage, (height, width) uint8, 0..255; the height depends on size and font alone."""
    font = _font(size_px, text.isascii())
    left, _, right, _ = font.getbbox(text)
    _, top, _, bottom = font.getbbox("Áhgjy1%")
    picture = Image.new("L", (max(round(right - left), 1), max(round(bottom - top), 1)), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return np.asarray(picture)
