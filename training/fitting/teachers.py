"""Knowledge distillation: a small network learns from what larger, finished ones say of each view.

Hinton et al., 2015, "Distilling the knowledge in a neural network"; that teachers and pupil look at the
very same view, for many epochs, from Beyer et al., 2022, "Knowledge distillation: a good teacher is patient
and consistent".
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from happysad_live.classification.bundle import ModelBundle
from happysad_live.errors import TrainingError
from training.faces.faceset import CLASSES
from training.fitting.start import core_of


class Teachers:
    """Finished models whose opinion is mixed into the labels, the mean of their probabilities."""

    def __init__(self, bundles: Sequence[ModelBundle]) -> None:
        """Computes with Keras' present precision.

        Raises ModelError or TrainingError when one cannot be loaded, is no network of this program, or
        knows other classes than the first.
        """
        labels = bundles[0].labels
        for bundle in bundles:
            if bundle.labels != labels or not set(labels) <= set(CLASSES):
                raise TrainingError(
                    f"The teacher “{bundle.folder}” cannot teach: all must know the same ones of the classes "
                    f"{', '.join(CLASSES)}, in the same order."
                )
        self._columns = [CLASSES.index(label) for label in labels]
        cores = [_named(core_of(bundle), f"teacher_{number}") for number, bundle in enumerate(bundles)]
        views = layers.Input(cores[0].input_shape[1:])
        parts = [_probabilities(core(views), bundle) for core, bundle in zip(cores, bundles, strict=True)]
        opinion = layers.Average(dtype="float32")(parts) if len(parts) > 1 else parts[0]
        self._model = keras.Model(views, opinion)
        self._model.compile(jit_compile=keras.backend.backend() == "jax")

    def taught(self, labels: np.ndarray, views: np.ndarray, share: float) -> np.ndarray:
        """Labels with so much of them replaced by the opinion of the view, (N, 7) float32.

        labels: (N, 7) float32. views: (N, 64, 64, 1) float32 grey 0..1. share: 0..1. What a label gives to
        classes that the teachers do not know stays as it is.
        """
        opinion = np.asarray(self._model.predict_on_batch(views), np.float32)
        known = labels[:, self._columns]
        taught = labels.copy()
        taught[:, self._columns] = known * (1 - share) + opinion * known.sum(axis=1, keepdims=True) * share
        return taught


def _named(core: keras.Model, name: str) -> keras.Model:
    """The same under a name of its own, as the parts of a network must have."""
    return keras.Model(core.inputs, core.outputs[0], name=name)


def _probabilities(logits, bundle: ModelBundle):
    scaled = layers.Rescaling(1 / bundle.temperature, dtype="float32")(logits)
    return layers.Softmax(dtype="float32")(scaled)
