"""The loss: soft cross-entropy over several heads, free of class priors, consistent between two views."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from keras import ops


class HeadsLoss:
    """Loss over heads whose logits lie side by side in one output.

    A batch holds two differently augmented views of each picture: row i and row i + N/2.

    y_true: (N, sum of heads) float32: for each head the class shares times the picture's weight in
        that head, so that a row of zeros does not count.
    y_pred: (N, sum of heads) float32 logits.

    The class shares are compared with softmax(logits + tau * log prior), after which the logits
    themselves are free of the share tau of the priors (Menon et al., 2021, "Long-tail learning via
    logit adjustment"). The symmetric Kullback-Leibler divergence between the two views, times
    ``consistency``, keeps labels from flipping with crop and light.
    """

    __name__ = "heads_loss"

    def __init__(
        self,
        heads: Sequence[int],
        priors: Sequence[np.ndarray],
        *,
        taus: Sequence[float],
        weights: Sequence[float],
        consistency: float,
    ) -> None:
        """heads: classes of each head. priors: for each head (K,), the class shares as drawn."""
        ends = np.cumsum(heads)
        self._columns = [slice(int(end - count), int(end)) for count, end in zip(heads, ends, strict=True)]
        self._offsets = [
            (tau * np.log(np.maximum(prior, 1e-4))).astype(np.float32)
            for tau, prior in zip(taus, priors, strict=True)
        ]
        self._weights = list(weights)
        self._consistency = consistency

    def __call__(self, y_true, y_pred, sample_weight=None):
        total = 0.0
        for columns, offset, weight in zip(self._columns, self._offsets, self._weights, strict=True):
            logits, target = y_pred[:, columns], y_true[:, columns]
            loss = _soft_cross_entropy(target, ops.add(logits, offset))
            if self._consistency:
                loss = loss + self._consistency * _disagreement(logits)
            total = total + weight * loss
        return total


def _soft_cross_entropy(target, logits):
    """Mean over the counted rows of minus the sum of shares times log probabilities."""
    counted = ops.maximum(ops.sum(target), 1.0)
    return -ops.sum(target * ops.log_softmax(logits, axis=-1)) / counted


def _disagreement(logits):
    """Mean symmetric Kullback-Leibler divergence between the first and the second half of the rows."""
    half = logits.shape[0] // 2 if logits.shape[0] is not None else ops.shape(logits)[0] // 2
    log_p = ops.log_softmax(logits, axis=-1)
    first, second = log_p[:half], log_p[half:]
    return 0.5 * ops.mean(ops.sum((ops.exp(first) - ops.exp(second)) * (first - second), axis=-1))
