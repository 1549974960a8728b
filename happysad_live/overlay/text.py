"""Smooth text as a mask: OpenCV's own letters are strokes without umlauts."""

from __future__ import annotations

from contextlib import suppress
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_FONTS = (
    "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc",
    "Arial Unicode.ttf",
    "segoeui.ttf", "msyh.ttc", "malgun.ttf",
)  # fmt: skip
"""Fonts of Linux, macOS and Windows for the letters beyond ASCII, which Pillow's own font lacks; for each
system the European one first, then those of East Asia."""

_NO_LETTER = "\uffff"
"""A noncharacter, which every font draws in the way of a letter that it lacks."""


@cache
def _system_fonts() -> list[ImageFont.FreeTypeFont]:
    """Those of ``_FONTS`` that are installed. Looked for once: the search goes through folders."""
    installed = []
    for name in _FONTS:
        with suppress(OSError):  # it is not installed
            installed.append(ImageFont.truetype(name))
    return installed


@cache
def _system_font(letters: frozenset[str]) -> ImageFont.FreeTypeFont | None:
    """The first installed font that has all the letters, else the first at all; None where there is none."""
    installed = _system_fonts()
    return next((font for font in installed if _has_all(font, letters)), installed[0] if installed else None)


def _has_all(font: ImageFont.FreeTypeFont, letters: frozenset[str]) -> bool:
    lacking = bytes(font.getmask(_NO_LETTER))
    return all(bytes(font.getmask(letter)) != lacking for letter in letters)


@lru_cache(maxsize=32)
def _font(size_px: int, letters: frozenset[str]) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font for a text of that height. letters: those of the text that are beyond ASCII."""
    system = _system_font(letters) if letters else None
    return system.font_variant(size=size_px) if system else ImageFont.load_default(size_px)


def text_mask(text: str, size_px: int) -> np.ndarray:
    """The text's coverage, (height, width) uint8, 0..255; the height depends on size and font alone."""
    font = _font(size_px, frozenset(letter for letter in text if not letter.isascii()))
    left, _, right, _ = font.getbbox(text)
    _, top, _, bottom = font.getbbox("Áhgjy1%")
    picture = Image.new("L", (max(round(right - left), 1), max(round(bottom - top), 1)), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return np.asarray(picture)
