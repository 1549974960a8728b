"""Names that are not taken yet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count


def numbered(name: str, pattern: str) -> Iterator[str]:
    """The name, then endlessly the name with a number from 2 on: ``a``, ``a_2``, ``a_3`` with ``{}_{}``."""
    yield name
    for number in count(2):
        yield pattern.format(name, number)
