"""Near-duplicate pictures: found by perceptual hash, confirmed by correlation, joined into groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

# Measured on 13,000 aligned faces: above a correlation of .95 there was no pair of different persons and
# no pair of a face and a mirrored stranger; they begin at .93. All but 5 % of the copies that a data set
# itself names lie above it.
MAX_HASH_DISTANCE_BITS = 12
MIN_CORRELATION = 0.95
MIN_SHARED_LABEL = 0.2

# Two pictures of one person before one wall look alike with any expression: in a clip, a neutral and a
# smiling face correlate by up to .94, two neutral ones by .98. Nine in ten of the copies that a data set
# itself names lie above.
MIN_COPY_CORRELATION = 0.985

# Whole pictures that are the same but mirrored, grey, half as large or saved again correlate by .9993 or more
# (pictures of 48 pixels, made smaller or saved badly, by .96); snapshots of one person in one room, two
# seconds apart, hardly ever by .999.
MIN_PICTURE_CORRELATION = 0.999

_HASH_BITS = 64
_BLOCK_ROWS = 2048
_PAIRS_AT_ONCE = 20_000


class Look(NamedTuple):
    """What near-duplicates of a picture are found by.

    hash, mirrored_hash: perceptual hashes of the picture and of its mirror image, 64 bits each.
    fingerprint: (H, W) uint8, the picture in grey, to tell near-duplicates from mere likeness.
    """

    hash: int
    mirrored_hash: int
    fingerprint: np.ndarray


def near_duplicates(looks: Sequence[Look], min_correlation: float = MIN_CORRELATION) -> np.ndarray:
    """Pairs of pictures that show the same photograph, possibly mirrored.

    Pictures whose hashes differ in at most 12 of 64 bits are candidates; aligned faces look alike, so
    a pair counts only when the small grey pictures correlate by at least ``min_correlation``.

    A copy that was cut anew is often missed: of those without 4 % of each side, half or more.

    looks: N of them. Returns (P, 2) int64 row numbers, the lower one first.
    """
    hashes, mirrored_hashes, stack = zip(*looks, strict=True)
    fingerprints = np.stack(stack)
    plain = _as_signs(hashes)
    upright = _normalised(fingerprints)
    pairs = [_matching(plain, plain, upright, upright, min_correlation)]
    mirrored = _normalised(fingerprints[:, :, ::-1])
    pairs.append(_matching(plain, _as_signs(mirrored_hashes), upright, mirrored, min_correlation))
    return np.unique(np.concatenate(pairs), axis=0)


def are_copies(pairs: np.ndarray, fingerprints: np.ndarray) -> np.ndarray:
    """Which near-duplicates are one photograph beyond doubt, and not two of one person: (P,) bool.

    pairs: (P, 2) int row numbers. fingerprints: (N, H, W) uint8 grey.
    """
    copies = np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        first, other = (fingerprints[pairs[some, column]] for column in (0, 1))
        for turned in (other, other[:, :, ::-1]):
            likeness = (_normalised(first) * _normalised(turned)).sum(axis=1)
            copies[some] |= likeness >= MIN_COPY_CORRELATION
    return copies


def group_numbers(count: int, edges: Iterable[np.ndarray]) -> np.ndarray:
    """Groups of rows that are joined by edges, directly or through others.

    edges: arrays (P, 2) of row numbers. Returns (count,) int64, -1 where a row is joined to none.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joined = np.concatenate([np.empty((0, 2), np.int64), *edges])
    graph = coo_array((np.ones(len(joined), np.int8), (joined[:, 0], joined[:, 1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    sizes = np.bincount(component, minlength=1)
    shared = sizes[component] > 1 if count else np.zeros(0, bool)
    numbers = np.full(count, -1, np.int64)
    _, numbers[shared] = np.unique(component[shared], return_inverse=True)
    return numbers


def same_key_pairs(keys: Sequence[str], labels: np.ndarray) -> np.ndarray:
    """Pairs, (P, 2) int64, of rows with the same non-empty key: each with one row of every label of the key.

    labels: (N, K). These join all rows of the key, show every contradiction, and are few: a key may stand for
    the frames of a video.
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
    """Rows whose near-duplicate bears another label, each with one such duplicate.

    Two label rows contradict each other when they share less than a fifth: always for two different
    single labels, rarely for two sets of votes, whose annotators may well differ a little.
    """
    shared = np.minimum(labels[pairs[:, 0]], labels[pairs[:, 1]]).sum(axis=1)
    found: dict[int, int] = {}
    for first, second in pairs[shared < MIN_SHARED_LABEL].tolist():
        found.setdefault(first, second)
        found.setdefault(second, first)
    return found


def _as_signs(hashes: Sequence[int]) -> np.ndarray:
    """(N, 64) float32 of -1 and 1, whose products count the bits that agree."""
    packed = np.array(hashes, np.uint64).byteswap().view(np.uint8).reshape(-1, 8)
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1


def _normalised(fingerprints: np.ndarray) -> np.ndarray:
    """(N, H*W) float32 of zero mean and unit length, whose products are correlations."""
    flat = fingerprints.reshape(len(fingerprints), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _matching(
    signs: np.ndarray,
    other_signs: np.ndarray,
    pictures: np.ndarray,
    other_pictures: np.ndarray,
    min_correlation: float,
) -> np.ndarray:
    """Pairs (i < j) where picture i matches other picture j. Block by block, to bound the memory."""
    least = _HASH_BITS - 2 * MAX_HASH_DISTANCE_BITS
    pairs = [np.empty((0, 2), np.int64)]
    for start in range(0, len(signs), _BLOCK_ROWS):
        agreement = signs[start : start + _BLOCK_ROWS] @ other_signs[start:].T
        rows, columns = np.nonzero(agreement >= least)
        rows, columns = rows[rows < columns] + start, columns[rows < columns] + start
        for few in range(0, len(rows), _PAIRS_AT_ONCE):
            i, j = rows[few : few + _PAIRS_AT_ONCE], columns[few : few + _PAIRS_AT_ONCE]
            same = np.einsum("ij,ij->i", pictures[i], other_pictures[j]) >= min_correlation
            pairs.append(np.column_stack([i[same], j[same]]))
    return np.concatenate(pairs)
