"""Calibration must recover what was done to the logits, and the threshold must keep its promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from happysad_live.errors import TrainingError
from training.fitting.calibrate import CalibrationPrior, calibrate
from training.fitting.config import HeadConfig

HEAD = HeadConfig(name="test", classes=("happy", "sad", "neutral"), prior=1.0, max_unsure=0.1)


def believable_faces(count: int, prior: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities that are exactly right, and one-hot labels drawn from them."""
    rng = np.random.default_rng(seed)
    evidence = rng.normal(scale=1.5, size=(count, 3)) + np.log(prior)
    log_probabilities = evidence - np.log(np.exp(evidence).sum(axis=1, keepdims=True))
    drawn = np.array([rng.choice(3, p=np.exp(row)) for row in log_probabilities])
    return log_probabilities, np.eye(3)[drawn]


def test_recovers_temperature_and_bias() -> None:
    true_logits, labels = believable_faces(6000, np.array([0.5, 0.2, 0.3]))
    bias = np.array([0.7, -0.4, -0.3])
    found = calibrate(true_logits * 2.5 - bias, labels, np.ones(6000), HEAD)
    assert found.temperature == pytest.approx(2.5, rel=0.08)
    np.testing.assert_allclose(found.bias, bias, atol=0.2)


def test_probabilities_mean_what_they_say() -> None:
    true_logits, labels = believable_faces(6000, np.array([0.5, 0.2, 0.3]))
    found = calibrate(true_logits * 3, labels, np.ones(6000), HEAD)
    fresh_logits, fresh = believable_faces(6000, np.array([0.5, 0.2, 0.3]), seed=1)
    probabilities = found.probabilities(fresh_logits * 3)
    for low in (0.0, 0.25, 0.5, 0.75):
        rows = (probabilities[:, 0] >= low) & (probabilities[:, 0] < low + 0.25)
        assert fresh[rows, 0].mean() == pytest.approx(probabilities[rows, 0].mean(), abs=0.04)


def test_even_prior_takes_the_frequent_class_down() -> None:
    """The Bayes rule for equal priors adds -log(prior) to the logits of a net that knows the data's."""
    prior = np.array([0.7, 0.1, 0.2])
    rng = np.random.default_rng(3)
    truth = rng.choice(3, 8000, p=prior)
    likelihood = rng.normal(size=(8000, 3)) + 2.0 * np.eye(3)[truth]
    logits = 2.0 * likelihood + np.log(prior)
    even = HeadConfig(name="even", classes=HEAD.classes, prior=0.0)
    found = calibrate(logits, np.eye(3)[truth], np.ones(8000), even)
    wanted = -np.log(prior) + np.log(prior).mean()
    np.testing.assert_allclose(found.bias, wanted, atol=0.25)


@pytest.mark.parametrize("scale", [0.01, 10.0, 1000.0])
def test_however_large_a_network_makes_its_logits_its_probabilities_are_the_same(scale: float) -> None:
    """Also where the data's frequent class is to be taken down."""
    even = HeadConfig(name="even", classes=HEAD.classes, prior=0.0)
    logits, labels = believable_faces(600, np.array([0.7, 0.1, 0.2]))
    found = calibrate(logits, labels, np.ones(600), even)
    scaled = calibrate(logits * scale, labels, np.ones(600), even)
    wanted = found.probabilities(logits)
    np.testing.assert_allclose(scaled.probabilities(logits * scale), wanted, atol=1e-6)
    assert scaled.temperature == pytest.approx(found.temperature * scale)


@pytest.mark.parametrize("lead", [1.0, 5.0, 10.0])
def test_the_temperature_is_the_likeliest_however_accurate_a_network_is(lead: float) -> None:
    """As SciPy finds it, with the doubt that one of so many faces is called wrong."""
    count = 20_000
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, count)
    logits = rng.normal(size=(count, 3)) + lead * np.eye(3)[truth]
    doubt = 1 / (np.bincount(truth)[truth, None] + 2)
    shares = np.where(np.eye(3)[truth] > 0, 1 - doubt, doubt / 2)

    def loss(temperature: float) -> float:
        return float(-(shares * log_softmax(logits / temperature, axis=1)).sum(axis=1).mean())

    likeliest = minimize_scalar(loss, bounds=(0.02, 5), method="bounded").x
    found = calibrate(logits, np.eye(3)[truth], np.ones(count), HEAD)
    assert found.temperature == pytest.approx(likeliest, rel=0.004)


def test_a_network_that_is_much_too_sure_is_told_to_doubt() -> None:
    """Right six times in ten, though its logits are sixty apart."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 3000)
    says = np.where(rng.random(3000) < 0.6, truth, (truth + rng.integers(1, 3, 3000)) % 3)
    logits = 60 * np.eye(3)[says]
    found = calibrate(logits, np.eye(3)[truth], np.ones(3000), HEAD)
    right = (says == truth).mean()
    assert found.probabilities(logits).max(axis=1).mean() == pytest.approx(right, abs=0.01)


def test_a_network_that_is_worse_than_chance_says_no_more_than_chance() -> None:
    """However large its temperature would have to be, it is one that a model may have."""
    truth = np.arange(300) % 3
    found = calibrate(2e4 * np.eye(3)[(truth + 1) % 3], np.eye(3)[truth], np.ones(300), HEAD)
    assert found.temperature == 1000


def test_threshold_leaves_the_wanted_share_unsure() -> None:
    logits, labels = believable_faces(4000, np.full(3, 1 / 3))
    found = calibrate(logits, labels, np.ones(4000), HEAD)
    unsure = (found.probabilities(logits).max(axis=1) < found.threshold).mean()
    assert unsure == pytest.approx(0.1, abs=0.01)


def test_no_more_than_the_wanted_share_is_unsure() -> None:
    """A threshold that is rounded up lies above the face that it was taken from, a large share of twelve."""
    wanted = HeadConfig(name="few", classes=("happy", "sad"), prior=1.0, max_unsure=0.25)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        truth = np.arange(12) % 2
        logits = np.eye(2)[truth] * rng.uniform(0.2, 2, (12, 1)) + rng.normal(0, 0.5, (12, 2))
        found = calibrate(logits, np.eye(2)[truth], np.ones(12), wanted)
        best = np.sort(found.probabilities(logits).max(axis=1))
        assert (best < found.threshold).sum() <= 3
        assert found.threshold == pytest.approx(min(best[3], 0.9), abs=1e-4)  # the largest that may be


def test_a_few_faces_all_called_right_leave_some_doubt() -> None:
    """Ten of each class, all right by the same lead of 5: 11 / 12 = sigmoid(5 / temperature)."""
    two = HeadConfig(name="two", classes=("happy", "sad"), prior=1.0, max_unsure=0.05)
    truth = np.repeat([0, 1], 10)
    found = calibrate(5 * np.eye(2)[truth], np.eye(2)[truth], np.ones(20), two)
    assert found.temperature == pytest.approx(5 / np.log(11), rel=0.01)
    assert found.threshold == 0.9
    more, counted = np.tile(truth, 5), np.repeat([1.0, 0.0], [20, 80])
    with_others = calibrate(5 * np.eye(2)[more], np.eye(2)[more], counted, two)
    assert with_others.temperature == pytest.approx(found.temperature)


def test_frames_of_two_clips_leave_as_much_doubt_as_two_faces() -> None:
    """All right by the same lead of 1; of one of each class: 2 / 3 = sigmoid(1 / temperature)."""
    two = HeadConfig(name="two", classes=("happy", "sad"), prior=1.0, max_unsure=0.05)
    clip = np.repeat([0, 1], 60)
    found = calibrate(np.eye(2)[clip], np.eye(2)[clip], np.ones(120), two, group=clip)
    assert found.temperature == pytest.approx(1 / np.log(2), rel=0.01)


def test_after_a_model_frames_of_two_clips_change_as_little_as_two_faces() -> None:
    """The sad clip looks rather happy; frames that are alike are no further reasons to believe it."""
    two = HeadConfig(name="two", classes=("happy", "sad"), prior=0.0, max_unsure=0.05)
    logits, labels, expected = np.array([[2.0, 0.0], [1.0, 0.0]]), np.eye(2), CalibrationPrior(0.43, 0.57)
    faces = calibrate(logits, labels, np.ones(2), two, expected)
    clip = np.repeat([0, 1], 60)
    frames = calibrate(logits[clip], labels[clip], np.ones(120), two, expected, group=clip)
    np.testing.assert_allclose(frames.bias, faces.bias, atol=1e-6)
    assert frames.temperature == pytest.approx(faces.temperature)
    assert frames.threshold == 0.57 and not frames.is_threshold_new


def test_a_long_clip_counts_as_one_face_beside_many() -> None:
    """Called right three times in four, by the same lead: as sure as that, whatever one clip looks like."""
    two = HeadConfig(name="two", classes=("happy", "sad"), prior=1.0, max_unsure=0.05)
    truth = np.tile([0, 1], 200)
    says = np.where(np.arange(400) % 8 < 6, truth, 1 - truth)
    clip = np.zeros(300, int)
    labels, logits = np.eye(2)[np.append(truth, clip)], np.eye(2)[np.append(says, 1 - clip)]
    group = np.append(np.full(400, -1), np.zeros(300, int))
    right = 1 / np.log(300 / 101)  # of 401, 300 are called right
    found = calibrate(logits, labels, np.ones(700), two, CalibrationPrior(right, 0.6), group=group)
    assert found.temperature == pytest.approx(right, rel=0.01)
    assert found.bias == pytest.approx([0, 0], abs=0.01) and found.is_threshold_new


def test_class_without_a_face_is_named() -> None:
    labels = np.eye(3)[np.array([0, 1, 0, 1])]
    with pytest.raises(TrainingError, match="neutral"):
        calibrate(np.zeros((4, 3)), labels, np.ones(4), HEAD)


def test_after_a_model_a_dozen_faces_change_little_and_thousands_everything() -> None:
    """What was expected is wrong: the logits are four times as large, and one class is favoured."""
    expected = CalibrationPrior(temperature=0.5, threshold=0.6)
    true_logits, labels = believable_faces(6000, np.full(3, 1 / 3))
    bias = np.array([1.0, -0.5, -0.5])
    few, many = (
        calibrate(true_logits[:count] * 2 - bias, labels[:count], np.ones(count), HEAD, expected)
        for count in (12, 6000)
    )
    assert many.temperature == pytest.approx(2.0, rel=0.08)
    np.testing.assert_allclose(many.bias, bias, atol=0.2)
    assert np.abs(few.bias).max() < 0.5
    assert few.threshold == 0.6  # not the smallest of twelve probabilities
    assert many.is_threshold_new and not few.is_threshold_new
    unsure = (many.probabilities(true_logits * 2 - bias).max(axis=1) < many.threshold).mean()
    assert unsure == pytest.approx(0.1, abs=0.01)


def test_after_a_model_a_dozen_faces_all_called_right_leave_the_temperature() -> None:
    truth = np.arange(12) % 2
    two = HeadConfig(name="two", classes=("happy", "sad"), prior=1.0, max_unsure=0.05)
    found = calibrate(3 * np.eye(2)[truth], np.eye(2)[truth], np.ones(12), two, CalibrationPrior(0.5, 0.6))
    assert found.temperature == pytest.approx(0.5, rel=0.1)


def test_a_few_faces_of_a_rare_class_do_not_move_the_balance_far() -> None:
    """The start is right; evened out, six sad faces among three hundred count as many as all the others."""
    two = HeadConfig(name="two", classes=("happy", "sad"), prior=0.0, max_unsure=0.05)
    biases = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        truth = np.repeat([0, 1], [290, 6])
        logits = rng.normal(size=(296, 2)) + 2 * np.eye(2)[truth]
        found = calibrate(logits, np.eye(2)[truth], np.ones(296), two, CalibrationPrior(0.5, 0.6))
        biases.append(found.bias[0])
    # As of 24 equal faces, Kish's effective number: 2 * 290 * 6 / 296 * 2.
    assert np.std(biases) < 0.16


def test_nobody_is_unsure_where_none_is_to_be() -> None:
    logits, labels = believable_faces(4000, np.full(3, 1 / 3))
    none = HeadConfig(name="none", classes=HEAD.classes, prior=1.0, max_unsure=0.0)
    found = calibrate(logits, labels, np.ones(4000), none, CalibrationPrior(1.0, 0.6))
    assert (found.probabilities(logits).max(axis=1) >= found.threshold).all()
    few = calibrate(logits[:12], labels[:12], np.ones(12), none, CalibrationPrior(1.0, 0.6))
    assert few.probabilities(logits[:12]).max(axis=1).min() >= few.threshold


def test_a_threshold_that_a_dozen_faces_take_over_leaves_something_to_be_shown() -> None:
    truth = np.arange(12) % 2
    two = HeadConfig(name="two", classes=("happy", "sad"), prior=1.0, max_unsure=0.05)
    found = calibrate(np.eye(2)[truth], np.eye(2)[truth], np.ones(12), two, CalibrationPrior(1.0, 0.94))
    assert found.threshold == 0.9


def test_faces_count_in_a_calibration_by_their_weight() -> None:
    """Of two sources that want other temperatures only the first one counts."""
    true_logits, labels = believable_faces(3000, np.full(3, 1 / 3))
    logits = np.concatenate([true_logits * 2.5, true_logits * 0.2])
    found = calibrate(logits, np.concatenate([labels, labels]), np.repeat([1.0, 1e-9], 3000), HEAD)
    assert found.temperature == pytest.approx(2.5, rel=0.1)
    unsure = (found.probabilities(logits[:3000]).max(axis=1) < found.threshold).mean()
    assert unsure == pytest.approx(0.1, abs=0.01)
