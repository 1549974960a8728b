"""The room of the demo: what stands behind the heads, drawn once."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from happysad_live.sources.demo.looks import Look
from happysad_live.sources.demo.shapes import Colour, Plane, dimmed, mirrored, paint, spline


def draw_room(width: int, height: int) -> np.ndarray:
    """(H, W, 3) float32 RGB: a warm wall, a window, a shelf and a plant, out of focus."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    light = np.exp(-(((x - 0.2) / 0.55) ** 2 + ((y - 0.25) / 0.7) ** 2))
    wall = np.array([150, 152, 148], np.float32) + light[..., None] * np.array([76, 64, 44], np.float32)
    room = np.ascontiguousarray(wall * (1 - 0.18 * y[..., None]))
    scale = np.array([width, height])

    def box(x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        a, b = (np.array([x0, y0]) * scale).astype(int), (np.array([x1, y1]) * scale).astype(int)
        cv2.rectangle(room, a.tolist(), b.tolist(), colour, -1)

    box(0.045, 0.06, 0.235, 0.6, (236, 226, 206))
    for x0, x1 in ((0.055, 0.135), (0.145, 0.225)):
        for y0, y1 in ((0.08, 0.32), (0.335, 0.58)):
            box(x0, y0, x1, y1, (206, 228, 240))
    _draw_shelf(box)
    for angle in np.linspace(-2.5, -0.6, 9):
        tip = np.array([0.925 + 0.085 * np.cos(angle), 0.66 + 0.3 * np.sin(angle)])
        foot = np.array([0.925, 0.7])
        across = np.array([-(tip - foot)[1], (tip - foot)[0]]) * 0.16
        middle = (foot + tip) / 2
        leaf = spline(np.array([foot, middle + across, tip, middle - across])) * scale
        shade = int(30 * np.cos(angle * 3))
        cv2.fillPoly(room, [np.rint(leaf).astype(np.int32)], (72 + shade, 116 + shade, 74))
    box(0.89, 0.7, 0.96, 0.84, (178, 104, 74))
    blurred = cv2.GaussianBlur(room, (0, 0), width * 0.0075)
    return blurred + np.random.default_rng(11).normal(0, 1.6, (height, width, 1)).astype(np.float32)


def _draw_shelf(box: Callable[[float, float, float, float, Colour], None]) -> None:
    spines = np.random.default_rng(3)
    colours = [(150, 72, 62), (62, 96, 118), (206, 168, 96), (92, 112, 84), (222, 210, 190), (112, 76, 104)]
    x, shelf = 0.64, 0.3
    while x < 0.86:
        thick, tall = spines.uniform(0.009, 0.019), spines.uniform(0.1, 0.15)
        box(x, shelf - tall, x + thick, shelf, colours[int(spines.integers(len(colours)))])
        x += thick + 0.002
    box(0.6, shelf, 0.9, shelf + 0.018, (122, 86, 60))


def draw_body(room: np.ndarray, look: Look, center_px: tuple[float, float], unit_px: float) -> None:
    """Shoulders in a shirt under a head whose middle between the eyes is at ``center_px``.

    room: (H, W, 3) float32 RGB 0..255, drawn on.
    """
    height, width = room.shape[:2]
    x, y = center_px
    plane = Plane(-x / unit_px, -y / unit_px, (width - x) / unit_px, (height - y) / unit_px, unit_px)
    right = [(0.0, 2.34), (0.45, 2.14), (0.85, 1.92), (1.5, 2.22), (1.86, 2.67), (1.98, 4.0), (2.0, 7.0)]
    shirt = spline(mirrored(right))
    light = 0.95 - 0.16 * np.clip(plane.x, -2, 2) - 0.22 * plane.glow(0, 1.8, 0.9, 0.45)
    light -= 0.14 * plane.both(1.35, 4.0, 0.14, 1.3) - 0.08 * plane.glow(-1.1, 2.75, 0.5, 0.3)
    paint(room, plane.mask(shirt, 0.12) * 0.25, (52, 44, 40))
    paint(room, plane.mask(shirt), np.asarray(look.shirt, np.float32) * np.clip(light, 0.2, 1.3)[..., None])
    collar = spline([(-0.72, 1.98), (-0.4, 2.3), (0.0, 2.46), (0.4, 2.3), (0.72, 1.98)], closed=False)
    paint(room, plane.stroke(collar, 0.09, 0.01), dimmed(look.shirt, 0.78))
