"""The report of an ingest: its counts, its text and the paths of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.core.counts import counted
from happysad_live.terminal import table_lines
from training.faces.duplicates import Pairs
from training.faces.faceset import CLASSES, SPLITS, SUFFIX, FaceSet
from training.faces.groups import group_numbers, straddling_groups
from training.faces.pictures import Picture, Reject
from training.faces.split import as_given


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcome of an ingest: the face set, the pictures left out, and the counts (``summary``)."""

    faces: FaceSet
    rejects: tuple[Reject, ...]
    summary: dict[str, Any]


def face_counts(faces: FaceSet, rejects: Sequence[Reject]) -> dict[str, Any]:
    """Counts of the faces by source, split and class, and of the rejects by source and kind of reason."""
    counts = Counter(
        (str(source), str(split), CLASSES[label])
        for source, split, label in zip(faces.source, faces.split, faces.hard_labels, strict=True)
    )
    table = [
        {
            "source": source,
            "split": split,
            **{name: counts[source, split, name] for name in CLASSES},
            "all": sum(counts[source, split, name] for name in CLASSES),
        }
        for source in sorted({str(name) for name in faces.source})
        for split in SPLITS
        if any(counts[source, split, name] for name in CLASSES)
    ]
    kinds = Counter((reject.source, reject.kind or reject.reason) for reject in rejects)
    left_out = [
        {"source": source, "reason": reason, "pictures": number}
        for (source, reason), number in sorted(kinds.items())
    ]
    detectors = Counter(str(name) for name in faces.detector)
    return {"faces": len(faces), "table": table, "rejects": left_out, "detectors": dict(detectors)}


def near_duplicate_counts(pairs: Pairs, given: FaceSet, faces: FaceSet, kept: np.ndarray) -> dict[str, int]:
    """Counts of near-duplicate pictures, of their groups, and of groups that have several splits.

    given, faces: the faces with the splits that the sources gave, and with the final ones. kept: (N,) bool,
    which of the pictures with a face these are; the row numbers in ``pairs`` are of all of them.
    """
    group = group_numbers(len(kept), pairs.duplicates)[kept]
    sizes = np.bincount(group[group >= 0])
    return {
        "pairs_found_by_hash": len(np.unique(np.concatenate([pairs.by_crop, pairs.by_picture]), axis=0)),
        "pictures": int(sizes[sizes > 1].sum()),
        "groups": int((sizes > 1).sum()),
        "groups_over_given_splits": straddling_groups(given.group, as_given(given.split)),
        "groups_over_final_splits": straddling_groups(faces.group, faces.split),
        "moved": int((np.isin(given.split, SPLITS) & (given.split != faces.split)).sum()),
    }


def person_counts(pictures: Sequence[Picture]) -> dict[str, int]:
    """How many persons the sources name, how many pictures show the most frequent one, and how many names
    occur in several namespaces. Clips, though kept together as persons are, do not count.
    """
    pictures_of = Counter((p.namespace, p.subject) for p in pictures if p.subject and not p.moving)
    namespaces_of = Counter(subject for _, subject in pictures_of)
    return {
        "persons": len(pictures_of),
        "most_pictures": max(pictures_of.values(), default=0),
        "called_alike": sum(namespaces > 1 for namespaces in namespaces_of.values()),
    }


def rejects_path(out: Path) -> Path:
    """The path of the list of pictures that were left out of the face set ``out``."""
    return out.with_name(f"{out.name.removesuffix(SUFFIX)}.rejects.csv")


def report_path(out: Path) -> Path:
    """The path of the report on the face set ``out``."""
    return out.with_name(f"{out.name.removesuffix(SUFFIX)}.report.json")


def report_text(report: IngestReport) -> str:
    """The report as text: the table of counts, what to know of it, and the rejects by kind of reason."""
    table = report.summary["table"]
    columns = ("source", "split", *CLASSES, "all")
    rows = [columns, *([str(row[column]) for column in columns] for row in table)]
    lines = table_lines(rows, text_columns=2)
    copies = report.summary["near_duplicates"]
    lines.append(
        f"Near-duplicates: {counted(copies['pictures'], 'picture')} in {counted(copies['groups'], 'group')}, "
        "each on one side of the split."
    )
    persons = report.summary["persons"]
    if persons["persons"]:
        lines.append(
            f"People: {persons['persons']}, each on one side of the split; the most frequent one is in "
            f"{counted(persons['most_pictures'], 'picture')}."
        )
    if persons["called_alike"]:
        lines.append(
            f"Called alike in several sources: {counted(persons['called_alike'], 'name')}, counted as "
            "different people. If they are the same, give the sources one name: NAME=a.csv NAME=b.csv."
        )
    if several := report.summary["several_faces"]:
        lines.append(
            f"Several faces: {counted(several, 'picture')}; the largest and most central one was taken."
        )
    if copies["moved"]:
        lines.append(
            f"Moved to another split: {counted(copies['moved'], 'picture')} whose person or photograph is in "
            "two of the given ones."
        )
    splits = {row["split"] for row in table}
    if "train" in splits and "val" not in splits and report.summary["settings"]["val_share"] > 0:
        lines.append(
            "No picture is in val, the part that training is judged by: take at least four of each class, "
            "better a few dozen, and from more than one clip or person."
        )
    lines.append(f"Left out: {counted(len(report.rejects), 'picture')}.")
    for row in report.summary["rejects"]:
        lines.append(f"  {row['pictures']:6d}  {row['source']}: {row['reason']}")
    return "\n".join(lines)
