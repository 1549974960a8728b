"""Near-duplicate pictures: found by perceptual hash, confirmed by correlation.

The face in two copies of a photograph may be cut a little differently, higher, larger or turned: the crops
then correlate less than those of strangers who look alike. So such crops are first laid upon each other (ECC:
Evangelidis and Psarakis, IEEE TPAMI 30, 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np

from happysad_live.core.cores import usable_cores
from training.faces.fingerprints import HASH_BITS, Fingerprint, hash_signs
from training.progress import progressed

# Measured on 13,000 aligned faces: above a correlation of .95 there was no pair of different persons, upright
# or mirrored; such pairs reach .93. All but 5 % of the copies that a data set itself names lie above .95.
MAX_HASH_DISTANCE_BITS = 12
MIN_CORRELATION = 0.95
MIN_SHARED_LABEL = 0.2

# 271 faces of FERPlus's validation part are in its training part too, but cut anew: all but four of these
# pairs correlate by less than .95 as they are cut, all by more than .85, and 98 % of the hashes differ in at
# most 20 bits. Laid upon each other, faces of different people reach .98 four times in 5,600 press portraits,
# which costs nothing but that they stay in one split.
_MAX_RECUT_DISTANCE_BITS = 20
_MIN_RECUT_CORRELATION = 0.83
_MIN_LAID_ON_CORRELATION = 0.98
_MIN_LAID_ON_SMALL_CORRELATION = 0.94
"""``_MIN_LAID_ON_CORRELATION`` for the small size, which takes a quarter of the time and drops most pairs."""
_SMALL_SIZE_PX = 32
"""Side of the pictures of all correlations here but ``_MIN_LAID_ON_CORRELATION``, that of thumbnails."""

# Two pictures of one person before one wall look alike with any expression: in a clip, a neutral and a
# smiling face correlate by up to .94, two neutral ones by .98. Nine in ten of the copies that a data set
# itself names lie above ``MIN_COPY_CORRELATION``.
MIN_COPY_CORRELATION = 0.985

# Copies of a whole picture, mirrored, grey, half as large or saved again, correlate by .9993 or more (those
# of 48 pixels, made smaller or saved badly, by .96); snapshots of one person in one room, two seconds apart,
# hardly ever by .999.
MIN_PICTURE_CORRELATION = 0.999

_BLOCK_ROWS = 2048
_PAIRS_AT_ONCE = 20_000


class Pairs(NamedTuple):
    """Pictures that belong together, (P, 2) int row numbers each.

    by_crop, by_picture: their crops, or the whole pictures, look alike.
    declared: the source calls them near-duplicates. of_subject: they are of one person or clip.
    """

    by_crop: np.ndarray
    by_picture: np.ndarray
    declared: np.ndarray
    of_subject: np.ndarray

    @property
    def duplicates(self) -> list[np.ndarray]:
        """The arrays of pairs that show the same photograph, not only the same person."""
        return [self.by_crop, self.by_picture, self.declared]


def same_pictures(fingerprints: Sequence[Fingerprint]) -> np.ndarray:
    """Pairs of whole pictures that are the same but for size, colour, mirroring or how they were saved.

    fingerprints: of N whole pictures. Returns (P, 2) int64 row numbers, the lower one first.
    """
    found = _candidates(fingerprints, MAX_HASH_DISTANCE_BITS, MIN_PICTURE_CORRELATION)
    return np.unique(found.pairs, axis=0)


def near_duplicates(fingerprints: Sequence[Fingerprint], part: np.ndarray | None = None) -> np.ndarray:
    """Pairs of aligned crops that show the same photograph, possibly mirrored or cut a little differently.

    Pairs whose hashes are close are candidates; aligned faces look alike, so a pair counts only when the
    small grey pictures correlate highly, as they are or once they are laid upon each other.

    fingerprints: of N crops. part: (N,) int; where given, only pairs from two different parts are found.
    Returns (P, 2) int64 row numbers, the lower one first.
    """
    found = _candidates(fingerprints, _MAX_RECUT_DISTANCE_BITS, _MIN_RECUT_CORRELATION)
    if part is not None:
        found = found.of(part[found.pairs[:, 0]] != part[found.pairs[:, 1]])
    same = (found.distance_bits <= MAX_HASH_DISTANCE_BITS) & (found.correlation >= MIN_CORRELATION)
    doubtful = np.flatnonzero(~same)
    thumbnails = [one.thumbnail for one in fingerprints]
    # Most of the threads' work is OpenCV's, which releases the GIL.
    with ThreadPoolExecutor(usable_cores()) as threads:
        pairs = ((*found.pairs[row], found.mirrored[row]) for row in doubtful)
        alike = threads.map(lambda pair: _is_recut(thumbnails[pair[0]], thumbnails[pair[1]], pair[2]), pairs)
        for row, is_recut in zip(
            progressed("Looking for copies that were cut anew", doubtful), alike, strict=True
        ):
            same[row] = is_recut
    return np.unique(found.pairs[same], axis=0)


def are_copies(pairs: np.ndarray, thumbnails: np.ndarray) -> np.ndarray:
    """Whether each pair is surely one photograph, rather than two of one person: (P,) bool.

    pairs: (P, 2) int row numbers. thumbnails: (N, H, W) uint8 grey.
    """
    copies = np.zeros(len(pairs), bool)
    small = np.stack([_small(one) for one in thumbnails])
    plain, mirrored = _normalised(small), _normalised(small[:, :, ::-1])
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        first, other = pairs[some].T
        for turned in (plain, mirrored):
            likeness = np.einsum("ij,ij->i", plain[first], turned[other])
            copies[some] |= likeness >= MIN_COPY_CORRELATION
    return copies


def same_key_pairs(keys: Sequence[str], labels: np.ndarray) -> np.ndarray:
    """Pairs, (P, 2) int64, of each row and one row of every label among those with the same non-empty key.

    labels: (N, K). Such pairs join all rows of a key and show every contradiction, and yet are few, though a
    key may stand for all frames of a video.
    """
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        if key:
            rows.setdefault(key, []).append(row)
    pairs = []
    for same in rows.values():
        _, places = np.unique(labels[same], axis=0, return_index=True)
        examples = [same[place] for place in places]
        pairs += [(min(row, one), max(row, one)) for row in same for one in examples if row != one]
    return np.unique(np.array(pairs, np.int64).reshape(-1, 2), axis=0)


def contradictions(pairs: np.ndarray, labels: np.ndarray) -> dict[int, int]:
    """The rows that a near-duplicate's label contradicts, each with the row of one such near-duplicate.

    pairs: (P, 2) int row numbers. labels: (N, K), shares of the classes. Two of them contradict each other
    when they have less than a fifth in common: as different single labels always do, and two sets of votes,
    whose annotators may well differ a little, rarely.
    """
    shared = np.minimum(labels[pairs[:, 0]], labels[pairs[:, 1]]).sum(axis=1)
    found: dict[int, int] = {}
    for first, second in pairs[shared < MIN_SHARED_LABEL].tolist():
        found.setdefault(first, second)
        found.setdefault(second, first)
    return found


class _Candidates(NamedTuple):
    """Pairs that may be copies.

    pairs: (P, 2) int64 row numbers, the lower one first. mirrored: (P,) bool, whether the second is mirrored.
    distance_bits: (P,) int, of the hashes. correlation: (P,) float32, of the small grey pictures.
    """

    pairs: np.ndarray
    mirrored: np.ndarray
    distance_bits: np.ndarray
    correlation: np.ndarray

    def of(self, mask: np.ndarray) -> _Candidates:
        """The candidates where a boolean mask, (P,), is True."""
        return _Candidates(*(column[mask] for column in self))


def _candidates(
    fingerprints: Sequence[Fingerprint], max_distance_bits: int, min_correlation: float
) -> _Candidates:
    hashes, mirrored_hashes, thumbnails = zip(*fingerprints, strict=True)
    small = np.stack([_small(one) for one in thumbnails])
    plain, upright = hash_signs(hashes), _normalised(small)
    others = ((plain, upright), (hash_signs(mirrored_hashes), _normalised(small[:, :, ::-1])))
    found = []
    for is_mirrored, (signs, pictures) in enumerate(others):
        pairs, distance_bits, correlation = _matching(
            plain, signs, upright, pictures, max_distance_bits, min_correlation
        )
        found.append(_Candidates(pairs, np.full(len(pairs), bool(is_mirrored)), distance_bits, correlation))
    return _Candidates(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _small(thumbnail: np.ndarray) -> np.ndarray:
    return cv2.resize(thumbnail, (_SMALL_SIZE_PX, _SMALL_SIZE_PX), interpolation=cv2.INTER_AREA)


def _is_recut(first: np.ndarray, other: np.ndarray, is_mirrored: bool) -> bool:
    """Whether two thumbnails, (64, 64) uint8 grey, show one photograph, cut a little differently."""
    if is_mirrored:
        other = np.ascontiguousarray(other[:, ::-1])
    small = _laid_on_correlation(_small(first), _small(other))
    return (
        small >= _MIN_LAID_ON_SMALL_CORRELATION
        and _laid_on_correlation(first, other) >= _MIN_LAID_ON_CORRELATION
    )


def _laid_on_correlation(first: np.ndarray, other: np.ndarray) -> float:
    """The highest correlation of two pictures, one of them moved, turned, sheared or resized a little.

    0 where the search fails. The border is left out, as the other cut may not show it.
    """
    size_px = len(first)
    border_px = size_px // 10
    counts = np.zeros_like(first)
    counts[border_px:-border_px, border_px:-border_px] = 255
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)
    blur_px = 5 if size_px > _SMALL_SIZE_PX else 1
    try:
        correlation, _ = cv2.findTransformECC(
            first, other, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop, counts, blur_px
        )
    except cv2.error:  # the search does not converge
        return 0.0
    return float(correlation)


def _normalised(thumbnails: np.ndarray) -> np.ndarray:
    """Grey pictures (N, H, W) as (N, H*W) float32 of mean 0 and length 1, whose products are correlations."""
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _matching(
    signs: np.ndarray,
    other_signs: np.ndarray,
    pictures: np.ndarray,
    other_pictures: np.ndarray,
    max_distance_bits: int,
    min_correlation: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (i < j) where picture i matches other picture j, with their hashes' distance in bits and their
    correlation; found block by block, to bound the memory."""
    least = HASH_BITS - 2 * max_distance_bits
    pairs = [np.empty((0, 2), np.int64)]
    distances, correlations = [np.empty(0, int)], [np.empty(0, np.float32)]
    for start in range(0, len(signs), _BLOCK_ROWS):
        agreement = signs[start : start + _BLOCK_ROWS] @ other_signs[start:].T
        rows, columns = np.nonzero(agreement >= least)
        above = rows < columns
        rows, columns = rows[above], columns[above]
        for few in range(0, len(rows), _PAIRS_AT_ONCE):
            i, j = rows[few : few + _PAIRS_AT_ONCE], columns[few : few + _PAIRS_AT_ONCE]
            correlation = np.einsum("ij,ij->i", pictures[i + start], other_pictures[j + start])
            alike = correlation >= min_correlation
            i, j = i[alike], j[alike]
            pairs.append(np.column_stack([i, j]) + start)
            distances.append((HASH_BITS - agreement[i, j].astype(int)) // 2)
            correlations.append(correlation[alike])
    return np.concatenate(pairs), np.concatenate(distances), np.concatenate(correlations)
