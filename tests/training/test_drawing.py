"""What is drawn for each step."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from drawn_runs import drawn_set

from training.fitting.config import load_config
from training.fitting.data import TrainingFaces, read_greys
from training.fitting.drawing import Batch, drawn_batches
from training.fitting.views import mixed_views


def one_batch(config: Path, mix: float) -> Batch:
    """Of 200 rows."""
    whole = load_config(config)
    mixing = replace(whole, train=replace(whole.train, batch=200), augment=replace(whole.augment, mix=mix))
    drawn = drawn_set(per_class=4)
    faces = TrainingFaces(read_greys(drawn), drawn.labels, drawn.source)
    with closing(drawn_batches(faces, mixing, range(1))) as batches:
        return next(batches)


def test_both_views_of_a_picture_get_as_much_of_the_same_other_one(config: Path) -> None:
    batch = one_batch(config, mix=1.0)
    assert (batch.shares >= 0).all() and 0.35 < batch.shares.max() < 0.4
    assert 0.15 < batch.shares.mean() < 0.25
    np.testing.assert_array_equal(batch.shares[:100], batch.shares[100:])
    np.testing.assert_array_equal(batch.rows[batch.others][:100], batch.rows[batch.others][100:])
    assert sorted(batch.others) == list(range(200)) and (batch.others % 100 != np.arange(200) % 100).all()
    halves = one_batch(config, mix=0.5)
    assert 60 <= np.count_nonzero(halves.shares) <= 140
    assert not one_batch(config, mix=0.0).shares.any()


def test_labels_are_mixed_as_the_pictures_are() -> None:
    """A quarter of the second picture in the first, nothing in the second."""
    labels = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    shares = np.array([0.25, 0], np.float32)
    batch = Batch(np.array([2, 1]), np.empty(0), np.empty(0), np.array([1, 0]), shares)
    np.testing.assert_array_equal(batch.mixed_labels(labels), [[0, 0.25, 0.75], [0, 1, 0]])
    views = np.stack([np.full((4, 4, 1), 0.8, np.float32), np.full((4, 4, 1), 0.4, np.float32)])
    mixed = np.asarray(mixed_views(views, batch.others, batch.shares))
    np.testing.assert_allclose(mixed[0], 0.7, atol=1e-6)
    np.testing.assert_array_equal(mixed[1], views[1])


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
