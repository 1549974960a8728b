"""What is trained: a core behind its views."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from training.fitting.views import AugmentedViews, mixed_views, plain_views

_AT_ONCE = 512


class Learner(keras.Model):
    """A core with the views in front of it, so that they are made on the accelerator where there is one.

    From (N, 160, 160) uint8 grey to the (N, K) float32 logits of the unchanged pictures; from greys, changes,
    others and shares of a ``Batch``, as while training, to those of the changed and mixed ones.
    """

    def __init__(self, core: keras.Model) -> None:
        super().__init__(name="learner")
        self.core = core
        self.augmented = AugmentedViews()

    def build(self, input_shape=None) -> None:
        """Its parts are built already."""

    def call(self, inputs, training=None):
        if not isinstance(inputs, list | tuple):
            return self.core(plain_views(inputs), training=training)
        greys, changes, others, shares = inputs
        views = mixed_views(self.augmented(greys, changes), others, shares)
        return self.core(ops.stop_gradient(views), training=training)

    def logits(self, greys: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Logits of plain pictures: (N, 160, 160) uint8 grey -> (M, K) float32. rows: (M,) int, else all."""
        rows = np.arange(len(greys)) if rows is None else rows
        parts = np.array_split(rows, max(1, -(-len(rows) // _AT_ONCE)))
        return np.concatenate([np.asarray(self.predict_on_batch(greys[part]), np.float32) for part in parts])
