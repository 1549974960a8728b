"""The loss: soft cross-entropy over several heads, corrected for class priors, with a consistency term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from keras import ops

from training.fitting.config import column_slices


class HeadsLoss:
    """Loss over heads whose logits lie side by side in one output.

    A batch holds two differently augmented views of each picture: row i and row i + N/2.

    y_true: (N, K) float32, K for all heads together: for each head the shares of its classes. Where a picture
        shows classes that the head does not know, they sum to less than 1, and the picture counts that much
        less in the head's cross-entropy.
    y_pred: (N, K) float32 logits.

    The class shares are compared with softmax(logits + tau * log prior), after which the logits
    themselves are free of the share tau of the priors (Menon et al., 2021, "Long-tail learning via
    logit adjustment"). The symmetric Kullback-Leibler divergence between the two views, times
    ``consistency``, keeps labels from flipping with crop and light.

    Cross-entropy over all classes leaves open which of happy and sad is likelier on a face that is
    neither, and the app can show these two alone. So heads that know both and more get ``happy_or_not`` times
    the cross-entropy of happy against sad on top, in which all that is not happy counts as sad, and which is
    corrected for the prior of happy.
    """

    def __init__(
        self,
        heads: Sequence[Sequence[str]],
        offsets: Sequence[np.ndarray],
        *,
        consistency: float,
        happy_or_not: float,
        happy_prior: float,
    ) -> None:
        """heads: class names of each head. offsets: for each head, tau * log prior of its classes.

        happy_prior: the share 0..1 of happy among all pictures that are sampled.
        """
        self._columns = column_slices(heads)
        self._pairs = [
            (classes.index("happy"), classes.index("sad")) if {"happy", "sad"} < set(classes) else None
            for classes in heads
        ]
        happy_prior = float(np.clip(happy_prior, 1e-4, 1 - 1e-4))
        self._happy_offset = float(np.log(happy_prior / (1 - happy_prior)))
        self._happy_or_not = happy_or_not
        self._offsets = [np.asarray(offset, np.float32) for offset in offsets]
        self._consistency = consistency

    def __call__(self, y_true, y_pred):
        total = 0.0
        for columns, offset, pair in zip(self._columns, self._offsets, self._pairs, strict=True):
            logits, target = y_pred[:, columns], y_true[:, columns]
            loss = _soft_cross_entropy(target, ops.add(logits, offset))
            if self._consistency:
                loss = loss + self._consistency * _disagreement(logits)
            if self._happy_or_not and pair:
                happy, sad = pair
                lead = logits[:, happy] - logits[:, sad] + self._happy_offset
                happy_or_not = ops.binary_crossentropy(target[:, happy], lead, from_logits=True)
                loss = loss + self._happy_or_not * ops.mean(happy_or_not)
            total = total + loss
        return total


def _soft_cross_entropy(target, logits):
    """Cross-entropy of shares and logits, both (N, K), divided by the sum of the shares, at least by 1."""
    counted = ops.maximum(ops.sum(target), 1.0)
    return -ops.sum(target * ops.log_softmax(logits, axis=-1)) / counted


def _disagreement(logits):
    """Mean symmetric Kullback-Leibler divergence between the first and the second half of the rows."""
    half = logits.shape[0] // 2 if logits.shape[0] is not None else ops.shape(logits)[0] // 2
    log_p = ops.log_softmax(logits, axis=-1)
    first, second = log_p[:half], log_p[half:]
    return 0.5 * ops.mean(ops.sum((ops.exp(first) - ops.exp(second)) * (first - second), axis=-1))
