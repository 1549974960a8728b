"""Drawing random changes of pictures: what a webcam, a small face, another light or crop would change.

Nothing here looks at the label: light, borders, blur and background must carry no information about
the class. Every call draws from the generator that it is given, so a run can be repeated and resumed.
Only numbers are drawn; ``views`` applies them to the pictures, on the device where the network computes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from happysad_live.errors import TrainingError
from training.faces.faceset import CONTEXT_SIZE_PX
from training.network_config import CORE_SIZE_PX, INNER_SIZE_PX

GREY_SIZE_PX = CONTEXT_SIZE_PX // 2
"""Side of the grey crops with their rim, (160, 160) uint8, that training holds in memory."""

INNER_PX = INNER_SIZE_PX * GREY_SIZE_PX // CONTEXT_SIZE_PX
"""Side of the part that the network looks at, in pixels of the grey crops; a view averages it over 2x2."""

BLUR_SIGMAS_PX = tuple(tenths / 10 for tenths in range(3, 12))
"""Standard deviations of the Gaussian blurs, in pixels of the view."""

JPEG_QUALITIES = (25, 85)
"""The range of qualities to draw from, without the second number."""

_MOST_OF_ANOTHER = 0.4

TRANSFORM = tuple(f"transform_{number}" for number in range(6))
CHANGES = (
    *TRANSFORM,
    *("bar_left", "bar_right", "bar_top", "bar_bottom", "bar_grey"),
    *("oval", "oval_x", "oval_y", "oval_width", "oval_height", "oval_turn", "oval_grey"),
    *("small_px", "shrink", "grow", "blur", "jpeg"),
    *("gamma", "contrast", "brightness", "shade_x", "shade_y", "noise"),
    *("patch_left", "patch_right", "patch_top", "patch_bottom", "patch_grey", "patch_noise"),
)
"""The columns of an array of changes. Grey values and their changes are those of 0..1.

transform_0 .. 5: t0 .. t5, by which a pixel (x, y) of the view before averaging shows the grey crop's pixel
(t0 x + t1 y + t2, t3 x + t4 y + t5). bar_left .. bottom: how far bars reach in from the crop's edges, in its
pixels; bar_grey: their grey. oval: 1 where the face is cut out; oval_x .. height: the middle and half axes
of the ellipse in pixels of the view; oval_turn: radians; oval_grey: the grey outside. small_px: the side
that the view is shrunk to, 0 for none; shrink: 0 by area, 1 bilinear; grow, back again: 0 bilinear, 1
bicubic. blur: a place in ``BLUR_SIGMAS_PX``, from 1; 0 for none. jpeg: quality, 0 for none. gamma: exponent.
contrast: factor. brightness: added. shade_x, shade_y: the share by which the right and the bottom edge are
brighter. noise: standard deviation. patch_left .. bottom: a rectangle that hides something, in pixels of the
view; patch_grey: its grey; patch_noise: 1 for noise instead.
"""


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """The strengths of the changes: ranges, probabilities or largest values.

    Factors are drawn from their range so that their logarithm is uniform, all else uniformly.

    shift: largest shift in x and in y, as a share of the width that is visible at a zoom of 1.
    zoom: range of a factor; below 1 the face gets smaller.
    stretch: largest relative change of the horizontal zoom; the vertical one changes the other way.
    rotation_degrees: largest turn either way.
    contrast, gamma: ranges of factors. brightness: largest shift of the grey value 0..1.
    small: how often the view is shrunk and enlarged again; small_px: range of the side that it is shrunk to,
        without the second number.
    blur, noise, erase, border, cutout, jpeg, shade: how often.
    mix: how often another picture is mixed in, with as much of its label, see ``draw_mixtures``.

    Raises TrainingError for a range, largest value or probability that is impossible.
    """

    shift: float = 0.07
    zoom: tuple[float, float] = (0.85, 1.2)
    stretch: float = 0.06
    rotation_degrees: float = 15.0
    contrast: tuple[float, float] = (0.5, 1.5)
    gamma: tuple[float, float] = (0.6, 1.7)
    brightness: float = 0.15
    small: float = 0.35
    small_px: tuple[int, int] = (16, 42)
    blur: float = 0.2
    noise: float = 0.25
    erase: float = 0.25
    border: float = 0.12
    cutout: float = 0.12
    jpeg: float = 0.15
    shade: float = 0.25
    mix: float = 0.0

    def __post_init__(self) -> None:
        for name in ("zoom", "contrast", "gamma", "small_px"):
            ends = getattr(self, name)
            numbers = len(ends) == 2 and all(isinstance(end, int | float) for end in ends)
            if not numbers or not 0 < ends[0] <= ends[1]:
                raise TrainingError(f"The config's {name} must be a range of two numbers above zero.")
        if self.small_px[0] == self.small_px[1] or any(type(end) is not int for end in self.small_px):
            raise TrainingError("The config's small_px must be two different whole numbers.")
        if self.small_px[1] > CORE_SIZE_PX + 1:
            raise TrainingError(f"The config's small_px cannot be above {CORE_SIZE_PX + 1}.")
        if not 0 <= self.stretch < 1:
            raise TrainingError("The config's stretch must be a share from 0 to less than 1.")
        for name in ("shift", "rotation_degrees", "brightness"):
            if not getattr(self, name) >= 0:
                raise TrainingError(f"The config's {name} is the largest value either way: not below 0.")
        for name in ("small", "blur", "noise", "erase", "border", "cutout", "jpeg", "shade", "mix"):
            if not 0 <= getattr(self, name) <= 1:
                raise TrainingError(f"The config's {name} says how often: a share from 0 to 1.")


def draw_changes(count: int, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Random changes of so many pictures, (count, len(CHANGES)) float32, see ``CHANGES``."""
    transform, rim_px = _transforms(count, config, rng)
    drawn = dict(zip(TRANSFORM, transform, strict=True))
    drawn |= _bars(rim_px, config, rng)
    drawn |= _ovals(count, config, rng)
    drawn |= _losses_of_detail(count, config, rng)
    drawn |= _lights(count, config, rng)
    drawn |= _patches(count, config, rng)
    return np.stack([drawn[name] for name in CHANGES], axis=1).astype(np.float32)


def draw_mixtures(count: int, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Random shares 0..0.4 of another picture to be mixed into each of so many, (count,) float32.

    Zhang et al., 2018, "mixup: Beyond empirical risk minimization". Without mixing, a long run learns single
    pictures by heart, mislabelled ones too. Less than half, so that a picture's own label outweighs.
    """
    mixed = rng.random(count) < config.mix
    return np.where(mixed, rng.uniform(0, _MOST_OF_ANOTHER, count), 0).astype(np.float32)


def _transforms(count: int, config: AugmentConfig, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Transforms, (6, count), and the width in pixels of the rim that each one's zoom hides, (count,)."""
    zoom = _factors(config.zoom, count, rng)
    stretch = 1 + rng.uniform(-config.stretch, config.stretch, count)
    flip = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    angle = np.deg2rad(rng.uniform(-1, 1, count) * config.rotation_degrees)
    shift = rng.uniform(-1, 1, (2, count)) * config.shift * INNER_PX
    step_x, step_y = flip / (zoom * stretch), stretch / zoom
    cos, sin = np.cos(angle), np.sin(angle)
    # Offsets from the view's middle are scaled, mirrored and turned, then added to the crop's shifted middle.
    turned = np.array([[cos * step_x, sin * step_y], [-sin * step_x, cos * step_y]])
    middle = (GREY_SIZE_PX - 1) / 2 + shift - turned.sum(axis=1) * (INNER_PX - 1) / 2
    transform = np.array([*turned[0], middle[0], *turned[1], middle[1]])
    return transform, (GREY_SIZE_PX - INNER_PX / zoom) / 2


def _bars(rim_px: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Bars of one grey on some sides, reaching a little into the view, as at the edge of a picture."""
    count = len(rim_px)
    reach = rim_px + rng.uniform(0, 0.14, (4, count)) * (GREY_SIZE_PX - 2 * rim_px)
    there = (rng.random((4, count)) < 0.5) & (rng.random(count) < config.border)
    left, right, top, bottom = np.where(there, np.floor(reach), 0)
    return {
        "bar_left": left,
        "bar_right": right,
        "bar_top": top,
        "bar_bottom": bottom,
        "bar_grey": _fill_greys(count, rng),
    }


def _ovals(count: int, config: AugmentConfig, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Ellipses about the face, with black or a grey outside, as in pictures with faces cut out."""
    size = CORE_SIZE_PX
    return {
        "oval": rng.random(count) < config.cutout,
        "oval_x": size * (0.5 + rng.uniform(-0.05, 0.05, count)),
        "oval_y": size * (0.52 + rng.uniform(-0.05, 0.05, count)),
        "oval_width": size * rng.uniform(0.36, 0.52, count),
        "oval_height": size * rng.uniform(0.46, 0.62, count),
        "oval_turn": np.deg2rad(rng.uniform(-8, 8, count)),
        "oval_grey": np.where(rng.random(count) < 0.75, 0, _fill_greys(count, rng)),
    }


def _losses_of_detail(count: int, config: AugmentConfig, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Shrinking, blur and compression: how a small or distant face loses detail."""
    small_px = rng.integers(*config.small_px, count)
    blur = rng.integers(1, 1 + len(BLUR_SIGMAS_PX), count)
    return {
        "small_px": np.where(rng.random(count) < config.small, small_px, 0),
        "shrink": rng.random(count) < 0.3,
        "grow": rng.random(count) < 0.5,
        "blur": np.where(rng.random(count) < config.blur, blur, 0),
        "jpeg": np.where(rng.random(count) < config.jpeg, rng.integers(*JPEG_QUALITIES, count), 0),
    }


def _lights(count: int, config: AugmentConfig, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Gamma, contrast, brightness, light from one side, sensor noise."""
    angle = rng.uniform(0, 2 * np.pi, count)
    shade = np.where(rng.random(count) < config.shade, rng.uniform(0.1, 0.6, count), 0)
    return {
        "gamma": _factors(config.gamma, count, rng),
        "contrast": _factors(config.contrast, count, rng),
        "brightness": rng.uniform(-1, 1, count) * config.brightness,
        "shade_x": shade * np.cos(angle),
        "shade_y": shade * np.sin(angle),
        "noise": np.where(rng.random(count) < config.noise, rng.uniform(0.01, 0.07, count), 0),
    }


def _patches(count: int, config: AugmentConfig, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Rectangles of one grey or of noise, for what may hide a face: a hand, hair, a microphone."""
    size = rng.integers(5, 18, (2, count)) * (rng.random(count) < config.erase)
    left, top = rng.integers(0, CORE_SIZE_PX - size + 1)
    return {
        "patch_left": left,
        "patch_right": left + size[0],
        "patch_top": top,
        "patch_bottom": top + size[1],
        "patch_grey": rng.random(count),
        "patch_noise": rng.random(count) < 0.3,
    }


def _factors(ends: tuple[float, float], count: int, rng: np.random.Generator) -> np.ndarray:
    """Random factors, (count,), whose logarithm is uniform between the ends."""
    low, high = np.log(ends)
    return np.exp(rng.uniform(low, high, count))


def _fill_greys(count: int, rng: np.random.Generator) -> np.ndarray:
    """Black, white or any grey, (count,) 0..1."""
    any_grey = rng.random(count)
    return np.where(rng.random(count) < 0.25, any_grey, rng.choice([0, 0, 1], count))
