"""Groups of pictures that belong together, as near-duplicates and those of one person do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np


def group_numbers(count: int, edges: Iterable[np.ndarray]) -> np.ndarray:
    """The number of each row's group, whose rows are joined by edges, directly or through others.

    count: of the rows. edges: arrays (P, 2) of row numbers. Returns (count,) int64, -1 for a row without an
    edge.
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


def clusters(group: np.ndarray) -> tuple[np.ndarray, int]:
    """The number of each row's cluster, (N,) int64 from 0, and how many independent clusters there are.

    group: (N,) int, rows of the same number are one cluster; -1 is one of its own.
    """
    alone = group < 0
    number = group.astype(np.int64)
    number[alone] = int(group.max(initial=-1)) + 1 + np.arange(int(alone.sum()))
    distinct, cluster = np.unique(number, return_inverse=True)
    return cluster, len(distinct)


def straddling_groups(group: np.ndarray, split: np.ndarray) -> int:
    """The number of groups with rows in more than one split; rows without a split do not count.

    group: (N,) int, -1 for a row that is in none. split: (N,) str, empty for a row without a split.
    """
    named = (group >= 0) & (split != "")
    pairs = {(int(g), str(s)) for g, s in zip(group[named], split[named], strict=True)}
    return sum(splits > 1 for splits in Counter(number for number, _ in pairs).values())
