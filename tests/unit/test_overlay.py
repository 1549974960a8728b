"""The drawing: where it is, what it says, what it leaves alone."""

from __future__ import annotations

import cProfile
import os
import pstats
import subprocess
import sys
import tracemalloc
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from happysad_live.core.label_text import face_text
from happysad_live.core.types import UNSURE, Box, Face, Frame, FrameResult, LabelledFace
from happysad_live.overlay import draw_result, label_colour
from happysad_live.overlay.placing import label_place
from happysad_live.overlay.text import text_mask

LABELS = ("happy", "sad")


def result_with(box: Box, label: str = "happy", confidence: float = 0.9) -> FrameResult:
    image = np.full((360, 640, 3), 40, np.uint8)
    face = Face(box, np.zeros((6, 2), np.float32), 0.9)
    probabilities = np.array([confidence, 1 - confidence], np.float32)
    labelled = LabelledFace(face, label, confidence, probabilities, probabilities, 1)
    return FrameResult(Frame(image, 0, 0.0, 0.0), (labelled,), LABELS)


def columns_with(drawn: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.nonzero((drawn == colour).all(axis=2).any(axis=0))[0]


def test_the_frame_itself_is_left_as_it_was() -> None:
    result = result_with(Box(100, 100, 200, 200))
    draw_result(result.frame.image, result)
    assert (result.frame.image == 40).all()


def test_the_box_stands_where_the_face_is_and_its_inside_stays_free() -> None:
    drawn = draw_result(np.full((360, 640, 3), 40, np.uint8), result_with(Box(100, 150, 260, 310)))
    assert tuple(drawn[230, 100]) == label_colour("happy")
    assert tuple(drawn[230, 260]) == label_colour("happy")
    assert tuple(drawn[310, 180]) == label_colour("happy")
    assert (drawn[170:290, 120:240] == 40).all()


def test_a_mirrored_picture_has_its_box_on_the_other_side() -> None:
    result = result_with(Box(100, 150, 260, 310))
    image = result.frame.image.copy()
    image[:, :50] = 250
    drawn = draw_result(image, result, mirrored=True)
    assert tuple(drawn[0, 639]) == (250, 250, 250)
    columns = columns_with(drawn, label_colour("happy"))
    assert columns.min() == pytest.approx(640 - 260, abs=3)
    assert columns.max() == pytest.approx(640 - 100, abs=3)


def test_a_smaller_picture_gets_a_smaller_box() -> None:
    drawn = draw_result(np.full((180, 320, 3), 40, np.uint8), result_with(Box(200, 150, 360, 310)))
    columns = columns_with(drawn[100:], label_colour("happy"))  # below the label's plate
    assert columns.min() == pytest.approx(100, abs=3)
    assert columns.max() == pytest.approx(180, abs=3)


@pytest.mark.parametrize(
    ("box", "row", "column"),
    [
        (Box(-40, -40, 60, 60), 30, 60),
        (Box(600, 220, 700, 420), 340, 600),
        (Box(-9, 99, 700, 420), 99, 320),
    ],
)
def test_of_a_face_over_the_edge_the_part_of_its_box_in_the_picture_is_drawn(
    box: Box, row: int, column: int
) -> None:
    result = result_with(box)
    assert tuple(draw_result(result.frame.image, result)[row, column]) == label_colour("happy")


@pytest.mark.parametrize("box", [Box(-50, -50, 700, 420), Box(10, 10, 12, 12)])
def test_a_face_that_fills_the_picture_or_is_tiny_has_its_label(box: Box) -> None:
    result = result_with(box)
    drawn = draw_result(result.frame.image, result)
    assert (drawn == label_colour("happy")).all(axis=2).sum() > 1000  # the plate


def test_the_label_over_a_face_is_dark_on_its_colour_and_begins_with_the_faces_number() -> None:
    result = result_with(Box(100, 150, 260, 310))
    (face,) = result.faces
    bright = np.full((360, 640, 3), 250, np.uint8)
    plates = []
    for track, confidence in ((None, 0.9), (1, 0.9), (2, 0.9), (1, 0.8)):
        shown = replace(result, faces=(replace(face, track=track, confidence=confidence),))
        plates.append(draw_result(bright, shown)[:145])  # above the box
    for plate in plates:
        dark, coloured = (plate < 60).all(axis=2), (plate == label_colour("happy")).all(axis=2)
        assert coloured.sum() > dark.sum() > 100
    assert not any(np.array_equal(one, other) for one, other in pairwise([*plates, plates[1]]))
    widths_px = [int((plate != 250).any(axis=(0, 2)).sum()) for plate in plates]
    assert widths_px[0] < widths_px[1] - 5  # a photograph's faces have no number


def test_what_is_said_of_a_face() -> None:
    (happy,) = result_with(Box(0, 0, 9, 9), "happy", 0.876).faces
    (certain,) = result_with(Box(0, 0, 9, 9), "happy", 0.9999).faces
    (unsure,) = result_with(Box(0, 0, 9, 9), UNSURE, 0.41).faces
    assert face_text(happy) == "happy 88 %"
    assert face_text(certain) == "happy 99 %"
    assert face_text(unsure) == "unsure"


def test_a_label_that_is_shown_while_another_one_leads_has_no_percentage() -> None:
    (held,) = result_with(Box(0, 0, 9, 9), "happy", 0.46).faces
    assert held.probabilities[1] == pytest.approx(0.54) and face_text(held) == "happy"
    (leading,) = result_with(Box(0, 0, 9, 9), "happy", 0.5001).faces
    assert face_text(leading) == "happy 50 %"
    of_no_classes = replace(leading, probabilities=np.zeros(0, np.float32))  # as a hand may write
    assert face_text(of_no_classes) == "happy 50 %"


def test_the_users_own_label_has_its_colour_and_no_percentage() -> None:
    result = result_with(Box(100, 150, 260, 310))
    own = replace(result.faces[0], own="sad")
    assert face_text(own) == "sad (own label)"
    drawn = draw_result(result.frame.image, replace(result, faces=(own,)))
    assert columns_with(drawn, label_colour("sad")).size
    assert not columns_with(drawn, label_colour("happy")).size


def test_a_label_that_is_no_text_has_a_colour() -> None:
    """As a file from elsewhere may hold it."""
    assert label_colour("\ud800") == label_colour("\ud800")


def test_an_unknown_label_has_a_colour_of_its_own_in_every_run() -> None:
    code = "from happysad_live.overlay import label_colour; print(label_colour('bored'))"
    colours = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert colours == {str(label_colour("bored"))} != {str(label_colour("proud"))}


def test_words_for_the_same_expression_have_the_same_colour() -> None:
    for other, known in (("Happiness", "happy"), ("sadness", "sad"), ("anger", "angry"), ("fearful", "fear")):
        assert label_colour(other) == label_colour(known)


def test_the_labels_of_a_model_have_different_colours_in_whatever_order() -> None:
    labels = ["happy", "joy", "smile", "anger", *(f"label {number}" for number in range(10))]
    colours = [label_colour(label, labels) for label in labels]
    assert len(set(colours)) == len(labels)
    assert [label_colour(label, labels[::-1]) for label in labels] == colours


def test_each_of_very_many_labels_has_a_colour_that_few_others_have() -> None:
    labels = [f"label {number}" for number in range(30)]
    shared = Counter(label_colour(label, labels) for label in labels)
    assert (len(shared), max(shared.values())) == (12, 3)  # there are twelve for labels that nobody knows


def test_different_colours_can_be_told_apart() -> None:
    words = ("happy", "sad", "angry", "surprise", "fear", "disgust", *(f"label {n}" for n in range(200)))
    colours = np.array(sorted({label_colour(word) for word in words}), np.uint8)
    lab = cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0]
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    assert len(colours) > 12  # some are not those of the known labels
    # In CIELAB; 2.3 is the least that can be seen at all, side by side.
    assert distances[~np.eye(len(lab), dtype=bool)].min() > 20


def test_the_label_of_a_neighbour_goes_below_where_it_would_cover_another() -> None:
    left, right = result_with(Box(100, 150, 140, 190)), result_with(Box(150, 150, 190, 190), "sad")
    both = replace(left, faces=left.faces + right.faces)
    drawn = draw_result(left.frame.image, both)
    alone = draw_result(left.frame.image, left)
    assert (drawn[:145] == alone[:145]).all()  # the first label, and nothing over it
    below = (drawn[195:] == label_colour("sad")).all(axis=2)
    assert below.any(axis=0).sum() > 60


def test_a_label_with_too_little_room_above_lies_on_its_own_faces_forehead() -> None:
    result = result_with(Box(100, 100, 260, 300))
    rows = (draw_result(result.frame.image, result)[:95] != 40).any(axis=(1, 2))
    height = int(rows.sum())
    near_top = result_with(Box(100, height - 5, 260, height + 195))
    drawn = (draw_result(near_top.frame.image, near_top) == label_colour("happy")).all(axis=2)
    assert drawn[0, 110:140].all() and not drawn[height + 205 :].any()


# What people without one kind of cones see, for linear RGB: Machado, Oliveira and Fernandes 2009, severity 1.
COLOUR_BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("kind", COLOUR_BLINDNESS)
def test_colour_blind_people_tell_the_shipped_models_labels_apart(kind: str) -> None:
    """Strips and bars tell a label by its colour alone."""
    words = ("happy", "sad", "neutral", "unsure", "angry", "surprise", "fear", "disgust", "contempt")
    shares = np.array([label_colour(word) for word in words]) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(COLOUR_BLINDNESS[kind]).T, 0, 1)
    seen = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = cv2.cvtColor(seen[None].astype(np.float32), cv2.COLOR_RGB2Lab)[0]
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    assert distances[~np.eye(len(lab), dtype=bool)].min() > 19


@pytest.mark.parametrize(
    ("left", "place"),
    [
        (186, (186, 75)),  # touches the other's rim
        (180, (185, 75)),  # a little aside
        (110, (110, 185)),  # too far aside: under the face
    ],
)
def test_a_label_leaves_its_neighbours_text_free(left: int, place: tuple[int, int]) -> None:
    """A label of 90 by 20 beside one that goes from 100 to 190, over a face 80 pixels wide."""
    face, other = Box(left, 100, left + 80, 180), Box(100, 75, 190, 95)
    assert label_place((90, 20), 5, face, (640, 360), [], [other]) == place


@pytest.mark.parametrize(
    ("other", "place"),
    [
        (Box(180, 75, 270, 95), (95, 75)),  # touches more than the rim: 5 pixels to the left
        (Box(145, 75, 235, 95), (60, 75)),  # as far as half a face
        (Box(140, 75, 230, 95), (100, 205)),  # too far aside: under the face
    ],
)
def test_a_label_makes_way_to_the_left_where_that_is_nearer(other: Box, place: tuple[int, int]) -> None:
    """A label of 90 by 20 over a face of 80 by 100 pixels."""
    assert label_place((90, 20), 5, Box(100, 100, 180, 200), (640, 360), [], [other]) == place


@pytest.mark.parametrize(
    ("covered", "below", "label_y"),
    [
        (3, 0, 75),  # a tenth of the label: a mere touch
        (6, 0, 185),  # a fifth: under the face
        (6, 20, 75),  # where another face is as well
    ],
)
def test_a_label_lies_on_no_other_face(covered: int, below: int, label_y: int) -> None:
    """A label of 90 by 20; others reach so many pixels into its place above, and under the face."""
    others = [Box(120, 0, 180, 75 + covered), Box(120, 185, 180, 185 + below)]
    assert label_place((90, 20), 5, Box(100, 100, 180, 180), (640, 360), others, []) == (100, label_y)


@pytest.mark.parametrize(
    ("top", "height", "label_y"),
    [
        (25, 200, 0),  # just room above
        (15, 200, 0),  # the picture's top, 5 pixels into the forehead
        (-10, 200, 195),  # the eyes are there: under the face
        (-25, 360, 340),  # just room under it
        (-25, 361, 0),  # no room under it either
    ],
)
def test_a_label_leaves_its_own_faces_eyes_free(top: int, height: int, label_y: int) -> None:
    """A label of 90 by 20 for a face at the top of a picture of 640 by 360."""
    face = Box(100, top, 100 + 160, top + height)
    assert label_place((90, 20), 5, face, (640, 360), [], []) == (100, label_y)


@pytest.mark.parametrize(
    ("top", "before", "under"),
    [
        (-3, None, False),  # 1 pixel of the forehead to spare
        (-5, False, True),
        (-3, True, True),  # it trembles
        (4, True, True),
        (6, True, False),  # enough room again
    ],
)
def test_a_label_does_not_jump_while_its_face_trembles_at_the_limit(
    top: int, before: bool | None, under: bool
) -> None:
    """A label of 90 by 20 for a face of 160 by 200 pixels at the top of a picture of 640 by 360."""
    face = Box(100, top, 260, top + 200)
    assert label_place((90, 20), 5, face, (640, 360), [], [], before) == (100, top + 205 if under else 0)


@pytest.mark.parametrize(("covered", "label_y"), [(4, 185), (2, 75)])
def test_a_label_under_its_face_comes_back_only_where_it_clearly_covers_no_other(
    covered: int, label_y: int
) -> None:
    """A label of 90 by 20; above the face, it would cover another one with 60 pixels of its width."""
    other = Box(120, 0, 180, 75 + covered)  # 4 rows are .13 of the label: of the limit, but not far from it
    face = Box(100, 100, 180, 180)
    assert label_place((90, 20), 5, face, (640, 360), [other], [], True) == (100, label_y)


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_label_of_a_trembling_face_stays_on_its_side_from_frame_to_frame(mirrored: bool) -> None:
    sides: dict[int, bool] = {}
    above, above_alone = [], []
    for number in range(6):
        top = 7 if number % 2 else -3  # the limit lies between them
        result = result_with(Box(100, top, 260, top + 200))
        drawn = draw_result(result.frame.image, result, mirrored=mirrored, sides=sides)
        above.append(bool((drawn[top + 208 :] == 40).all()))
        alone = draw_result(result.frame.image, result, mirrored=mirrored)
        above_alone.append(bool((alone[top + 208 :] == 40).all()))
    assert above_alone == [False, True] * 3 and above == [False] * 6
    assert sides == {1: True}


@pytest.mark.parametrize(
    ("left", "top", "labels", "place"),
    [
        (-30, 100, [], (0, 75)),
        (600, 100, [], (640 - 90, 75)),
        (100, 300, [Box(100, 275, 190, 295)], (100, 360 - 20)),  # under the face there is no room
    ],
)
def test_a_label_is_never_cut_off(left: int, top: int, labels: list[Box], place: tuple[int, int]) -> None:
    """A label of 90 by 20 for a face over the edge of a picture of 640 by 360."""
    face = Box(left, top, left + 80, top + 80)
    assert label_place((90, 20), 5, face, (640, 360), [], labels) == place


def test_placing_a_label_in_a_crowd_looks_closely_only_at_who_is_near() -> None:
    """Else drawing four hundred faces takes two seconds, at each step of resizing the window."""
    face, neighbour = Box(100, 100, 180, 180), Box(120, 0, 180, 90)
    crowd = [Box(x, 400, x + 20, 420) for x in range(0, 4000, 10)]
    profile = cProfile.Profile()
    place = profile.runcall(label_place, (90, 20), 5, face, (4000, 500), [neighbour, *crowd], crowd)
    assert place == (100, 185)
    assert pstats.Stats(profile).total_calls < len(crowd)  # type: ignore[attr-defined]


def test_a_label_that_is_wider_than_the_picture_gives_way_to_number_and_percentage() -> None:
    label = "happy " * 60
    pictures = []
    for track, confidence in ((1, 0.9), (1, 0.8), (2, 0.9)):
        result = result_with(Box(20, 100, 60, 140), label, confidence)
        result = replace(result, faces=(replace(result.faces[0], track=track),))
        pictures.append(draw_result(np.full((360, 640, 3), 250, np.uint8), result)[:95])
    assert not any(np.array_equal(one, other) for one, other in pairwise([*pictures, pictures[0]]))
    for picture in pictures:
        dark = np.nonzero((picture < 60).all(axis=2).any(axis=0))[0]
        coloured = columns_with(picture, label_colour(label, LABELS))
        assert 600 < dark.max() < coloured.max() <= 639  # the text ends within its plate


def test_a_users_own_label_that_is_wider_than_the_picture_is_still_called_the_users() -> None:
    label = "happy" * 60
    result = result_with(Box(20, 100, 60, 140), label, 0.46)  # without a percentage
    own = replace(result, faces=(replace(result.faces[0], own=label),))
    ends = [draw_result(one.frame.image, one)[:95, -80:] for one in (result, own)]
    assert not np.array_equal(*ends)


@pytest.mark.parametrize(
    ("font", "pairs"),
    [
        ("DejaVuSans.ttf", ("äö", "čš", "жщ", "λδ")),
        ("NotoSansCJK-Regular.ttc", ("笑顔", "기슬")),
        ("wqy-microhei.ttc", ("笑顔", "기슬")),
        ("DroidSansFallbackFull.ttf", ("笑顔", "伤怒")),
    ],
)
def test_letters_of_other_languages_can_be_told_apart(font: str, pairs: tuple[str, ...]) -> None:
    """A font that lacks them draws the same crossed box for all."""
    try:
        ImageFont.truetype(font, 24)
    except OSError:
        pytest.skip("the font is not installed here")
    for one, other in pairs:
        assert not np.array_equal(text_mask(one, 24), text_mask(other, 24)), one
        beside = [text_mask(letters + "🥲", 24) for letters in (one, other)]
        assert not np.array_equal(*beside), "a letter that every font lacks costs only itself"
        numbered = [text_mask(f"{number} {one}", 24) for number in (1, 2)]
        assert not np.array_equal(*numbered), "some fonts of East Asia have no digits"


@pytest.mark.parametrize(
    ("font", "text"),
    [
        ("", "sad (own label)"),
        ("", "[|]"),
        ("DejaVuSans.ttf", "BUỒN"),
        ("DejaVuSans.ttf", "حزين"),
        ("NotoSansCJK-Regular.ttc", "笑顔"),
        ("DroidSansFallbackFull.ttf", "笑顔"),
    ],
)
def test_no_letter_is_cut_off_above_or_below(font: str, text: str) -> None:
    try:
        known = ImageFont.truetype(font, 40) if font else ImageFont.load_default(40)
    except OSError:
        pytest.skip("the font is not installed here")
    _, top, _, bottom = known.getmask(text).getbbox()
    rows = np.flatnonzero(text_mask(text, 40).any(axis=1))
    assert rows[-1] - rows[0] + 1 >= bottom - top


def test_in_a_picture_of_4k_a_far_face_has_a_label_that_can_be_read() -> None:
    result = result_with(Box(20, 200, 24, 204))
    heights_px = []
    for times in (2, 6):  # 1280x720 and 3840x2160
        drawn = draw_result(np.zeros((360 * times, 640 * times, 3), np.uint8), result)
        heights_px.append(int(np.count_nonzero(drawn[: 198 * times].any(axis=(1, 2)))))
    assert heights_px[1] > 2.4 * heights_px[0]


def test_the_labels_of_a_long_recording_take_little_memory() -> None:
    image = np.zeros((2160, 1200, 3), np.uint8)  # as high as 4K, and wide enough for a label
    tracemalloc.start()
    try:
        for percentage in range(50, 99):
            result = result_with(Box(0, 100, 640, 300), "happy", percentage / 100)
            for track in range(1, 5):
                draw_result(image, replace(result, faces=(replace(result.faces[0], track=track),)))
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held_bytes < 25e6  # 196 labels of some 90,000 pixels, of a byte each


@pytest.mark.parametrize("face_px", [24, 400])
def test_a_wider_picture_has_no_larger_labels(face_px: int) -> None:
    result = result_with(Box(20, 600, 20 + face_px, 600 + face_px))
    heights_px = []
    for width in (640, 1920):
        image = np.zeros((1080, width, 3), np.uint8)
        drawn = draw_result(image, replace(result, frame=Frame(image, 0, 0.0, 0.0)))
        heights_px.append(int(np.count_nonzero(drawn[:595].any(axis=(1, 2)))))
    assert heights_px[0] == heights_px[1] > 10


def test_on_a_screen_of_high_density_small_text_has_as_many_more_pixels() -> None:
    result = result_with(Box(20, 100, 40, 120))
    heights_px = []
    for ratio in (1, 2):
        drawn = draw_result(np.zeros((360 * ratio, 640 * ratio, 3), np.uint8), result, ratio=ratio)
        above = drawn[: 100 * ratio - 4].any(axis=(1, 2))
        heights_px.append(int(np.count_nonzero(above)))
    assert heights_px[0] > 10
    assert heights_px[1] == pytest.approx(2 * heights_px[0], abs=3)
