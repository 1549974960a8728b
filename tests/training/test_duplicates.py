"""Near-duplicates, groups and splits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from happysad_live.errors import TrainingError
from training.faces import duplicates
from training.faces.duplicates import (
    are_copies,
    contradictions,
    near_duplicates,
    same_key_pairs,
    same_pictures,
)
from training.faces.fingerprints import Fingerprint, fingerprint_of
from training.faces.groups import group_numbers, straddling_groups
from training.faces.split import TRAIN_OR_VAL, assign_splits, with_train_divided


def picture(seed: int, cells: int = 12) -> np.ndarray:
    """The fewer cells, the smoother."""
    noise = np.random.default_rng(seed).integers(0, 256, (cells, cells), dtype=np.uint8)
    return cv2.resize(noise, (256, 256), interpolation=cv2.INTER_CUBIC)


def pairs_of(pictures: list[np.ndarray]) -> set[tuple[int, int]]:
    found = near_duplicates([fingerprint_of(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB)) for one in pictures])
    return {(int(a), int(b)) for a, b in found}


def split_up(strata: np.ndarray, *known: np.ndarray, **shares: float) -> np.ndarray:
    """Where each stratum is a class."""
    return assign_splits(strata, *known, classes=strata, **shares)  # type: ignore[arg-type,misc]


def test_a_saved_again_a_darker_and_a_mirrored_copy_are_found_and_nothing_else() -> None:
    first, second = picture(1), picture(2)
    _, encoded = cv2.imencode(".jpg", first, [cv2.IMWRITE_JPEG_QUALITY, 40])
    again = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    darker = (second * 0.7).astype(np.uint8)
    mirrored = np.ascontiguousarray(first[:, ::-1])
    found = pairs_of([first, second, picture(3), again, darker, mirrored])
    assert found == {(0, 3), (0, 5), (1, 4), (3, 5)}


def cut_anew(photograph: np.ndarray, *, scale: float, angle_degrees: float = 0.0) -> np.ndarray:
    """As a detector's box differs a little from one copy of a photograph to the next."""
    change = cv2.getRotationMatrix2D((128, 128), angle_degrees, scale)
    return cv2.warpAffine(photograph, change, (256, 256), borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_copy_that_was_cut_anew_is_found(is_mirrored: bool) -> None:
    photograph = picture(1, cells=6)
    anew = cut_anew(np.roll(photograph, (-6, 4), (0, 1)), scale=1.08, angle_degrees=4)
    if is_mirrored:
        anew = np.ascontiguousarray(anew[:, ::-1])
    assert pairs_of([photograph, picture(2, cells=6), anew, picture(3, cells=6)]) == {(0, 2)}


def test_two_pictures_of_one_person_are_no_copies() -> None:
    """A copy correlates by .99, mirrored or not; another expression before the same wall by .97."""
    rng = np.random.default_rng(0)
    first, noise = rng.normal(0, 30, (2, 32, 32))
    pictures = [first] + [share * first + (1 - share**2) ** 0.5 * noise for share in (0.99, 0.97)]
    pictures.append(pictures[1][:, ::-1])
    thumbnails = np.clip(np.rint(np.stack(pictures) + 128), 0, 255).astype(np.uint8)
    pairs = np.array([[0, 1], [0, 2], [0, 3]])
    assert are_copies(pairs, thumbnails).tolist() == [True, False, True]


def test_groups_join_through_others() -> None:
    edges = np.array([[0, 3], [3, 5]])
    numbers = group_numbers(7, [edges, same_key_pairs(["", "a", "", "", "a", "", ""], np.eye(7))])
    assert numbers[0] == numbers[3] == numbers[5] >= 0
    assert numbers[1] == numbers[4] >= 0
    assert numbers[1] != numbers[0]
    assert numbers[2] == numbers[6] == -1


def test_duplicates_with_different_labels_contradict_but_votes_may_differ() -> None:
    labels = np.float32([[1, 0, 0], [0, 1, 0], [0.6, 0.4, 0], [0.3, 0.6, 0.1], [1, 0, 0]])
    pairs = np.array([[0, 1], [2, 3], [0, 4]])
    assert contradictions(pairs, labels) == {0: 1, 1: 0}


def names(count: int) -> np.ndarray:
    return np.array([f"picture {number}" for number in range(count)])


def test_votes_contradict_where_less_than_a_fifth_agrees() -> None:
    """They share 0.3, and 0.1."""
    labels = np.float32([[0.7, 0.3, 0], [0, 0.3, 0.7], [0.9, 0.1, 0], [0, 0.1, 0.9]])
    assert contradictions(np.array([[0, 1], [2, 3]]), labels) == {2: 3, 3: 2}


def test_who_contradicts_whom_does_not_hang_on_the_order() -> None:
    for labels in (["happy", "happy", "sad"], ["happy", "sad", "happy"], ["sad", "happy", "happy"]):
        rows = np.stack([np.eye(3)[["happy", "sad", "neutral"].index(label)] for label in labels])
        assert set(contradictions(same_key_pairs(["7", "7", "7"], rows), rows)) == {0, 1, 2}
    labels = np.eye(7)[[0, 1, 1, 1, 0]]
    assert same_key_pairs(["", "a", "b", "a", ""], labels).tolist() == [[1, 3]]


def test_the_frames_of_a_video_are_joined_without_comparing_each_with_each() -> None:
    labels = np.eye(7)[[0, 1] + [0] * 4998]
    pairs = same_key_pairs(["video"] * 5000, labels)
    assert len(pairs) < 10_000
    assert set(contradictions(pairs, labels)) == set(range(5000))
    assert group_numbers(5000, [pairs]).tolist() == [0] * 5000


def test_splits_keep_groups_together_and_classes_in_proportion() -> None:
    rng = np.random.default_rng(0)
    strata = rng.choice(["web/happy", "web/sad", "press/happy"], 1200, p=[0.5, 0.2, 0.3])
    group = np.where(rng.random(1200) < 0.3, rng.integers(0, 120, 1200), -1)
    split = split_up(strata, group, np.full(1200, ""), names(1200), val_share=0.2, test_share=0.1)
    assert straddling_groups(group, split) == 0
    for name in np.unique(strata):
        here = split[strata == name]
        assert (here == "val").mean() == pytest.approx(0.2, abs=0.05)
        assert (here == "test").mean() == pytest.approx(0.1, abs=0.05)


def test_one_person_with_half_of_a_class_does_not_upset_the_shares_of_the_others() -> None:
    strata = np.array(["press/sad"] * 100 + ["press/happy"] * 400)
    group = np.r_[np.zeros(50, int), np.full(450, -1)]
    split = split_up(strata, group, np.full(500, ""), names(500), val_share=0.15)
    assert len(set(split[:50])) == 1
    assert (split[:100] == "val").sum() <= 25
    assert (split[100:] == "val").mean() == pytest.approx(0.15, abs=0.03)


def test_given_splits_are_respected_and_a_straddling_group_goes_to_train() -> None:
    group = np.array([0, 0, 1, 1, -1, -1])
    given = np.array(["test", "val", "val", "", "test", ""])
    split = split_up(np.full(6, "s"), group, given, names(6), val_share=0.0)
    assert split.tolist() == ["train", "train", "val", "val", "test", "train"]
    assert straddling_groups(group, given) == 1


def test_splits_are_the_same_every_time() -> None:
    arguments = (np.array(["a", "b"] * 50), np.full(100, -1), np.full(100, ""), names(100))
    first, again = (split_up(*arguments, val_share=0.3, seed=4) for _ in range(2))
    other = split_up(*arguments, val_share=0.3, seed=5)
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_another_picture_moves_hardly_anybody_else() -> None:
    """One lost picture and one new pair of near-duplicates, as another machine's rounding brings."""
    strata, given = np.array(["web/happy", "web/sad"] * 500), np.full(1000, "")
    alone = np.full(1000, -1)
    before = split_up(strata, alone, given, names(1000), val_share=0.15)
    paired = alone.copy()
    paired[[20, 30]] = 0
    kept = np.arange(1000) != 500
    after = split_up(strata[kept], paired[kept], given[kept], names(1000)[kept], val_share=0.15)
    assert (before[kept] != after).sum() <= 4


@pytest.mark.parametrize(("val_share", "test_share"), [(0.6, 0.5), (0.5, 0.5), (-0.1, 0.0), (0.0, -0.1)])
def test_shares_that_leave_nothing_to_train_on_are_refused(val_share: float, test_share: float) -> None:
    with pytest.raises(TrainingError, match="leave a part for train"):
        split_up(
            np.array(["a"]),
            np.array([-1]),
            np.array([""]),
            names(1),
            val_share=val_share,
            test_share=test_share,
        )


def test_a_larger_share_for_val_leaves_the_test_pictures_as_they_are() -> None:
    arguments = (np.full(200, "a"), np.full(200, -1), np.full(200, ""), names(200))
    less, more = (split_up(*arguments, val_share=share, test_share=0.2) for share in (0.1, 0.3))
    assert (less == "test").sum() == 40
    assert ((less == "test") == (more == "test")).all()


def test_a_rare_class_has_its_share_in_every_split() -> None:
    strata = np.repeat(["happy", "neutral", "sad"], [970, 20, 10])
    alone, none = np.full(1000, -1), np.full(1000, "")
    split = split_up(strata, alone, none, names(1000), val_share=0.2, test_share=0.1)
    for name, size in (("happy", 970), ("neutral", 20), ("sad", 10)):
        here = split[strata == name]
        assert ((here == "val").sum(), (here == "test").sum()) == (0.2 * size, 0.1 * size)


def fingerprints(count: int) -> list[Fingerprint]:
    """Of pictures of noise, which have nothing to do with each other."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, (count, 2), dtype=np.uint64).tolist()
    prints = rng.integers(0, 256, (count, 64, 64), dtype=np.uint8)
    return [Fingerprint(one, other, grey) for (one, other), grey in zip(hashes, prints, strict=True)]


def test_copies_are_found_wherever_they_lie_among_thousands(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are compared block by block, and in each some at a time; with small numbers here."""
    block = 40
    monkeypatch.setattr(duplicates, "_BLOCK_ROWS", block)
    monkeypatch.setattr(duplicates, "_PAIRS_AT_ONCE", 2)
    some = fingerprints(2 * block + 10)
    copies = [
        (0, 2),
        (3, 5),
        (8, 9),
        (7, block + 1),
        (block - 1, 2 * block + 2),
        (block + 4, block + 9),
        (block + 6, 2 * block + 3),
    ]
    for first, second in copies:
        some[second] = some[first]
    assert near_duplicates(some).tolist() == [list(pair) for pair in sorted(copies)]


def test_where_only_copies_across_parts_are_looked_for_those_within_one_are_not_told() -> None:
    some = fingerprints(6)
    some[4] = some[3] = some[1]
    part = np.array([0, 0, 0, 0, 1, 1])
    assert near_duplicates(some, part).tolist() == [[1, 4], [3, 4]]


def test_twelve_of_the_64_bits_of_a_whole_pictures_copy_may_differ_and_twenty_of_a_crops() -> None:
    first, second, third = fingerprints(3)
    for bits, crops, pictures in ((12, 1, 1), (13, 1, 0), (20, 1, 0), (21, 0, 0)):
        some = [first, first._replace(hash=first.hash ^ ((1 << bits) - 1)), second, third]
        assert near_duplicates(some).tolist() == [[0, 1]] * crops
        assert same_pictures(some).tolist() == [[0, 1]] * pictures


def test_the_order_of_the_pictures_does_not_matter_to_the_split() -> None:
    rng = np.random.default_rng(0)
    strata, group = rng.choice(["a", "b"], 400), np.where(rng.random(400) < 0.5, rng.integers(0, 60, 400), -1)
    split = split_up(strata, group, np.full(400, ""), names(400), val_share=0.3, test_share=0.2)
    order = rng.permutation(400)
    again = split_up(
        strata[order], group[order], np.full(400, ""), names(400)[order], val_share=0.3, test_share=0.2
    )
    assert again.tolist() == split[order].tolist()


def test_a_person_is_divided_with_the_class_that_he_shows_most() -> None:
    """A hundred people of nine happy pictures and one sad: a val of sad ones is taken from the lone ones."""
    strata = np.array((["happy"] * 9 + ["sad"]) * 100 + ["sad"] * 100)
    group = np.r_[np.repeat(np.arange(100), 10), np.full(100, -1)]
    split = split_up(strata, group, np.full(1100, ""), names(1100), val_share=0.2)
    assert (split[:1000] == "val").mean() == pytest.approx(0.2, abs=0.01)
    assert (split[1000:] == "val").mean() == pytest.approx(0.2, abs=0.01)


def divided(classes: np.ndarray, group: np.ndarray, test_share: float = 0.0, seed: int = 0) -> np.ndarray:
    """As ingest divides one source: by the class."""
    known = group, np.full(len(group), ""), names(len(group))
    return split_up(classes, *known, val_share=0.15, test_share=test_share, seed=seed)


@pytest.mark.parametrize(
    ("sizes", "test_share", "expected"),
    [
        ([24, 24], 0.0, {"val": 24}),
        ([60, 20, 40], 0.0, {"val": 20}),
        ([60, 20, 40], 0.1, {"val": 40, "test": 20}),  # of 120 a tenth is more than half of 20
        ([60, 40], 0.1, {"val": 40}),  # one is needed to train on
        ([60], 0.0, {}),
        ([1] * 3, 0.0, {}),  # single pictures are too few to judge by
    ],
)
def test_of_two_or_three_people_the_one_with_the_fewest_pictures_is_kept_back(
    sizes: list[int], test_share: float, expected: dict[str, int]
) -> None:
    group = np.repeat(np.arange(len(sizes)), sizes)
    split = divided(np.full(len(group), "happy"), group, test_share)
    kept_back = {str(name): int((split == name).sum()) for name in ("val", "test") if (split == name).any()}
    assert kept_back == expected
    assert straddling_groups(group, split) == 0


def test_two_people_who_show_different_classes_most_are_one_to_learn_from_and_one_to_judge_by() -> None:
    classes = np.repeat(["happy", "sad", "happy", "sad"], [20, 15, 15, 20])
    split = divided(classes, np.repeat([0, 1], 35))
    assert sorted(set(split)) == ["train", "val"] and (split == "val").sum() == 35


def test_of_two_clips_of_each_class_one_is_kept_back() -> None:
    split = divided(np.repeat(["happy", "sad"], 80), np.repeat(np.arange(4), 40))
    assert [(split[start : start + 80] == "val").sum() for start in (0, 80)] == [40, 40]


@pytest.mark.parametrize("seed", range(3))
def test_keeping_one_class_back_leaves_the_others_to_learn_from(seed: int) -> None:
    """Two of three people are sad at times: one of the two has to stay."""
    classes = np.repeat(["happy", "happy", "sad", "sad"], [60, 15, 20, 11])
    split = divided(classes, np.repeat([0, 1, 2], [60, 35, 11]), seed=seed)
    assert set(classes[split == "train"]) == set(classes[split == "val"]) == {"happy", "sad"}


def test_people_who_show_every_class_are_not_kept_back_class_by_class() -> None:
    """Twenty of them, with one favourite or another: three are a share of .15, and show all classes."""
    rng, shares = np.random.default_rng(0), []
    for seed in range(40):
        group = np.repeat(np.arange(20), 30)
        favourite = np.repeat(rng.integers(0, 7, 20), 30)
        classes = np.where(rng.random(600) < 0.4, favourite, rng.integers(0, 7, 600)).astype(str)
        split = divided(classes, group, seed=seed)
        assert set(classes[split == "val"]) == set(classes)
        shares.append((split == "val").mean())
    assert np.mean(shares) == pytest.approx(0.15, abs=0.05) and max(shares) <= 0.3


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a:train a:test b:train b:val c:train", "learn test train val train"),  # c is to learn from only
        ("a:train a:test a: c:train", "learn test  train"),
        ("a:train c:train c:test", "learn learn test"),
    ],
)
def test_training_pictures_are_divided_where_nothing_is_given_to_validate_with(
    given: str, expected: str
) -> None:
    source, split = np.array([one.split(":") for one in given.split(" ")]).T
    assert with_train_divided(split, source).tolist() == expected.split(" ")


def test_what_is_a_copy_of_a_picture_to_learn_from_is_not_tested_on() -> None:
    given = np.array([TRAIN_OR_VAL, "test", TRAIN_OR_VAL, "test", "", "test"])
    group = np.array([0, 0, -1, -1, 1, 1])
    split = split_up(np.full(6, "s"), group, given, names(6), val_share=0.0)
    assert split.tolist() == ["train", "train", "train", "test", "test", "test"]
    # It is divided as the other pictures to learn from are.
    given = np.tile([TRAIN_OR_VAL, "test"], 40)
    split = split_up(np.full(80, "s"), np.repeat(np.arange(40), 2), given, names(80), val_share=0.25)
    assert [(split == name).sum() for name in ("train", "val", "test")] == [60, 20, 0]


def test_a_source_that_names_what_to_test_on_has_no_more_of_it() -> None:
    given = np.array([TRAIN_OR_VAL, "test"] * 40)
    split = split_up(np.full(80, "s"), np.full(80, -1), given, names(80), val_share=0.25, test_share=0.25)
    assert [(split == name).sum() for name in ("train", "val", "test")] == [30, 10, 40]
    # Nor is a class kept back for it that it does not show.
    classes = np.array(["happy", "sad", "happy", "happy"] * 20)
    given = np.array([TRAIN_OR_VAL, TRAIN_OR_VAL, "test", "test"] * 20)
    alone = np.full(80, -1)
    split = assign_splits(
        classes, alone, given, names(80), classes=classes, val_share=0.25, test_share=0.25, seed=0
    )
    assert ((split == "test") == (given == "test")).all()


@pytest.mark.parametrize(("share", "val"), [(0.12, 1), (0.15, 2), (0.24, 2)])
def test_a_share_is_rounded_to_whole_pictures(share: float, val: int) -> None:
    """Of ten pictures 1.2, 1.5 and 2.4."""
    alone, none = np.full(10, -1), np.full(10, "")
    names = np.array([f"picture {number}" for number in range(10)])
    split = split_up(np.full(10, "web/happy"), alone, none, names, val_share=share)
    assert (split == "val").sum() == val
