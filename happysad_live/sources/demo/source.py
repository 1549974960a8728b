"""The demo: drawn people whose expressions follow a known timeline. Needs no camera and no file."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from happysad_live.core.types import Frame
from happysad_live.errors import SourceError
from happysad_live.sources.base import Source, SourceInfo
from happysad_live.sources.demo.looks import PEOPLE
from happysad_live.sources.demo.people import DrawnHead, Mood
from happysad_live.sources.demo.scene import draw_body, draw_room

WIDTH, HEIGHT = 1280, 720
FRAME_RATE = 30
LENGTH_S = 24.0
MAX_PEOPLE = len(PEOPLE)

PLAIN_STRENGTH = 0.95
"""An expression at least as strong is plain: anybody would name it."""

# Each mood, and the seconds at which it has come to full strength, and at which it begins to go.
_TIMELINE: tuple[tuple[Mood, float, float], ...] = (
    ("neutral", 0.0, 1.5),
    ("happy", 2.5, 9.0),
    ("neutral", 10.0, 11.5),
    ("sad", 12.5, 20.0),
    ("neutral", 21.0, 24.0),
)
# How far each person is ahead on that timeline, so that those of a group seldom have all the same mood.
_AHEAD_S = (0.0, 11.0, 5.0, 16.0)

_UNIT_PX = {1: 132.0, 2: 112.0, 3: 96.0, 4: 84.0}
_EYES_Y = 0.43


class Expression(NamedTuple):
    """What a face shows. strength: 0 calm .. 1 full; a neutral face is always at 1."""

    name: Mood
    strength: float

    @property
    def plain(self) -> bool:
        """Whether the expression is fully there, not coming or going."""
        return self.strength >= PLAIN_STRENGTH


def expression_at(person: int, time_s: float) -> Expression:
    """The truth: what a person (0 is the leftmost) shows at a time of the demo, in seconds.

    Between two moods the former fades to calm and the latter grows out of it.
    """
    at_s = (time_s + _AHEAD_S[person]) % LENGTH_S
    for (mood, _, until_s), (following, since_s, _) in zip(
        _TIMELINE, (*_TIMELINE[1:], ("neutral", LENGTH_S, LENGTH_S)), strict=True
    ):
        if at_s <= until_s:
            return Expression(mood, 1.0)
        if at_s < since_s:
            part = _eased((at_s - until_s) / (since_s - until_s))
            return Expression(following, part) if mood == "neutral" else Expression(mood, 1 - part)
    return Expression("neutral", 1.0)


class DemoSource(Source):
    """One to four people at 1280x720 and 30 frames a second, 24 s long, the same on every run."""

    def __init__(self, people: int = MAX_PEOPLE - 1) -> None:
        """Raises SourceError for a number of people that cannot be drawn."""
        if not 1 <= people <= MAX_PEOPLE:
            raise SourceError(f"The demo shows 1 to {MAX_PEOPLE} people, not {people}: try demo:2.")
        self._index = 0
        self._closed = False
        self._actors, self._room = _cast(people)
        count = round(LENGTH_S * FRAME_RATE)
        self._info = SourceInfo("Demo", "demo", WIDTH, HEIGHT, float(FRAME_RATE), count, live=False)

    @property
    def info(self) -> SourceInfo:
        return self._info

    @property
    def people(self) -> int:
        """How many people there are, from left to right 0 to people - 1."""
        return len(self._actors)

    def read(self) -> Frame | None:
        """The next frame; None after 24 s."""
        if self._closed or self._index >= LENGTH_S * FRAME_RATE:
            return None
        time_s = self._index / FRAME_RATE
        frame = Frame(self.picture_at(time_s), self._index, time_s, time.perf_counter())
        self._index += 1
        return frame

    def pass_over(self, frames: int) -> int:
        passed_over = max(min(frames, round(LENGTH_S * FRAME_RATE) - 1 - self._index), 0)
        self._index += passed_over
        return passed_over

    def picture_at(self, time_s: float) -> np.ndarray:
        """(720, 1280, 3) uint8 RGB: what the demo shows at a time, wherever reading stands."""
        image = self._room.copy()
        for person, actor in enumerate(self._actors):
            actor.draw_on(image, expression_at(person, time_s), time_s % LENGTH_S)
        return image

    def close(self) -> None:
        self._closed = True


class _Actor:
    """A head with its place in the picture and its small movements."""

    def __init__(self, number: int, center_px: tuple[float, float], unit_px: float) -> None:
        self._number = number
        self._center_px = center_px
        self._unit_px = unit_px
        self._head = DrawnHead(PEOPLE[number], unit_px, seed=number)

    def draw_on(self, image: np.ndarray, expression: Expression, time_s: float) -> None:
        """Draw the head at its place of that time into an (H, W, 3) uint8 RGB picture."""
        transform = self._transform(time_s)
        strength = 0.0 if expression.name == "neutral" else expression.strength
        gaze = 0.5 * math.sin(self._turns(3, time_s))
        head = self._head.draw(expression.name, strength, self._blink(time_s), gaze)
        corners = transform @ np.array(
            [[0, head.shape[1], 0, head.shape[1]], [0, 0, *[head.shape[0]] * 2], [1] * 4]
        )
        x0, y0 = np.maximum(np.floor(corners.min(axis=1)).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(corners.max(axis=1)).astype(int), (WIDTH, HEIGHT))
        transform[:, 2] -= (x0, y0)
        size = (int(x1 - x0), int(y1 - y0))
        weighted = cv2.warpAffine(head, transform, size)
        alpha = cv2.cvtColor(cv2.extractChannel(weighted, 3), cv2.COLOR_GRAY2RGB)
        region = image[y0:y1, x0:x1]
        back = cv2.multiply(region, cv2.bitwise_not(alpha), scale=1 / 255)
        cv2.add(cv2.cvtColor(weighted, cv2.COLOR_RGBA2RGB), back, dst=region)

    def _transform(self, time_s: float) -> np.ndarray:
        """(2, 3) from the head's own plane to the picture: a little sway, nod, tilt and nearness."""
        sway = 0.07 * self._unit_px * math.sin(self._turns(4, time_s))
        nod = 0.035 * self._unit_px * math.sin(self._turns(7, time_s) + 1)
        angle = math.radians(3.0) * math.sin(self._turns(3, time_s) + 2)
        zoom = 1 + 0.015 * math.sin(self._turns(5, time_s))
        cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
        linear = np.array([[cos, -sin], [sin, cos]])
        # The head turns about the neck, not about the eyes.
        pivot = self._head.plane.origin_px + (0, 2.0 * self._unit_px)
        target = np.array(self._center_px) + (sway, 2.0 * self._unit_px + nod)
        return np.column_stack([linear, target - linear @ pivot])

    def _turns(self, times: int, time_s: float) -> float:
        """An angle in radians that comes round a whole number of times, so that the loop has no jump."""
        return 2 * math.pi * times * time_s / LENGTH_S + 1.7 * self._number

    def _blink(self, time_s: float) -> float:
        since_s = (time_s + 0.9 * self._number) % 4.0 - 2.0
        return max(1 - abs(since_s) / 0.09, 0.0)


@lru_cache
def _cast(people: int) -> tuple[list[_Actor], np.ndarray]:
    """The actors from left to right, and the room with their shoulders: (H, W, 3) uint8 RGB.

    Cached, so that the demo begins again without half a second's halt.
    """
    places = []
    for number, look in enumerate(PEOPLE[:people]):
        x = WIDTH * (number + 0.5) / people
        y = HEIGHT * _EYES_Y + (1 - look.size) * 260 + (14 if number % 2 else 0)
        places.append((number, (x, y), _UNIT_PX[people] * look.size))
    # The window waits for its first picture: drawn side by side, that comes half a second sooner.
    with ThreadPoolExecutor(thread_name_prefix="demo") as threads:
        actors = [threads.submit(_Actor, *place) for place in places]
        room = draw_room(WIDTH, HEIGHT)
        for number, center_px, unit_px in places:
            draw_body(room, PEOPLE[number], center_px, unit_px)
        return [actor.result() for actor in actors], np.clip(room, 0, 255).astype(np.uint8)


def _eased(part: float) -> float:
    """From 0 to 1 without a jerk at either end (the "smoothstep" polynomial)."""
    return part * part * (3 - 2 * part)
