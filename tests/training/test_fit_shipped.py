"""The shipped models on real faces that they were not trained on, through the app's own crop."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from happysad_live.classification.bundle import load_bundle
from happysad_live.classification.classifier import EmotionModel
from training.faces.cutting import FaceCutter
from training.faces.faceset import CLASSES, center_crop
from training.fitting.networks import build_shipped
from training.network_config import NetworkConfig

PER_CLASS = 40
AGREEING = 7
"""Only faces that at least seven of the ten annotators saw alike."""


@pytest.fixture(scope="module")
def val_faces(shared_data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops (M, 256, 256, 3) of happy, sad and neutral FERPlus validation faces, and their class numbers."""
    with np.load(shared_data / "ferplus.npz") as archive:
        names = archive["vote_names"].tolist()
        votes = archive["votes"][:, [names.index(name) for name in CLASSES[:3]]]
        clear = (archive["split"] == "val") & (votes.max(axis=1) >= AGREEING)
        rows = np.concatenate(
            [np.flatnonzero(clear & (votes.argmax(axis=1) == k))[:PER_CLASS] for k in range(3)]
        )
        images = archive["images"][rows]
    with closing(FaceCutter()) as cutter:
        found = [cutter.cut(np.repeat(image[..., None], 3, axis=2)) for image in images]
    kept = [number for number, one in enumerate(found) if one is not None]
    crops = np.stack([center_crop(found[number][0]) for number in kept])
    return crops, votes[rows].argmax(axis=1)[kept]


@pytest.mark.parametrize("name", ["happysad", "emotions"])
def test_shipped_model_tells_clear_faces_apart(name: str, val_faces: tuple[np.ndarray, np.ndarray]) -> None:
    crops, truth = val_faces
    model = EmotionModel.load(name, device="cpu")
    probabilities = model.probabilities(crops)
    pair = truth < 2
    happier = probabilities[pair, 0] > probabilities[pair, 1]
    recalls = [(happier[truth[pair] == 0]).mean(), (~happier[truth[pair] == 1]).mean()]
    assert np.mean(recalls) > 0.95
    assert (probabilities.argmax(axis=1) == truth).mean() > 0.8
    neutral_called_sad = (probabilities[truth == 2].argmax(axis=1) == 1).mean()
    assert neutral_called_sad < 0.15


def test_the_default_network_is_the_shipped_one() -> None:
    shipped = load_bundle("emotions")
    default = build_shipped(NetworkConfig(), len(shipped.labels))
    assert default.count_params() == shipped.info["parameters"]


@pytest.mark.parametrize("name", ["happysad", "emotions"])
def test_shipped_bundle_is_complete_and_small(name: str) -> None:
    bundle = load_bundle(name)
    assert bundle.weights_path.stat().st_size < 12e6
    assert (bundle.folder / "README.md").is_file()
    assert set(bundle.labels) <= set(CLASSES)
    assert {entry["name"] for entry in bundle.info["training_data"]} == {"ferplus", "nhfi", "press_faces"}
