"""The model that is trained: a core behind its views."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from training.fitting.views import AugmentedViews, mixed_views, plain_views

_AT_ONCE = 512


class Learner(keras.Model):
    """A core with the views in front of it, so that an accelerator makes the views as well.

    From (N, 160, 160) uint8 grey it makes the logits of the unchanged pictures, (N, K) float32; from greys,
    changes, others and shares of a ``Batch``, as in training, those of the changed and mixed pictures.
    """

    def __init__(self, core: keras.Model) -> None:
        super().__init__(name="learner")
        self.core = core
        self.augmented = AugmentedViews()

    def build(self, input_shape=None) -> None:
        """Does nothing: core and views are built already."""

    def call(self, inputs, training=None):
        if not isinstance(inputs, list | tuple):
            return self.core(plain_views(inputs), training=training)
        greys, changes, others, shares = inputs
        views = mixed_views(self.augmented(greys, changes), others, shares)
        return self.core(ops.stop_gradient(views), training=training)

    def logits(self, greys: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Logits of unchanged pictures: (N, 160, 160) uint8 grey -> (M, K) float32.

        rows: (M,) int, which of the pictures; None for all.
        """
        rows = np.arange(len(greys)) if rows is None else rows
        parts = np.array_split(rows, max(1, -(-len(rows) // _AT_ONCE)))
        return np.concatenate([np.asarray(self.predict_on_batch(greys[part]), np.float32) for part in parts])
