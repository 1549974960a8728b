"""What is sampled for each step."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_runs import drawn_set

from training.fitting.config import FitConfig, SourceConfig, load_config
from training.fitting.data import TrainingFaces, read_greys, smoothed_labels, with_opinion
from training.fitting.sampling import Batch, sampled_batches, sampled_class_shares, sampling_probabilities
from training.fitting.views import mixed_views


def one_batch(config: Path, mix: float) -> Batch:
    """Of 200 rows."""
    whole = load_config(config)
    mixing = replace(whole, train=replace(whole.train, batch=200), augment=replace(whole.augment, mix=mix))
    drawn = drawn_set(per_class=4)
    faces = TrainingFaces(read_greys(drawn), drawn.labels, drawn.source)
    with closing(sampled_batches(faces, mixing, range(1))) as batches:
        return next(batches)


def test_both_views_of_a_picture_get_as_much_of_the_same_other_one(config: Path) -> None:
    batch = one_batch(config, mix=1.0)
    assert 0.35 < batch.shares.max() < 0.4
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


def test_what_is_sampled_depends_on_the_seed_and_the_step_alone(config: Path) -> None:
    """A resumed run sees what one without a break would have seen."""
    whole = load_config(config)
    small = replace(whole, train=replace(whole.train, batch=6))
    drawn = drawn_set(per_class=4)
    faces = TrainingFaces(read_greys(drawn), drawn.labels, drawn.source)
    with closing(sampled_batches(faces, small, range(8))) as batches:
        first = list(batches)
    with closing(sampled_batches(faces, small, range(3, 1000))) as batches:
        again = [next(batches) for _ in range(5)]
    with closing(sampled_batches(faces, replace(small, seed=small.seed + 1), range(8))) as batches:
        first_of_other_seed = next(batches)
    assert len({batch.changes.tobytes() for batch in (*first, first_of_other_seed)}) == 9
    for batch, other in zip(first[3:], again, strict=True):
        for one, two in zip(batch, other, strict=True):
            np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(batch.rows[:3], batch.rows[3:])
        np.testing.assert_array_equal(batch.greys, faces.greys[batch.rows])
        assert not np.array_equal(batch.changes[:3], batch.changes[3:])


def faces_of(counts: dict[tuple[str, int], int]) -> TrainingFaces:
    """So many faces of each source and class."""
    labels = np.concatenate(
        [np.tile(np.eye(7, dtype=np.float32)[number], (n, 1)) for (_, number), n in counts.items()]
    )
    source = np.concatenate([np.full(n, name) for (name, _), n in counts.items()])
    return TrainingFaces(np.zeros((len(labels), 1, 1), np.uint8), labels, source)


def balanced(config: Path, balance: float, **sources: SourceConfig) -> FitConfig:
    whole = load_config(config)
    return replace(
        whole, sources={**whole.sources, **sources}, train=replace(whole.train, class_balance=balance)
    )


def test_a_class_is_sampled_six_times_as_often_as_it_comes_at_most(config: Path) -> None:
    """Of a hundred, and of two thousand with two such classes."""
    shares = sampled_class_shares(faces_of({("web", 0): 99, ("web", 1): 1}), balanced(config, 1.0))
    assert shares[:2] == pytest.approx([0.94, 0.06], abs=1e-6)
    few = faces_of({("web", 0): 1985, ("web", 1): 10, ("web", 2): 5})
    assert sampled_class_shares(few, balanced(config, 0.5))[1:3] * 2000 == pytest.approx([60, 30], abs=1e-3)


def test_classes_are_evened_out_as_the_sources_are_sampled(config: Path) -> None:
    """Press counts a quarter: as many happy as sad are sampled, and a sad face of web four times as often."""
    whole = balanced(
        config, 1.0, web=SourceConfig(sampling_weight=1.0), press=SourceConfig(sampling_weight=0.25)
    )
    faces = faces_of({("web", 0): 30, ("press", 0): 40, ("web", 1): 10, ("press", 1): 40})
    probabilities = sampling_probabilities(faces, whole)
    assert (probabilities @ faces.labels)[:2] == pytest.approx([0.5, 0.5])
    assert probabilities[70] / probabilities[80] == pytest.approx(4)


def test_votes_for_classes_that_no_head_learns_do_not_count(config: Path) -> None:
    """One picture in ten has a vote for fear beside three for sad."""
    faces = faces_of({("web", 0): 50, ("web", 1): 50})
    faces.labels[50:60, [1, 5]] = (0.75, 0.25)
    probabilities = sampling_probabilities(faces, balanced(config, 1.0))
    assert probabilities[:50] * 100 == pytest.approx(np.full(50, 1.0))
    assert probabilities[50] / probabilities[60] == pytest.approx(0.75)


def test_doubt_and_trust_by_hand() -> None:
    """A source of a tenth of doubt, whose labels count three quarters against the network's opinion."""
    sources = {"web": SourceConfig(smoothing=0.1, trust=0.75)}
    smoothed = smoothed_labels(faces_of({("web", 0): 1, ("press", 1): 1}), sources)
    np.testing.assert_allclose(smoothed, [[0.9 + 0.1 / 7] + [0.1 / 7] * 6, np.eye(7)[1]], atol=1e-6)
    mixed = with_opinion(np.eye(7)[[0, 0]], np.eye(7)[[2, 2]], np.array(["web", "press"]), sources)
    np.testing.assert_allclose(mixed, [0.75 * np.eye(7)[0] + 0.25 * np.eye(7)[2], np.eye(7)[0]], atol=1e-6)
