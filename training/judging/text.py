"""Evaluations as text: tables for a terminal, and rows and sentences that model cards use as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from happysad_live.core.counts import counted
from happysad_live.terminal import table_lines
from training.judging.intervals import MIN_CLUSTERS, Interval

_FEW_CLUSTERS = 20
"""Intervals that rest on fewer people or groups of pictures are too narrow, see ``few_clusters``."""

NO_INTERVAL = (
    f"has no interval where it rests on fewer than {MIN_CLUSTERS} people, groups of related "
    "pictures or lone pictures, where all bootstrap samples agree, or where too few of them hold every "
    "class; nor has a calibration error where all faces, or none, are called right. A missing interval "
    "does not make a value certain."
)

P_IS_ALONE = "Each p is of its figure alone: of twenty, one falls below .05 by chance."


def report_table(report: dict[str, Any], title: str) -> str:
    """A report as a table for a terminal: a line for each metric, a column for each source."""
    sources: dict[str, Any] = report["sources"]
    parts = sources.values()
    metrics = dict.fromkeys(metric for part in parts for metric in part["figures"])
    table = [
        ["", *sources],
        ["faces", *(str(part["faces"]) for part in parts)],
        *report_rows(report, {metric: metric for metric in metrics}),
        ["accuracy when sure", *(_number_text(part["accuracy_when_sure"]) for part in parts)],
    ]
    lines = [title, *table_lines(table), *_missing_intervals(report), *few_clusters(report)]
    return "\n".join([*lines, "", "Rows: truth; columns: called", *table_lines(confusion_rows(report))])


def robustness_table(result: dict[str, Any]) -> str:
    """The result of ``robustness`` as a table for a terminal."""
    return "\n".join([f"Robustness, on {result['faces']} faces", *table_lines(robustness_rows(result))])


def comparison_table(comparison: dict[str, Any], title: str) -> str:
    """The paired differences that ``compare`` gives as a table for a terminal."""
    ours, theirs = comparison["only_one_right"]
    rows = []
    for metric, entry in comparison["difference"].items():
        if not is_twice_told(metric, comparison["labels"]):
            p_text = "" if entry["p_value"] is None else f"p {p_value_text(entry['p_value'], equals='= ')}"
            rows.append([metric, interval_text(entry), p_text])
    counts = f"{counted(ours, 'face')} only the first calls right, {theirs} only the second"
    return "\n".join([title, counts, *table_lines(rows), P_IS_ALONE])


def _missing_intervals(report: dict[str, Any]) -> list[str]:
    entries = (entry for part in report["sources"].values() for entry in part["figures"].values())
    if any(Interval.from_json(entry).lacks_bounds for entry in entries):
        return [f"A figure that is no share of faces {NO_INTERVAL}"]
    return []


def few_clusters(report: Mapping[str, Any]) -> list[str]:
    """A sentence where the intervals of some classes are too narrow; else nothing.

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


def not_judged(report: Mapping[str, Any]) -> list[str]:
    """A sentence where the model has labels that no face could be judged by; else nothing."""
    if labels := report.get("not_judged"):
        return [f"Judged as if the model did not know {', '.join(labels)}: these faces have no such label."]
    return []


def report_rows(report: Mapping[str, Any], titles: Mapping[str, str]) -> list[list[str]]:
    """A column for each source of a report: the faces of each class, the metrics, the share shown as unsure.

    titles: the name of each metric in the rows. Metrics that no source has are left out.
    """
    labels, parts = report["labels"], report["sources"].values()
    rows = [[f"faces of {label}", *(class_size(part, k) for part in parts)] for k, label in enumerate(labels)]
    for metric, title in titles.items():
        entries = [part["figures"].get(metric) for part in parts]
        if any(entries) and not is_twice_told(metric, labels):
            rows.append([title, *map(interval_text, entries)])
    return [*rows, ["shown as unsure", *(_number_text(part["unsure_share"]) for part in parts)]]


def confusion_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """The confusion matrix of a report's first entry, all sources together, with the classes' names."""
    labels: Sequence[str] = report["labels"]
    matrix = next(iter(report["sources"].values()))["confusion"]
    return [["", *labels], *([label, *map(str, row)] for label, row in zip(labels, matrix, strict=True))]


def robustness_rows(result: Mapping[str, Any]) -> list[list[str]]:
    """A heading, and a row for each change. result: see ``robustness``."""
    changes = [
        [name, interval_text(entry["accuracy"]), interval_text(entry["flipped"])]
        for name, entry in result["changes"].items()
    ]
    jitter = ["one slightly jittered frame to the next", "", interval_text(result["consecutive"])]
    return [["change", "accuracy", "labels that flip"], *changes, jitter]


def is_twice_told(metric: str, labels: Sequence[str]) -> bool:
    """Whether a metric of happy against sad repeats that of all classes, since there are no others."""
    return metric.startswith("happy_against_sad/") and set(labels) == {"happy", "sad"}


def class_size(part: Mapping[str, Any], number: int) -> str:
    """The number of a class's faces in one of a report's ``sources``, such as ``49 in 21 groups``.

    The pictures of a group are related, and count as one in the intervals.
    """
    faces = sum(part["confusion"][number])
    groups = part["groups"][number] if "groups" in part else faces
    return str(faces) if groups == faces else f"{faces} in {counted(groups, 'group')}"


def interval_text(entry: Mapping[str, float | None] | None) -> str:
    """A metric such as ``0.931 (0.920 .. 0.941)``, or a dash where it is not defined."""
    if entry is None:
        return "-"
    found = Interval.from_json(entry)
    value, low, high = map(_number_text, (found.value, found.low, found.high))
    return value if found.low is None else f"{value} ({low} .. {high})"


def p_value_text(p_value: float | None, equals: str = "") -> str:
    """A p-value such as ``0.031``, after ``equals``, or ``< 0.001``; empty where nothing was tested."""
    if p_value is None:
        return ""
    return f"{equals}{p_value:.3f}" if p_value >= 0.001 else "< 0.001"


def _number_text(value: float | None) -> str:
    """A number with three decimals, or a dash where it is not defined."""
    return "-" if value is None else f"{value:z.3f}"
