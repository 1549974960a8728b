"""The metrics of an evaluation, against scikit-learn, textbook values and planted truths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from face_sets import face_set
from scipy.stats import binomtest
from sklearn import metrics as reference

from happysad_live.errors import TrainingError
from training.faces.faceset import FaceSet
from training.judging.intervals import (
    Interval,
    calibration_interval,
    interval,
    share_interval,
    wilson_bounds,
)
from training.judging.judge import Predictions, compare, judge, predict_faces
from training.judging.metrics import (
    Metric,
    auc,
    bootstrap_weights,
    calibration_bin,
    calibration_error,
    chance_calibration_errors,
    class_metrics,
    happy_sad_metrics,
)
from training.judging.text import comparison_table, interval_text, report_table

LABELS = ("happy", "sad", "neutral")


def some_predictions(skill: float = 1.5) -> Predictions:
    count, rng = 400, np.random.default_rng(0)
    truth = np.random.default_rng(99).choice(3, count, p=[0.5, 0.2, 0.3])
    logits = rng.normal(0, 1, (count, 3)) + skill * np.eye(3)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    source = np.where(np.arange(count) % 2, "web", "press")
    return Predictions(LABELS, np.arange(count), truth, probabilities, np.full(count, -1), source)


def values_of(metrics: dict[str, Metric]) -> dict[str, np.ndarray]:
    return {name: metric.values for name, metric in metrics.items()}


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize("shown", [3, 2])
def test_every_metric_agrees_with_scikit_learn_for_any_weights(shown: int) -> None:
    """Also where no face shows one of the classes that the model knows."""
    made = some_predictions()
    made = made.of(made.truth < shown)
    weights = np.random.default_rng(1).integers(0, 4, (3, len(made.truth))).astype(float)
    figures = values_of(class_metrics(weights, made.truth, made.probabilities, LABELS))
    called = made.probabilities.argmax(axis=1)
    for row, weight in enumerate(weights):
        once = {"sample_weight": weight}
        assert figures["accuracy"][row] == pytest.approx(reference.accuracy_score(made.truth, called, **once))
        expected = reference.balanced_accuracy_score(made.truth, called, **once)
        assert figures["balanced_accuracy"][row] == pytest.approx(expected)
        areas = [
            reference.roc_auc_score(made.truth == k, made.probabilities[:, k], **once) for k in range(shown)
        ]
        assert figures["roc_auc"][row] == pytest.approx(np.mean(areas))
        table = reference.precision_recall_fscore_support(made.truth, called, labels=range(shown), **once)
        for name, values in zip(("precision", "recall", "f1"), table, strict=False):
            assert [figures[f"{name}/{label}"][row] for label in LABELS[:shown]] == pytest.approx(values)


def test_tied_scores_count_half() -> None:
    area = auc(np.ones((1, 4)), np.array([True, False, True, False]), np.array([0.5, 0.5, 0.9, 0.1]))
    assert area[0] == pytest.approx(0.875)  # of four pairs three are right and one is tied


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.6, 0.6])
    correct = np.array([True, True, True, False, True, False])
    expected = (4 * abs(0.75 - 0.95) + 2 * abs(0.5 - 0.6)) / 6
    assert calibration_error(np.ones((1, 6)), correct, confidence)[0] == pytest.approx(expected)


def test_a_bin_ends_with_its_upper_border() -> None:
    """As Guo et al. have them: of fifteen the third is above 2/15, up to 3/15."""
    assert calibration_bin(np.array([0.0, 0.2, 0.21, 0.6, 0.61, 1.0])).tolist() == [0, 2, 3, 8, 9, 14]


def test_happy_against_sad_forgets_neutral_and_counts_the_slips() -> None:
    truth = np.array([0, 0, 1, 1, 2, 2, 2])
    happy_ones = [[0.4, 0.1, 0.5], [0.9, 0.05, 0.05]]
    sad_ones = [[0.3, 0.2, 0.5], [0.1, 0.8, 0.1]]
    neutral_ones = [[0.1, 0.6, 0.3], [0, 0.1, 0.9], [0.1, 0.2, 0.7]]
    probabilities = np.array([*happy_ones, *sad_ones, *neutral_ones])
    figures = values_of(happy_sad_metrics(np.ones((1, 7)), truth, probabilities, LABELS))
    assert figures["happy_against_sad/accuracy"][0] == pytest.approx(0.75)
    assert figures["happy_against_sad/recall/sad"][0] == pytest.approx(0.5)
    assert figures["called_neutral/happy"][0] == pytest.approx(0.5)
    assert figures["called_neutral/sad"][0] == pytest.approx(0.5)
    assert figures["neutral_called_sad"][0] == pytest.approx(1 / 3)
    # Of five that are not happy, one looks rather happy than sad.
    assert figures["happy_or_not/balanced_accuracy"][0] == pytest.approx((1 + 0.8) / 2)
    assert figures["happy_or_not/roc_auc"][0] == pytest.approx(1)
    assert happy_sad_metrics(np.ones((1, 7)), truth, probabilities, ("a", "b", "c")) == {}


def test_a_mean_over_the_classes_is_not_defined_where_one_of_them_is_not_drawn() -> None:
    """Without its only face, which is called wrong, sad would leave the mean to happy: 1 in place of 1/2."""
    truth, happy = np.array([0, 0, 1]), np.array([0.9, 0.8, 0.85])
    weights = np.array([[1.0, 1, 1], [2, 1, 0]])
    figures = values_of(class_metrics(weights, truth, np.stack([happy, 1 - happy], axis=1), ("happy", "sad")))
    assert figures["balanced_accuracy"] == pytest.approx([0.5, np.nan], nan_ok=True)
    assert figures["roc_auc"] == pytest.approx([0.5, np.nan], nan_ok=True)
    assert figures["accuracy"] == pytest.approx([2 / 3, 1])


def test_a_replicate_draws_whole_groups() -> None:
    group = np.array([1, 0, 1, -1, 0, 1, -1])
    weights = bootstrap_weights(group, 200, seed=3)
    assert (weights[:, 0] == weights[:, 2]).all() and (weights[:, 0] == weights[:, 5]).all()
    assert (weights[:, 1] == weights[:, 4]).all()
    assert (weights[:, 0] != weights[:, 1]).any() and (weights[:, 3] != weights[:, 6]).any()
    assert weights.mean() == pytest.approx(1, abs=0.15)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    hits = 0
    for seed in range(60):
        right = np.random.default_rng(seed).random(120) < 0.8
        probabilities = np.where(right[:, None], [[0.9, 0.1]], [[0.1, 0.9]])
        truth = np.zeros(120, np.int64)
        truth[60:], probabilities[60:] = 1, probabilities[60:, ::-1]
        columns = (np.arange(120), truth, probabilities, np.full(120, -1), np.full(120, "web"))
        entry = judge(Predictions(("happy", "sad"), *columns), replicates=200)
        figure = entry["sources"]["web"]["figures"]["accuracy"]
        hits += figure["low"] <= 0.8 <= figure["high"]
    assert 50 <= hits <= 60  # 57 expected; fewer than 50 has a chance under one in a thousand


@pytest.mark.parametrize(
    ("faces", "least_sure", "surer_than_right"),
    [
        (30, 0.9, 0.0),
        (30, 0.65, 0.0),
        *((80, 0.65, more) for more in (0.0, 0.01, 0.1)),
        (2000, 0.65, 0.01),
    ],
)
def test_the_interval_of_a_calibration_error_holds_the_truth_though_the_error_lies_too_high(
    faces: int, least_sure: float, surer_than_right: float
) -> None:
    misses = without = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        confidence = least_sure + (1 - least_sure) * rng.beta(4, 1, faces)
        right = rng.random(faces) < confidence - surer_than_right
        probabilities = np.stack([confidence, 1 - confidence], axis=1)
        columns = (np.arange(faces), (~right).astype(int), probabilities)
        made = Predictions(("a", "b"), *columns, np.full(faces, -1), np.full(faces, "web"))
        figure = judge(made, replicates=200)["sources"]["web"]["figures"]["calibration_error"]
        assert (figure["low"] is None) == bool(right.all())
        without += figure["low"] is None
        misses += figure["low"] is not None and not figure["low"] <= surer_than_right <= figure["high"]
    # A twentieth expected; the plain percentiles come to 24 of 60 for 2000 faces and .01.
    assert misses <= (60 - without) * 11 / 60
    assert without <= 40


def test_an_interval_of_ten_of_ten_right_begins_where_wilson_says_and_other_figures_have_none() -> None:
    """It may well be nine of ten the next time: 1 to 1 would deny that. By hand, 10 / (10 + 1.95996 ** 2)."""
    probabilities = np.tile([[0.9, 0.1], [0.1, 0.9]], (5, 1))
    columns = (np.arange(10), np.tile([0, 1], 5), probabilities, np.full(10, -1), np.full(10, "web"))
    report = judge(Predictions(("happy", "sad"), *columns), replicates=50)
    figures = report["sources"]["web"]["figures"]
    assert figures["accuracy"] == {"value": 1.0, "low": pytest.approx(0.72247, abs=1e-4), "high": 1.0}
    assert figures["recall/sad"] == {"value": 1.0, "low": pytest.approx(0.56552, abs=1e-4), "high": 1.0}
    assert figures["roc_auc"] == {"value": 1.0, "low": None, "high": None}
    assert figures["calibration_error"] == {"value": 0.1, "low": None, "high": None}


@pytest.mark.parametrize("people", [4, 5, 20])
def test_few_people_make_no_narrow_interval(people: int) -> None:
    truth = np.tile([0, 1], 5 * people)
    happy = np.where(np.arange(10 * people) % 7 < 5, 1 - truth, truth) * 0.8 + 0.1
    report = judge(happy_or_sad(happy, truth, np.repeat(np.arange(people), 10)), replicates=50)
    figures = report["sources"]["web"]["figures"]
    assert (figures["balanced_accuracy"]["low"] is None) == (people < 5)
    # Of a share Wilson's is for as many faces as there are people.
    accuracy = figures["accuracy"]
    assert accuracy["high"] - accuracy["low"] > 0.5 or people > 4
    told = "Intervals are too narrow where they rest on few people, groups of related pictures and lone "
    told = report_table(report, "title").partition(told)[2]
    assert told.startswith("pictures: happy (5 in web), sad (5 in web).") == bool(told) == (people == 5)


def test_a_class_of_two_people_has_no_narrow_interval_among_many_others() -> None:
    """Wilson's for 26 of 40 faces of two people, by hand: .65 of 2."""
    truth, group = np.repeat([0, 1], 40), np.r_[np.full(40, -1), np.repeat([0, 1], 20)]
    happy = np.where(truth == 0, 0.9, 0.1)
    happy[40:47], happy[60:67] = 0.9, 0.9
    report = judge(happy_or_sad(happy, truth, group), replicates=100)
    figures = report["sources"]["web"]["figures"]
    assert figures["recall/sad"]["value"] == 0.65
    assert figures["recall/sad"]["low"] == pytest.approx(0.1522, abs=1e-3)
    assert figures["recall/sad"]["high"] == pytest.approx(0.9505, abs=1e-3)
    for name in ("f1/sad", "precision/sad", "balanced_accuracy", "roc_auc", "happy_against_sad/roc_auc"):
        assert figures[name]["low"] is None, name
    for name in ("accuracy", "recall/happy", "precision/happy", "calibration_error"):
        assert figures[name]["low"] is not None, name


@pytest.mark.parametrize(
    ("share", "count", "low", "high"), [(0.5, 1, 0.0546, 0.9454), (0.49, 3, 0.121, 0.870)]
)
def test_wilsons_interval_needs_no_whole_number(share: float, count: int, low: float, high: float) -> None:
    assert wilson_bounds(share, count) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("right", [0, 3, 10])
def test_wilsons_interval_is_scipys(right: int) -> None:
    ends = binomtest(right, 10).proportion_ci(method="wilson")
    assert wilson_bounds(right / 10, 10) == pytest.approx((ends.low, ends.high), abs=1e-6)


def test_pictures_that_belong_together_widen_the_interval() -> None:
    made = some_predictions()
    made = made.of(np.argsort(made.probabilities.argmax(axis=1) == made.truth))

    def width(group: np.ndarray) -> float:
        report = judge(replace(made, group=group), replicates=200)
        figure = report["sources"]["all"]["figures"]["accuracy"]
        return float(figure["high"] - figure["low"])

    assert width(np.arange(400) // 20) > 2 * width(made.group)


def test_one_figure_of_the_same_faces_has_one_interval() -> None:
    """Of a source that shows one class alone, accuracy, recall and balanced accuracy are the same."""
    made = some_predictions().of(np.arange(400) < 60)
    happy = made.of(made.truth == 0)
    of_web = replace(happy, source=np.full(len(happy.rows), "web"))
    (part,) = judge(of_web, replicates=100)["sources"].values()
    accuracy, recall, balanced = (
        part["figures"][name] for name in ("accuracy", "recall/happy", "balanced_accuracy")
    )
    assert 0 < accuracy["value"] < 1
    assert accuracy == recall == balanced


def test_sources_are_judged_apart_and_together() -> None:
    made = some_predictions()
    report = judge(made, threshold=0.5, replicates=20)
    assert set(report["sources"]) == {"all", "web", "press"}
    assert report["sources"]["web"]["faces"] == 200
    table = np.array(report["sources"]["all"]["confusion"])
    np.testing.assert_array_equal(
        table, reference.confusion_matrix(made.truth, made.probabilities.argmax(axis=1))
    )
    sure = made.probabilities.max(axis=1) >= 0.5
    assert report["sources"]["all"]["unsure_share"] == pytest.approx(1 - sure.mean(), abs=1e-5)
    text = report_table(report, "title")
    assert "balanced_accuracy" in text and "happy_against_sad/roc_auc" in text


def test_sources_whose_names_begin_alike_keep_their_whole_names_above_their_figures() -> None:
    made = some_predictions()
    names = [f"photographs of the summer {number}" for number in (1, 2)]
    source = np.where(made.source == "web", names[0], names[1])
    text = report_table(judge(replace(made, source=source), replicates=10), "title")
    header, faces = text.splitlines()[1:3]
    ends = [header.index(name) + len(name) for name in names]
    assert [faces[:end].split()[-1] for end in ends] == ["200", "200"]


def test_a_model_of_happy_and_sad_alone_is_not_told_the_same_twice() -> None:
    truth, alone = np.tile([0, 1], 20), np.full(40, -1)
    predictions = happy_or_sad(np.where(np.arange(40) % 7 < 5, 1 - truth, truth) * 0.8 + 0.1, truth, alone)
    report = judge(predictions, replicates=10)
    assert "happy_against_sad/accuracy" in report["sources"]["web"]["figures"]
    assert "happy_against_sad" not in report_table(report, "title")
    compared = compare(predictions, predictions, replicates=10)
    assert "happy_against_sad" not in comparison_table(compared, "title")


def test_a_small_chance_is_never_told_as_none() -> None:
    """Forty against none: 2 / 2 ** 40."""
    truth, alone = np.repeat([0, 1], 20), np.full(40, -1)
    happy = np.where(truth == 0, 0.9, 0.1)
    compared = compare(happy_or_sad(happy, truth, alone), happy_or_sad(1 - happy, truth, alone), 10)
    assert compared["difference"]["accuracy"]["p_value"] == pytest.approx(2 / 2**40, rel=0.1)
    table = comparison_table(compared, "title")
    assert "p < 0.001" in table and "p = 0.000" not in table


def test_a_difference_that_is_none_has_no_sign() -> None:
    assert interval_text({"value": -0.0, "low": -0.0004, "high": 0.0}) == "0.000 (0.000 .. 0.000)"
    assert interval_text({"value": -0.001, "low": None, "high": None}) == "-0.001"


def test_pairing_sees_a_difference_that_two_separate_intervals_hide() -> None:
    worse = some_predictions(skill=1.5)
    probabilities = worse.probabilities.copy()
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != worse.truth)[:16]
    probabilities[wrong] = np.eye(3)[worse.truth[wrong]]
    better = replace(worse, probabilities=probabilities)
    figures = compare(better, worse, replicates=300)["difference"]
    assert figures["accuracy"]["value"] == pytest.approx(16 / 400, abs=1e-5)
    assert figures["accuracy"]["low"] > 0
    assert figures["accuracy"]["p_value"] < 0.05
    separate = [
        judge(one, replicates=300)["sources"]["all"]["figures"]["accuracy"] for one in (better, worse)
    ]
    assert separate[0]["low"] < separate[1]["high"]


def test_models_are_compared_on_the_classes_that_both_know() -> None:
    three = some_predictions()
    two = three.restricted(("happy", "sad"))
    kept = three.probabilities[three.truth < 2, :2]
    np.testing.assert_allclose(two.probabilities, kept / kept.sum(axis=1, keepdims=True), atol=1e-9)
    result = compare(three, two, replicates=20)
    assert result["labels"] == ["happy", "sad"]
    assert result["faces"] == int((three.truth < 2).sum())
    assert result["difference"]["accuracy"]["value"] == 0
    assert result["difference"]["accuracy"]["p_value"] == 1


class Brightness:
    """Calls a bright crop happy and a dark one sad; has no opinion on the rest."""

    labels = ("sad", "happy")

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        happy = crops.mean(axis=(1, 2, 3)) / 255
        return np.column_stack([1 - happy, happy])


def plain_faces(levels: list[int], classes: list[int]) -> FaceSet:
    return face_set([np.full((320, 320, 3), level, np.uint8) for level in levels], np.eye(7)[classes])


def test_a_model_is_judged_on_the_classes_that_it_knows() -> None:
    faces = plain_faces([250, 240, 10, 20, 128], [0, 0, 1, 1, 2])
    made = predict_faces(Brightness(), faces)
    assert made.labels == ("sad", "happy")
    assert made.rows.tolist() == [0, 1, 2, 3]
    assert made.truth.tolist() == [1, 1, 0, 0]
    assert (made.probabilities.argmax(axis=1) == made.truth).all()


def test_a_face_about_which_annotators_are_evenly_split_judges_nobody() -> None:
    faces = plain_faces([250, 240, 10, 20], [0, 0, 1, 1])
    labels = faces.labels.copy()
    labels[1], labels[3] = np.eye(7)[0] / 2 + np.eye(7)[1] / 2, np.eye(7)[1] * 0.6 + np.eye(7)[0] * 0.4
    faces = replace(faces, labels=labels)
    assert faces.decided.tolist() == [True, False, True, True]
    assert predict_faces(Brightness(), faces).rows.tolist() == [0, 2, 3]


def test_one_class_alone_cannot_be_judged() -> None:
    with pytest.raises(TrainingError, match="fewer than two"):
        predict_faces(Brightness(), plain_faces([250, 240, 128], [0, 0, 2]))


@pytest.mark.parametrize(("differing", "p_value"), [(4, 0.125), (6, 0.03125), (16, 2 / 2**16)])
def test_few_faces_that_only_one_calls_right_prove_little(differing: int, p_value: float) -> None:
    """McNemar's exact test by hand: all of n coins on one side, either side: 2 / 2 ** n."""
    one = some_predictions(skill=1.5)
    probabilities = one.probabilities.copy()
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != one.truth)[:differing]
    probabilities[wrong] = np.eye(3)[one.truth[wrong]]
    better = Predictions(LABELS, one.rows, one.truth, probabilities, one.group, one.source)
    result = compare(better, one, replicates=300)
    assert result["only_one_right"] == [differing, 0]
    assert result["difference"]["accuracy"]["p_value"] >= round(p_value, 4)
    assert result["difference"]["accuracy"]["p_value"] == pytest.approx(p_value, abs=0.01)


@pytest.mark.parametrize(
    ("truth", "then", "figures"),
    [
        (0, 0, ("accuracy", "recall/happy", "happy_against_sad/accuracy", "happy_against_sad/recall/happy")),
        (1, 1, ("accuracy", "recall/sad", "happy_against_sad/accuracy", "happy_against_sad/recall/sad")),
        (0, 2, ("called_neutral/happy",)),
        (1, 2, ("called_neutral/sad",)),
        (2, 1, ("neutral_called_sad",)),
    ],
)
def test_few_faces_prove_little_in_any_share_of_faces(
    truth: int, then: int, figures: tuple[str, ...]
) -> None:
    """Four against none, by hand: 2 / 2 ** 4. The bootstrap alone says about .03."""
    one = some_predictions(skill=3)
    before = {0: 1, 1: 0, 2: 0}[truth]
    chosen = np.flatnonzero(one.truth == truth)[:4]
    sides = []
    for called in (then, before):
        probabilities = one.probabilities.copy()
        probabilities[chosen] = np.eye(3)[called] * 0.8 + 0.1 * np.eye(3)[truth]
        sides.append(replace(one, probabilities=probabilities / probabilities.sum(axis=1, keepdims=True)))
    difference = compare(*sides, replicates=300)["difference"]
    for figure in figures:
        assert difference[figure]["value"] > 0
        assert difference[figure]["p_value"] == pytest.approx(0.125)


def test_how_sure_two_models_are_of_what_both_call_right_is_not_tested() -> None:
    truth = np.arange(30) % 2
    columns = (np.arange(30), truth, np.full(30, -1), np.full(30, "web"))
    sure, surer = (
        Predictions(("happy", "sad"), *columns[:2], np.eye(2)[truth] * share + (1 - share) / 2, *columns[2:])
        for share in (0.4, 0.8)
    )
    figures = compare(sure, surer, replicates=50)["difference"]
    assert figures["calibration_error"]["value"] > 0
    assert figures["calibration_error"]["p_value"] is None
    assert figures["happy_against_sad/calibration_error"]["p_value"] is None
    assert figures["calibration_error"]["low"] is None
    assert figures["accuracy"]["p_value"] == 1


def test_an_interval_leaves_a_fortieth_of_the_replicates_on_each_side() -> None:
    assert interval(0.5, np.linspace(0, 1, 1001)) == Interval(0.5, 0.025, 0.975)


def test_an_interval_is_of_the_replicates_in_which_the_figure_is_defined_where_these_are_some() -> None:
    drawn = np.full(1000, np.nan)
    drawn[:101] = np.linspace(0, 1, 101)
    assert interval(0.5, drawn) == Interval(0.5, 0.025, 0.975)
    drawn[99:] = np.nan
    assert interval(0.5, drawn) == Interval(0.5)


def test_twice_the_bias_is_taken_off_a_calibration_error() -> None:
    """The replicates, .04 to .08, lie .01 too high, and so does the value beside the truth: .02 to .06."""
    found = calibration_interval(0.05, np.linspace(0.04, 0.08, 1001), by_chance=np.full((9, 2), 0.04))
    assert found == Interval(0.05, pytest.approx(0.021), pytest.approx(0.059))
    either_way = calibration_interval(0.05, np.linspace(0.04, 0.08, 1001), np.tile([0.04, 0.06], (9, 1)))
    assert either_way == Interval(0.05, 0.0, pytest.approx(0.059))


def test_the_interval_of_a_calibration_error_is_widened_to_hold_its_value() -> None:
    """Less twice the bias, of .05 and of -.015, the replicates are 0 to .01, and .06 to .07."""
    by_chance = np.full((9, 2), 0.04)
    below = calibration_interval(0.05, np.linspace(0.09, 0.11, 1001), by_chance)
    above = calibration_interval(0.05, np.linspace(0.03, 0.04, 1001), by_chance)
    assert below == Interval(0.05, 0.0, 0.05)
    assert above == Interval(0.05, 0.05, pytest.approx(0.06975))


def test_the_interval_of_a_calibration_error_ends_at_1() -> None:
    """Less twice the bias, which is -.15, the replicates are .7 to 1.2; no error can be that large."""
    found = calibration_interval(0.8, np.linspace(0.4, 0.9, 1001), by_chance=np.full((9, 2), 0.04))
    assert found == Interval(0.8, pytest.approx(0.7125), 1.0)


def test_the_errors_that_chance_makes_do_not_hang_on_the_order_of_the_classes() -> None:
    made, rng = some_predictions(), np.random.default_rng(5)
    signs, random = rng.choice([-1.0, 1.0], (4, 400)), rng.random((4, 400))
    plain = chance_calibration_errors(signs, random, made.truth, made.probabilities, LABELS)
    turned = chance_calibration_errors(
        signs, random, 2 - made.truth, made.probabilities[:, ::-1], LABELS[::-1]
    )
    for name, errors in plain.items():
        assert turned[name] == pytest.approx(errors), name


def test_happy_against_sad_is_judged_by_the_two_probabilities_renormalised() -> None:
    made = some_predictions()
    figures = values_of(happy_sad_metrics(np.ones((1, 400)), made.truth, made.probabilities, LABELS))
    sad = made.probabilities[:, 1] / made.probabilities[:, :2].sum(axis=1)
    rows = made.truth < 2
    area = reference.roc_auc_score(made.truth[rows] == 1, sad[rows])
    assert figures["happy_against_sad/roc_auc"][0] == pytest.approx(area)
    assert figures["happy_or_not/roc_auc"][0] == pytest.approx(reference.roc_auc_score(made.truth != 0, sad))
    # All that the two leave to neutral is no doubt between them: these are right, and as sure as can be.
    sure = np.array([[0.3, 0, 0.7], [0, 0.3, 0.7]])
    certain = values_of(happy_sad_metrics(np.ones((1, 2)), np.array([0, 1]), sure, LABELS))
    assert certain["happy_against_sad/calibration_error"][0] == pytest.approx(0, abs=1e-6)


def test_how_often_it_is_right_when_it_is_sure_is_told() -> None:
    made = some_predictions()
    sure = made.probabilities.max(axis=1) >= 0.6
    right = made.probabilities.argmax(axis=1) == made.truth
    part = judge(made, threshold=0.6, replicates=10)["sources"]["all"]
    assert part["accuracy_when_sure"] == pytest.approx(right[sure].mean(), abs=1e-5)
    assert part["accuracy_when_sure"] > right.mean() + 0.02
    at_the_border = happy_or_sad(np.array([0.75, 0.75, 0.7]), np.array([0, 1, 1]), np.full(3, -1))
    part = judge(at_the_border, threshold=0.75, replicates=10)["sources"]["web"]
    assert (part["unsure_share"], part["accuracy_when_sure"]) == (pytest.approx(1 / 3, abs=1e-5), 0.5)


def test_classes_in_another_order_keep_their_faces() -> None:
    made = some_predictions()
    two = made.restricted(("neutral", "happy"))
    rows = np.isin(made.truth, (0, 2))
    assert two.labels == ("neutral", "happy")
    assert (two.truth == 1).tolist() == (made.truth[rows] == 0).tolist()
    assert (
        two.probabilities.argmax(axis=1).tolist()
        == (made.probabilities[rows, 0] > made.probabilities[rows, 2]).astype(int).tolist()
    )


def happy_or_sad(happy: np.ndarray, truth: np.ndarray, group: np.ndarray) -> Predictions:
    """happy: (N,) its probability."""
    count = len(truth)
    both = np.stack([happy, 1 - happy], axis=1)
    return Predictions(("happy", "sad"), np.arange(count), truth, both, group, np.full(count, "web"))


def test_few_faces_prove_little_in_figures_that_are_no_share_of_faces() -> None:
    """Five against none, three happy and two sad: five coins on one side, either one, 2 / 2 ** 5."""
    truth, alone = np.repeat([0, 1], 12), np.full(24, -1)
    happy = np.where(truth == 0, 0.9, 0.1)
    worse = happy.copy()
    worse[[0, 12, 1, 13, 2]] = 1 - worse[[0, 12, 1, 13, 2]]
    difference = compare(happy_or_sad(happy, truth, alone), happy_or_sad(worse, truth, alone))["difference"]
    assert difference["accuracy"]["p_value"] == pytest.approx(0.0625)
    for figure in ("balanced_accuracy", "roc_auc", "f1/sad", "happy_against_sad/balanced_accuracy"):
        assert 0.05 < difference[figure]["p_value"] < 0.1, figure


def test_few_faces_that_one_of_two_models_calls_sad_make_no_interval_of_the_precision() -> None:
    """The one calls four of eighty faces sad, the other forty; both are right of three in four of them."""
    truth, number = np.repeat([0, 1], 40), np.arange(80)
    few = np.where((number < 1) | (number >= 77), 0.1, 0.9)
    many = np.where((number < 10) | (number >= 50), 0.1, 0.9)
    alone = np.full(80, -1)
    sides = [happy_or_sad(happy, truth, alone) for happy in (few, many)]
    for left, right in (sides, sides[::-1]):
        difference = compare(left, right, replicates=100)["difference"]
        assert (difference["precision/sad"]["value"], difference["precision/sad"]["low"]) == (0, None)
        assert difference["precision/happy"]["low"] is not None


def test_each_exchange_of_the_answers_is_one_of_its_own() -> None:
    """Ten against none: 2 / 2 ** 10. A hundred exchanges over and over come to 0 or to .01 or more."""
    truth, alone = np.repeat([0, 1], 12), np.full(24, -1)
    happy = np.where(truth == 0, 0.9, 0.1)
    worse = happy.copy()
    worse[[*range(5), *range(12, 17)]] = 1 - worse[[*range(5), *range(12, 17)]]
    sides = happy_or_sad(happy, truth, alone), happy_or_sad(worse, truth, alone)
    p_value = compare(*sides, replicates=10_000)["difference"]["balanced_accuracy"]["p_value"]
    assert p_value == pytest.approx(2 / 2**10, rel=0.7)


def test_chance_is_never_excluded() -> None:
    """Of twenty exchanges none comes to forty against none, and the sample itself makes it one of 21."""
    truth, alone = np.repeat([0, 1], 40), np.full(80, -1)
    happy = np.where(truth == 0, 0.9, 0.1)
    worse = np.where(np.arange(80) % 2, happy, 1 - happy)
    sides = happy_or_sad(happy, truth, alone), happy_or_sad(worse, truth, alone)
    assert compare(*sides, replicates=20)["difference"]["balanced_accuracy"]["p_value"] == round(1 / 21, 4)


def test_models_are_not_compared_where_the_faces_show_one_class_that_both_know_or_none() -> None:
    """Both know happy and neutral; the faces that the first one knows are happy and sad, or sad and angry."""
    rest = np.full((2, 4), 0.25), np.full(2, -1), np.full(2, "web")
    theirs = Predictions(("happy", "surprise", "neutral", "fear"), np.arange(2), np.array([1, 3]), *rest)
    for shown in ([0, 1], [1, 3]):
        ours = Predictions(("happy", "sad", "neutral", "angry"), np.arange(2), np.array(shown), *rest)
        with pytest.raises(TrainingError, match="fewer than two of happy, neutral"):
            compare(ours, theirs, replicates=10)


def test_faces_of_one_group_prove_no_more_than_one() -> None:
    """Of thirty faces that only one model calls right, ten each show the same three people: 2 / 2 ** 3."""
    truth, group = np.repeat([0, 1], 60), np.full(120, -1)
    happy = np.where(truth == 0, 0.9, 0.1)
    worse = happy.copy()
    group[:30], worse[:30] = np.repeat(np.arange(3), 10), 0.1
    difference = compare(happy_or_sad(happy, truth, group), happy_or_sad(worse, truth, group))["difference"]
    for figure in ("accuracy", "balanced_accuracy"):
        assert 0.15 < difference[figure]["p_value"] < 0.35, figure


def test_the_interval_of_a_rare_error_is_that_of_as_many_independent_faces() -> None:
    """Replicates drawn from the binomial: 168 faces of 168 people, then the same as four pictures each."""
    random = np.random.default_rng(0)
    for pictures in (1, 4):
        people = 168 // pictures
        drawn = random.binomial(people, 3 / 168, 100_000) / people
        found = share_interval(3 / 168, drawn, faces=168, groups=people)
        low, high = wilson_bounds(3 / 168, people)
        assert (found.low, found.high) == (pytest.approx(low, rel=0.02), pytest.approx(high, rel=0.02))
    for share in (1.0, 0.9, 1 / 3):  # in each of 42 groups: the replicates tell nothing
        alike = share_interval(share, np.full(1000, share), faces=168, groups=42)
        assert (alike.low, alike.high) == pytest.approx(wilson_bounds(share, 42), abs=1e-5)
    assert share_interval(np.nan, np.full(9, np.nan), faces=0, groups=0) == Interval(None)
