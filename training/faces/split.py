"""Splits that keep near-duplicates and persons together, and as stratified as that allows.

The split depends on a hash of the pictures' names, not on their order or on another machine's rounding:
a picture more or less moves only those that the draw put right at a share's border.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from happysad_live.errors import TrainingError

SPLIT_OF_WORD = {"train": "train", "training": "train", "test": "test", "testing": "test"}
SPLIT_OF_WORD |= dict.fromkeys(("val", "valid", "validation", "dev"), "val")
"""What folders and tables call the splits, in small letters."""

TRAIN_OR_VAL = "learn"
"""The given split of pictures to train on whose source gives none to validate with: they are divided."""

_MIN_PICTURES = 10
"""A class with so many pictures is to be in every split, though a share may be less than a person or clip."""


def assign_splits(
    strata: np.ndarray,
    group: np.ndarray,
    given: np.ndarray,
    names: np.ndarray,
    *,
    classes: np.ndarray,
    val_share: float,
    test_share: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Give every row a split.

    A split that the source gives is respected (but see ``with_train_divided``), and everything in its group
    follows it; a group whose given splits differ goes to "train" as a whole, or is divided, where that was
    given. The rest is divided within each stratum. Of a class of which a share came to none, one of few
    people or clips is kept back.

    strata: (N,) str, what to divide evenly, for instance source and class.
    group: (N,) int, rows of the same number stay together; -1 stands alone.
    given: (N,) str, "train", "val", "test", ``TRAIN_OR_VAL`` or empty.
    names: (N,) str, of the pictures; together with ``seed`` they decide.
    classes: (N,) int or str.
    val_share, test_share: of the pictures without a given split, 0..1.
    Returns (N,) str. Raises TrainingError for shares that leave nothing to train on.
    """
    check_shares(val_share, test_share)
    cluster, _ = clusters(group)
    followed = _followed(cluster, given)
    is_divided = np.isin(followed, ("", TRAIN_OR_VAL))
    may_be = {"val": is_divided, "test": followed == ""}  # a source that names its test has no more of it
    draw, shares = _draws(cluster, names, seed), {"test": test_share, "val": val_share}
    for given_split, its_shares in (("", shares), (TRAIN_OR_VAL, {"val": val_share})):
        rows = np.flatnonzero(followed == given_split)
        home = _home_stratum(cluster[rows], strata[rows])
        for stratum in np.unique(home):
            mine = rows[home == stratum]
            followed[mine] = _divided(cluster[mine], draw, its_shares)
    for name in ("val", "test"):
        if shares[name] > 0:
            _keep_back_of_each_class(name, followed, classes, cluster, may_be[name], draw)
    return followed


def with_train_divided(given: np.ndarray, source: np.ndarray) -> np.ndarray:
    """The given splits, ``TRAIN_OR_VAL`` instead of "train" where nothing is given to validate with.

    That is so of a source that gives "train" and "test", but no "val"; and of one that gives "train" alone,
    where no source has any other: else it is one to learn from only.

    given, source: (N,) str. Returns (N,) str.
    """
    lacking = set(source[given == "train"]) - set(source[given == "val"])
    if np.isin(given, ("val", "")).any():
        lacking &= set(source[given == "test"])
    return np.where((given == "train") & np.isin(source, list(lacking)), TRAIN_OR_VAL, given)


def as_given(split: np.ndarray) -> np.ndarray:
    """The splits as the sources gave them, before ``with_train_divided``; (N,) str."""
    return np.where(split == TRAIN_OR_VAL, "train", split)


def check_shares(val_share: float, test_share: float) -> None:
    """Raises TrainingError for shares of the pictures that leave nothing to train on."""
    if val_share < 0 or test_share < 0 or val_share + test_share >= 1:
        raise TrainingError("The shares for val and test must be at least 0 and leave a part for train.")


def straddling_groups(group: np.ndarray, split: np.ndarray) -> int:
    """How many groups have rows in more than one of the named splits; rows without a split do not count."""
    named = (group >= 0) & (split != "")
    pairs = {(int(g), str(s)) for g, s in zip(group[named], split[named], strict=True)}
    return sum(splits > 1 for splits in Counter(number for number, _ in pairs).values())


def clusters(group: np.ndarray) -> tuple[np.ndarray, int]:
    """What is not independent: the number of each row's cluster, (N,) int64 from 0, and how many there are.

    group: (N,) int, rows of the same number are one cluster; -1 is one of its own.
    """
    alone = group < 0
    number = group.astype(np.int64)
    number[alone] = int(group.max(initial=-1)) + 1 + np.arange(int(alone.sum()))
    distinct, cluster = np.unique(number, return_inverse=True)
    return cluster, len(distinct)


def _followed(cluster: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The given splits, spread over their clusters; empty where a cluster has none."""
    wanted: dict[int, set[str]] = {}
    for one, name in zip(cluster.tolist(), given.tolist(), strict=True):
        if name:
            wanted.setdefault(one, set()).add(name)
    chosen = {one: _common_split(names) for one, names in wanted.items()}
    return np.array([chosen.get(one, "") for one in cluster.tolist()], "<U5")


def _common_split(names: set[str]) -> str:
    """Where a cluster goes whose rows were given these splits: to learn from rather than to test on."""
    if len(names) == 1:
        return next(iter(names))
    return TRAIN_OR_VAL if names == {TRAIN_OR_VAL, "test"} else "train"


def _home_stratum(cluster: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The stratum of each row's cluster: that of most of its rows, so that a cluster is divided only once."""
    if not len(cluster):
        return strata
    names, number = np.unique(strata, return_inverse=True)
    counts = np.zeros((cluster.max() + 1, len(names)), np.int32)
    np.add.at(counts, (cluster, number), 1)
    return np.asarray(names[counts.argmax(axis=1)][cluster])


def _draws(cluster: np.ndarray, names: np.ndarray, seed: int) -> dict[int, str]:
    """A random number for each cluster, as hexadecimal digits, made from its first name."""
    first: dict[int, str] = {}
    for one, name in zip(cluster.tolist(), names.tolist(), strict=True):
        first[one] = min(first.get(one, name), name)
    return {
        one: hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).hexdigest()
        for one, name in first.items()
    }


def _keep_back_of_each_class(
    name: str,
    split: np.ndarray,
    classes: np.ndarray,
    cluster: np.ndarray,
    is_divided: np.ndarray,
    draw: dict[int, str],
) -> None:
    """Where a split lacks a class with at least ten pictures, give it the smallest cluster that shows it and
    that was divided, if another one is left to train on, and so for the other classes. Changes ``split``."""
    size = np.bincount(cluster)
    for one in np.unique(classes):
        shown = classes == one
        left = np.unique(cluster[shown & is_divided & (split == "train")]).tolist()
        if shown.sum() >= _MIN_PICTURES and not (shown & (split == name)).any() and len(left) > 1:
            smallest_first = sorted(left, key=lambda number: (size[number], draw[number]))
            for rows in (cluster == number for number in smallest_first):
                if _can_be_spared(rows, split, classes):
                    split[rows] = name
                    break


def _can_be_spared(rows: np.ndarray, split: np.ndarray, classes: np.ndarray) -> bool:
    """Whether the other rows to train on show every class that these do. rows: (N,) bool."""
    return not set(classes[rows]) - set(classes[(split == "train") & ~rows])


def _divided(cluster: np.ndarray, draw: dict[int, str], shares: dict[str, float]) -> np.ndarray:
    """Splits for one stratum, (N,) str: its clusters in the order of their draws, until each share is full.

    A cluster too large for the room that is left goes to "train".
    """
    numbers, sizes = np.unique(cluster, return_counts=True)
    room = {name: share * len(cluster) for name, share in shares.items()}
    chosen = {}
    for one, size in sorted(zip(numbers.tolist(), sizes.tolist(), strict=True), key=lambda u: draw[u[0]]):
        name = next((name for name in room if size / 2 <= room[name]), "train")
        chosen[one] = name
        if name in room:
            room[name] -= size
    return np.array([chosen[one] for one in cluster.tolist()], "<U5")
