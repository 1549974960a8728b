"""The real pipeline on the demo, whose truth is known, and on real clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from happysad_live.core.types import Frame, FrameResult
from happysad_live.pipeline import Pipeline, build_pipeline
from happysad_live.sources import open_source
from happysad_live.sources.demo.source import DemoSource, expression_at

SETTLE_S = 0.5
"""How long a label may lag behind a face that has just become plain: the smoothing's cost."""


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    built = build_pipeline(device="cpu")
    yield built
    built.close()


def results(pipeline: Pipeline, path: Path) -> list[FrameResult]:
    pipeline.reset()
    with open_source(str(path)) as source:
        return [pipeline.process(frame) for frame in iter(source.read, None)]


def plain_for_a_while(person: int, time_s: float) -> bool:
    """Whether the expression is fully there and has been for the settling time."""
    now, before = expression_at(person, time_s), expression_at(person, max(time_s - SETTLE_S, 0))
    return now.plain and before.plain and now.name == before.name


def changes(names: list[str]) -> int:
    return sum(before != name for before, name in pairwise(names))


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_the_demo_is_labelled_as_it_is_drawn(pipeline: Pipeline, people: int) -> None:
    """At least 95 % of the plain faces of each mood, over the whole timeline; labels change as often as moods
    do, and everybody keeps one number."""
    right: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    numbers: set[int | None] = set()
    shown: list[list[str]] = [[] for _ in range(people)]
    drawn: list[list[str]] = [[] for _ in range(people)]
    demo = DemoSource(people)
    pipeline.reset()
    for index in range(0, 720, 3):
        result = pipeline.process(Frame(demo.picture_at(index / 30), index, index / 30, 0.0))
        numbers |= {face.track for face in result.faces}
        from_left = sorted(result.faces, key=lambda face: face.face.box.x0)
        assert len(from_left) == people, f"at {result.frame.time_s:.2f} s"
        for person, face in enumerate(from_left):
            truth = expression_at(person, result.frame.time_s)
            shown[person].append(face.label)
            drawn[person].append(truth.name)
            if plain_for_a_while(person, result.frame.time_s):
                all_[truth.name] += 1
                right[truth.name] += face.label == truth.name
    for mood in ("happy", "sad", "neutral"):
        assert all_[mood] > 30 * people
        assert right[mood] >= 0.95 * all_[mood], (right, all_)
    assert [changes(names) for names in shown] == [changes(names) for names in drawn]
    assert len(numbers) == people


def test_neutral_then_happy(pipeline: Pipeline, shared_data: Path) -> None:
    found = results(pipeline, shared_data / "videos" / "neutral_then_happy.mp4")
    assert len(found) == 72
    assert all(len(result.faces) == 1 for result in found)
    assert {face.label for result in found if result.frame.time_s >= 1.0 for face in result.faces} == {
        "happy"
    }
    assert found[0].faces[0].label != "happy"


@pytest.mark.parametrize("clip", ["no_people.mp4", "cartoon_sky.mp4"])
def test_where_nobody_is_almost_nobody_is_seen(pipeline: Pipeline, shared_data: Path, clip: str) -> None:
    found = results(pipeline, shared_data / "videos" / clip)
    assert sum(bool(result.faces) for result in found) <= 0.01 * len(found)


@pytest.mark.parametrize(("clip", "people"), [("two_faces.gif", 2), ("three_faces_walking.gif", 3)])
def test_each_person_has_one_number(pipeline: Pipeline, shared_data: Path, clip: str, people: int) -> None:
    found = results(pipeline, shared_data / "videos" / clip)
    frames_of = Counter(face.track for result in found for face in result.faces)
    assert len(frames_of) == people
    assert min(frames_of.values()) >= 0.9 * len(found)
