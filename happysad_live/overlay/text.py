"""Smooth text as a mask: OpenCV's own letters are strokes without umlauts."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from happysad_live.core.fonts import FONTS

_NO_LETTER = "\uffff"
"""A noncharacter, which every font draws in the way of a letter that it lacks."""


@cache
def _system_fonts() -> list[ImageFont.FreeTypeFont]:
    """Those of ``FONTS`` that are installed. Looked for once: the search goes through folders."""
    installed = []
    for name in FONTS:
        with suppress(OSError):  # it is not installed
            installed.append(ImageFont.truetype(name))
    return installed


@cache
def _system_font(letters: frozenset[str]) -> ImageFont.FreeTypeFont | None:
    """The first installed font that has all the letters, else as many as any; None where there is none."""
    installed = _system_fonts()
    return max(installed, key=lambda font: _count_of(font, letters)) if installed else None


def _count_of(font: ImageFont.FreeTypeFont, letters: frozenset[str]) -> int:
    """How many of the letters a font has."""
    lacking = bytes(font.getmask(_NO_LETTER))
    return sum(bytes(font.getmask(letter)) != lacking for letter in letters)


@lru_cache(maxsize=32)
def _font(size_px: int, letters: frozenset[str]) -> ImageFont.FreeTypeFont:
    """The font for a text of that height. letters: those of the text that are beyond ASCII."""
    system = _system_font(letters) if letters else None
    font = system.font_variant(size=size_px) if system else ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@lru_cache(maxsize=256)
def text_mask(text: str, size_px: int) -> np.ndarray:
    """The text's coverage, (height, width) uint8, 0..255.

    The height depends on size and fonts alone, but for letters that are higher or reach lower than most.
    Kept, as the same few come again frame after frame: up to 25 MB in 4K, 6 MB in Full HD.
    """
    parts = _parts(text, size_px)
    boxes = [font.getbbox(letters, anchor="ls") for part, font in parts for letters in ("Áhgjy1%", part)]
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    picture = Image.new("L", (max(text_width(text, size_px), 1), max(round(bottom - top), 1)), 0)
    x = -parts[0][1].getbbox(text)[0]
    for part, font in parts:
        ImageDraw.Draw(picture).text((x, -top), part, fill=255, font=font, anchor="ls")
        x += font.getlength(part)
    return np.asarray(picture)


def text_width(text: str, size_px: int) -> int:
    """How wide the mask of a text is, without drawing it."""
    *others, (last, font) = _parts(text, size_px)
    first = others[0] if others else (last, font)
    left, right = first[1].getbbox(first[0])[0], font.getbbox(last)[2]
    return round(sum(font.getlength(part) for part, font in others) + right - left)


def _parts(text: str, size_px: int) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """A text in parts, each with its font: some fonts of East Asia have no Latin letters and no digits."""
    font = _font(size_px, _beyond_ascii(text))
    if text.isascii() or _count_of(font, frozenset("a1%")) == 3:
        return [(text, font)]
    parts = re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]+", text)
    return [(part, _font(size_px, _beyond_ascii(part))) for part in parts]


def _beyond_ascii(text: str) -> frozenset[str]:
    return frozenset(letter for letter in text if not letter.isascii())
