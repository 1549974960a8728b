"""Curves, masks and soft light for the demo's drawings: small helpers over OpenCV's polygons."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

_SUBPIXEL_BITS = 4


class Pen:
    """Draws smooth-edged shapes, given in face units, on a uint8 picture.

    Face units: half the width of the face is 1, the middle between the eyes is (0, 0), y goes
    down. ``unit_px`` is the length of 1 in pixels, ``origin_px`` where (0, 0) lies.
    """

    def __init__(self, origin_px: np.ndarray, unit_px: float) -> None:
        self.origin_px = origin_px
        self.unit_px = unit_px

    def pixels(self, points: np.ndarray | Points) -> np.ndarray:
        """(N, 1, 2) int32 in sixteenths of a pixel, for OpenCV's ``shift=4``."""
        scaled = np.asarray(points, np.float64) * self.unit_px + self.origin_px
        return np.rint(scaled * (1 << _SUBPIXEL_BITS)).astype(np.int32).reshape(-1, 1, 2)

    def fill(self, image: np.ndarray, points: np.ndarray | Points, colour: Colour | int) -> None:
        """Draw a filled polygon."""
        cv2.fillPoly(image, [self.pixels(points)], _scalar(colour), cv2.LINE_AA, _SUBPIXEL_BITS)

    def line(
        self, image: np.ndarray, points: np.ndarray | Points, colour: Colour | int, width: float
    ) -> None:
        """Draw an open line; ``width`` in face units."""
        thickness = max(round(width * self.unit_px), 1)
        pixels = [self.pixels(points)]
        cv2.polylines(image, pixels, False, _scalar(colour), thickness, cv2.LINE_AA, _SUBPIXEL_BITS)

    def disc(self, image: np.ndarray, x: float, y: float, radius: float, colour: Colour | int) -> None:
        """Draw a filled circle."""
        cx, cy = self.pixels([(x, y)])[0, 0].tolist()
        radius_px = round(radius * self.unit_px * (1 << _SUBPIXEL_BITS))
        cv2.circle(image, (cx, cy), radius_px, _scalar(colour), -1, cv2.LINE_AA, _SUBPIXEL_BITS)


class Plane(Pen):
    """A rectangle of the face's own coordinates and the picture that shows it.

    x, y: (H, W) float32, the face coordinates of every pixel.
    """

    def __init__(self, x0: float, y0: float, x1: float, y1: float, unit_px: float) -> None:
        super().__init__(np.array([-x0 * unit_px, -y0 * unit_px]), unit_px)
        self.width, self.height = round((x1 - x0) * unit_px), round((y1 - y0) * unit_px)
        columns = (np.arange(self.width, dtype=np.float32) - self.origin_px[0]) / unit_px
        rows = (np.arange(self.height, dtype=np.float32) - self.origin_px[1]) / unit_px
        self.x, self.y = np.meshgrid(columns, rows)

    def mask(self, points: np.ndarray | Points, soft: float = 0.0) -> np.ndarray:
        """(H, W) float32 0..1: inside of a polygon, its edge blurred by ``soft`` face units."""
        canvas = np.zeros((self.height, self.width), np.uint8)
        self.fill(canvas, points, 255)
        return self._softened(canvas, soft)

    def stroke(self, points: np.ndarray | Points, width: float, soft: float) -> np.ndarray:
        """(H, W) float32 0..1: a line with blurred edges, as a fold of the skin."""
        canvas = np.zeros((self.height, self.width), np.uint8)
        self.line(canvas, points, 255, width)
        return self._softened(canvas, soft)

    def glow(self, x: float, y: float, radius_x: float, radius_y: float) -> np.ndarray:
        """(H, W) float32: a Gaussian spot of height 1."""
        return np.exp(-(((self.x - x) / radius_x) ** 2 + ((self.y - y) / radius_y) ** 2))

    def both(self, x: float, y: float, radius_x: float, radius_y: float) -> np.ndarray:
        """(H, W) float32: a spot like that of ``glow`` on either side of the face."""
        return self.glow(-x, y, radius_x, radius_y) + self.glow(x, y, radius_x, radius_y)

    def _softened(self, canvas: np.ndarray, soft: float) -> np.ndarray:
        mask = canvas.astype(np.float32) / 255
        if soft:
            sigma_px = soft * self.unit_px
            part = _part(canvas, rim_px=math.ceil(4 * sigma_px) + 2)  # as far as OpenCV's kernel reaches
            mask[part] = cv2.GaussianBlur(mask[part], (0, 0), sigma_px)
        return mask


def dimmed(colour: Colour, level: float) -> Colour:
    """A colour at another brightness; at level 1 the same."""
    red, green, blue = (min(round(part * level), 255) for part in colour)
    return red, green, blue


def mirrored(points: Points) -> list[tuple[float, float]]:
    """A closed outline from its right half, given from top to bottom; both ends may lie on the axis."""
    return [*points, *[(-x, y) for x, y in reversed(points) if x]]


def spline(points: np.ndarray | Points, closed: bool = True, steps: int = 8) -> np.ndarray:
    """A Catmull-Rom curve through the points: (N, 2) float64."""
    p = np.asarray(points, np.float64)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None] for i in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, p[-1:]])


def paint(
    image: np.ndarray, mask: np.ndarray, colour: Colour | np.ndarray, light: np.ndarray | None = None
) -> None:
    """Lay a colour, or an (H, W, 3) picture, over a float32 one through a mask, (H, W) float32 0..1.

    light: (H, W), under which to shade the colour, see ``shaded``; that is done only where it is laid.
    """
    part = _part(mask > 0)
    if light is not None:
        laid = shaded(colour, light[part])
    else:
        laid = np.asarray(colour, np.float32)
        laid = laid[part] if laid.ndim == 3 else laid
    image[part] += (laid - image[part]) * mask[part][..., None]


def shaded(colour: Colour | np.ndarray, light: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: a colour under a light map around 1; shadows of skin turn redder."""
    tint = np.array([0.85, 1.08, 1.2], np.float32)
    level = np.maximum(light, 0.05)[..., None]
    return np.clip(np.asarray(colour, np.float32) * level**tint, 0, 255)


def _scalar(colour: Colour | int) -> tuple[int, ...]:
    return (colour,) if isinstance(colour, int) else colour


def _part(mask: np.ndarray, rim_px: int = 0) -> tuple[slice, slice]:
    """The rows and columns of a mask, (H, W) uint8 or bool, that are not all zero, and a rim around them."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return slice(max(y - rim_px, 0), y + height + rim_px), slice(max(x - rim_px, 0), x + width + rim_px)
