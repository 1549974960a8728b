"""95 % intervals from a bootstrap's replicates: their percentiles, and for a share of faces Wilson's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

_Z = 1.959964
"""The number of standard deviations within which 95 % of a normal distribution lie."""

_SAME = 1e-9
"""Replicates that differ by less are the same, but for rounding."""

_LEAST_DEFINED = 0.1
"""Share of the replicates in which a metric must be defined to have an interval."""


MIN_CLUSTERS = 5
"""People, groups of related pictures and lone pictures: a bootstrap has too little to draw from fewer."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A metric with the bounds of its 95 % interval; None for a value or bounds that are not known."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @classmethod
    def rounded(cls, value: float, low: float, high: float) -> Interval:
        """An interval to five decimals; NaN becomes None, for not known."""
        return cls(*(round(float(n), 5) if np.isfinite(n) else None for n in (value, low, high)))

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Interval:
        """An entry of a report, which may hold more. Raises KeyError where it lacks one of the three."""
        return cls(entry["value"], entry["low"], entry["high"])

    def to_json(self) -> dict[str, float | None]:
        """``{"value", "low", "high"}``."""
        return asdict(self)

    @property
    def lacks_bounds(self) -> bool:
        """Whether the value is known, but not how sure it is."""
        return self.value is not None and self.low is None

    def without_bounds(self) -> Interval:
        """The value alone, where bounds would deny what is not known."""
        return Interval(self.value)


def interval(value: float, drawn: np.ndarray) -> Interval:
    """A value and the 2.5 and 97.5 percentiles of its replicates. drawn: (B,) float, NaN where not defined.

    No value where it is NaN, and no bounds where hardly any replicate is defined, or all are the same: that
    every face drawn was called right does not say how sure that is.
    """
    known = drawn[np.isfinite(drawn)]
    enough = len(known) and len(known) >= _LEAST_DEFINED * len(drawn)
    low, high = np.percentile(known, (2.5, 97.5)) if enough and np.ptp(known) > _SAME else (np.nan, np.nan)
    return Interval.rounded(value, low, high)


def calibration_interval(value: float, drawn: np.ndarray, by_chance: np.ndarray) -> Interval:
    """The interval of a binned calibration error, corrected for its bias.

    Such an error is biased upwards, since chance gaps of either sign add up; bootstrap replicates carry that
    bias twice. So twice the bias, as the bootstrap estimates it (Efron and Tibshirani, 1993, chapter 10), is
    taken off them, and the interval is widened where it then lacks the value. It begins at 0 where chance
    alone may make such an error.

    by_chance: (B, 2) float64, see ``chance_calibration_errors``.
    """
    bias = float(np.nanmean(drawn)) - value if np.isfinite(drawn).any() else 0.0
    found = interval(value, np.maximum(drawn - 2 * bias, 0))
    if found.value is None or found.low is None or found.high is None:
        return found
    may_be_chance = value <= np.percentile(by_chance, 97.5, axis=0).max()
    return Interval(
        found.value,
        low=0.0 if may_be_chance else min(found.low, found.value),
        high=max(found.high, found.value),
    )


def share_interval(share: float, drawn: np.ndarray, *, faces: int, groups: int) -> Interval:
    """A share of so many faces, which are in so many groups of related ones, with Wilson's interval.

    It is that of as many independent faces as would make the share vary as its replicates do (Korn and
    Graubard, 1998, "Confidence intervals for proportions with small expected number of positive counts"):
    percentiles of replicates are too narrow where few faces, or nearly all, count. Where replicates cannot
    tell, each group counts as one face. drawn: (B,) float64, the replicates.
    """
    if not np.isfinite(share):
        return Interval(None)
    known = drawn[np.isfinite(drawn)]
    varies = groups >= MIN_CLUSTERS and 0 < share < 1 and len(known) and np.ptp(known) > _SAME
    count = min(share * (1 - share) / known.var(), faces) if varies else groups
    return Interval.rounded(share, *wilson_bounds(share, count))


def wilson_bounds(share: float, count: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of so many faces, which holds for all or none of them, too.

    Wilson, 1927, "Probable inference, the law of succession, and statistical inference".
    """
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * math.sqrt(share * (1 - share) / count + (_Z / (2 * count)) ** 2) / (1 + _Z**2 / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)
