"""Splits that keep near-duplicates and persons together, and are as stratified as that allows.

Splits depend on a hash of the pictures' names, not on their order or on a machine's rounding: a picture more
or less moves only those that were drawn right at the border of a share.
"""

from __future__ import annotations

import hashlib

import numpy as np

from happysad_live.errors import TrainingError
from training.faces.groups import clusters

SPLIT_OF_WORD = {"train": "train", "training": "train", "test": "test", "testing": "test"}
SPLIT_OF_WORD |= dict.fromkeys(("val", "valid", "validation", "dev"), "val")
"""The split for each name that folders and tables use, in lower case."""

TRAIN_OR_VAL = "learn"
"""The given split of training pictures whose source gives none for validation: they are divided in two."""

_MIN_PICTURES = 10
"""A class with so many pictures should be in each split, though a share may be less than a person or clip."""


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

    A split that the source gives is respected (but see ``with_train_divided``), and the row's whole group
    follows. A group whose given splits differ goes to "train"; one with ``TRAIN_OR_VAL`` and "test" counts as
    ``TRAIN_OR_VAL``. Groups with that or without a split are divided within each stratum. Where a split with
    a share then lacks a class with at least ten pictures, it gets the smallest of these groups that shows the
    class and can be spared.

    strata: (N,) str, what to divide evenly, for instance source and class.
    group: (N,) int, rows of the same number stay together; -1 stands alone.
    given: (N,) str, "train", "val", "test", ``TRAIN_OR_VAL`` or empty.
    names: (N,) str, of the pictures; these and ``seed`` decide the draw.
    classes: (N,) int or str.
    val_share, test_share: 0..1, of the pictures without a given split; val_share also of ``TRAIN_OR_VAL``.
    Returns (N,) str. Raises TrainingError for shares that leave nothing to train on.
    """
    check_shares(val_share, test_share)
    cluster, _ = clusters(group)
    followed = _followed(cluster, given)
    is_divided = np.isin(followed, ("", TRAIN_OR_VAL))
    may_be = {"val": is_divided, "test": followed == ""}  # a source that names its test part gives it no more
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
    """The given splits, with ``TRAIN_OR_VAL`` instead of "train" where a source must yield "val" as well.

    That is a source that gives "train" and "test", but no "val"; and one that gives "train" alone, if no
    source gives "val" or leaves a split open. Otherwise, a source of "train" alone is only to learn from.

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


def _followed(cluster: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The given split of each row's whole cluster, (N,) str; empty where none of its rows was given any."""
    wanted: dict[int, set[str]] = {}
    for one, name in zip(cluster.tolist(), given.tolist(), strict=True):
        if name:
            wanted.setdefault(one, set()).add(name)
    chosen = {one: _common_split(names) for one, names in wanted.items()}
    return np.array([chosen.get(one, "") for one in cluster.tolist()], "<U5")


def _common_split(names: set[str]) -> str:
    """The split of a cluster whose rows were given these: where they differ, one to learn from."""
    if len(names) == 1:
        return next(iter(names))
    return TRAIN_OR_VAL if names == {TRAIN_OR_VAL, "test"} else "train"


def _home_stratum(cluster: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The stratum of most rows of each row's cluster, (N,) str, so that every cluster is in one stratum."""
    if not len(cluster):
        return strata
    names, number = np.unique(strata, return_inverse=True)
    counts = np.zeros((cluster.max() + 1, len(names)), np.int32)
    np.add.at(counts, (cluster, number), 1)
    return np.asarray(names[counts.argmax(axis=1)][cluster])


def _draws(cluster: np.ndarray, names: np.ndarray, seed: int) -> dict[int, str]:
    """A random number for each cluster, as hexadecimal digits, made from the first of its names."""
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
    """Where the split ``name`` lacks a class with at least ten pictures, move the smallest cluster that shows
    it there, from those of ``is_divided`` in "train" that can be spared. Changes ``split``."""
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
    """Whether "train" without some of its rows still shows all classes of these rows. rows: (N,) bool."""
    return not set(classes[rows]) - set(classes[(split == "train") & ~rows])


def _divided(cluster: np.ndarray, draw: dict[int, str], shares: dict[str, float]) -> np.ndarray:
    """The splits of a stratum's rows, (N,) str: clusters fill the shares in the order of their draws.

    A cluster more than half of which finds no room in any share goes to "train".
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
