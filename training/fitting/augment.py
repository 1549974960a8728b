"""Augmentation: what a webcam, a small face, a stranger's light or another crop would change about a face.

Nothing here looks at the label: light, borders, blur and background must carry no information about
the class. Every call draws from the generator that it is given, so a run can be repeated and resumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from happysad_live.errors import TrainingError
from training.faces.faceset import CONTEXT_SIZE_PX
from training.fitting.network_config import CORE_SIZE_PX, INNER_SIZE_PX

GREY_SIZE_PX = CONTEXT_SIZE_PX // 2
"""Side of the grey crops with their rim that training holds in memory: (160, 160) uint8."""

_INNER_PX = INNER_SIZE_PX * GREY_SIZE_PX / CONTEXT_SIZE_PX
_WARPED_PX = 2 * CORE_SIZE_PX


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """Strengths: ranges are drawn uniformly, the others are probabilities or largest values.

    shift: of the crop, as a share of the width that is visible at a zoom of 1, in x and y.
    zoom: a factor; below 1 the face gets smaller.
    stretch: largest relative difference of the horizontal from the vertical zoom.
    rotation_degrees: largest turn either way.
    contrast, gamma: factors. brightness: largest shift of the grey value 0..1.
    small: how often the face is made small and enlarged again; small_px: to how many pixels.
    blur, noise, erase, border, cutout, jpeg, shade: how often.

    Raises TrainingError for a range or a share that cannot be.
    """

    shift: float = 0.07
    zoom: tuple[float, float] = (0.85, 1.2)
    stretch: float = 0.06
    rotation_degrees: float = 15.0
    contrast: tuple[float, float] = (0.5, 1.5)
    gamma: tuple[float, float] = (0.6, 1.7)
    brightness: float = 0.15
    small: float = 0.35
    small_px: tuple[int, int] = (22, 56)
    blur: float = 0.2
    noise: float = 0.25
    erase: float = 0.25
    border: float = 0.12
    cutout: float = 0.12
    jpeg: float = 0.15
    shade: float = 0.25

    def __post_init__(self) -> None:
        for name in ("zoom", "contrast", "gamma", "small_px"):
            ends = getattr(self, name)
            numbers = len(ends) == 2 and all(isinstance(end, int | float) for end in ends)
            if not numbers or not 0 < ends[0] <= ends[1]:
                raise TrainingError(f"The config's {name} must be a range of two numbers above zero.")
        if self.small_px[0] == self.small_px[1] or any(type(end) is not int for end in self.small_px):
            raise TrainingError("The config's small_px must be two different whole numbers.")
        if not 0 <= self.stretch < 1:
            raise TrainingError("The config's stretch must be a share from 0 to less than 1.")
        for name in ("shift", "rotation_degrees", "brightness"):
            if not getattr(self, name) >= 0:
                raise TrainingError(f"The config's {name} is the largest value either way: not below 0.")
        for name in ("small", "blur", "noise", "erase", "border", "cutout", "jpeg", "shade"):
            if not 0 <= getattr(self, name) <= 1:
                raise TrainingError(f"The config's {name} says how often: a share from 0 to 1.")


def augment_batch(greys: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """One random view of each crop: (N, 160, 160) uint8 grey -> (N, 64, 64, 1) float32 grey 0..1."""
    views = np.empty((len(greys), CORE_SIZE_PX, CORE_SIZE_PX, 1), np.float32)
    for row, grey in enumerate(greys):
        views[row, ..., 0] = augment(grey, config, rng)
    return views


def augment(grey: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """One random view: (160, 160) uint8 grey -> (64, 64) float32 grey 0..1."""
    transform, visible = _random_transform(config, rng)
    if rng.random() < config.border:
        grey = _with_border(grey, visible, rng)
    view = _warp(grey, transform)
    if rng.random() < config.cutout:
        view = _cut_out(view, rng)
    view = _degraded(view, config, rng)
    view = _relit(view.astype(np.float32) / 255, config, rng)
    if rng.random() < config.erase:
        view = _erased(view, rng)
    return view


def plain_batch(greys: np.ndarray) -> np.ndarray:
    """The views without any change: (N, 160, 160) uint8 grey -> (N, 64, 64, 1) float32 grey 0..1."""
    transform = _transform(zoom_x=1.0, zoom_y=1.0, angle_rad=0.0, shift=(0.0, 0.0))
    return np.stack([_warp(grey, transform) for grey in greys])[..., None].astype(np.float32) / 255


def _random_transform(config: AugmentConfig, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """The transform from grey crop to warped view, and the side in the grey crop of what that shows."""
    zoom = float(np.exp(rng.uniform(*np.log(config.zoom))))
    stretch = 1 + rng.uniform(-config.stretch, config.stretch)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    angle = np.deg2rad(rng.uniform(-1, 1) * config.rotation_degrees)
    shift = rng.uniform(-1, 1, 2) * config.shift * _INNER_PX
    return _transform(flip * zoom * stretch, zoom / stretch, angle, (shift[0], shift[1])), _INNER_PX / zoom


def _transform(zoom_x: float, zoom_y: float, angle_rad: float, shift: tuple[float, float]) -> np.ndarray:
    scale = _WARPED_PX / _INNER_PX
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    matrix = np.array([[zoom_x * cos, -zoom_x * sin], [zoom_y * sin, zoom_y * cos]]) * scale
    source = np.array([(GREY_SIZE_PX - 1) / 2 + shift[0], (GREY_SIZE_PX - 1) / 2 + shift[1]])
    target = np.full(2, (_WARPED_PX - 1) / 2)
    return np.column_stack([matrix, target - matrix @ source])


def _warp(grey: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """Enlarge a little, then average down: as close to the app's area average as one warp gets."""
    large = cv2.warpAffine(
        grey,
        transform,
        (_WARPED_PX, _WARPED_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cv2.resize(large, (CORE_SIZE_PX, CORE_SIZE_PX), interpolation=cv2.INTER_AREA)


def _with_border(grey: np.ndarray, visible_px: float, rng: np.random.Generator) -> np.ndarray:
    """Bars of one grey on some sides, reaching a little into the view: a picture's edge."""
    bordered = grey.copy()
    fill = _fill_value(rng)
    rim = (GREY_SIZE_PX - visible_px) / 2
    for side in range(4):
        width = int(rim + rng.uniform(0, 0.14) * visible_px)
        if width > 0 and rng.random() < 0.5:
            np.rot90(bordered, side)[:width] = fill
    return bordered


def _cut_out(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The face in an ellipse, black or grey around it."""
    size = CORE_SIZE_PX
    mask = np.zeros((size, size), np.uint8)
    center = (int(size / 2 + rng.uniform(-3, 3)), int(size * 0.52 + rng.uniform(-3, 3)))
    axes = (int(size * rng.uniform(0.36, 0.52)), int(size * rng.uniform(0.46, 0.62)))
    cv2.ellipse(mask, center, axes, rng.uniform(-8, 8), 0, 360, 255, -1)
    fill = 0 if rng.random() < 0.75 else _fill_value(rng)
    return np.where(mask > 0, view, np.uint8(fill))


def _degraded(view: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Smaller, softer, compressed: the ways of a small or distant face."""
    if rng.random() < config.small:
        small = int(rng.integers(*config.small_px))
        shrink = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
        grow = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
        view = cv2.resize(view, (small, small), interpolation=shrink)
        view = cv2.resize(view, (CORE_SIZE_PX, CORE_SIZE_PX), interpolation=grow)
    if rng.random() < config.blur:
        view = cv2.GaussianBlur(view, (0, 0), rng.uniform(0.4, 1.4))
    if rng.random() < config.jpeg:
        _, encoded = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))])
        view = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    return view


def _relit(view: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Gamma, contrast, brightness, light from one side, sensor noise; grey values stay within 0..1."""
    view = np.power(view, np.exp(rng.uniform(*np.log(config.gamma))), dtype=np.float32)
    mean = float(view.mean())
    view = (view - mean) * np.float32(np.exp(rng.uniform(*np.log(config.contrast)))) + np.float32(
        mean + rng.uniform(-1, 1) * config.brightness
    )
    if rng.random() < config.shade:
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.6)
        ramp = np.cos(angle) * _RAMP[None, :] + np.sin(angle) * _RAMP[:, None]
        view = view * (1 + np.float32(strength) * ramp)
    if rng.random() < config.noise:
        view = view + np.float32(rng.uniform(0.01, 0.07)) * rng.standard_normal(view.shape, np.float32)
    return np.clip(view, 0, 1, dtype=np.float32)


def _erased(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A rectangle of one grey or of noise: a hand, a strand of hair, a microphone."""
    height, width = rng.integers(6, 24, 2)
    top, left = rng.integers(0, CORE_SIZE_PX - height), rng.integers(0, CORE_SIZE_PX - width)
    patch = rng.random((height, width), np.float32) if rng.random() < 0.3 else np.float32(rng.random())
    view[top : top + height, left : left + width] = patch
    return view


def _fill_value(rng: np.random.Generator) -> int:
    """Black, white or any grey."""
    return int(rng.choice([0, 0, 255, rng.integers(0, 256)]))


_RAMP = np.linspace(-1, 1, CORE_SIZE_PX, dtype=np.float32)
