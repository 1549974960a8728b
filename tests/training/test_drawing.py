"""What is drawn for each step."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from drawn_runs import drawn_set

from training.fitting.config import load_config
from training.fitting.data import TrainingFaces, read_greys
from training.fitting.drawing import drawn_batches


def test_what_is_drawn_depends_on_the_step_alone(config: Path) -> None:
    """A resumed run sees what one without a break would have seen."""
    whole = load_config(config)
    small = replace(whole, train=replace(whole.train, batch=6))
    drawn = drawn_set(per_class=4)
    faces = TrainingFaces(read_greys(drawn), drawn.labels, drawn.source)
    with closing(drawn_batches(faces, small, range(8))) as batches:
        first = list(batches)
    with closing(drawn_batches(faces, small, range(3, 1000))) as batches:
        again = [next(batches) for _ in range(5)]
    assert len({batch.changes.tobytes() for batch in first}) == 8
    for batch, other in zip(first[3:], again, strict=True):
        for one, two in zip(batch, other, strict=True):
            np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(batch.rows[:3], batch.rows[3:])
        np.testing.assert_array_equal(batch.greys, faces.greys[batch.rows])
        assert not np.array_equal(batch.changes[:3], batch.changes[3:])
