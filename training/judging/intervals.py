"""95 % intervals from a bootstrap's replicates: percentiles, and for shares of faces Wilson's intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

_Z = 1.959964
"""The number of standard deviations within which 95 % of a normal distribution lie."""

_SAME = 1e-9
"""Replicates that differ by less differ by rounding only."""

_LEAST_DEFINED = 0.1
"""A metric must be defined in this share of the replicates to have an interval."""


MIN_CLUSTERS = 5
"""The fewest people, groups of related pictures and lone pictures that a bootstrap can draw from."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A metric's value and the bounds of its 95 % interval; None for what is not known."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @classmethod
    def rounded(cls, value: float, low: float, high: float) -> Interval:
        """An interval rounded to five decimals; NaN becomes None, for not known."""
        return cls(*(round(float(n), 5) if np.isfinite(n) else None for n in (value, low, high)))

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Interval:
        """The interval in an entry of a report. Raises KeyError where value, low or high is missing."""
        return cls(entry["value"], entry["low"], entry["high"])

    def to_json(self) -> dict[str, float | None]:
        """``{"value", "low", "high"}``."""
        return asdict(self)

    @property
    def lacks_bounds(self) -> bool:
        """Whether the value is known, but its bounds are not."""
        return self.value is not None and self.low is None

    def without_bounds(self) -> Interval:
        """The value alone, for where bounds would feign a certainty that there is not."""
        return Interval(self.value)


def interval(value: float, drawn: np.ndarray) -> Interval:
    """A value and the 2.5 and 97.5 percentiles of its replicates. drawn: (B,) float, NaN where not defined.

    None for a value that is NaN, and for bounds where fewer than a tenth of the replicates are defined, or
    all are the same: if every face is called right, they do not tell how sure that is.
    """
    known = drawn[np.isfinite(drawn)]
    enough = len(known) and len(known) >= _LEAST_DEFINED * len(drawn)
    low, high = np.percentile(known, (2.5, 97.5)) if enough and np.ptp(known) > _SAME else (np.nan, np.nan)
    return Interval.rounded(value, low, high)


def calibration_interval(value: float, drawn: np.ndarray, by_chance: np.ndarray) -> Interval:
    """The interval of a binned calibration error, corrected for its bias.

    Such an error is biased upwards, since chance gaps of either sign add up; bootstrap replicates carry that
    bias twice. So twice the bias, as the bootstrap estimates it (Efron and Tibshirani, 1993, chapter 10), is
    taken off the replicates, and the interval is widened where it then lacks the value. It begins at 0 where
    chance alone may make so large an error.

    drawn: see ``interval``. by_chance: (B, 2) float64, see ``chance_calibration_errors``.
    """
    bias = float(np.nanmean(drawn)) - value if np.isfinite(drawn).any() else 0.0
    found = interval(value, np.clip(drawn - 2 * bias, 0, 1))
    if found.value is None or found.low is None or found.high is None:
        return found
    may_be_chance = value <= np.percentile(by_chance, 97.5, axis=0).max()
    return Interval(
        found.value,
        low=0.0 if may_be_chance else min(found.low, found.value),
        high=max(found.high, found.value),
    )


def share_interval(share: float, drawn: np.ndarray, *, faces: int, groups: int) -> Interval:
    """A share of faces with Wilson's interval.

    The interval is for as many independent faces as would make the share vary as its replicates do (Korn and
    Graubard, 1998, "Confidence intervals for proportions with small expected number of positive counts"):
    percentiles of replicates are too narrow where few faces, or nearly all, count. Where replicates do not
    vary, or there are too few groups, each group counts as one face.

    drawn: (B,) float64, the replicates. faces: their number. groups: the number of groups of related faces.
    """
    if not np.isfinite(share):
        return Interval(None)
    known = drawn[np.isfinite(drawn)]
    varies = groups >= MIN_CLUSTERS and 0 < share < 1 and len(known) and np.ptp(known) > _SAME
    count = min(share * (1 - share) / known.var(), faces) if varies else groups
    return Interval.rounded(share, *wilson_bounds(share, count))


def wilson_bounds(share: float, count: float) -> tuple[float, float]:
    """Wilson's 95 % interval (low, high) of a share of so many faces, which also holds for shares of 0 and 1.

    Wilson, 1927, "Probable inference, the law of succession, and statistical inference".
    """
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * math.sqrt(share * (1 - share) / count + (_Z / (2 * count)) ** 2) / (1 + _Z**2 / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)
