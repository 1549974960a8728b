"""Metrics as a person reads them on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from happysad_live.core.counts import counted
from training.judging.intervals import Interval
from training.judging.metrics import MIN_CLUSTERS


def report_table(report: dict[str, Any], title: str) -> str:
    """The report as a person reads it: a line for each metric, a column for each source."""
    sources: dict[str, Any] = report["sources"]
    names = [
        name
        for name in dict.fromkeys(name for part in sources.values() for name in part["figures"])
        if not is_twice_told(name, report["labels"])
    ]
    width = max(len(name) for name in [*names, "accuracy when sure"]) + 2

    def line(name: str, cells: Iterable[object]) -> str:
        return f"{name:{width}}" + "".join(
            f"{cell!s:>{max(len(source) + 2, 24)}}" for source, cell in zip(sources, cells, strict=True)
        )

    parts = sources.values()
    lines = [title, line("", sources), line("faces", (part["faces"] for part in parts))]
    for number, label in enumerate(report["labels"]):
        lines.append(line(f"faces of {label}", (class_size(part, number) for part in parts)))
    for name in names:
        lines.append(line(name, (interval_text(part["figures"].get(name)) for part in parts)))
    for key in ("unsure_share", "accuracy_when_sure"):
        lines.append(line(key.replace("_", " "), (_plain_text(part[key]) for part in parts)))
    lines += [*_missing_intervals(report), *few_clusters(report), "", _confusion_text(report)]
    return "\n".join(lines)


def is_twice_told(metric: str, labels: Sequence[str]) -> bool:
    """Whether a metric of happy against sad is that of all classes, since there are no others."""
    return metric.startswith("happy_against_sad/") and set(labels) == {"happy", "sad"}


def _missing_intervals(report: dict[str, Any]) -> list[str]:
    entries = (entry for part in report["sources"].values() for entry in part["figures"].values())
    if any(Interval.from_json(entry).lacks_bounds for entry in entries):
        return [f"A figure {NO_INTERVAL}"]
    return []


NO_INTERVAL = (
    f"has no bootstrap interval where it rests on fewer than {MIN_CLUSTERS} people, groups of related "
    "pictures or lone pictures, where all bootstrap samples agree, or where too few of them hold every "
    "class; nor has a calibration error where all faces, or none, are called right. A missing interval "
    "does not make a value certain. Shares of faces then have Wilson's interval instead."
)


def few_clusters(report: Mapping[str, Any]) -> list[str]:
    """A sentence where the intervals of some classes are too narrow.

    Simulated with twenty faces of each person, and accuracies of .85 on average with a standard deviation of
    .12, the 95 % interval held the truth in 83 % of 1000 cases with five people, in 92 % with twenty.
    """
    few = [
        f"{label} ({count} in {source})"
        for source, part in report["sources"].items()
        for label, count in zip(report["labels"], part.get("groups", ()), strict=False)
        if MIN_CLUSTERS <= count < _FEW_CLUSTERS
    ]
    if not few:
        return []
    return [
        "Intervals are too narrow where they rest on few people, groups of related pictures and lone "
        f"pictures: {', '.join(few)}."
    ]


_FEW_CLUSTERS = 20


def comparison_table(comparison: dict[str, Any], title: str) -> str:
    """The paired differences as a person reads them."""
    ours, theirs = comparison["only_one_right"]
    lines = [
        title,
        f"  {counted(ours, 'face')} only the first calls right, {theirs} only the second",
    ]
    for name, entry in comparison["difference"].items():
        if not is_twice_told(name, comparison["labels"]):
            p_text = "" if entry["p_value"] is None else f"   p {p_value_text(entry['p_value'], equals='= ')}"
            lines.append(f"  {name:38}{interval_text(entry):>24}{p_text}")
    return "\n".join([*lines, f"  {P_IS_ALONE}"])


P_IS_ALONE = "Each p is of its figure alone: of twenty, one falls below .05 by chance."


def p_value_text(p_value: float | None, equals: str = "") -> str:
    """``0.031`` or ``< 0.001``; nothing where there is nothing to test. equals: stands before the former."""
    if p_value is None:
        return ""
    return f"{equals}{p_value:.3f}" if p_value >= 0.001 else "< 0.001"


def interval_text(entry: dict[str, float | None] | None) -> str:
    """``.931 (.920 .. .941)``, or a dash where the metric is not defined."""
    if entry is None:
        return "-"
    found = Interval.from_json(entry)
    value, low, high = map(_plain_text, (found.value, found.low, found.high))
    return value if found.low is None else f"{value} ({low} .. {high})"


def class_size(part: dict[str, Any], number: int) -> str:
    """How many faces a class has in one of a report's ``sources``: ``49 in 21 groups``.

    Pictures of one group are related, and count as one in the intervals.
    """
    faces = sum(part["confusion"][number])
    groups = part["groups"][number] if "groups" in part else faces
    if groups == faces:
        return str(faces)
    return f"{faces} in {counted(groups, 'group')}"


def _plain_text(value: float | None) -> str:
    return "-" if value is None else f"{value:z.3f}"


def _confusion_text(report: dict[str, Any]) -> str:
    labels: Sequence[str] = report["labels"]
    table = next(iter(report["sources"].values()))["confusion"]
    lines = ["Rows: truth; columns: called", f"{'':10}" + "".join(f"{name:>10}" for name in labels)]
    for name, row in zip(labels, table, strict=True):
        lines.append(f"{name:10}" + "".join(f"{count:10d}" for count in row))
    return "\n".join(lines)


def robustness_table(result: dict[str, Any]) -> str:
    """The result as a person reads it."""
    lines = [f"{'change (' + str(result['faces']) + ' faces)':26}{'accuracy':>24}{'labels flipped':>24}"]
    for name, entry in result["changes"].items():
        lines.append(f"{name:26}{interval_text(entry['accuracy']):>24}{interval_text(entry['flipped']):>24}")
    lines.append(f"{'one frame to the next':26}{'':24}{interval_text(result['consecutive']):>24}")
    return "\n".join(lines)
