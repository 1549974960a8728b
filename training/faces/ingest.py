"""``happysad-train ingest``: making a face set of labelled pictures, with a report and a list of rejects."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.core.cores import usable_cores
from happysad_live.core.printable import printable
from happysad_live.errors import TrainingError
from training import VAL_SHARE
from training.faces.clips import list_clips_folder
from training.faces.cutting import FoundFace, cut_faces
from training.faces.duplicates import (
    Pairs,
    are_copies,
    contradictions,
    near_duplicates,
    same_key_pairs,
    same_pictures,
)
from training.faces.faceset import ALL_SOURCES, CLASSES, SUFFIX, FaceSet
from training.faces.groups import group_numbers
from training.faces.ingest_report import (
    IngestReport,
    face_counts,
    near_duplicate_counts,
    person_counts,
    rejects_path,
    report_path,
)
from training.faces.pictures import Picture, Reject
from training.faces.sources import list_source, location
from training.faces.split import assign_splits, check_shares, with_train_divided
from training.files import held, require_writable, write_csv, write_json
from training.progress import progressed

MIN_STRATUM = 10
"""The fewest pictures of a class in a source that are divided by themselves, see ``_strata``."""

PLACES = "places"
"""The report's entry for ``source_places``."""

_LISTED_TWICE = "the file is listed twice"

_MAX_PROCESSES = 8


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
    """Ingest sources into the face set ``out``; the list of rejects and the report go beside it.

    specs: see ``list_source``. clips: folders of recorded clips, whose stretches with the user's own labels
        are taken.
    val_share, test_share, seed: see ``assign_splits``.
    processes: how many processes cut faces; by default one for each core, up to 8.

    Nothing is written before everything is ready. Raises TrainingError when a source is unusable, when
    fewer than two classes are left, when another program is writing the files, or when they cannot be
    written.
    """
    out = face_set_path(out)
    check_shares(val_share, test_share)
    require_writable(out)
    settings = {"val_share": val_share, "test_share": test_share, "seed": seed}
    in_use = TrainingError(
        f"Another program is writing {out}: wait until it has ended, or choose another --out."
    )
    with held(out.with_name(f".{out.name}.running"), in_use):
        report = _ingested(specs, clips, settings, processes or min(usable_cores(), _MAX_PROCESSES))
        _write(report, out)
    return report


def _ingested(
    specs: Sequence[str], clips: Sequence[Path], settings: Mapping[str, Any], processes: int
) -> IngestReport:
    """The face set of sources, with what the report tells; settings: of ``assign_splits``."""
    listed, rejects = _listed(specs, clips)
    _require_two_classes([picture.label for picture in listed], rejects, "The labels name")
    pictures, found, uncut = _cut(listed, processes)
    rejects += uncut
    _require_two_classes([picture.label for picture in pictures], rejects, "The faces found show")
    labels = np.stack([picture.label for picture in pictures])
    pairs = _find_pairs(pictures, found, labels)
    against = _contradictions(pictures, found, pairs, labels)
    rejects += _contradiction_rejects(pictures, labels, against)
    kept = ~np.isin(np.arange(len(pictures)), list(against))
    given = _face_set(pictures, found, pairs, labels).subset(kept)
    faces = _divided(given, settings)
    _require_two_classes(list(faces.labels), rejects, "After duplicates are settled, the faces show")
    summary = {
        **face_counts(faces, rejects),
        "near_duplicates": near_duplicate_counts(pairs, given, faces, kept),
        "persons": person_counts(pictures),
        "several_faces": sum(face.is_one_of_several for face in found),
        PLACES: source_places(specs, clips),
        "settings": settings,
    }
    return IngestReport(faces, tuple(rejects), summary)


def source_places(specs: Sequence[str], clips: Sequence[Path] = ()) -> list[str]:
    """The absolute paths of the sources, as text that a report can hold."""
    return [printable(str(path.resolve())) for path in (*(location(spec)[1] for spec in specs), *clips)]


def _listed(specs: Sequence[str], clips: Sequence[Path]) -> tuple[list[Picture], list[Reject]]:
    """The pictures of all sources, and the rejects that their labels alone rule out."""
    for place, times in Counter(source_places(specs, clips)).items():
        if times > 1:
            raise TrainingError(f"{place} is named twice, and its pictures would count twice: name it once.")
    listings = [list_source(spec) for spec in specs] + [list_clips_folder(folder) for folder in clips]
    pictures = [picture for listing in listings for picture in listing.pictures]
    if any(picture.source == ALL_SOURCES for picture in pictures):
        raise TrainingError(
            f"A source cannot be called “{ALL_SOURCES}”, which means all of them together: "
            "give it another name, NAME=SRC."
        )
    pictures, repeats = _each_file_once(pictures)
    splits = with_train_divided(
        np.array([picture.split for picture in pictures], "<U5"),
        np.array([picture.source for picture in pictures], str),
    )
    pictures = [replace(picture, split=str(split)) for picture, split in zip(pictures, splits, strict=True)]
    return pictures, [*(reject for listing in listings for reject in listing.rejects), *repeats]


def _each_file_once(pictures: Sequence[Picture]) -> tuple[list[Picture], list[Reject]]:
    """Pictures without files that another listing has under the same class, as where a folder of classes is
    named together with its table. Of these, the listing is kept that tells most of person, duplicates and
    split, with what only the others tell."""
    listings: dict[object, list[Picture]] = {}
    for picture in pictures:
        listings.setdefault(_file_and_class(picture), []).append(picture)
    kept, rejects = [], []
    for same in listings.values():
        best = max(same, key=_told)  # of two that tell as much, the first
        kept.append(_completed(best, same))
        for picture in same:
            if picture is not best:
                reason = f"{best.source} lists this file, too"
                rejects.append(Reject(picture.source, picture.name, reason, _LISTED_TWICE))
    return kept, rejects


def _completed(picture: Picture, others: Sequence[Picture]) -> Picture:
    """A picture with what others tell of person, duplicates and split, where it does not itself.

    Names of persons and duplicates mean nothing outside their namespace, so those of two are not mixed.
    """
    for other in others:
        if not (picture.subject or picture.duplicate_group):
            picture = replace(picture, namespace=other.namespace)
        if picture.namespace == other.namespace:
            subject = picture.subject or other.subject
            group = picture.duplicate_group or other.duplicate_group
            picture = replace(picture, subject=subject, duplicate_group=group)
        picture = replace(picture, split=picture.split or other.split)
    return picture


def _file_and_class(picture: Picture) -> object:
    """The same for listings of one file under one class; a picture that is no file is its own only one."""
    content = picture.content
    if not isinstance(content, Path):
        return id(picture)
    return os.path.realpath(content), picture.label.tobytes()  # Path.resolve fails at a link to itself


def _told(picture: Picture) -> int:
    """How many of person, duplicates and split the picture's source tells."""
    return sum(map(bool, (picture.subject, picture.duplicate_group, picture.split)))


def face_set_path(path: Path) -> Path:
    """The path with the ending ``.faces.npz``."""
    name = path.name
    return path if name.endswith(SUFFIX) else path.with_name(name.removesuffix(".npz") + SUFFIX)


def _cut(listed: Sequence[Picture], processes: int) -> tuple[list[Picture], list[FoundFace], list[Reject]]:
    """The pictures with a face, the main face of each, and rejects for the pictures without one."""
    pictures: list[Picture] = []
    found: list[FoundFace] = []
    rejects: list[Reject] = []
    with closing(cut_faces(listed, processes)) as outcomes:
        for picture, outcome in zip(progressed("Cutting faces", listed), outcomes, strict=True):
            if isinstance(outcome, str):
                rejects.append(Reject(picture.source, picture.name, outcome))
            else:
                pictures.append(picture)
                found.append(outcome)
    return pictures, found, rejects


def _find_pairs(pictures: Sequence[Picture], found: Sequence[FoundFace], labels: np.ndarray) -> Pairs:
    return Pairs(
        near_duplicates([face.crop for face in found]),
        same_pictures([face.picture for face in found]),
        same_key_pairs([picture.duplicate_group_key for picture in pictures], labels),
        same_key_pairs([picture.subject_key for picture in pictures], labels),
    )


def _face_set(
    pictures: Sequence[Picture], found: Sequence[FoundFace], pairs: Pairs, labels: np.ndarray
) -> FaceSet:
    """All faces, those that belong together in groups, with the splits that the sources give."""
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


def _contradictions(
    pictures: Sequence[Picture],
    found: Sequence[FoundFace],
    pairs: Pairs,
    labels: np.ndarray,
) -> dict[int, int]:
    """The rows that a label of the same photograph contradicts, each with the row of that label."""
    # Frames of a person look alike with any expression, so two of them never contradict each other.
    moving = np.array([picture.moving for picture in pictures])
    still, declared_still = (rows[~moving[rows].all(axis=1)] for rows in (pairs.by_crop, pairs.declared))
    # Crops of copies may differ, as the face is found in each anew: equal whole pictures are copies, too.
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
    """The stratum of each face, (N,) str, of which every split gets its share: source and class.

    The few pictures of a class in one source are divided together with those in other sources, since a share
    of three pictures would be none.
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
    """The classes with more than 0.3 of a label row, the largest share first."""
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
    """Why most of the rejects were left out, as the end of a sentence: no list of them will be written."""
    if not rejects:
        return ""
    reason, number = Counter(reject.kind or reject.reason for reject in rejects).most_common(1)[0]
    example = next(one.name for one in rejects if (one.kind or one.reason) == reason)
    return f"; {len(rejects)} were left out, {number} of them because “{reason}” (such as {example})"


def _write(report: IngestReport, out: Path) -> None:
    report.faces.save(out)
    lines = [["source", "name", "reason"], *([r.source, r.name, r.reason] for r in report.rejects)]
    write_csv(rejects_path(out), lines)
    summary = report.summary | {"sha256": report.faces.sha256()}
    write_json(report_path(out), summary)
