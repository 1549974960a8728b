"""Splits that keep near-duplicates and persons together, and as stratified as that allows."""

from __future__ import annotations

import numpy as np

from happysad_live.errors import TrainingError

ATTEMPTS = 40
"""Large groups (a person with hundreds of pictures) upset the shares, so the best of this many is taken."""


def assign_splits(
    strata: np.ndarray,
    group: np.ndarray,
    given: np.ndarray,
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
    val_share, test_share: of the pictures without a given split, 0..1.
    Returns (N,) str. Raises TrainingError for shares that leave nothing to train on.
    """
    if val_share < 0 or test_share < 0 or val_share + test_share >= 1:
        raise TrainingError("The shares for val and test must be at least 0 and leave a part for train.")
    units = _unit_numbers(group)
    followed = _followed(units, given)
    rows = np.flatnonzero(followed == "")
    home = _home_stratum(units[rows], strata[rows])
    best, least = followed, np.inf
    for attempt in range(ATTEMPTS if len(rows) else 0):
        split = followed.copy()
        for stratum in np.unique(home):
            mine = rows[home == stratum]
            test, rest = _cut_off(mine, units, test_share, seed + 2 * attempt)
            val, train = _cut_off(rest, units, val_share / (1 - test_share), seed + 2 * attempt + 1)
            split[test], split[val], split[train] = "test", "val", "train"
        distance = _distance(split[rows], strata[rows], {"val": val_share, "test": test_share})
        if distance < least:
            best, least = split, distance
    return best


def straddling_groups(group: np.ndarray, split: np.ndarray) -> int:
    """How many groups have rows in more than one of the named splits; rows without a split do not count."""
    named = (group >= 0) & (split != "")
    pairs = {(int(g), str(s)) for g, s in zip(group[named], split[named], strict=True)}
    numbers = [number for number, _ in pairs]
    return sum(1 for number in set(numbers) if numbers.count(number) > 1) if pairs else 0


def _unit_numbers(group: np.ndarray) -> np.ndarray:
    """What cannot be divided: the groups, and each lone row as a unit of its own."""
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
    order = np.lexsort((strata, units))
    home = np.empty(len(units), strata.dtype)
    starts = np.flatnonzero(np.r_[True, np.diff(units[order]) != 0]) if len(units) else np.zeros(0, int)
    for rows in np.split(order, starts[1:]):
        names, counts = np.unique(strata[rows], return_counts=True)
        if len(rows):
            home[rows] = names[counts.argmax()]
    return home


def _distance(split: np.ndarray, strata: np.ndarray, wanted: dict[str, float]) -> float:
    """How far the share of each split is from the wanted one, mean over the strata."""
    names, number = np.unique(strata, return_inverse=True)
    sizes = np.bincount(number)
    gaps = [
        np.abs(np.bincount(number, split == name, len(names)) / sizes - share).mean()
        for name, share in wanted.items()
    ]
    return float(np.sum(gaps))


def _cut_off(rows: np.ndarray, units: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A share of the units of these rows, drawn at random, and the rest."""
    from sklearn.model_selection import GroupShuffleSplit

    unit_count = len(np.unique(units[rows]))
    wanted = round(share * unit_count)
    if share <= 0 or unit_count < 2 or wanted < 1:
        return rows[:0], rows
    splitter = GroupShuffleSplit(n_splits=1, test_size=wanted, random_state=seed)
    rest, part = next(splitter.split(rows, groups=units[rows]))
    return rows[part], rows[rest]
