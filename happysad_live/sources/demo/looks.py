"""What the demo's people look like: colours and outlines, in the face units of ``shapes.Pen``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from happysad_live.sources.demo.shapes import Colour, Points, mirrored, spline

HairStyle = Literal["long", "short", "bun", "curls"]


@dataclass(frozen=True, slots=True)
class Look:
    """How one person looks. Colours are RGB; ``size`` is relative to the others."""

    skin: Colour
    hair: Colour
    hair_style: HairStyle
    iris: Colour
    lips: Colour
    shirt: Colour
    size: float
    brow_width: float
    freckles: bool = False
    wrinkles: float = 0.0

    @property
    def brows(self) -> Colour:
        """The colour of the brows: that of the hair, darker, with some skin between."""
        red, green, blue = (round(0.72 * h + 0.1 * s) for h, s in zip(self.hair, self.skin, strict=True))
        return red, green, blue


PEOPLE = (
    Look((226, 172, 138), (66, 40, 28), "long", (92, 58, 34), (186, 88, 84), (52, 116, 128), 1.0, 0.055),
    Look((142, 92, 64), (26, 21, 20), "short", (58, 36, 24), (168, 88, 82), (214, 168, 64), 1.05, 0.085),
    Look((240, 200, 176), (186, 184, 184), "bun", (84, 112, 140), (190, 104, 100), (136, 84, 132), 0.96, 0.05,
         wrinkles=0.2),
    Look((244, 198, 168), (184, 88, 36), "curls", (78, 112, 74), (204, 106, 98), (86, 136, 84), 0.88, 0.055,
         freckles=True),
)  # fmt: skip

HEAD = spline(
    mirrored(
        [(0, -1.62), (0.56, -1.5), (0.9, -1.05), (1, -0.4), (0.985, 0.25), (0.89, 0.85), (0.66, 1.32),
         (0.32, 1.58), (0, 1.64)]
    )
)  # fmt: skip

# How far a head reaches to the sides, and up: no more than that is to be moved on every frame.
EXTENT = {"long": (1.46, -1.9), "short": (1.24, -1.84), "bun": (1.24, -2.26), "curls": (1.48, -2.05)}

NECK = spline(mirrored([(0.62, 1.0), (0.6, 1.7), (0.76, 2.02), (0.46, 2.3), (0, 2.43)]))
EAR = [(0.93, -0.05), (1.08, -0.1), (1.17, 0.06), (1.13, 0.36), (1.02, 0.6), (0.93, 0.55)]


def back_hair(style: HairStyle) -> list[np.ndarray]:
    """Outlines of the hair behind the head, (N, 2) float64 each."""
    if style == "curls":
        ring = np.linspace(np.pi * 0.93, np.pi * 2.07, 15)
        return [_ball(1.1 * np.cos(a), -0.55 + 1.12 * np.sin(a), 0.33) for a in ring] + [HEAD * [1.0, 0.95]]
    outline = spline(mirrored(_BACK[style]))
    return [_ball(0.0, -1.8, 0.38), outline] if style == "bun" else [outline]


def front_hair(style: HairStyle) -> list[np.ndarray]:
    """Outlines of the hair over the forehead, (N, 2) float64 each."""
    if style == "curls":
        arc = np.linspace(np.pi * 1.06, np.pi * 1.94, 9)
        return [_ball(0.92 * np.cos(a), -0.52 + 0.92 * np.sin(a), 0.24) for a in arc]
    if style == "long":  # parted at the side
        return [spline(_LEFT_OF_PARTING), spline(_RIGHT_OF_PARTING)]
    return [spline(mirrored(_FRONT[style]))]


# Right halves of symmetrical outlines, from the crown down.
_BACK: dict[HairStyle, Points] = {
    "long": [(0, -1.86), (0.7, -1.74), (1.18, -1.2), (1.3, -0.3), (1.3, 0.7), (1.42, 1.7), (1.3, 2.35),
             (0.6, 2.2)],
    "bun": [(0, -1.76), (0.75, -1.6), (1.1, -0.9), (1.09, 0), (0.9, 0.3)],
    "short": [(0, -1.8), (0.7, -1.68), (1.05, -1.1), (1.06, -0.35), (0.95, -0.1)],
}  # fmt: skip
_FRONT: dict[HairStyle, Points] = {
    "bun": [(0, -1.74), (0.72, -1.6), (1.07, -0.95), (1.03, -0.25), (0.93, -0.6), (0.62, -1.06), (0, -1.22)],
    "short": [(0, -1.78), (0.68, -1.66), (1.03, -1.1), (1.04, -0.28), (0.95, -0.3), (0.9, -0.72),
              (0.66, -1.03), (0, -1.1)],
}  # fmt: skip
_LEFT_OF_PARTING: Points = [
    (0.25, -1.82), (-0.7, -1.74), (-1.16, -1.2), (-1.24, -0.3), (-1.24, 0.8), (-1.3, 1.9), (-1.12, 1.9),
    (-0.98, 0.9), (-0.97, 0.1), (-0.86, -0.62), (-0.4, -1.02), (0.2, -1.28),
]  # fmt: skip
_RIGHT_OF_PARTING: Points = [
    (0.05, -1.8), (0.7, -1.74), (1.16, -1.2), (1.24, -0.3), (1.24, 0.8), (1.3, 1.9), (1.12, 1.9),
    (0.98, 0.9), (0.97, 0.1), (0.9, -0.55), (0.6, -0.98), (0.2, -1.3),
]  # fmt: skip


def _ball(x: float, y: float, radius: float) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    wave = radius * (1 + 0.06 * np.sin(5 * angles + 7 * x))
    return np.column_stack([x + wave * np.cos(angles), y + wave * np.sin(angles)])
