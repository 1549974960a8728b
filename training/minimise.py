"""Finding where a function is smallest: for calibration, and for “Teach it my face”.

SciPy is not used, because the window also teaches where SciPy is not installed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def minimise(
    gradient: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    *,
    steps: int,
    rate: float,
    done: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """The values at which a smooth function is smallest: float64, of the shape of ``start``.

    Adam (Kingma and Ba, 2015) with a learning rate that falls linearly from ``rate`` to 0. gradient: of the
    function at given values. done: is told every 25 steps which share 0..1 of them is done.
    """
    values = np.array(start, np.float64)
    mean, square = np.zeros_like(values), np.zeros_like(values)
    for step in range(1, steps + 1):
        slope = gradient(values)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        corrected = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        values -= rate * (1 - step / (steps + 1)) * corrected
        if step % 25 == 0:
            done(step / steps)
    return values
