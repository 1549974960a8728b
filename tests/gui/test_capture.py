"""A source that is played as fast as its pictures can be had."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from gui_fakes import FakeSource

from happysad_live.core.types import Frame
from happysad_live.gui.session import capture
from happysad_live.gui.session.capture import CaptureWorker, Opened

FRAMES = 300
FRAME_RATE = 30.0
READ_S = 0.05
"""How long each picture takes to come: they can be had at 20 a second."""


class SlowSource(FakeSource):
    """Ten seconds of pictures. clock_s: moved on by each of them. drawn: whether one may be left out."""

    def __init__(self, clock_s: list[float], *, drawn: bool) -> None:
        super().__init__("slow", "demo" if drawn else "file", frames=FRAMES, frame_rate=FRAME_RATE)
        self._clock_s, self._drawn = clock_s, drawn

    def read(self) -> Frame | None:
        self._clock_s[0] += READ_S
        return super().read()

    def pass_over(self, frames: int) -> int:
        left_out = max(min(frames, FRAMES - 1 - self.frames_read), 0) if self._drawn else 0
        self.frames_read += left_out
        return left_out


def play(monkeypatch: pytest.MonkeyPatch, *, drawn: bool) -> list[tuple[Frame, int]]:
    """Every frame of a slow source that is played to its end, and how many were left out before it."""
    clock_s = [0.0]
    monkeypatch.setattr(capture, "time", SimpleNamespace(perf_counter=lambda: clock_s[0]))
    source = SlowSource(clock_s, drawn=drawn)
    came: list[tuple[Frame, int]] = []

    def report(_: int, event: object) -> None:
        if isinstance(event, capture.SourceEnded):
            worker.stop()

    worker = CaptureWorker(
        1,
        lambda: Opened(source, "slow"),  # type: ignore[arg-type]
        lambda _, frame, left_out: came.append((frame, left_out)),
        report,
        reopen=lambda _: source,  # type: ignore[arg-type,return-value]
        loops=lambda _: False,
    )
    worker.run()
    return came


def test_what_is_drawn_too_slowly_keeps_the_time_and_leaves_pictures_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came = play(monkeypatch, drawn=True)
    first, last = came[0][0], came[-1][0]
    assert last.time_s == pytest.approx(10.0, abs=0.2)
    assert last.captured_at_s - first.captured_at_s == pytest.approx(10.5, abs=0.3)
    assert len(came) + sum(left_out for _, left_out in came) == pytest.approx(FRAMES, abs=6)
    assert 200 <= len(came) <= 220
    # One at a time, and none before it is half a second late.
    assert {left_out for _, left_out in came} <= {0, 1, 2}
    assert all(left_out == 0 for _, left_out in came[:25])
    assert [frame.index for frame, _ in came] == list(range(len(came)))


def test_of_a_film_nothing_is_left_out_however_slowly_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    came = play(monkeypatch, drawn=False)
    assert len(came) == FRAMES
    assert not any(left_out for _, left_out in came)
    assert came[-1][0].time_s == pytest.approx(10.0 - 1 / FRAME_RATE)
