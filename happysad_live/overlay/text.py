"""Smooth text as a mask: OpenCV's own letters are strokes without umlauts."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont


@lru_cache(maxsize=32)
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def text_mask(text: str, size_px: int) -> np.ndarray:
    """The text's coverage, (height, width) uint8, 0..255; the height depends on the size alone."""
    font = _font(size_px)
    left, _, right, _ = font.getbbox(text)
    _, top, _, bottom = font.getbbox("Áhgjy1%")
    picture = Image.new("L", (max(round(right - left), 1), max(round(bottom - top), 1)), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return np.asarray(picture)
