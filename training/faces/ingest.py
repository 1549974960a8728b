"""``happysad-train ingest``: from labelled pictures to one face set, with a report and a list of rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.core.cores import usable_cores
from happysad_live.core.counts import counted
from happysad_live.core.printable import printable
from happysad_live.errors import TrainingError
from training import VAL_SHARE
from training.faces.clips import list_clips_folder
from training.faces.cutting import FoundFace, cut_faces
from training.faces.duplicates import (
    are_copies,
    contradictions,
    group_numbers,
    near_duplicates,
    same_key_pairs,
    same_pictures,
)
from training.faces.faceset import ALL_SOURCES, CLASSES, SPLITS, SUFFIX, FaceSet
from training.faces.pictures import Picture, Reject
from training.faces.sources import list_source, location
from training.faces.split import as_given, assign_splits, check_shares, straddling_groups, with_train_divided
from training.files import require_writable, write_csv, write_json
from training.progress import progress_bar

MIN_STRATUM = 10
"""Pictures of one class and source: fewer are divided together with other sources' few of that class."""

PLACES = "places"
"""The report's entry for ``source_places``."""

_MAX_PROCESSES = 8


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What came of an ingest: the face set, what was left out, and the counts that are told."""

    faces: FaceSet
    rejects: tuple[Reject, ...]
    summary: dict[str, Any]


def ingest(
    specs: Sequence[str],
    out: Path,
    *,
    clips: Sequence[Path] = (),
    val_share: float = VAL_SHARE,
    test_share: float = 0.0,
    seed: int = 0,
    processes: int | None = None,
) -> IngestReport:
    """Ingest sources (see ``list_source``) into ``out``; beside it go the rejects and the report.

    clips: folders of recorded clips, whose stretches with the user's own labels are taken.
    processes: how many cut faces at once, unless given one a core, up to 8.

    Nothing is written before everything is ready. Raises TrainingError when a source is unusable, when
    fewer than two classes are left, or when the files cannot be written.
    """
    out = face_set_path(out)
    check_shares(val_share, test_share)
    require_writable(out)
    settings = {"val_share": val_share, "test_share": test_share, "seed": seed}
    listed, rejects = _listed(specs, clips)
    _require_two_classes([picture.label for picture in listed], rejects, "The labels name")
    pictures, found, uncut = _cut(listed, processes or min(usable_cores(), _MAX_PROCESSES))
    rejects += uncut
    _require_two_classes([picture.label for picture in pictures], rejects, "The faces found show")
    labels = np.stack([picture.label for picture in pictures])
    pairs = _find_pairs(pictures, found, labels)
    against = _contradictions(pictures, found, pairs, labels)
    rejects += _contradiction_rejects(pictures, labels, against)
    given = _face_set(pictures, found, pairs, labels).subset(
        ~np.isin(np.arange(len(pictures)), list(against))
    )
    faces = _divided(given, settings)
    _require_two_classes(list(faces.labels), rejects, "After duplicates are settled, the faces show")
    summary = {
        **_counts(faces, rejects),
        "near_duplicates": _near_duplicates(pairs, given, faces, len(pictures)),
        "persons": _persons(pictures),
        "several_faces": sum(face.is_one_of_several for face in found),
        PLACES: source_places(specs, clips),
        "settings": settings,
    }
    report = IngestReport(faces, tuple(rejects), summary)
    _write(report, out)
    return report


def source_places(specs: Sequence[str], clips: Sequence[Path] = ()) -> list[str]:
    """Where the sources lie, from the root of the file system, as text that a report can hold."""
    return [printable(str(path.resolve())) for path in (*(location(spec)[1] for spec in specs), *clips)]


def _listed(specs: Sequence[str], clips: Sequence[Path]) -> tuple[list[Picture], list[Reject]]:
    """The pictures of all sources, and those that their labels alone rule out."""
    for place, times in Counter(source_places(specs, clips)).items():
        if times > 1:
            raise TrainingError(f"{place} is named twice, and its pictures would count twice: name it once.")
    listings = [list_source(spec) for spec in specs] + [list_clips_folder(folder) for folder in clips]
    pictures = [picture for listing in listings for picture in listing.pictures]
    if any(picture.source == ALL_SOURCES for picture in pictures):
        raise TrainingError(
            f"A source cannot be called '{ALL_SOURCES}', which means all of them together: "
            "give it another name, NAME=SRC."
        )
    splits = with_train_divided(
        np.array([picture.split for picture in pictures], "<U5"),
        np.array([picture.source for picture in pictures], str),
    )
    pictures = [replace(picture, split=str(split)) for picture, split in zip(pictures, splits, strict=True)]
    return pictures, [reject for listing in listings for reject in listing.rejects]


def face_set_path(path: Path) -> Path:
    """The path with the ending ``.faces.npz``."""
    name = path.name
    return path if name.endswith(SUFFIX) else path.with_name(name.removesuffix(".npz") + SUFFIX)


def _cut(listed: Sequence[Picture], processes: int) -> tuple[list[Picture], list[FoundFace], list[Reject]]:
    """The pictures that show a face, that face of each, and the pictures that show none."""
    with progress_bar("Cutting faces", len(listed)) as done:
        outcomes = cut_faces(listed, processes, done)
    pictures: list[Picture] = []
    found: list[FoundFace] = []
    rejects: list[Reject] = []
    for picture, outcome in zip(listed, outcomes, strict=True):
        if isinstance(outcome, str):
            rejects.append(Reject(picture.source, picture.name, outcome))
        else:
            pictures.append(picture)
            found.append(outcome)
    return pictures, found, rejects


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pictures that belong together, (P, 2) int row numbers each.

    by_crop, by_picture: what looks alike, the crops or the whole pictures.
    declared: near-duplicates as the source knows them. of_subject: of one person or clip.
    """

    by_crop: np.ndarray
    by_picture: np.ndarray
    declared: np.ndarray
    of_subject: np.ndarray

    @property
    def duplicates(self) -> list[np.ndarray]:
        return [self.by_crop, self.by_picture, self.declared]


def _find_pairs(pictures: Sequence[Picture], found: Sequence[FoundFace], labels: np.ndarray) -> _Pairs:
    return _Pairs(
        near_duplicates([face.crop for face in found]),
        same_pictures([face.picture for face in found]),
        same_key_pairs([picture.duplicate_group_key for picture in pictures], labels),
        same_key_pairs([picture.subject_key for picture in pictures], labels),
    )


def _face_set(
    pictures: Sequence[Picture], found: Sequence[FoundFace], pairs: _Pairs, labels: np.ndarray
) -> FaceSet:
    """All faces, in groups of what belongs together, with the splits that the sources give."""
    return FaceSet.from_crops(
        [face.jpeg for face in found],
        labels,
        source=np.array([picture.source for picture in pictures]),
        group=group_numbers(len(pictures), [*pairs.duplicates, pairs.of_subject]),
        split=np.array([picture.split for picture in pictures], "<U5"),
        name=np.array([picture.name for picture in pictures]),
        detector=np.array([face.detector for face in found]),
    )


def _divided(given: FaceSet, settings: Mapping[str, Any]) -> FaceSet:
    """The faces with their final splits. settings: the shares and the seed of ``assign_splits``."""
    split = assign_splits(
        _strata(given),
        given.group,
        given.split,
        np.array(given.full_names),
        classes=given.hard_labels,
        **settings,
    )
    return replace(given, split=split)


def _near_duplicates(pairs: _Pairs, given: FaceSet, faces: FaceSet, pictures: int) -> dict[str, int]:
    """Counts for the report. given, faces: before and after their division. pictures: how many were cut."""
    group = group_numbers(pictures, pairs.duplicates)
    return {
        "pairs_found_by_hash": len(np.unique(np.concatenate([pairs.by_crop, pairs.by_picture]), axis=0)),
        "pictures": int((group >= 0).sum()),
        "groups": int(group.max(initial=-1)) + 1,
        "groups_over_given_splits": straddling_groups(given.group, as_given(given.split)),
        "groups_over_final_splits": straddling_groups(faces.group, faces.split),
        "moved": int((np.isin(given.split, SPLITS) & (given.split != faces.split)).sum()),
    }


def _persons(pictures: Sequence[Picture]) -> dict[str, int]:
    """How many persons the sources name, in how many pictures the most frequent one is, and how many names
    stand for a person in each of several sources. A clip, too, is kept together as a person is, but is none.
    """
    pictures_of = Counter((p.namespace, p.subject) for p in pictures if p.subject and not p.moving)
    namespaces_of = Counter(subject for _, subject in pictures_of)
    return {
        "persons": len(pictures_of),
        "most_pictures": max(pictures_of.values(), default=0),
        "called_alike": sum(namespaces > 1 for namespaces in namespaces_of.values()),
    }


def _contradictions(
    pictures: Sequence[Picture],
    found: Sequence[FoundFace],
    pairs: _Pairs,
    labels: np.ndarray,
) -> dict[int, int]:
    """Rows whose label another picture of the same photograph contradicts, and that picture's row."""
    # Two frames of one person look alike with any expression: only still pictures contradict each other.
    moving = np.array([picture.moving for picture in pictures])
    still, declared_still = (rows[~moving[rows].all(axis=1)] for rows in (pairs.by_crop, pairs.declared))
    # A crop of a copy is cut where the face is found in that one, and may differ from the other's.
    whole = set(map(tuple, pairs.by_picture.tolist()))
    same_picture = np.array([pair in whole for pair in map(tuple, still.tolist())], bool)
    thumbnails = np.stack([face.crop.thumbnail for face in found])
    copies = still[same_picture | are_copies(still, thumbnails)]
    return contradictions(np.concatenate([copies, declared_still]), labels)


def _contradiction_rejects(
    pictures: Sequence[Picture], labels: np.ndarray, against: Mapping[int, int]
) -> list[Reject]:
    return [
        Reject(
            pictures[row].source,
            pictures[row].name,
            f"near-duplicate of {pictures[other].name}, which is labelled {_names(labels[other])}",
            "labelled differently from a near-duplicate",
        )
        for row, other in sorted(against.items())
    ]


def _strata(faces: FaceSet) -> np.ndarray:
    """(N,) str: what every split is to have its share of: source and class.

    What a source has little of is divided together with as little of the same class from others: a share of
    three pictures would be none.
    """
    classes = [CLASSES[label] for label in faces.hard_labels]
    strata = [f"{source}/{name}" for source, name in zip(faces.source, classes, strict=True)]
    count = Counter(strata)
    return np.array(
        [
            stratum if count[stratum] >= MIN_STRATUM else f"/{name}"
            for stratum, name in zip(strata, classes, strict=True)
        ]
    )


def _names(label: np.ndarray) -> str:
    """The classes of a label row, the largest share first."""
    return " and ".join(
        CLASSES[column] for column in np.argsort(-label, kind="stable") if label[column] > 0.3
    )


def _require_two_classes(labels: Sequence[np.ndarray], rejects: Sequence[Reject], beginning: str) -> None:
    classes = {CLASSES[int(label.argmax())] for label in labels}
    if not classes:
        raise TrainingError(f"{beginning} no class at all: there is nothing to learn from{_why(rejects)}.")
    if len(classes) == 1:
        only = classes.pop()
        raise TrainingError(f"{beginning} one class only ({only}): at least two are needed{_why(rejects)}.")


def _why(rejects: Sequence[Reject]) -> str:
    """What became of the other pictures, as the end of a sentence: there will be no list of rejects."""
    if not rejects:
        return ""
    reason, number = Counter(reject.kind or reject.reason for reject in rejects).most_common(1)[0]
    example = next(one.name for one in rejects if (one.kind or one.reason) == reason)
    return f"; {len(rejects)} were left out, {number} of them because “{reason}” (such as {example})"


def _counts(faces: FaceSet, rejects: Sequence[Reject]) -> dict[str, Any]:
    """Counts by source, split and class, and the rejects by source and kind of reason."""
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


def rejects_path(out: Path) -> Path:
    """Where the list of the pictures that were left out of the face set ``out`` stands."""
    return out.with_name(f"{out.name.removesuffix(SUFFIX)}.rejects.csv")


def report_path(out: Path) -> Path:
    """Where the report on the face set ``out`` stands."""
    return out.with_name(f"{out.name.removesuffix(SUFFIX)}.report.json")


def _write(report: IngestReport, out: Path) -> None:
    report.faces.save(out)
    lines = [["source", "name", "reason"], *([r.source, r.name, r.reason] for r in report.rejects)]
    write_csv(rejects_path(out), lines)
    summary = report.summary | {"sha256": report.faces.sha256()}
    write_json(report_path(out), summary)


def report_text(report: IngestReport) -> str:
    """The report as a person reads it: the table, the duplicates, and every kind of reject with its count."""
    table = report.summary["table"]
    width = max([12, *(len(row["source"]) for row in table)]) + 2
    lines = [f"{'source':{width}}{'split':7}" + "".join(f"{name:>10}" for name in (*CLASSES, "all"))]
    for row in table:
        numbers = "".join(f"{row[name]:10d}" for name in (*CLASSES, "all"))
        lines.append(f"{row['source']:{width}}{row['split']:7}{numbers}")
    copies = report.summary["near_duplicates"]
    lines.append(
        f"Near-duplicates: {counted(copies['pictures'], 'picture')} in {counted(copies['groups'], 'group')}, "
        "each on one side of the split."
    )
    persons = report.summary["persons"]
    if persons["persons"]:
        lines.append(
            f"Persons: {persons['persons']}, each on one side of the split; the most frequent one is in "
            f"{counted(persons['most_pictures'], 'picture')}."
        )
    if persons["called_alike"]:
        lines.append(
            f"Called alike in several sources: {counted(persons['called_alike'], 'person')}, who count as "
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
    if not any(row["split"] == "val" for row in table):
        lines.append(
            "No picture is in val, the part that training is judged by: take at least four of each class, "
            "better a few dozen, and from more than one clip or person."
        )
    lines.append(f"Left out: {counted(len(report.rejects), 'picture')}.")
    for row in report.summary["rejects"]:
        lines.append(f"  {row['pictures']:6d}  {row['source']}: {row['reason']}")
    return "\n".join(lines)
