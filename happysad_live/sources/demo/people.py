"""How one of the demo's people is drawn with an expression.

A head is a shaded skin with three states of its folds and lights (calm, happy, sad), which are
drawn once and faded into one another, and the sharp features: brows and mouth, which are drawn anew
when the expression changes, and the eyes, on every frame. All lengths are face units, see ``shapes.Pen``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np

from happysad_live.sources.demo.looks import EAR, EXTENT, HEAD, NECK, Look, back_hair, front_hair
from happysad_live.sources.demo.shapes import Colour, Pen, Plane, dimmed, paint, shaded, spline

Mood = Literal["happy", "sad", "neutral"]


class Features(NamedTuple):
    """The sharp features' shape; between two moods, the numbers are mixed linearly.

    mouth_*: half width, height of the corners, and heights at the middle of the outer and inner
        edges of both lips, all relative to the mouth's place.
    lid_*: how far the lids stand from the eye's middle line; droop lowers the outer corner, tilt
        moves the upper lid's highest point towards the nose.
    brow_*: heights of inner end, middle and outer end; pinch moves the inner ends together.
    """

    mouth_width: float
    mouth_corner: float
    upper_outer: float
    upper_inner: float
    lower_inner: float
    lower_outer: float
    lid_upper: float
    lid_lower: float
    droop: float
    tilt: float
    brow_inner: float
    brow_middle: float
    brow_outer: float
    pinch: float


FEATURES: dict[Mood, Features] = {
    "neutral": Features(
        0.36, 0.0, -0.1, -0.004, 0.008, 0.13, 0.105, 0.065, 0.0, 0.0, -0.3, -0.4, -0.27, 0.0
    ),
    "happy": Features(
        0.56, -0.17, -0.08, 0.0, 0.2, 0.29, 0.085, 0.028, 0.0, 0.0, -0.33, -0.44, -0.3, 0.0
    ),
    "sad": Features(
        0.35, 0.15, -0.14, -0.035, -0.022, 0.09, 0.05, 0.044, 0.045, 0.25, -0.45, -0.32, -0.22, 0.05
    ),
}  # fmt: skip

MOUTH_Y = 0.95
EYE_X = 0.45
_T = np.linspace(-1, 1, 25)


class DrawnHead:
    """One person's head on a plane of its own, ready to be drawn with any expression."""

    def __init__(self, look: Look, unit_px: float, seed: int) -> None:
        self.look = look
        half_width, top = EXTENT[look.hair_style]
        self.plane = Plane(-half_width, top, half_width, 2.5, unit_px)
        self._noise = np.random.default_rng(seed)
        layers = {mood: self._static(mood) for mood in FEATURES}
        self._skins = {mood: skin for mood, (skin, _) in layers.items()}
        self._alpha = layers["neutral"][1]
        self._last_face: tuple[Mood, float, np.ndarray] | None = None

    def draw(self, mood: Mood, strength: float, blink: float, gaze: float) -> np.ndarray:
        """(H, W, 4) uint8 RGBA: the head with an expression, its colours already weighted by alpha.

        strength: 0 calm .. 1 full. blink: 0 open .. 1 shut. gaze: -1 .. 1, sideways.
        """
        image = self._face(mood, strength).copy()
        shape = _shape(mood, strength)
        for side in (-1, 1):
            self._draw_eye(image, shape, side, blink, gaze)
        weighted = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA)
        cv2.insertChannel(self._alpha, weighted, 3)
        return weighted

    def _face(self, mood: Mood, strength: float) -> np.ndarray:
        """All but the eyes, which never rest: (H, W, 3) uint8 RGB, kept while the expression lasts."""
        last = self._last_face
        if last is not None and last[:2] == (mood, strength):
            return last[2]
        if strength > 0:
            image = cv2.addWeighted(self._skins[mood], strength, self._skins["neutral"], 1 - strength, 0)
        else:
            image = self._skins["neutral"].copy()
        shape = _shape(mood, strength)
        for side in (-1, 1):
            self._draw_brow(image, shape, side)
        self._draw_mouth(image, shape)
        self._last_face = mood, strength, image
        return image

    # -- drawn once -------------------------------------------------------------------------

    def _static(self, mood: Mood) -> tuple[np.ndarray, np.ndarray]:
        """The skin and hair, (H, W, 3) uint8 RGB weighted by alpha, and alpha, (H, W) uint8."""
        plane, look = self.plane, self.look
        image = np.zeros((plane.height, plane.width, 3), np.float32)
        image[:] = look.hair
        alpha = np.zeros((plane.height, plane.width), np.float32)

        def lay(mask: np.ndarray, colour: Colour | np.ndarray, light: np.ndarray | None = None) -> None:
            paint(image, mask, colour, light)
            np.maximum(alpha, mask, out=alpha)

        light = self._light(mood)
        for outline in back_hair(look.hair_style):
            lay(plane.mask(outline), self._hair_colour(self._behind()))
        lay(plane.mask(NECK), look.skin, 0.78 - 0.25 * plane.glow(0, 1.55, 0.9, 0.4))
        for side in (-1, 1):
            ear = spline([(side * x, y) for x, y in EAR])
            lay(plane.mask(ear), look.skin, 0.82 - 0.25 * plane.glow(side * 1.04, 0.28, 0.06, 0.16))
        lay(plane.mask(HEAD), self._skin(light))
        self._draw_nose(image)
        for outline in front_hair(look.hair_style):
            paint(image, plane.mask(outline, 0.03) * 0.35 * plane.mask(HEAD), look.skin, light * 0.55)
            lay(plane.mask(outline), self._hair_colour(1.0))
        weighted = np.clip(image, 0, 255) * alpha[..., None]
        return weighted.astype(np.uint8), (alpha * 255).astype(np.uint8)

    def _skin(self, light: np.ndarray) -> np.ndarray:
        plane, look = self.plane, self.look
        skin = shaded(look.skin, light)
        paint(skin, 0.16 * plane.both(0.6, 0.55, 0.28, 0.24), (222, 92, 80))
        paint(skin, 0.10 * plane.glow(0, 0.58, 0.17, 0.15), (222, 92, 80))
        if look.freckles:
            places = np.random.default_rng(5)
            for _ in range(46):
                x, y = places.normal(0, 0.38), places.normal(0.38, 0.13)
                paint(skin, 0.35 * plane.glow(x, y, 0.02, 0.02), (168, 98, 62))
        return skin

    def _light(self, mood: Mood) -> np.ndarray:
        """Light on the skin, around 1: a lit ellipsoid with the face's own hollows and heights."""
        p = self.plane
        nx, ny = p.x / 1.12, (p.y - 0.05) / 1.85
        nz = np.sqrt(np.maximum(1 - nx**2 - ny**2, 0.02))
        light = 0.52 + 0.56 * np.clip(-0.38 * nx - 0.34 * ny + 0.86 * nz, 0, None)
        light -= 0.16 * p.both(0.44, -0.06, 0.27, 0.15) + 0.10 * p.both(0.2, 0.02, 0.1, 0.14)
        light += 0.10 * p.glow(0, 0.15, 0.075, 0.34) + 0.13 * p.glow(-0.03, 0.52, 0.1, 0.1)
        light -= 0.13 * p.both(0.21, 0.5, 0.07, 0.13) + 0.2 * p.glow(0, 0.73, 0.17, 0.045)
        light += 0.06 * p.both(0.6, 0.34, 0.22, 0.16) + 0.05 * p.glow(-0.1, -0.8, 0.5, 0.25)
        light -= 0.05 * p.glow(0, 0.82, 0.035, 0.07)
        light -= 0.15 * p.glow(0, MOUTH_Y + 0.2, 0.2, 0.055)
        light += 0.07 * p.glow(-0.03, 1.38, 0.18, 0.12)
        light += {"neutral": self._calm, "happy": self._happy, "sad": self._sad}[mood]()
        return light + self._noise.normal(0, 0.008, light.shape).astype(np.float32)

    def _calm(self) -> np.ndarray:
        return self._folds(0.05 + 0.22 * self.look.wrinkles)

    def _folds(self, depth: float) -> np.ndarray:
        """The lines from the nose's wings past the mouth's corners."""
        right, left = (
            self.plane.stroke(
                spline([(s * 0.25, 0.6), (s * 0.4, 0.76), (s * 0.5, 0.98)], closed=False), 0.035, 0.03
            )
            for s in (-1, 1)
        )
        return -depth * (right + left)

    def _happy(self) -> np.ndarray:
        p = self.plane
        light = 0.17 * p.both(0.58, 0.42, 0.2, 0.15) - 0.12 * p.both(0.56, 0.68, 0.2, 0.07)
        for s in (-1, 1):
            fold = spline([(s * 0.24, 0.56), (s * 0.46, 0.66), (s * 0.62, 0.84)], closed=False)
            bag = spline([(s * 0.28, 0.12), (s * 0.46, 0.17), (s * 0.66, 0.1)], closed=False)
            light -= 0.3 * p.stroke(fold, 0.045, 0.035) + 0.22 * p.stroke(bag, 0.025, 0.02)
            for y in (-0.06, 0.02, 0.1):
                crow = [(s * 0.72, 0.02 + y * 0.4), (s * 0.85, y)]
                light -= 0.16 * p.stroke(crow, 0.015, 0.012)
            light -= 0.16 * p.glow(s * 0.6, MOUTH_Y - 0.16, 0.04, 0.06)
        return light

    def _sad(self) -> np.ndarray:
        p = self.plane
        light = self._folds(0.24) - 0.15 * p.both(0.45, 0.2, 0.22, 0.06)
        for s in (-1, 1):
            frown = spline([(s * 0.1, -0.48), (s * 0.075, -0.36), (s * 0.1, -0.26)], closed=False)
            corner = spline([(s * 0.4, 1.06), (s * 0.47, 1.16), (s * 0.48, 1.28)], closed=False)
            lid = spline([(s * 0.2, -0.24), (s * 0.4, -0.2), (s * 0.66, -0.1)], closed=False)
            light -= 0.42 * p.stroke(frown, 0.03, 0.02) + 0.28 * p.stroke(corner, 0.035, 0.035)
            light -= 0.26 * p.stroke(lid, 0.03, 0.025)
        for y, width in ((-0.62, 0.3), (-0.74, 0.36)):
            wave = spline([(-width, y + 0.05), (0, y - 0.02), (width, y + 0.05)], closed=False)
            light -= 0.23 * p.stroke(wave, 0.025, 0.02)
        return light - 0.14 * p.glow(0, 1.3, 0.16, 0.08) + 0.08 * p.glow(0, 1.44, 0.13, 0.07)

    def _draw_nose(self, image: np.ndarray) -> None:
        shadow = dimmed(self.look.skin, 0.34)
        for s in (-1, 1):
            nostril = spline([(s * 0.05, 0.68), (s * 0.11, 0.655), (s * 0.155, 0.69), (s * 0.1, 0.705)])
            paint(image, 0.8 * self.plane.mask(nostril, 0.012), shadow)
            wing = spline([(s * 0.19, 0.5), (s * 0.25, 0.6), (s * 0.22, 0.7), (s * 0.17, 0.7)], closed=False)
            paint(image, 0.45 * self.plane.stroke(wing, 0.02, 0.016), shadow)

    def _behind(self) -> np.ndarray:
        """How light the hair behind the head is, (H, W) float32: dark beside the neck, full further out."""
        return 0.62 + 0.33 * np.clip((np.abs(self.plane.x) - 0.8) / 0.4, 0, 1)

    def _hair_colour(self, level: float | np.ndarray) -> np.ndarray:
        """(H, W, 3) float32 RGB: strands of noise drawn out downwards, and a gleam where the light falls."""
        p = self.plane
        strands = self._noise.normal(0, 1, (p.height, p.width)).astype(np.float32)
        if self.look.hair_style == "curls":
            strands = cv2.GaussianBlur(strands, (0, 0), p.unit_px * 0.04) * 5
        else:
            strands = (
                cv2.GaussianBlur(strands, (0, 0), sigmaX=p.unit_px * 0.012, sigmaY=p.unit_px * 0.2) * 4.5
            )
        gleam = 0.45 * p.glow(-0.45, -1.25, 0.5, 0.28)
        shade = level * (0.92 + gleam - 0.1 * np.clip(p.x, -1, 1.4) + 0.09 * strands)
        return np.clip(np.asarray(self.look.hair, np.float32) * np.maximum(shade, 0.15)[..., None], 0, 255)

    # -- drawn over that --------------------------------------------------------------------

    def _draw_eye(self, image: np.ndarray, shape: Features, side: int, blink: float, gaze: float) -> None:
        upper_y, lower_y = _lids(shape, blink)
        x = EYE_X + 0.215 * _T
        upper = np.column_stack([side * x, upper_y])
        lower = np.column_stack([side * x, lower_y])
        p, skin = self.plane, self.look.skin
        dark = dimmed(skin, 0.26)
        if blink < 0.8:
            self._draw_eyeball(image, np.concatenate([upper, lower[::-1]]), side, gaze)
            p.line(image, lower, dimmed(skin, 0.55), 0.014)
        p.line(image, upper, dark, 0.034)
        lash = [
            (side * (EYE_X + 0.19), float(upper_y[-3])),
            (side * (EYE_X + 0.255), float(upper_y[-1]) - 0.035),
        ]
        p.line(image, lash, dark, 0.022)
        crease = np.column_stack([side * (EYE_X + 0.2 * _T), upper_y - 0.055 - 0.02 * (1 - _T**2)])
        p.line(image, crease[3:-1], dimmed(skin, 0.6), 0.016)

    def _draw_eyeball(self, image: np.ndarray, outline: np.ndarray, side: int, gaze: float) -> None:
        p = self.plane
        corner = p.pixels(outline)[:, 0] // 16
        x0, y0 = corner.min(axis=0) - 2
        x1, y1 = corner.max(axis=0) + 3
        opening = np.zeros(image.shape[:2], np.uint8)[y0:y1, x0:x1]
        patch = Pen(p.origin_px - (x0, y0), p.unit_px)
        patch.fill(opening, outline, 255)
        eye = np.empty((*opening.shape, 3), np.uint8)
        eye[:] = (232, 226, 220)
        eye[: max(round(0.035 * p.unit_px), 1) + 2] = (186, 176, 170)  # the upper lid's shadow
        x, y = side * EYE_X + 0.05 * gaze, -0.012
        iris = self.look.iris
        patch.disc(eye, x, y, 0.108, dimmed(iris, 0.45))
        patch.disc(eye, x, y, 0.092, iris)
        patch.disc(eye, x, y, 0.048, (14, 11, 11))
        patch.disc(eye, x - 0.035, y - 0.035, 0.022, (250, 250, 250))
        region = image[y0:y1, x0:x1]
        weight = cv2.merge([opening] * 3)
        inside = cv2.multiply(eye, weight, scale=1 / 255)
        outside = cv2.multiply(region, 255 - weight, scale=1 / 255)
        region[:] = cv2.add(inside, outside)

    def _draw_brow(self, image: np.ndarray, shape: Features, side: int) -> None:
        inner = 0.17 - shape.pinch
        middle = spline(
            [(inner, shape.brow_inner), (0.46, shape.brow_middle), (0.79, shape.brow_outer)],
            closed=False,
            steps=6,
        )
        along = np.linspace(0, 1, len(middle))
        half = self.look.brow_width * (0.75 + 0.5 * along - 1.1 * along**2.5)
        outline = np.concatenate([middle - [0, 1] * half[:, None], (middle + [0, 1] * half[:, None])[::-1]])
        outline[:, 0] *= side
        self.plane.fill(image, outline, self.look.brows)

    def _draw_mouth(self, image: np.ndarray, shape: Features) -> None:
        p, look = self.plane, self.look
        round_t = 1 - np.abs(_T) ** 2.1
        x = shape.mouth_width * _T

        def edge(middle: float, bow: float = 0.0) -> np.ndarray:
            y = MOUTH_Y + shape.mouth_corner + (middle - shape.mouth_corner) * round_t
            y += bow * (np.exp(-((_T / 0.16) ** 2)) - 0.7 * np.exp(-(((np.abs(_T) - 0.3) / 0.17) ** 2)))
            return np.column_stack([x, y])

        upper_outer, lower_outer = edge(shape.upper_outer, 0.028), edge(shape.lower_outer)
        upper_inner, lower_inner = edge(shape.upper_inner, 0.01), edge(shape.lower_inner)
        p.fill(image, np.concatenate([upper_outer, upper_inner[::-1]]), dimmed(look.lips, 0.84))
        p.fill(image, np.concatenate([lower_inner, lower_outer[::-1]]), look.lips)
        gleam = (lower_inner * 0.45 + lower_outer * 0.55)[9:15]
        p.line(image, gleam, dimmed(look.lips, 1.2), 0.022)
        gap = shape.lower_inner - shape.upper_inner
        if gap > 0.03:
            p.fill(image, np.concatenate([upper_inner, lower_inner[::-1]]), (66, 22, 24))
            bottom = upper_inner + (lower_inner - upper_inner) * 0.78
            p.fill(image, np.concatenate([upper_inner[2:-2], bottom[2:-2][::-1]]), (240, 236, 228))
            for tooth in np.linspace(-0.62, 0.62, 7):
                at = round((tooth + 1) * 12)
                p.line(image, [tuple(upper_inner[at]), tuple(bottom[at])], (206, 198, 190), 0.008)
        p.line(image, upper_inner, dimmed(look.lips, 0.4), 0.02)


def _shape(mood: Mood, strength: float) -> Features:
    mixed = np.array(FEATURES["neutral"]) * (1 - strength) + np.array(FEATURES[mood]) * strength
    return Features(*mixed.tolist())


def _lids(shape: Features, blink: float) -> tuple[np.ndarray, np.ndarray]:
    """Heights of upper and lower lid along the eye, from the nose outwards."""
    line = shape.droop * (_T + 0.3) / 1.3 - 0.01 * _T
    arc = (1 - np.abs(_T) ** 2.2) * (1 - shape.tilt * _T)
    lower = line + shape.lid_lower * arc
    upper = line - shape.lid_upper * arc
    return upper + (lower - upper) * blink, lower
