"""Views: what a network looks at, computed on the same device from grey crops and drawn changes."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import keras
import numpy as np
from keras import layers, ops

from training.fitting.augment import BLUR_SIGMAS_PX, CHANGES, GREY_SIZE_PX, INNER_PX, TRANSFORM
from training.network_config import CORE_SIZE_PX

_DCT_PX = 8
_JPEG_LUMA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
"""JPEG's quantisation of grey at quality 50 (ITU-T T.81, table K.1)."""


def plain_views(greys):
    """Unchanged views: (N, 160, 160) uint8 grey -> (N, 48, 48, 1) float32 grey 0..1."""
    rim = (GREY_SIZE_PX - INNER_PX) // 2
    inner = ops.cast(greys[:, rim : rim + INNER_PX, rim : rim + INNER_PX], "float32") / 255
    return _averaged(inner[..., None])


def mixed_views(views, others, shares):
    """Views, (N, S, S, 1), with a share, (N,), of the view in row ``others``, (N,) int, mixed into each."""
    shares = shares[:, None, None, None]
    return views * (1 - shares) + ops.take(views, others, axis=0) * shares


class AugmentedViews(layers.Layer):
    """Changed views: (N, 160, 160) uint8 grey, (N, len(CHANGES)) -> (N, 48, 48, 1) float32 grey 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self._noise = keras.random.SeedGenerator(0)

    def seed(self, seed: int, step: int) -> None:
        """Let the next call's noise depend on a run's seed and step alone."""
        self._noise.state.assign(np.array([seed, step]))

    def call(self, greys, changes):
        drawn = {name: changes[:, number, None, None] for number, name in enumerate(CHANGES)}
        transform = ops.concatenate([changes[:, : len(TRANSFORM)], ops.zeros_like(changes[:, :2])], axis=1)
        view = _warped(_barred(ops.cast(greys, "float32"), drawn), transform) / 255
        view = _cut_out(view, drawn)
        view = _compressed(_softened(view, drawn), drawn)
        noise = keras.random.normal(ops.shape(view), seed=self._noise)
        view = _relit(view, noise, drawn)
        return _patched(view, noise, drawn)[..., None]


def _warped(greys, transform):
    """Warp grey crops, then average them down, which comes close to the app's area average."""
    large = ops.image.affine_transform(
        greys[..., None], transform, "bilinear", "nearest", data_format="channels_last"
    )
    return _averaged(large[:, :INNER_PX, :INNER_PX])[..., 0]


def _averaged(large):
    """The means of 2x2 pixels: (N, 96, 96, 1) -> (N, 48, 48, 1)."""
    factor = INNER_PX // CORE_SIZE_PX
    return ops.average_pool(large, factor, factor, data_format="channels_last")


def _barred(greys, drawn: dict[str, Any]):
    """Crops with bars at their edges. As crops are large, most is decided along one axis at a time."""
    x, y = _grid(GREY_SIZE_PX)
    across = (x >= drawn["bar_left"]) & (x < GREY_SIZE_PX - drawn["bar_right"])
    along = (y >= drawn["bar_top"]) & (y < GREY_SIZE_PX - drawn["bar_bottom"])
    return ops.where(across & along, greys, 255 * drawn["bar_grey"])


def _cut_out(view, drawn: dict[str, Any]):
    x, y = _grid(CORE_SIZE_PX)
    x, y = x - drawn["oval_x"], y - drawn["oval_y"]
    cos, sin = ops.cos(drawn["oval_turn"]), ops.sin(drawn["oval_turn"])
    across, along = (x * cos + y * sin) / drawn["oval_width"], (y * cos - x * sin) / drawn["oval_height"]
    outside = (across * across + along * along > 1) & (drawn["oval"] > 0)
    return ops.where(outside, drawn["oval_grey"], view)


def _softened(view, drawn: dict[str, Any]):
    """Views shrunk, enlarged again and blurred: each is one weighted mean, the same along both axes."""
    which = (drawn["shrink"] * 2 + drawn["grow"]) * (CORE_SIZE_PX + 1) + drawn["small_px"]
    resized = ops.take(_resizings(), _numbers(which), axis=0)
    blurred = ops.take(_blurs(), _numbers(drawn["blur"]), axis=0)
    return ops.clip(_both_ways(ops.matmul(blurred, resized), view), 0, 1)


def _compressed(view, drawn: dict[str, Any]):
    """Views without the detail that JPEG loses: cosines of 8x8 pixels, rounded by libjpeg's quality scale."""
    quality = ops.maximum(drawn["jpeg"], 1)
    scale = ops.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    at_50 = ops.convert_to_tensor(np.tile(_JPEG_LUMA, 2 * [CORE_SIZE_PX // _DCT_PX]))
    coarseness = ops.clip(ops.floor((at_50 * scale + 50) / 100), 1, 255)
    cosines = _cosines()
    rounded = ops.round(_both_ways(cosines, view * 255 - 128) / coarseness) * coarseness
    compressed = ops.clip((_both_ways(cosines.T, rounded) + 128) / 255, 0, 1)
    return ops.where(drawn["jpeg"] > 0, compressed, view)


def _relit(view, noise, drawn: dict[str, Any]):
    view = ops.power(view, drawn["gamma"])
    mean = ops.mean(view, axis=(1, 2), keepdims=True)
    view = (view - mean) * drawn["contrast"] + mean + drawn["brightness"]
    x, y = (axis * (2 / (CORE_SIZE_PX - 1)) - 1 for axis in _grid(CORE_SIZE_PX))
    view = view * (1 + drawn["shade_x"] * x + drawn["shade_y"] * y)
    return ops.clip(view + drawn["noise"] * noise, 0, 1)


def _patched(view, noise, drawn: dict[str, Any]):
    x, y = _grid(CORE_SIZE_PX)
    across = (x >= drawn["patch_left"]) & (x < drawn["patch_right"])
    along = (y >= drawn["patch_top"]) & (y < drawn["patch_bottom"])
    # A patch's noise has the standard deviation of a uniform distribution over 0..1.
    of_noise = ops.clip(0.5 + noise / np.sqrt(12), 0, 1)
    return ops.where(across & along, ops.where(drawn["patch_noise"] > 0, of_noise, drawn["patch_grey"]), view)


def _grid(size_px: int) -> tuple[Any, Any]:
    """The pixels' x (1, size) and y (size, 1), float32: the backend's tensors, as PyTorch needs its own."""
    along = ops.arange(size_px, dtype="float32")
    return along[None, :], along[:, None]


def _both_ways(weights, pictures):
    """Weighted means along y and x: weights (M, S) or (N, M, S), pictures (N, S, S) -> (N, M, M)."""
    across = ops.matmul(pictures, ops.swapaxes(weights, -1, -2))
    return ops.matmul(weights, across)


def _numbers(column):
    """A column of changes as whole numbers: (N, 1, 1) float -> (N,) int32."""
    return ops.cast(column[:, 0, 0], "int32")


@cache
def _resizings() -> np.ndarray:
    """The weights that shrink and enlarge one axis, (4 * 49, 48, 48) float32: for each way and smallest side.

    Ways shrink by area or bilinear, and enlarge bilinear or bicubic; a side of 0 changes nothing.
    """
    found = np.empty((4, CORE_SIZE_PX + 1, CORE_SIZE_PX, CORE_SIZE_PX), np.float32)
    found[:, 0] = np.eye(CORE_SIZE_PX)
    for way in range(4):
        shrink = (cv2.INTER_AREA, cv2.INTER_LINEAR)[way // 2]
        grow = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[way % 2]
        for small_px in range(1, CORE_SIZE_PX + 1):
            smaller = _resizing(CORE_SIZE_PX, small_px, shrink)
            found[way, small_px] = _resizing(small_px, CORE_SIZE_PX, grow) @ smaller
    return found.reshape(-1, CORE_SIZE_PX, CORE_SIZE_PX)


def _resizing(size_px: int, wanted_px: int, interpolation: int) -> np.ndarray:
    """The weights with which OpenCV resizes one axis, (wanted, size) float32."""
    return cv2.resize(np.eye(size_px, dtype=np.float32), (size_px, wanted_px), interpolation=interpolation)


@cache
def _blurs() -> np.ndarray:
    """The weights of each blur along one axis, (10, 48, 48) float32: none, then ``BLUR_SIGMAS_PX``."""
    eye = np.eye(CORE_SIZE_PX, dtype=np.float32)
    blurred = [
        cv2.sepFilter2D(eye, -1, np.ones(1), cv2.getGaussianKernel(11, sigma)) for sigma in BLUR_SIGMAS_PX
    ]
    return np.stack([eye, *blurred])


@cache
def _cosines() -> np.ndarray:
    """The discrete cosine transform of each 8 pixels along one axis, (48, 48) float32."""
    block = cv2.dct(np.eye(_DCT_PX, dtype=np.float32), flags=cv2.DCT_ROWS).T
    return np.kron(np.eye(CORE_SIZE_PX // _DCT_PX, dtype=np.float32), block)
