"""The fingerprint of a picture: two perceptual hashes and a thumbnail, by which near-duplicates are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

THUMBNAIL_SIZE_PX = 64
HASH_BITS = 64


class Fingerprint(NamedTuple):
    """What is kept of a picture to find its near-duplicates.

    hash, mirrored_hash: perceptual hashes of the picture and of its mirror image, 64 bits each.
    thumbnail: (64, 64) uint8 grey, the picture, to tell near-duplicates from mere likeness.
    """

    hash: int
    mirrored_hash: int
    thumbnail: np.ndarray


def fingerprint_of(image: np.ndarray) -> Fingerprint:
    """The fingerprint of a picture, by which near-duplicates are found. image: (H, W, 3) uint8 RGB."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    mirrored_hash = perceptual_hash(np.ascontiguousarray(grey[:, ::-1]))
    return Fingerprint(perceptual_hash(grey), mirrored_hash, thumbnail_of(grey))


def thumbnail_of(image: np.ndarray) -> np.ndarray:
    """A picture stretched to the size of a thumbnail, which is hashed three times as fast.

    image: (H, W) or (H, W, 3) uint8. Returns (64, 64) or (64, 64, 3) uint8.
    """
    return cv2.resize(image, (THUMBNAIL_SIZE_PX, THUMBNAIL_SIZE_PX), interpolation=cv2.INTER_AREA)


def perceptual_hash(grey: np.ndarray) -> int:
    """The 64-bit perceptual hash (imagehash's phash, from the lowest frequencies) of (H, W) uint8 grey."""
    import imagehash
    from PIL import Image

    return int(str(imagehash.phash(Image.fromarray(grey))), 16)


def hash_signs(hashes: Sequence[int] | np.ndarray) -> np.ndarray:
    """The bits of hashes as (N, 64) float32 of -1 and 1, whose products tell how many bits agree."""
    packed = np.asarray(hashes, np.uint64).byteswap().view(np.uint8).reshape(-1, 8)
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1
