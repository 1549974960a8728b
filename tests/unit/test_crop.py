"""The crop, checked on drawn pictures whose content is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from face_samples import face_at

from happysad_live.detection.crop import crop_face


def dot_at(crop: np.ndarray, channel: int) -> np.ndarray:
    """Centre of mass of what is bright in one channel."""
    rows, columns = np.nonzero(crop[..., channel] > 128)
    return np.array([columns.mean(), rows.mean()])


@pytest.mark.parametrize(("times", "tilt_degrees", "tolerance_px"), [(1, 30, 1.0), (6, -40, 0.2)])
def test_the_eyes_of_a_tilted_face_come_to_their_places(
    times: int, tilt_degrees: float, tolerance_px: float
) -> None:
    face = face_at(320 * times, 240 * times, 150 * times, tilt_degrees)
    image = np.zeros((480 * times, 640 * times, 3), np.uint8)
    for channel, point in enumerate(face.keypoints[:2]):
        colour = [0, 0, 0]
        colour[channel] = 255
        cv2.circle(image, [round(float(value)) for value in point], 4 * times, colour, -1)
    crop = crop_face(image, face)
    assert crop.shape == (256, 256, 3)
    assert crop.dtype == np.uint8
    # By hand: 256 / 1.2 px a face size; eyes 0.385 apart and 0.215 above the middle, 127.5.
    assert dot_at(crop, 0) == pytest.approx([127.5 - 41.07, 127.5 - 45.87], abs=tolerance_px)
    assert dot_at(crop, 1) == pytest.approx([127.5 + 41.07, 127.5 - 45.87], abs=tolerance_px)


def test_outside_the_picture_the_edge_is_repeated_not_black() -> None:
    image = np.full((100, 100, 3), 200, np.uint8)
    assert crop_face(image, face_at(0, 0, 80)).min() == 200


def test_a_wider_cut_holds_the_narrow_one_in_its_middle() -> None:
    """Training stores 320 px at scale 1.5 and cuts the app's 256 px at 1.2 from its middle."""
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3)).astype(np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 3)
    face = face_at(200, 200, 150, tilt_degrees=10)
    wide = crop_face(image, face, 320, 1.5)
    difference = np.abs(wide[32:-32, 32:-32].astype(int) - crop_face(image, face))
    assert difference.max() <= 2


def test_a_huge_face_is_averaged_down_without_aliasing() -> None:
    """A fine checkerboard must come out grey: sampling it point by point would make a pattern."""
    board = (np.indices((2000, 2000)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = crop_face(np.repeat(board[..., None], 3, axis=2), face_at(1000, 1000, 1500))
    assert np.abs(crop.astype(int) - 127).max() <= 3


@pytest.mark.parametrize("size_px", [60, 250, 700])
def test_a_crop_does_not_depend_on_what_is_far_from_the_face(size_px: int) -> None:
    """At the end of a picture as long as OpenCV does not warp any: 32,767 pixels are its limit."""
    noise = np.random.default_rng(0).integers(0, 255, (1200, 1000, 3)).astype(np.uint8)
    near = cv2.GaussianBlur(noise, (0, 0), 3)
    far = np.concatenate([np.zeros((32_400, 1000, 3), np.uint8), near])
    for x, y in ((500, 600), (40, 1150)):  # the second one is cut off by the edge
        here, there = (face_at(x, y + below, size_px, tilt_degrees=20) for below in (0, 32_400))
        assert np.abs(crop_face(near, here).astype(int) - crop_face(far, there)).max() <= 2
