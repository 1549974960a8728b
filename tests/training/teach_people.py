"""Drawn persons whose everyday face is not what it looks like, as takes and clips for teaching."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from happysad_live.detection.finder import FaceFinder
from happysad_live.sources.demo.looks import PEOPLE
from happysad_live.sources.demo.people import DrawnHead, Mood
from happysad_live.sources.demo.scene import draw_body, draw_room
from training.teaching.samples import Sample

WIDTH, HEIGHT, UNIT_PX = 640, 480, 66.0
FRAME_S = 0.2

Shown = Mapping[str, tuple[Mood, float]]
"""What a person's face does when that person is happy, sad or calm: the drawn mood and its strength."""

PLAIN: Shown = {"happy": ("happy", 1.0), "sad": ("sad", 1.0), "neutral": ("neutral", 0.0)}
RESTING_SMILE: Shown = {"happy": ("happy", 1.0), "sad": ("sad", 1.0), "neutral": ("happy", 0.4)}


@dataclass(frozen=True)
class Person:
    """look: which of the demo's people it looks like."""

    look: int
    shown: Shown

    def clip(self, label: str, seconds: float, *, begin_s: float, light: float = 1.0) -> list[np.ndarray]:
        """Pictures, (480, 640, 3) uint8 RGB, five a second, of the person feeling one thing.

        begin_s: where in its small movements the clip begins. light: a factor on all colours.
        """
        center = (WIDTH * 0.5, HEIGHT * 0.43)
        room = draw_room(WIDTH, HEIGHT)
        draw_body(room, PEOPLE[self.look], center, UNIT_PX)
        background = np.clip(room, 0, 255).astype(np.uint8)
        head = DrawnHead(PEOPLE[self.look], UNIT_PX, seed=self.look)
        mood, strength = self.shown[label]
        pictures = []
        for number in range(round(seconds / FRAME_S)):
            time_s = begin_s + number * FRAME_S
            # Nobody holds an expression quite still.
            now = strength and strength + 0.05 * math.sin(3.1 * time_s)
            drawn = head.draw(mood, now, _blink(time_s), 0.5 * math.sin(0.8 * time_s))
            picture = _laid_down(head.plane.origin_px, drawn, background, center, time_s)
            pictures.append(np.clip(picture.astype(np.float32) * light, 0, 255).astype(np.uint8))
        return pictures

    def crops(self, finder: FaceFinder, label: str, seconds: float, **how: float) -> np.ndarray:
        """The clip's faces as the app cuts them, (N, 256, 256, 3) uint8 RGB."""
        pictures = self.clip(label, seconds, **how)  # type: ignore[arg-type]
        return np.stack([finder.crop(picture, finder.find(picture)[0]) for picture in pictures])

    def sample(self, finder: FaceFinder, label: str, seconds: float = 6.0) -> Sample:
        """What "Teach it my face" collects while the person shows one expression."""
        crops = self.crops(finder, label, seconds, begin_s=0.0)
        return Sample(label, np.arange(len(crops)) * FRAME_S, crops)


def _blink(time_s: float) -> float:
    return max(1 - abs((time_s % 4.0) - 2.0) / 0.09, 0.0)


def _laid_down(
    origin_px: np.ndarray,
    drawn: np.ndarray,
    background: np.ndarray,
    center: tuple[float, float],
    time_s: float,
) -> np.ndarray:
    """The head over the background, tilted and moved a little."""
    angle, zoom = math.radians(4) * math.sin(0.9 * time_s), 1 + 0.03 * math.sin(0.5 * time_s)
    cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    target = np.array(center) + (5 * math.sin(1.1 * time_s), 3 * math.sin(1.7 * time_s))
    transform = np.column_stack([linear, target - linear @ origin_px])
    weighted = cv2.warpAffine(drawn, transform, (WIDTH, HEIGHT)).astype(np.float32)
    uncovered = 1 - weighted[..., 3:] / 255
    return np.clip(weighted[..., :3] + background * uncovered, 0, 255).astype(np.uint8)
