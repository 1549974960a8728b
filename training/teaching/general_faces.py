"""General faces: embeddings of many people's faces, which a model must not forget when it is taught.

``validation.npz`` beside ``model.keras`` holds no picture, only each face's embedding, the input of the
network's last layer. From embeddings, a last layer's answers are one matrix product away, so a taught one is
judged in milliseconds, and nobody's face is passed on.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.runtime import load_network
from happysad_live.errors import TrainingError
from training.faces.faceset import FaceSet
from training.files import read_npz, require_writable, taken_apart, write_npz
from training.teaching.embedding import batches, embedder
from training.teaching.verdict import GENERAL_TOLERANCE

FILE_NAME = "validation.npz"

MAX_JUDGED = 3400
MAX_REHEARSED = 1200
"""The most faces to judge and to rehearse: so many keep the file under 3 MB."""

_LIKELY_RECALL = 0.85


@dataclass(frozen=True, slots=True)
class GeneralFaces:
    """Embeddings of labelled faces. N faces, D features.

    embeddings: (N, D) float32, the output of the layer before the last. labels: (N,) int64, places among
    the model's labels. judged: (N,) bool, True for validation faces, which only judge; the others are
    from the training split and steady the teaching. weights_sha256: of the weights that made the
    embeddings, hexadecimal.
    """

    embeddings: np.ndarray
    labels: np.ndarray
    judged: np.ndarray
    weights_sha256: str


def write_general_faces(name_or_folder: str | Path, data: Path) -> tuple[Path, GeneralFaces]:
    """Embed a face set's faces and put them into a model's folder, so that the model can be taught.

    name_or_folder: of the model. data: the face set's file. Returns the path of what is written, and its
    content. Raises ModelError for a model that is missing or damaged, and TrainingError where its folder
    cannot be written, it cannot be taught or the face set is unfit; before any face is embedded.
    """
    bundle = load_bundle(name_or_folder)
    require_writable(bundle.folder / FILE_NAME)
    faces = FaceSet.load(data)
    _require_enough(bundle, faces)
    general = make_general_faces(bundle, faces)
    return save_general_faces(general, bundle.folder), general


def make_general_faces(bundle: ModelBundle, faces: FaceSet) -> GeneralFaces:
    """Embed a model's general faces: validation faces to judge, training faces to rehearse.

    Only faces whose label is decided and known to the model are taken. Those to rehearse are drawn evenly
    over the classes, those to judge from all alike. Raises TrainingError when a class has no face to judge
    or rehearse.
    """
    label = _known_labels(bundle, faces)
    random = np.random.default_rng(0)
    val = random.permutation(np.flatnonzero((label >= 0) & (faces.split == "val")))[:MAX_JUDGED]
    share = MAX_REHEARSED // len(bundle.labels)
    train = [
        random.permutation(np.flatnonzero((label == column) & (faces.split == "train")))[:share]
        for column in range(len(bundle.labels))
    ]
    for column, name in enumerate(bundle.labels):
        if not len(train[column]) or not (label[val] == column).any():
            raise TrainingError(f"The face set has no “{name}” in both of its splits train and val.")
    rows = np.concatenate([val, *train])
    embed = embedder(load_network(bundle))
    embeddings = np.concatenate([embed(faces.crops(part)) for part in batches(rows)])
    judged = np.arange(len(rows)) < len(val)
    return GeneralFaces(embeddings, label[rows], judged, bundle.sha256)


def _require_enough(bundle: ModelBundle, faces: FaceSet) -> None:
    """Raises TrainingError where the validation faces are too few to notice that a taught model got worse.

    The standard error of their balanced accuracy, at a recall of ``_LIKELY_RECALL`` in each class, may be at
    most the loss that is tolerated.
    """
    label = _known_labels(bundle, faces)
    counts = np.bincount(label[(label >= 0) & (faces.split == "val")], minlength=len(bundle.labels))
    variance = _LIKELY_RECALL * (1 - _LIKELY_RECALL) * (1 / np.maximum(counts, 1e-9)).sum()
    if math.sqrt(variance) / len(bundle.labels) > GENERAL_TOLERANCE:
        there = ", ".join(f"{count} {name}" for name, count in zip(bundle.labels, counts, strict=True))
        raise TrainingError(
            f"The face set has too few faces in val to judge a taught model by ({there}): take one with some "
            "hundred of each class there."
        )


def _known_labels(bundle: ModelBundle, faces: FaceSet) -> np.ndarray:
    """Each face's place among the model's labels, (N,) int; -1 where its label is unknown or undecided."""
    known = np.array([bundle.labels.index(c) if c in bundle.labels else -1 for c in faces.classes])
    return np.where(faces.decided, known[faces.hard_labels], -1)


def save_general_faces(general: GeneralFaces, folder: Path) -> Path:
    """Write general faces into a bundle's folder, their embeddings rounded to float16; returns the path.

    Raises TrainingError when the file cannot be written.
    """
    path = folder / FILE_NAME
    small = replace(
        general, embeddings=general.embeddings.astype(np.float16), labels=general.labels.astype(np.int8)
    )
    write_npz(path, asdict(small), compressed=True)
    return path


def load_general_faces(bundle: ModelBundle) -> GeneralFaces:
    """The general faces that travel with a bundle.

    Raises TrainingError when there are none, or when they are damaged or belong to other weights.
    """
    path = bundle.folder / FILE_NAME
    if not path.is_file():
        raise TrainingError(
            f"“{bundle.name}” cannot be taught: it comes without the faces of other people "
            "by which a taught model is judged. Choose the model “happysad”."
        )
    problem = f"{path} is damaged: copy the model again."
    arrays = read_npz(path, problem)
    with taken_apart(problem):
        found = GeneralFaces(
            arrays["embeddings"].astype(np.float32),
            arrays["labels"].astype(np.int64),
            arrays["judged"],
            str(arrays["weights_sha256"]),
        )
    if found.weights_sha256 != bundle.sha256:
        raise TrainingError(
            f"{path} belongs to other weights than those of “{bundle.name}”: copy the model again, or, "
            "if it was trained further, run happysad-train general on it once more."
        )
    return found
