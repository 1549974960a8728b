"""The pipeline put together from fakes: what goes into each part, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from face_samples import face_at

from happysad_live.classification.bundle import ModelBundle
from happysad_live.core.types import Face, Frame
from happysad_live.pipeline import Pipeline
from happysad_live.tracking.tracker import FaceTracker

LABELS = ("happy", "sad")


class TwoFaces:
    """Finds a face on the left and one on the right of every picture that is not black."""

    def __init__(self) -> None:
        self.looked_closely: list[bool] = []
        self.y = 120.0

    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        self.looked_closely.append(still)
        return [face_at(400, self.y, 80), face_at(120, self.y, 80)] if image.any() else []

    def close(self) -> None:
        pass


class OneMore:
    """Adds a face on the right to those of every frame, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []
        self.begun: list[float] = []
        self.resets = 0
        self.went_on_from: Sequence[Face] = ()

    def begin(self, image: np.ndarray, time_s: float) -> None:
        self.begun.append(time_s)

    @property
    def known(self) -> Sequence[Face]:
        return [face_at(480, 200, 40)]

    def take_over(self, faces: Sequence[Face]) -> None:
        self.went_on_from = faces

    def complete(self, image: np.ndarray, found: Sequence[Face], time_s: float) -> list[Face]:
        self.asked.append((len(found), time_s))
        return [*found, face_at(480, 200, 40)]

    def reset(self) -> None:
        self.resets += 1


class Brightness:
    """Says happy as surely as a crop is bright, and remembers how many crops came at once."""

    labels = LABELS

    def __init__(self) -> None:
        self.batches: list[int] = []

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.batches.append(len(crops))
        happy = crops.mean(axis=(1, 2, 3)) / 255
        return np.column_stack([happy, 1 - happy]).astype(np.float32)


def frame(index: int = 0, black: bool = False, still: bool = False) -> Frame:
    """Bright on the right, dark on the left."""
    image = np.zeros((240, 520, 3), np.uint8)
    if not black:
        image[:, 260:] = 255
        image[:, :260] = 51
    return Frame(image, index, index / 30, 0.0, still=still)


def pipeline_of(
    detector: TwoFaces, classifier: Brightness, threshold: float = 0.0, watch: OneMore | None = None
) -> Pipeline:
    return Pipeline(
        detector,
        classifier,
        FaceTracker(LABELS, threshold),
        watch=watch,  # type: ignore[arg-type]
        threshold=threshold,
        bundle=ModelBundle(Path("model"), "model", LABELS, "logits", 1.0, threshold, "", {}),
        device="CPU",
        device_note="",
    )


def test_each_face_gets_its_own_label_from_one_batch() -> None:
    classifier = Brightness()
    result = pipeline_of(TwoFaces(), classifier).process(frame(still=True))
    right, left = result.faces
    assert (right.label, right.confidence) == ("happy", pytest.approx(1.0))
    assert (left.label, left.confidence) == ("sad", pytest.approx(0.8))  # 51 of 255 is a fifth happy
    assert classifier.batches == [2]
    assert result.labels == LABELS
    assert set(result.stage_s) >= {"detect", "crop", "classify", "track"}


def test_a_picture_without_faces_costs_no_classification() -> None:
    classifier = Brightness()
    assert pipeline_of(TwoFaces(), classifier).process(frame(black=True)).faces == ()
    assert classifier.batches == []


def test_below_the_threshold_a_still_face_is_unsure() -> None:
    result = pipeline_of(TwoFaces(), Brightness(), threshold=0.9).process(frame(still=True))
    assert [face.label for face in result.faces] == ["happy", "unsure"]
    assert [face.track for face in result.faces] == [None, None]


def test_faces_are_followed_and_another_source_begins_anew() -> None:
    pipeline = pipeline_of(TwoFaces(), Brightness(), threshold=0.5)
    first, second = (pipeline.process(frame(index)) for index in (0, 1))
    assert [face.track for face in first.faces] == [face.track for face in second.faces] == [1, 2]
    pipeline.reset()
    assert [face.track for face in pipeline.process(frame()).faces] == [1, 2]


def other_shot(index: int, live: bool = False) -> Frame:
    """As dark on the right as the first shot is on the left."""
    return replace(frame(index), image=frame().image[:, ::-1].copy(), live=live)


@pytest.mark.parametrize("black_frames", [0, 1, 30])
def test_whoever_sits_there_after_a_cut_is_somebody_else(black_frames: int) -> None:
    detector, watch = TwoFaces(), OneMore()
    pipeline = pipeline_of(detector, Brightness(), 0.5, watch)
    assert [[face.track for face in pipeline.process(frame(i)).faces] for i in range(3)] == [[1, 2, 3]] * 3
    for index in range(3, 3 + black_frames):
        pipeline.process(frame(index, black=True))
    detector.y = 130.0
    after = pipeline.process(other_shot(3 + black_frames)).faces
    assert [face.track for face in after] == [4, 5, 6]
    assert [face.label for face in sorted(after, key=lambda face: face.face.box.x0)][:2] == ["happy", "sad"]
    assert watch.resets == 1


def test_whoever_sits_there_after_a_fade_through_black_is_somebody_else() -> None:
    """The last picture before black and the first after it differ by 8 grey levels at most."""
    detector = TwoFaces()
    pipeline = pipeline_of(detector, Brightness(), threshold=0.5)
    steps = 24
    tracks = []
    for index in range(2 * steps + 3):
        part = max(steps - index, index - steps - 2, 0) / (steps + 1)
        shot = frame(index) if index < steps else other_shot(index)
        detector.y = 120.0 if index < steps else 130.0
        image = np.round(shot.image * part).astype(np.uint8)
        tracks.append([face.track for face in pipeline.process(replace(shot, image=image)).faces])
    assert tracks[0] == tracks[steps - 1] == [1, 2]
    assert tracks[-1] == tracks[steps + 3] == [3, 4]


def test_a_shot_of_which_a_large_part_is_evenly_brighter_is_another() -> None:
    """Two fifths are brighter by 100 grey levels, by which no camera's exposure leaps."""
    detector = TwoFaces()
    pipeline = pipeline_of(detector, Brightness(), threshold=0.5)
    tracks = []
    for index, levels in enumerate([[60] * 4 + [20] * 3 + [200] * 3, [160] * 4 + [220] * 3 + [40] * 3]):
        image = np.tile(np.repeat(np.uint8(levels), 52)[:, None], (240, 1, 3))
        tracks.append([face.track for face in pipeline.process(replace(frame(index), image=image)).faces])
        detector.y = 130.0
    assert tracks == [[1, 2], [3, 4]]


def test_every_cut_in_a_film_of_5_frames_a_second_is_one() -> None:
    """Its times are rounded: from 0.6 to 0.8 s is more than a fifth of a second, from 0.4 to 0.6 less."""
    for index in range(1, 20):
        detector = TwoFaces()
        pipeline = pipeline_of(detector, Brightness(), threshold=0.5)
        pipeline.process(replace(frame(), time_s=(index - 1) / 5))
        detector.y = 130.0 if index % 2 else 110.0
        after = pipeline.process(replace(other_shot(index), time_s=index / 5)).faces
        assert [face.track for face in after] == [3, 4], index


@pytest.mark.parametrize(
    ("second", "y"),
    [
        (frame(30), 120.0),
        (other_shot(30), 130.0),
        (other_shot(1, live=True), 130.0),
        (other_shot(1), 121.0),
        (replace(frame(1), image=frame().image // 4 * 3), 130.0),
        (replace(frame(1), image=frame().image // 2), 130.0),
    ],
    ids=[
        "the same shot",
        "a second later",
        "a camera",
        "a flash leaves faces where they are",
        "exposure",
        "half the light",
    ],
)
def test_what_is_no_cut(second: Frame, y: float) -> None:
    detector = TwoFaces()
    pipeline = pipeline_of(detector, Brightness(), threshold=0.5)
    first = pipeline.process(frame(0)).faces
    detector.y = y
    assert [face.track for face in first] == [face.track for face in pipeline.process(second).faces] == [1, 2]


@pytest.mark.parametrize("frame_rate", [10, 15, 30])
def test_who_walks_through_the_picture_is_no_cut(frame_rate: int) -> None:
    """A body of 200 pixels before a plain wall, 430 pixels a second fast."""
    detector = TwoFaces()
    pipeline = pipeline_of(detector, Brightness(), threshold=0.5)
    tracks = set()
    for index in range(frame_rate):
        x = round(430 * index / frame_rate)
        image = np.full((240, 640, 3), 180, np.uint8)
        image[60:, x : x + 200] = 40
        detector.y = 120.0 + index % 2 * 20
        shown = pipeline.process(Frame(image, index, index / frame_rate, 0.0)).faces
        tracks.add(tuple(face.track for face in shown))
    assert tracks == {(1, 2)}


def test_at_another_place_of_the_source_the_numbers_go_on() -> None:
    watch = OneMore()
    pipeline = pipeline_of(TwoFaces(), Brightness(), 0.5, watch)
    pipeline.process(frame(0))
    pipeline.forget_faces()
    assert [face.track for face in pipeline.process(frame(1)).faces] == [4, 5, 6]
    assert watch.resets == 1


def test_a_photograph_is_looked_at_closely_and_has_nothing_to_do_with_its_neighbours() -> None:
    detector = TwoFaces()
    pipeline = pipeline_of(detector, Brightness(), threshold=0.5)
    pipeline.process(frame(0))
    photograph = pipeline.process(frame(1, still=True))
    film = pipeline.process(frame(2))
    assert detector.looked_closely == [False, True, False]
    assert [face.track for face in photograph.faces] == [None, None]
    assert [face.track for face in film.faces] == [1, 2]


def test_videos_are_watched_from_frame_to_frame_and_photographs_are_not() -> None:
    watch = OneMore()
    pipeline = pipeline_of(TwoFaces(), Brightness(), 0.5, watch)
    assert [len(pipeline.process(frame(index, black=index == 1)).faces) for index in range(3)] == [3, 1, 3]
    assert watch.asked == [(2, 0.0), (0, pytest.approx(1 / 30)), (2, pytest.approx(2 / 30))]
    assert len(pipeline.process(frame(3, still=True)).faces) == 2
    assert len(watch.asked) == len(watch.begun) == 3
    pipeline.reset()
    assert watch.resets == 1


def test_another_pipeline_goes_on_with_the_numbers_and_with_what_is_watched() -> None:
    unwatched, watch = pipeline_of(TwoFaces(), Brightness()), OneMore()
    watched = pipeline_of(TwoFaces(), Brightness(), 0.5, OneMore())
    watched.process(frame(0))
    watched.forget_faces()
    assert [face.track for face in watched.process(frame(1)).faces] == [4, 5, 6]
    other = pipeline_of(TwoFaces(), Brightness(), 0.5, watch)
    other.take_over(watched.followed)
    assert [face.track for face in other.process(frame(2)).faces] == [4, 5, 6]
    assert [face.box for face in watch.went_on_from] == [face_at(480, 200, 40).box]
    other.take_over(unwatched.followed)
    assert watch.went_on_from == ()
    unwatched.take_over(watched.followed)
    assert [face.track for face in unwatched.process(frame(2)).faces] == [4, 5]
