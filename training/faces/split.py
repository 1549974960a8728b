"""Splits that keep near-duplicates and persons together, and as stratified as that allows.

The split depends on a hash of the pictures' names, not on their order or on another machine's rounding:
a picture more or less moves only those that the draw put right at a share's border.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from happysad_live.errors import TrainingError


def assign_splits(
    strata: np.ndarray,
    group: np.ndarray,
    given: np.ndarray,
    names: np.ndarray,
    *,
    val_share: float,
    test_share: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Give every row a split.

    A split that the source gives is respected, and everything in its group follows it; a group whose
    given splits differ goes to "train" as a whole. The rest is divided within each stratum.

    strata: (N,) str, what to divide evenly, for instance source and class.
    group: (N,) int, rows of the same number stay together; -1 stands alone.
    given: (N,) str, "train", "val", "test" or empty.
    names: (N,) str, of the pictures; together with ``seed`` they decide.
    val_share, test_share: of the pictures without a given split, 0..1.
    Returns (N,) str. Raises TrainingError for shares that leave nothing to train on.
    """
    check_shares(val_share, test_share)
    units = unit_numbers(group)
    followed = _followed(units, given)
    rows = np.flatnonzero(followed == "")
    home = _home_stratum(units[rows], strata[rows])
    draw = _draws(units, names, seed)
    for stratum in np.unique(home):
        mine = rows[home == stratum]
        followed[mine] = _divided(units[mine], draw, {"test": test_share, "val": val_share})
    return followed


def check_shares(val_share: float, test_share: float) -> None:
    """Raises TrainingError for shares of the pictures that leave nothing to train on."""
    if val_share < 0 or test_share < 0 or val_share + test_share >= 1:
        raise TrainingError("The shares for val and test must be at least 0 and leave a part for train.")


def straddling_groups(group: np.ndarray, split: np.ndarray) -> int:
    """How many groups have rows in more than one of the named splits; rows without a split do not count."""
    named = (group >= 0) & (split != "")
    pairs = {(int(g), str(s)) for g, s in zip(group[named], split[named], strict=True)}
    return sum(splits > 1 for splits in Counter(number for number, _ in pairs).values())


def unit_numbers(group: np.ndarray) -> np.ndarray:
    """What cannot be divided, (N,) int64: the groups, and each lone row as a unit of its own.

    group: (N,) int, rows of the same number belong together; -1 stands alone.
    """
    alone = group < 0
    units = group.astype(np.int64).copy()
    units[alone] = int(group.max(initial=-1)) + 1 + np.arange(int(alone.sum()))
    return units


def _followed(units: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The given splits, spread over their units; empty where a unit has none."""
    wanted: dict[int, set[str]] = {}
    for unit, name in zip(units.tolist(), given.tolist(), strict=True):
        if name:
            wanted.setdefault(unit, set()).add(name)
    chosen = {unit: next(iter(names)) if len(names) == 1 else "train" for unit, names in wanted.items()}
    return np.array([chosen.get(unit, "") for unit in units.tolist()], "<U5")


def _home_stratum(units: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The stratum of each row's unit: that of most of its rows, so that a unit is divided only once."""
    if not len(units):
        return strata
    _, unit = np.unique(units, return_inverse=True)
    names, number = np.unique(strata, return_inverse=True)
    counts = np.zeros((unit.max() + 1, len(names)), np.int32)
    np.add.at(counts, (unit, number), 1)
    return np.asarray(names[counts.argmax(axis=1)][unit])


def _draws(units: np.ndarray, names: np.ndarray, seed: int) -> dict[int, str]:
    """A random number for each unit, as hexadecimal digits, made from its first name."""
    first: dict[int, str] = {}
    for unit, name in zip(units.tolist(), names.tolist(), strict=True):
        first[unit] = min(first.get(unit, name), name)
    return {
        unit: hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).hexdigest()
        for unit, name in first.items()
    }


def _divided(units: np.ndarray, draw: dict[int, str], shares: dict[str, float]) -> np.ndarray:
    """Splits for one stratum, (N,) str: its units in the order of their draws, until each share is full.

    A unit too large for the room that is left goes to "train".
    """
    numbers, sizes = np.unique(units, return_counts=True)
    room = {name: share * len(units) for name, share in shares.items()}
    chosen = {}
    for unit, size in sorted(zip(numbers.tolist(), sizes.tolist(), strict=True), key=lambda u: draw[u[0]]):
        name = next((name for name in room if size / 2 <= room[name]), "train")
        chosen[unit] = name
        if name in room:
            room[name] -= size
    return np.array([chosen[unit] for unit in units.tolist()], "<U5")
