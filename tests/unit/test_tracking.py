"""Numbers that stay with their faces, doubtful detections held back, labels that do not flicker."""

from __future__ import annotations

import math
from itertools import groupby

import numpy as np
import pytest

from happysad_live.core.types import Box, Face, LabelledFace
from happysad_live.tracking.smoothing import LabelSmoother
from happysad_live.tracking.tracker import FaceTracker

LABELS = ("happy", "sad", "neutral")
HAPPY = np.array([0.9, 0.05, 0.05], np.float32)
SAD = np.array([0.05, 0.9, 0.05], np.float32)


def face(x: float, y: float = 100, size: float = 60, score: float = 0.9) -> Face:
    box = Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)
    return Face(box, np.zeros((6, 2), np.float32), score)


def numbers(shown: tuple[LabelledFace, ...]) -> list[int | None]:
    return [one.track for one in shown]


def update(tracker: FaceTracker, faces: list[Face], time_s: float) -> tuple[LabelledFace, ...]:
    return tracker.update(faces, np.tile(HAPPY, (len(faces), 1)), time_s)


@pytest.fixture
def tracker() -> FaceTracker:
    return FaceTracker(LABELS, threshold=0.5)


def test_faces_keep_their_numbers_whatever_the_order_of_detection(tracker: FaceTracker) -> None:
    from_left_to_right = set()
    for frame in range(60):
        faces = [face(100 + frame), face(400 - frame)]
        shown = update(tracker, faces if frame % 2 else faces[::-1], frame / 30)
        from_left_to_right.add(tuple(numbers(tuple(sorted(shown, key=lambda one: one.face.box.x0)))))
    assert from_left_to_right == {(1, 2)}


def test_two_faces_that_pass_each_other_keep_their_numbers(tracker: FaceTracker) -> None:
    first = numbers(update(tracker, [face(100, 100), face(500, 140)], 0.0))
    for frame in range(1, 41):
        shown = update(tracker, [face(100 + 10 * frame, 100), face(500 - 10 * frame, 140)], frame / 30)
        went_right = min(shown, key=lambda one: one.face.box.center[1])
        assert went_right.track == first[0]
        assert numbers(shown) == [1, 2]  # in every file in this order


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (-1, 0), (0, 1), (0, -1)])
@pytest.mark.parametrize("further_px", [0, 80])
def test_who_blurs_as_he_hurries_keeps_his_number_whether_he_moves_on_or_stops(
    tracker: FaceTracker, dx: int, dy: int, further_px: float
) -> None:
    """Three frames at 20 pixels each, a third of his face, show nobody; in the fourth he is seen again."""
    for frame in range(10):
        update(tracker, [face(500 + 20 * frame * dx, 500 + 20 * frame * dy)], frame / 30)
    for frame in range(10, 13):
        update(tracker, [], frame / 30)
    reached_px = 20 * 9 + further_px
    assert numbers(update(tracker, [face(500 + reached_px * dx, 500 + reached_px * dy)], 13 / 30)) == [1]


@pytest.mark.parametrize(
    ("gap_s", "px", "number"), [(1 / 30, 48, 1), (1 / 30, 72, 2), (2.0, 120, 1), (2.0, 200, 2)]
)
def test_who_appears_too_far_from_the_one_who_vanished_is_somebody_else(
    tracker: FaceTracker, gap_s: float, px: float, number: int
) -> None:
    """Further than .9 of his face, of 60 pixels, at 30 frames a second, and than 2.5 of it at any rate."""
    for frame in range(3):
        update(tracker, [face(100)], frame * gap_s)
    assert numbers(update(tracker, [face(100 + px)], 3 * gap_s)) == [number]


def test_a_face_that_blinks_out_keeps_its_number_and_one_that_left_does_not(tracker: FaceTracker) -> None:
    assert numbers(update(tracker, [face(100)], 0.0)) == [1]
    update(tracker, [], 0.1)
    assert numbers(update(tracker, [face(102)], 0.4)) == [1]
    update(tracker, [], 0.5)
    assert numbers(update(tracker, [face(102)], 2.0)) == [2]


@pytest.mark.parametrize(
    "times_s",
    [
        [2 * pair / 30 + late_s for pair in range(40) for late_s in (0, 0.001)],
        [2 * pair / 30 for pair in range(40) for _ in range(2)],
        [5 * burst / 30 + 0.002 * place for burst in range(20) for place in range(5)],
    ],
    ids=["pairs a millisecond apart", "pairs at one time", "bursts of five"],
)
def test_frames_whose_times_bunch_cost_no_face_its_number(tracker: FaceTracker, times_s: list[float]) -> None:
    for frame, time_s in enumerate(times_s):
        assert numbers(update(tracker, [face(100 + 10 * frame, size=100)], time_s)) == [1]


@pytest.mark.parametrize("covered_s", [0.4, 1.2])
@pytest.mark.parametrize("widths_per_s", [1, 2, 4])
def test_who_is_covered_by_somebody_who_passes_keeps_his_number(
    tracker: FaceTracker, covered_s: float, widths_per_s: float
) -> None:
    for frame in range(10):
        update(tracker, [face(100), face(400 + 6 * frame)], frame / 30)
    step_px = 60 * widths_per_s / 30
    start_px = 100 + step_px * 15 * covered_s  # he passes half way through the time
    for frame in range(1, 1 + round(30 * covered_s)):
        passer = face(start_px - step_px * (frame - 1))
        tracker.update([passer, face(460)], np.tile(HAPPY, (2, 1)), (9 + frame) / 30)
    shown = update(tracker, [face(102), face(460)], 10 / 30 + covered_s)
    assert [(one.track, one.face.box.center[0]) for one in shown] == [(1, 102), (2, 460)]


def test_who_passes_before_a_face_keeps_his_own_number(tracker: FaceTracker) -> None:
    for frame in range(60):
        passer = face(402 - 5 * frame)
        covers = abs(passer.box.center[0] - 200) < 45
        shown = update(tracker, [passer] if covers else [face(200), passer], frame / 30)
        numbered = {one.face.box.center[0]: one.track for one in shown}
        assert numbered.pop(passer.box.center[0]) == 2
        assert set(numbered.values()) <= {1}


@pytest.mark.parametrize("step_px", [3, 6])
def test_who_passes_and_is_missed_as_a_covered_face_shows_again_does_not_get_its_number(
    tracker: FaceTracker, step_px: float
) -> None:
    """The face is covered for 1 s or 1/2 s, and shows again while he is .8 widths away from it."""
    frames = round(200 / step_px)
    shows_again = math.ceil(145 / step_px)
    for frame in range(frames):
        passer = face(100 + step_px * frame)
        covers = abs(passer.box.center[0] - 200) < 45
        seen = [] if covers else [face(200)]
        seen += [] if frame in (shows_again, shows_again + 1) else [passer]
        shown = update(tracker, seen, frame / 30)
        for one in shown:
            assert one.track == (1 if one.face is passer else 2)


def test_who_comes_back_elsewhere_is_new(tracker: FaceTracker) -> None:
    for frame in range(10):
        update(tracker, [face(100)], frame / 30)
    for frame in range(10, 40):
        update(tracker, [], frame / 30)
    assert numbers(update(tracker, [face(142)], 40 / 30)) == [2]


def test_who_turns_back_while_nobody_sees_it_keeps_his_number(tracker: FaceTracker) -> None:
    """He went one face width a second; half a second later he is .45 behind, not .5 ahead."""
    for frame in range(30):
        update(tracker, [face(100 + 2 * frame)], frame / 30)
    for frame in range(30, 44):
        update(tracker, [], frame / 30)
    assert numbers(update(tracker, [face(158 - 27)], 44 / 30)) == [1]


@pytest.mark.parametrize(("frame_rate", "step_px"), [(30, 18), (10, 54), (5, 70), (2, 140)])
def test_who_walks_keeps_his_number_where_frames_come_seldom(
    tracker: FaceTracker, frame_rate: int, step_px: float
) -> None:
    """Nine face widths a second where frames tell the way; what two frames a second can still tell."""
    for frame in range(6):
        assert numbers(update(tracker, [face(100 + step_px * frame)], frame / frame_rate)) == [1]


def test_a_frame_without_him_costs_nobody_his_number_at_one_frame_a_second(tracker: FaceTracker) -> None:
    shown = [numbers(update(tracker, [] if frame == 3 else [face(100)], float(frame))) for frame in range(6)]
    assert shown == [[1], [1], [1], [], [1], [1]]


@pytest.mark.parametrize("every_s", [2.0, 60.0])
def test_a_source_whose_frames_come_seldom_keeps_its_numbers(tracker: FaceTracker, every_s: float) -> None:
    assert [numbers(update(tracker, [face(100)], every_s * frame)) for frame in range(3)] == [[1]] * 3


@pytest.mark.parametrize(("pause_s", "number"), [(2.0, 1), (6.0, 2)])
def test_who_sits_there_after_a_pause_is_somebody_else(
    tracker: FaceTracker, pause_s: float, number: int
) -> None:
    for frame in range(10):
        update(tracker, [face(100)], frame / 30)
    assert numbers(update(tracker, [face(100)], 9 / 30 + pause_s)) == [number]


@pytest.mark.parametrize(("frame_rate", "held_back"), [(120, 8), (30, 2), (15, 2), (4, 1), (1, 1)])
def test_a_doubtful_detection_is_shown_only_after_it_lasted(
    tracker: FaceTracker, frame_rate: int, held_back: int
) -> None:
    """.06 s and three frames; two frames where they come seldom."""
    shown = [numbers(update(tracker, [face(100, score=0.6)], frame / frame_rate)) for frame in range(12)]
    assert shown == [[]] * held_back + [[1]] * (12 - held_back)


def test_doubtful_flashes_are_never_shown(tracker: FaceTracker) -> None:
    for frame in range(30):
        faces = [face(100, score=0.65)] if frame % 3 else []
        assert numbers(update(tracker, faces, frame / 30)) == []


def test_time_that_runs_backwards_starts_anew(tracker: FaceTracker) -> None:
    assert numbers(update(tracker, [face(100)], 5.0)) == [1]
    assert numbers(update(tracker, [face(100)], 0.0)) == [2]


@pytest.mark.parametrize("frame_rate", [10, 15, 60])
def test_smoothing_takes_the_same_time_at_every_frame_rate(frame_rate: int) -> None:
    """After one time constant (0.2 s) a step has come through to 1 - 1/e."""
    smoother = LabelSmoother(LABELS, threshold=0.0)
    smoother.update(HAPPY, 0.0)
    for frame in range(1, round(0.2 * frame_rate) + 1):
        _, probabilities = smoother.update(SAD, frame / frame_rate)
    expected = HAPPY + (SAD - HAPPY) * (1 - math.exp(-1))
    assert probabilities == pytest.approx(expected, abs=1e-5)


def test_who_was_covered_is_not_doubted_for_one_half_covered_frame(tracker: FaceTracker) -> None:
    """A hand goes over a face for 1.2 s, and away again; the model is hardly sure of it as it is."""
    nobody, sure, doubtful = np.zeros((0, 3)), np.float32([0.52, 0.1, 0.38]), np.float32([0.3, 0.1, 0.6])
    labels = []
    for frame in range(90):
        is_covered = 30 <= frame < 66
        row = doubtful if frame == 66 else sure
        shown = tracker.update(
            [] if is_covered else [face(100)], nobody if is_covered else row[None], frame / 30
        )
        labels += [one.label for one in shown]
    assert labels == ["happy"] * (90 - 36)


def test_who_was_covered_is_not_renamed_by_the_first_frame_after_it(tracker: FaceTracker) -> None:
    """It counts as any one frame of 30 a second does, not as all the time that nothing was seen."""
    for frame in range(30):
        update(tracker, [face(100)], frame / 30)
    for frame in range(30, 66):
        update(tracker, [], frame / 30)
    (shown,) = tracker.update([face(100)], SAD[None], 66 / 30)
    expected = HAPPY + (SAD - HAPPY) * (1 - math.exp(-(1 / 30) / 0.2))
    assert (shown.track, shown.label) == (1, "happy")
    assert shown.probabilities == pytest.approx(expected, abs=1e-4)


def test_a_borderline_face_does_not_flicker() -> None:
    smoother = LabelSmoother(LABELS, threshold=0.0)
    random = np.random.default_rng(1)
    labels = set()
    for frame in range(300):
        happy = 0.5 + random.normal(0, 0.06)
        label, _ = smoother.update(np.array([happy, 1 - happy, 0], np.float32), frame / 30)
        labels.add(label)
    assert len(labels) == 1


def test_a_label_stays_long_enough_to_be_read() -> None:
    """What a look of a quarter of a second makes of a smoothed face: a change, and one back."""
    smoother = LabelSmoother(LABELS, threshold=0.5)
    rows = [HAPPY] * 30 + [SAD] * 8 + [HAPPY] * 60
    labels = [smoother.update(row, frame / 30)[0] for frame, row in enumerate(rows)]
    there, back = (frame / 30 for frame in range(1, len(labels)) if labels[frame] != labels[frame - 1])
    assert 0.3 - 1e-6 <= back - there < 0.4
    assert labels[-1] == "happy"


def test_the_first_label_of_a_face_that_comes_late_stays_long_enough_to_be_read() -> None:
    """Sad leads by .12 after .2 s * ln(1.7 / .73) = .17 s, but nobody has read happy by then."""
    smoother = LabelSmoother(LABELS, threshold=0.5)
    labels = [smoother.update(SAD if frame else HAPPY, 100 + frame / 30)[0] for frame in range(30)]
    assert 9 <= labels.index("sad") <= 10
    assert set(labels[: labels.index("sad")]) == {"happy"}


@pytest.mark.parametrize("frame_rate", [12, 30])
def test_whatever_comes_no_label_is_shown_for_a_moment_only(frame_rate: int) -> None:
    """Not the first one either, nor a doubt, nor a name after one."""
    random = np.random.default_rng(3)
    shown: list[str] = []
    for _ in range(40):
        smoother = LabelSmoother(LABELS, threshold=0.6)
        looks = random.dirichlet(np.full(3, 0.3), 60).astype(np.float32)
        lengths = random.integers(1, frame_rate, 60)
        rows = np.repeat(looks, lengths, axis=0)
        labels = [smoother.update(row, frame / frame_rate)[0] for frame, row in enumerate(rows)]
        stretches = [(label, len(list(same)) / frame_rate) for label, same in groupby(labels)]
        assert min(length_s for _, length_s in stretches[:-1]) >= 0.3 - 1e-6
        shown += labels
    assert set(shown) == {*LABELS, "unsure"}


def test_a_clear_change_comes_through_within_half_a_second() -> None:
    smoother = LabelSmoother(LABELS, threshold=0.5)
    for frame in range(30):
        smoother.update(HAPPY, frame / 30)
    changed = [smoother.update(SAD, 1 + frame / 30)[0] for frame in range(15)]
    assert changed[-1] == "sad"


@pytest.mark.parametrize("frame_rate", [5, 6, 7, 10, 15, 30, 60])
def test_a_change_from_one_label_to_another_shows_no_doubt_between(frame_rate: int) -> None:
    """Half way there neither label has the .54 that the threshold asks."""
    smoother = LabelSmoother(LABELS, threshold=0.54)
    labels = [
        smoother.update(HAPPY if frame < frame_rate else SAD, frame / frame_rate)[0]
        for frame in range(2 * frame_rate)
    ]
    changed = labels.index("sad")
    assert set(labels[:changed]) == {"happy"} and set(labels[changed:]) == {"sad"}


def test_doubt_that_stays_is_told() -> None:
    smoother = LabelSmoother(LABELS, threshold=0.54)
    smoother.update(HAPPY, 0.0)
    doubtful = np.array([0.4, 0.35, 0.25], np.float32)
    labels = [smoother.update(doubtful, frame / 30)[0] for frame in range(1, 31)]
    # .9 falls towards .4 and passes .54 after .2 s * ln(.5 / .14) = .25 s; .25 s later it is said.
    assert labels.index("unsure") + 1 == pytest.approx(0.50 * 30, abs=1.1)
    assert set(labels[labels.index("unsure") :]) == {"unsure"}


def test_even_under_a_high_threshold_an_unsure_face_is_named_again() -> None:
    smoother = LabelSmoother(LABELS, threshold=0.97)
    assert smoother.update(np.array([0.9, 0.05, 0.05], np.float32), 0.0)[0] == "unsure"
    for frame in range(1, 60):
        label, _ = smoother.update(np.array([0.998, 0.001, 0.001], np.float32), frame / 30)
    assert label == "happy"


def test_below_the_threshold_a_face_is_unsure_and_steady() -> None:
    smoother = LabelSmoother(LABELS, threshold=0.5)
    assert smoother.update(np.array([0.4, 0.3, 0.3], np.float32), 0.0)[0] == "unsure"
    # Just above the threshold is not enough to be named again.
    for frame in range(1, 60):
        label, _ = smoother.update(np.array([0.52, 0.28, 0.2], np.float32), frame / 30)
    assert label == "unsure"
    for frame in range(60, 120):
        label, _ = smoother.update(np.array([0.8, 0.1, 0.1], np.float32), frame / 30)
    assert label == "happy"


def test_an_unsure_face_is_named_after_what_it_shows_now() -> None:
    """Sad comes a little more than the .05 above the threshold that are asked."""
    smoother = LabelSmoother(LABELS, threshold=0.5)
    assert smoother.update(np.array([0.4, 0.3, 0.3], np.float32), 0.0)[0] == "unsure"
    sad = np.array([0.2, 0.57, 0.23], np.float32)
    labels = [smoother.update(sad, frame / 30)[0] for frame in range(1, 60)]
    named = labels.index("sad")
    assert set(labels[:named]) == {"unsure"} and set(labels[named:]) == {"sad"}


def test_another_models_tracker_keeps_the_numbers_and_forgets_the_labels(tracker: FaceTracker) -> None:
    for frame in range(10):
        update(tracker, [face(100), face(400)], frame / 30)
    other = FaceTracker(("smile", "frown"), threshold=0.5)
    other.take_over(tracker)
    frowns = np.tile(np.float32([0.1, 0.9]), (3, 1))
    shown = other.update([face(700), face(402), face(102)], frowns, 10 / 30)
    assert [(one.track, one.face.box.center[0]) for one in shown] == [(1, 102), (2, 402), (3, 700)]
    assert {one.label for one in shown} == {"frown"}  # at once: there is nothing to smooth it with
    assert numbers(update(tracker, [face(100)], 10 / 30)) == [1]  # the first goes on undisturbed


def test_who_appears_elsewhere_after_a_standstill_is_somebody_else_to_another_models_tracker_too(
    tracker: FaceTracker,
) -> None:
    """One and a half face widths away: for a source of 30 frames a second too far, though a second passed."""
    for frame in range(10):
        update(tracker, [face(100)], frame / 30)
    other = FaceTracker(LABELS, threshold=0.5)
    other.take_over(tracker)
    for one in (tracker, other):
        assert numbers(update(one, [face(190)], 9 / 30 + 1.0)) == [2]


def test_what_is_shown_is_smoothed_and_what_this_frame_gave_stands_beside_it(tracker: FaceTracker) -> None:
    """A sixth of a second of sad after happy: sad leads, but not yet by enough."""
    tracker.update([face(100)], HAPPY[None], 0.0)
    for frame in range(1, 6):
        (shown,) = tracker.update([face(100)], SAD[None], frame / 30)
    happy = 0.05 + 0.85 * math.exp(-(5 / 30) / 0.2)
    assert shown.probabilities == pytest.approx([happy, 0.95 - happy, 0.05], abs=1e-4)
    assert shown.raw == pytest.approx(SAD)
    assert (shown.label, shown.confidence) == ("happy", pytest.approx(happy, abs=1e-4))
    assert shown.probabilities[1] > shown.confidence


def test_an_unsure_face_is_as_sure_as_its_likeliest_class(tracker: FaceTracker) -> None:
    (shown,) = tracker.update([face(100)], np.float32([[0.2, 0.45, 0.35]]), 0.0)
    assert (shown.label, shown.confidence) == ("unsure", pytest.approx(0.45))


def test_no_label_is_shown_that_never_reached_the_threshold() -> None:
    """Sad leads by far, but under the threshold: from happy the face becomes unsure, never sad."""
    smoother = LabelSmoother(LABELS, threshold=0.8)
    smoother.update(HAPPY, 0.0)
    doubtful = np.array([0.1, 0.7, 0.2], np.float32)
    assert {smoother.update(doubtful, frame / 30)[0] for frame in range(1, 30)} == {"happy", "unsure"}


def test_a_face_of_three_times_the_size_is_somebody_else(tracker: FaceTracker) -> None:
    """Who bends into the picture before another's face."""
    assert numbers(update(tracker, [face(100, size=30)], 0.0)) == [1]
    assert numbers(update(tracker, [face(100, size=90)], 1 / 30)) == [2]
