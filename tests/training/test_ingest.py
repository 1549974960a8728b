"""Ingest: every kind of source, real faces found and cut, every reject told."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_samples import from_afar, left_to_right

from happysad_live.core.file_lock import FileLock
from happysad_live.core.types import Box, Face
from happysad_live.detection.crop import crop_face
from happysad_live.detection.finder import FaceFinder
from happysad_live.errors import TrainingError
from happysad_live.sources.demo.source import DemoSource, expression_at
from training.cli import main
from training.faces.cutting import FaceCutter, cut_faces, main_face, read_picture
from training.faces.faceset import CLASSES, FaceSet
from training.faces.ingest import ingest
from training.faces.ingest_report import report_text
from training.faces.sources import list_source
from training.judging.predict import main_crop

VOTE_NAMES = ["neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown", "NF"]


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint8))


def ferplus(path: Path, votes: list[dict[str, int]], /, **arrays: np.ndarray) -> Path:
    table = np.array([[one.get(name, 0) for name in VOTE_NAMES] for one in votes], np.uint8)
    values = {
        "images": np.zeros((len(votes), 48, 48), np.uint8),
        "votes": table,
        "vote_names": np.array(VOTE_NAMES),
        "split": np.array(["train"] * len(votes)),
        "row_id": np.arange(len(votes)) + 100,
        "duplicate_group": np.full(len(votes), -1),
    }
    np.savez(path, **(values | arrays))
    return path


def test_two_programs_do_not_write_one_face_set(tmp_path: Path) -> None:
    out = tmp_path / "mine.faces.npz"
    lock = FileLock.take(tmp_path / ".mine.faces.npz.running")
    assert lock is not None
    with lock, pytest.raises(TrainingError, match="Another program is writing .*mine.faces.npz: wait"):
        ingest([str(tmp_path)], out)
    with pytest.raises(TrainingError, match="has no class folders"):
        ingest([str(tmp_path)], out)


def test_class_folders_become_labels_whatever_the_class_is_called(tmp_path: Path) -> None:
    touch(tmp_path / "Happiness" / "a.jpg")
    touch(tmp_path / "happy" / "d.jpg")
    touch(tmp_path / "sad" / "deep" / "b.PNG")
    touch(tmp_path / "contempt" / "c.jpg")
    touch(tmp_path / "sad" / "e.ppm")
    touch(tmp_path / "sad" / ".thumbnails" / "b.png")
    touch(tmp_path / "__MACOSX" / "sad" / "._b.png")
    touch(tmp_path / "forgotten.jpg")
    listing = list_source(str(tmp_path))
    found = {picture.name: CLASSES[int(picture.label.argmax())] for picture in listing.pictures}
    happy = {"Happiness/a.jpg": "happy", "happy/d.jpg": "happy"}
    assert found == happy | {"sad/deep/b.PNG": "sad", "sad/e.ppm": "sad"}
    assert {reject.name: reject.reason for reject in listing.rejects} == {
        "contempt/c.jpg": "labelled contempt, which is none of the seven classes",
        "forgotten.jpg": "it lies in no class folder",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are not UTF-8")
def test_a_folder_whose_name_is_not_utf_8_is_called_what_a_report_can_hold(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9"))
    touch(tmp_path / "plain" / "happy" / "a.jpg")
    (tmp_path / "plain").rename(folder)
    assert [picture.source for picture in list_source(str(folder)).pictures] == ["caf\\udce9"]


def test_folders_of_splits_hold_class_folders(tmp_path: Path) -> None:
    """As many sets come."""
    expected = {
        "train/happy/a.jpg": ("happy", "train"),
        "test/sad/a.jpg": ("sad", "test"),
        "Validation/sad/a.jpg": ("sad", "val"),
    }
    for name in (*expected, "train/readme.txt", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    listing = list_source(str(tmp_path))
    found = {
        picture.name: (CLASSES[int(picture.label.argmax())], picture.split) for picture in listing.pictures
    }
    assert found == expected
    assert {reject.name for reject in listing.rejects} == {"notes.txt", "train/readme.txt"}
    touch(tmp_path / "angry" / "a.jpg")
    with pytest.raises(TrainingError, match=r"“(test|train|Validation)” in .* is not a class"):
        list_source(str(tmp_path))


def test_folders_of_classes_hold_folders_of_splits(tmp_path: Path) -> None:
    """What is kept for testing must not be learnt from; a folder of another name is no split's."""
    for name in ("happy/train/a.jpg", "happy/Test/deeper/b.jpg", "sad/train/a.jpg", "sad/valid/b.jpg"):
        touch(tmp_path / name)
    found = {picture.name: picture.split for picture in list_source(str(tmp_path)).pictures}
    assert found == {
        "happy/train/a.jpg": "train",
        "happy/Test/deeper/b.jpg": "test",
        "sad/train/a.jpg": "train",
        "sad/valid/b.jpg": "val",
    }
    (tmp_path / "sad" / "Thumbs.db").touch()  # which Windows leaves behind
    beside = {picture.name: picture.split for picture in list_source(str(tmp_path)).pictures}
    assert beside == found | {"sad/Thumbs.db": ""}
    touch(tmp_path / "sad" / "indoors" / "c.jpg")
    assert {picture.split for picture in list_source(str(tmp_path)).pictures} == {""}


def test_votes_become_shares_and_no_faces_are_rejected(tmp_path: Path) -> None:
    votes = [
        {"happy": 6, "neutral": 2, "unknown": 2},
        {"NF": 6, "happy": 4},
        {"unknown": 5, "sad": 3},
        {"contempt": 5, "neutral": 4},
        {"sad": 9, "contempt": 1},
        {},
    ]
    listing = list_source(f"fer={ferplus(tmp_path / 'votes.npz', votes)}")
    assert [picture.name for picture in listing.pictures] == ["row 100", "row 104"]
    first, second = (dict(zip(CLASSES, picture.label, strict=True)) for picture in listing.pictures)
    assert first["happy"] == pytest.approx(0.75) and first["neutral"] == pytest.approx(0.25)
    assert second["sad"] == pytest.approx(1.0)
    assert [reject.name for reject in listing.rejects] == ["row 101", "row 102", "row 103", "row 105"]
    assert {picture.source for picture in listing.pictures} == {"fer"}


def test_votes_may_be_named_as_ferplus_itself_names_them(tmp_path: Path) -> None:
    own = {"happy": "happiness", "sad": "sadness", "angry": "anger"}
    names = np.array([own.get(name, name) for name in VOTE_NAMES])
    path = ferplus(tmp_path / "votes.npz", [{"sad": 7, "happy": 3}, {"NF": 9}], vote_names=names)
    (picture,) = list_source(str(path)).pictures
    assert picture.label[:2] == pytest.approx([0.3, 0.7])
    names[VOTE_NAMES.index("fear")] = "happy"
    with pytest.raises(TrainingError, match="two columns of votes for “happy”"):
        list_source(str(ferplus(tmp_path / "votes.npz", [{"sad": 7}], vote_names=names)))


def test_votes_bring_the_groups_of_duplicates_that_are_known(tmp_path: Path) -> None:
    votes, groups = [{"happy": 6}] * 4, np.array([0, 0, 3, -1])
    pictures = list_source(str(ferplus(tmp_path / "votes.npz", votes, duplicate_group=groups))).pictures
    first, same, other, alone = (picture.duplicate_group_key for picture in pictures)
    assert first == same and len({first, other, alone}) == 3 and not alone


def test_a_csv_brings_source_person_duplicates_and_split(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set.csv").write_text(
        "file,class,source,subject,duplicate_group,split\n"
        "a.jpg,happy,one,p,7,val\nb.jpg,sad,two,p,-1,\nc.jpg,sad,,,,\n"
    )
    a, b, c = list_source(str(tmp_path / "set.csv")).pictures
    assert a.content == tmp_path / "set" / "a.jpg"
    assert (a.source, a.split, b.source, c.source) == ("one", "val", "two", "set")
    assert a.subject == b.subject == "p" and a.subject_key != b.subject_key  # not the same in another source
    assert a.duplicate_group and not b.duplicate_group and not c.duplicate_group


def test_blanks_round_what_a_csv_says_mean_nothing(tmp_path: Path) -> None:
    """One person who lands on both sides of the split would be read from memory."""
    (tmp_path / "set.csv").write_text(
        "file,class,source,subject,duplicate_group\na.jpg,happy,one,P1,7\n b.jpg , sad ,one ,P1 , 7\n"
    )
    a, b = list_source(str(tmp_path / "set.csv")).pictures
    assert (b.name, b.content, b.source) == ("b.jpg", tmp_path / "b.jpg", "one")
    assert (a.subject_key, a.duplicate_group_key) == (b.subject_key, b.duplicate_group_key)


def test_groups_and_persons_as_pandas_writes_them(tmp_path: Path) -> None:
    cells = ["71423", "71423.0", "-1", "-1.0", "nan", "", "NA", "Na"]
    rows = "".join(f"{number}.jpg,happy,{cell}\n" for number, cell in enumerate(cells))
    for column in ("duplicate_group", "subject"):
        (tmp_path / "set.csv").write_text(f"file,class,{column}\n{rows}")
        names = [getattr(picture, column) for picture in list_source(str(tmp_path / "set.csv")).pictures]
        assert names[0] and names[0] == names[1]
        assert names[2:-1] == [""] * 5 and names[-1]  # Na is a name


def test_a_person_is_one_however_the_name_is_typed_and_an_unknown_one_is_nobody(tmp_path: Path) -> None:
    """A table kept by hand: Zoë on both sides of the split would be read from memory."""
    cells = ["Zo\u00eb", "zo\u00eb ", "ZOE\u0308", "Unknown", "UNKNOWN", "none", "-", "n/a", "Null"]
    rows = "".join(f"{number}.jpg,happy,{cell}\n" for number, cell in enumerate(cells))
    (tmp_path / "set.csv").write_text(f"file,class,subject\n{rows}", encoding="utf-8")
    keys = [picture.subject_key for picture in list_source(str(tmp_path / "set.csv")).pictures]
    assert keys[0] and keys[:3] == [keys[0]] * 3
    assert keys[3:8] == [""] * 5
    assert keys[8] not in ("", keys[0])  # Null is a name


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_csv_as_a_spreadsheet_writes_it(tmp_path: Path, mark: str) -> None:
    text = "\ufeffFile; Class;Subject;Age, years\r\na.jpg;happy;p;9\r\n".replace(";", mark)
    (tmp_path / "set.csv").write_text(text, encoding="utf-8")
    (picture,) = list_source(str(tmp_path / "set.csv")).pictures
    assert (picture.name, picture.content) == ("a.jpg", tmp_path / "a.jpg")
    assert picture.subject == "p"


def test_what_excel_writes_before_the_columns_is_passed_over(tmp_path: Path) -> None:
    before = "\ufeffsep=;\r\n\r\n"
    (tmp_path / "set.csv").write_text(f"{before}file;class\r\na.jpg;happy\r\n", encoding="utf-8")
    (picture,) = list_source(str(tmp_path / "set.csv")).pictures
    assert picture.name == "a.jpg"
    (tmp_path / "set.csv").write_text(f"{before}file;class;split\r\na.jpg;happy;half\r\n", encoding="utf-8")
    with pytest.raises(TrainingError, match="“half” in .*, line 4 is not a split"):
        list_source(str(tmp_path / "set.csv"))


def test_quotation_marks_inside_a_cell_hide_nothing(tmp_path: Path) -> None:
    """A note of several lines, marks as Spark escapes them, and one in an unquoted cell."""
    rows = ['a.jpg,happy,"one,\ntwo, three"', 'b.jpg,sad,"he said \\"hi\\""', 'c.jpg,sad,6" high']
    (tmp_path / "set.csv").write_text("\n".join(["file,class,note", *rows]))
    assert [picture.name for picture in list_source(str(tmp_path / "set.csv")).pictures] == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
    ]


def test_splits_of_a_csv_are_called_as_those_of_folders_are(tmp_path: Path) -> None:
    table = tmp_path / "set.csv"
    table.write_text("file,class,split\na.jpg,happy,Training\nb.jpg,sad,testing\nc.jpg,sad,\n")
    assert [picture.split for picture in list_source(str(table)).pictures] == ["train", "test", ""]
    table.write_text("file,class,split\na.jpg,happy,train\nb.jpg,sad,validation\nc.jpg,sad,NA\n")
    assert [picture.split for picture in list_source(str(table)).pictures] == ["train", "val", ""]


def test_a_header_may_have_commas_in_a_quoted_name(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text('file;class;"note, remarks, all"\na.jpg;happy;none\n')
    (picture,) = list_source(str(tmp_path / "set.csv")).pictures
    assert picture.name == "a.jpg"


def test_a_csv_from_windows(tmp_path: Path) -> None:
    """Backslashes in names, capitals in splits, an empty row at the end."""
    touch(tmp_path / "happy" / "a.jpg")
    (tmp_path / "set.csv").write_text("file,class,split\r\nhappy\\a.jpg,happy,Train\r\n,,\r\n")
    (picture,) = list_source(str(tmp_path / "set.csv")).pictures
    assert (picture.content, picture.split) == (tmp_path / "happy" / "a.jpg", "train")


def test_a_row_that_says_the_same_again_counts_once(tmp_path: Path) -> None:
    """Two annotators who agree on a picture; a third row names its person, a fourth another class."""
    touch(tmp_path / "a.jpg")
    rows = "a.jpg,happy,,Ann\na.jpg,happy,,Ben\na.jpg,happy,p,Ann\na.jpg,sad,,Cat\n"
    (tmp_path / "set.csv").write_text(f"file,class,subject,annotator\n{rows}")
    listing = list_source(str(tmp_path / "set.csv"))
    classes = [CLASSES[int(picture.label.argmax())] for picture in listing.pictures]
    assert (classes, [one.subject for one in listing.pictures]) == (["happy", "happy", "sad"], ["", "p", ""])
    assert [reject.reason for reject in listing.rejects] == ["an earlier row says the same"]


def test_accents_of_names_may_be_letters_of_their_own_as_macs_write_them(tmp_path: Path) -> None:
    on_disk, typed = "jose\u0301.jpg", "jos\u00e9.jpg"
    touch(tmp_path / on_disk)
    (tmp_path / "set.csv").write_text(f"file,class\n{typed},happy\n", encoding="utf-8")
    (picture,) = list_source(str(tmp_path / "set.csv")).pictures
    assert isinstance(picture.content, Path) and picture.content.is_file()


def test_files_of_a_csv_may_lie_beside_it_though_a_folder_has_its_name(tmp_path: Path) -> None:
    touch(tmp_path / "set" / "a.jpg")
    touch(tmp_path / "set" / "b.jpg")
    (tmp_path / "set.csv").write_text("file,class\na.jpg,happy\nset/b.jpg,sad\n")
    inside, beside = list_source(str(tmp_path / "set.csv")).pictures
    assert inside.content == tmp_path / "set" / "a.jpg"
    assert beside.content == tmp_path / "set" / "b.jpg"


def test_a_divider_of_a_web_page_is_rejected_and_takes_no_memory() -> None:
    cutter = FaceCutter()
    assert cutter.cut(np.zeros((2, 1000, 3), np.uint8)) is None
    cutter.close()


def test_files_of_the_same_name_do_not_share_their_numbers(tmp_path: Path) -> None:
    text = "file,class,subject,duplicate_group\na.jpg,happy,1,0\n"
    subjects, groups = set(), set()
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "labels.csv").write_text(text)
        (picture,) = list_source(str(tmp_path / folder / "labels.csv")).pictures
        subjects.add(picture.subject_key)
        groups.add(picture.duplicate_group_key)
    assert len(subjects) == len(groups) == 2


def test_an_npz_with_other_splits_is_refused(tmp_path: Path) -> None:
    path = ferplus(tmp_path / "votes.npz", [{"happy": 6}], split=np.array(["PublicTest"]))
    with pytest.raises(TrainingError, match="“PublicTest” in .* is not a split"):
        list_source(str(path))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file,label\na.jpg,happy\n", "lacks the column “class”"),
        ("file,class\na.jpg,hapy\n", "“hapy” in .* line 2 is not a class"),
        ("file,class\n\n\na.jpg,happy\n\nb.jpg,hapy\n", "“hapy” in .* line 6 is not a class"),
        ("file,class,split\na.jpg,happy,half\n", "“half” in .* is not a split"),
        (
            'file,class,note\na.jpg,happy,"dim\nb.jpg,sad,\nc.jpg,sad,\n',
            "behind line 1 .* hides the rows",
        ),
        (
            'file,class,note\na.jpg,sad,\nb.jpg,sad,"x\nc.jpg,sad,"y\n',
            "behind line 2 .* hides the rows",
        ),
        ("file,class\n", "lists no pictures"),
        ("file,class\na.jpg,happy\nb.jpg,happy\n", r"one class only \(happy\): at least two are needed\.$"),
        (
            "file,class\na.jpg,happy\nb.jpg,sad\n",
            r"2 were left out, 2 .*“the file is missing”",
        ),
    ],
)
def test_a_bad_csv_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(TrainingError, match=sentence):
        ingest([str(tmp_path / "bad.csv")], tmp_path / "out.faces.npz", processes=1)
    assert not (tmp_path / "out.faces.npz").exists()


def test_a_csv_in_another_encoding_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text("file,class\na.jpg,happy\n", encoding="utf-16")
    with pytest.raises(TrainingError, match="set.csv is not UTF-8 text: save it as “CSV UTF-8”"):
        list_source(str(tmp_path / "set.csv"))


def test_bad_folders_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no class folders"):
        list_source(str(tmp_path))
    touch(tmp_path / "happy" / "a.jpg")
    (tmp_path / "sad").mkdir()
    with pytest.raises(TrainingError, match="sad holds no pictures"):
        list_source(str(tmp_path))
    (tmp_path / "sad").rename(tmp_path / "glad")
    with pytest.raises(TrainingError, match="“glad” in .* is not a class"):
        list_source(str(tmp_path))
    with pytest.raises(TrainingError, match="no file or folder"):
        list_source(str(tmp_path / "nowhere"))


def test_a_source_called_all_is_refused(tmp_path: Path) -> None:
    """In the figures, “all” is every source together."""
    touch(tmp_path / "all" / "happy" / "a.png")
    touch(tmp_path / "all" / "sad" / "b.png")
    with pytest.raises(TrainingError, match="cannot be called “all”"):
        ingest([str(tmp_path / "all")], tmp_path / "out", processes=1)


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    touch(tmp_path / "faces" / "happy" / "a.png")
    touch(tmp_path / "faces" / "sad" / "b.png")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TrainingError, match=r"out\.faces\.npz cannot be written"):
        ingest([str(tmp_path / "faces")], tmp_path / "file" / "out", processes=1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_a_picture_whose_name_is_no_text_is_rejected_by_name(tmp_path: Path) -> None:
    touch(tmp_path / "happy" / "a.png")
    (tmp_path / "happy" / "a.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/happy/m\xfcde.png"))
    touch(tmp_path / "happy" / "b.png")
    listing = list_source(str(tmp_path))
    assert [picture.name for picture in listing.pictures] == ["happy/b.png"]
    assert listing.rejects[0].name == "happy/m\\udcfcde.png" and "rename it" in listing.rejects[0].reason


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_linked_folders_are_read_and_do_not_go_round(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "friend.jpg")
    touch(tmp_path / "faces" / "happy" / "mine.jpg")
    touch(tmp_path / "faces" / "sad" / "mine.jpg")
    (tmp_path / "faces" / "happy" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "faces" / "happy" / "twice").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "faces" / "sad" / "round").symlink_to(tmp_path / "faces" / "sad")
    (tmp_path / "faces" / "happy" / "up").symlink_to("..")
    names = [picture.name for picture in list_source(str(tmp_path / "faces")).pictures]
    assert names == ["happy/linked/friend.jpg", "happy/mine.jpg", "sad/mine.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    """As into a disk that is not there: it is told with what cannot be read."""
    for name in ("happy", "sad"):
        touch(tmp_path / "faces" / name / "mine.jpg")
    (tmp_path / "faces" / "sad" / "theirs.jpg").symlink_to(tmp_path / "gone" / "theirs.jpg")
    names = [picture.name for picture in list_source(str(tmp_path / "faces")).pictures]
    assert names == ["happy/mine.jpg", "sad/mine.jpg", "sad/theirs.jpg"]


def test_groups_of_duplicates_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = ferplus(tmp_path / "votes.npz", [{"happy": 6}], duplicate_group=np.array(["a"]))
    with pytest.raises(TrainingError, match="“duplicate_group” in .* must hold whole numbers"):
        list_source(str(path))


@pytest.mark.parametrize("name", ["vote_names", "split", "row_id", "duplicate_group"])
@pytest.mark.parametrize("shape", [(), (2, 1)])
def test_what_is_no_column_is_refused(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    plain = {"vote_names": "happy", "split": "train", "row_id": 7, "duplicate_group": -1}
    arrays = {name: np.full(shape, plain[name])}
    path = ferplus(tmp_path / "votes.npz", [{"happy": 6}, {"sad": 6}], **arrays)
    with pytest.raises(TrainingError, match=f"“{name}” in .* must be a row of values"):
        list_source(str(path))


@pytest.mark.parametrize(("name", "sentence"), [("images", "must be uint8"), ("votes", "must be numbers")])
def test_one_number_instead_of_a_table_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    arrays = {name: np.array(3, np.uint8)}
    path = ferplus(tmp_path / "votes.npz", [{"happy": 6}, {"sad": 6}], **arrays)
    with pytest.raises(TrainingError, match=sentence):
        list_source(str(path))


def test_a_face_set_is_not_ingested_again(tmp_path: Path) -> None:
    path = ferplus(tmp_path / "all.faces.npz", [{"happy": 10}])
    with pytest.raises(TrainingError, match="face set already"):
        list_source(str(path))


@pytest.mark.parametrize(
    "images",
    [np.zeros((1, 48, 48), np.float32), np.zeros((1, 48, 48, 4), np.uint8), np.zeros((1, 0, 0), np.uint8)],
)
def test_an_npz_of_other_pixels_is_refused(tmp_path: Path, images: np.ndarray) -> None:
    path = ferplus(tmp_path / "votes.npz", [{"happy": 6}], images=images)
    with pytest.raises(TrainingError, match="they must be uint8"):
        list_source(str(path))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([9.0] + [0.0] * 8, r"shape \(3, 9\): .* column for each of the 10 vote_names"),
        ([float("nan")] + [0.0] * 9, r"votes of picture 1 .* \[nan, 0\.0, .*: they must be 0 or more"),
        ([9.0, -1.0] + [0.0] * 8, r"votes of picture 1 .* \[9\.0, -1\.0, .*: they must be 0 or more"),
        (["nine"] + ["0"] * 9, "must be numbers"),
    ],
)
def test_wrong_votes_are_told_before_the_work(tmp_path: Path, row: list[object], sentence: str) -> None:
    votes = np.array([[9, 1] + [0] * (len(row) - 2), row, row])
    path = ferplus(tmp_path / "votes.npz", [{"happy": 6}] * 3, votes=votes)
    with pytest.raises(TrainingError, match=sentence):
        list_source(str(path))


def test_a_folder_that_is_closed_is_told(tmp_path: Path, close_folder: Callable[[Path], None]) -> None:
    closed = tmp_path / "happy" / "closed"
    touch(closed / "a.png")
    touch(tmp_path / "happy" / "b.png")
    close_folder(closed)
    with pytest.raises(TrainingError, match="closed cannot be opened: Permission denied"):
        list_source(str(tmp_path))


def test_an_npz_without_votes_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "faces.npz", images=np.zeros((2, 48, 48), np.uint8))
    with pytest.raises(TrainingError, match="lacks the array “votes”"):
        list_source(str(tmp_path / "faces.npz"))


def test_the_main_face_is_large_and_central() -> None:
    def face(x: float, y: float, width: float) -> Face:
        return Face(Box(x, y, x + width, y + width), np.zeros((6, 2), np.float32), 0.9)

    small_central, large_central, large_aside = face(190, 190, 20), face(140, 140, 120), face(0, 0, 130)
    assert main_face([small_central, large_aside, large_central], 400, 400) is large_central


def test_of_three_people_side_by_side_the_one_in_the_middle_is_taken(finder: FaceFinder) -> None:
    picture = DemoSource(3).picture_at(0.0)
    _, middle, _ = left_to_right(finder.find(picture, still=True))
    cutter = FaceCutter()
    cut = cutter.cut(picture)
    cutter.close()
    assert cut is not None and cut.faces == 3
    np.testing.assert_array_equal(cut.context, crop_face(picture, middle, 320, 1.5))
    crop, faces = main_crop(picture)
    assert faces == 3
    np.testing.assert_array_equal(crop, finder.crop(picture, middle))


def test_a_picture_too_tight_for_the_apps_own_search_is_judged_by_the_crop_of_its_face(
    finder: FaceFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = DemoSource(1).picture_at(0.0)
    box = finder.find(picture, still=True)[0].box
    close = cv2.resize(picture[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)], (300, 300))
    (face,) = finder.short.find(close, Box(-90, -90, 390, 390))
    monkeypatch.setattr(FaceFinder, "find", lambda *_, **__: [])
    crop, faces = main_crop(close)
    assert faces == 1
    assert np.abs(crop.astype(int) - crop_face(close, face)).mean() < 0.05


@pytest.fixture(scope="session")
def real_faces(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A csv of a few real faces, two copies of one under another class, and files that are no faces."""
    folder = tmp_path_factory.mktemp("real")
    rows = []
    with (shared_data / "web_faces.csv").open() as file:
        listed = list(csv.DictReader(file))
    for name in ("happy", "sad"):
        chosen = [row for row in listed if row["class"] == name][:6]
        for row in chosen:
            target = folder / Path(row["file"]).name
            shutil.copy(shared_data / "web_faces" / row["file"], target)
            rows.append((target.name, name))
    picture = cv2.imread(str(folder / rows[0][0]))
    cv2.imwrite(str(folder / "copy.jpg"), cv2.convertScaleAbs(picture, alpha=0.9))
    cv2.imwrite(str(folder / "wall.png"), np.tile(np.arange(120, dtype=np.uint8)[:, None, None], (1, 120, 3)))
    (folder / "broken.jpg").write_bytes(b"not a picture")
    rows += [("copy.jpg", "sad"), ("wall.png", "sad"), ("broken.jpg", "happy"), ("gone.jpg", "happy")]
    text = "file,class\n" + "".join(f"{name},{label}\n" for name, label in rows)
    (folder / "faces.csv").write_text(text)
    return folder / "faces.csv"


def test_real_faces_are_cut_and_every_reject_is_told(real_faces: Path, tmp_path: Path) -> None:
    report = ingest([f"mine={real_faces}"], tmp_path / "out", val_share=0.25, processes=1)
    faces = FaceSet.load(tmp_path / "out.faces.npz")
    reasons = {reject.name: reject.reason for reject in report.rejects}
    assert reasons["wall.png"] == "no face found"
    assert reasons["broken.jpg"] == "the file cannot be read as a picture"
    assert reasons["gone.jpg"] == "the file is missing"
    assert "near-duplicate" in reasons["copy.jpg"] and "happy" in reasons["copy.jpg"]
    assert len(reasons) == 5  # the picture that was copied contradicts its copy, so it goes too
    assert len(faces) == 11
    assert set(faces.split) == {"train", "val"}
    with (tmp_path / "out.rejects.csv").open(newline="") as file:
        listed = {row["name"]: row["reason"] for row in csv.DictReader(file)}
    assert listed == reasons
    told = json.loads((tmp_path / "out.report.json").read_text())
    assert told["sha256"] == faces.sha256()
    text = report_text(report)
    assert "Left out: 5 pictures" in text and "mine" in text
    assert "2  mine: labelled differently from a near-duplicate" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.faces.npz",
        "out.rejects.csv",
        "out.report.json",
    ]


def test_of_many_small_sources_a_share_is_kept_back_too(real_faces: Path, tmp_path: Path) -> None:
    """Two or three pictures of a class and source: a quarter of each by itself would be none."""
    rows = list(csv.DictReader(real_faces.read_text().splitlines()))
    rows = [row for row in rows if row["file"].count("_")]
    lines = [f"{row['file']},{row['class']},photographs of {number % 5}" for number, row in enumerate(rows)]
    (real_faces.parent / "small.csv").write_text("\n".join(["file,class,source", *lines]))
    report = ingest([str(real_faces.parent / "small.csv")], tmp_path / "out", val_share=0.25, processes=1)
    # In the table the sources are told apart by what is last in their names.
    assert all(f"\nphotographs of {number}  train" in report_text(report) for number in range(5))
    faces = FaceSet.load(tmp_path / "out.faces.npz")
    kept_back = faces.hard_labels[faces.split == "val"]
    assert sorted(CLASSES[label] for label in kept_back) == ["happy"] * 2 + ["sad"] * 2


def test_crops_show_an_upright_face_in_the_middle(real_faces: Path, tmp_path: Path) -> None:
    """Found again in the crop, eyes are level and at the place that the framing says."""
    from happysad_live.detection.mediapipe_detector import MediaPipeDetector

    ingest([str(real_faces)], tmp_path / "out.faces.npz", processes=1)
    faces = FaceSet.load(tmp_path / "out.faces.npz")
    detector = MediaPipeDetector("short")
    tilts, middles = [], []
    for row in range(len(faces)):
        padded = cv2.copyMakeBorder(faces.crop(row), 80, 80, 80, 80, cv2.BORDER_CONSTANT)
        for face in detector.find(padded)[:1]:
            right, left = face.keypoints[0] - 80, face.keypoints[1] - 80
            tilts.append(abs(np.degrees(np.arctan2(*(left - right)[::-1]))))
            middles.append(((right + left) / 2 + face.keypoints[3] - 80) / 2)
    detector.close()
    assert len(tilts) >= 0.8 * len(faces)
    assert np.median(tilts) < 4
    np.testing.assert_allclose(np.median(middles, axis=0), [127.5, 127.5], atol=8)


def test_a_huge_photograph_gives_the_crop_of_a_small_one(real_faces: Path) -> None:
    """Twelve megapixels, in which the detector sees a shrunk copy."""
    picture = read_picture(list_source(str(real_faces)).pictures[0].content)
    assert picture is not None
    cutter = FaceCutter()
    crops = [
        cutter.cut(cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_CUBIC))
        for side_px in (900, 3500)
    ]
    cutter.close()
    assert crops[0] is not None and crops[1] is not None
    difference = np.abs(crops[0][0].astype(float) - crops[1][0].astype(float)).mean()
    mirrored = np.abs(crops[0][0].astype(float) - crops[1][0][:, ::-1].astype(float)).mean()
    assert difference < 4 and difference < mirrored / 4


@pytest.mark.parametrize("zoom", [0.5, 0.25])
def test_a_person_far_away_gives_the_crop_of_a_near_one(zoom: float) -> None:
    """A snapshot of a room: the face is 5 to 10 % of its width."""
    picture = DemoSource(1).picture_at(1.0)
    cutter = FaceCutter()
    near, far = cutter.cut(picture), cutter.cut(from_afar(picture, zoom))
    cutter.close()
    assert near is not None and far is not None
    difference, mirrored = (
        np.abs(near[0].astype(float) - other).mean() for other in (far[0], far[0][:, ::-1])
    )
    assert difference < mirrored / 2


def test_mirrored_pictures_under_another_class_are_left_out_with_what_they_contradict(
    real_faces: Path, tmp_path: Path
) -> None:
    """The crop of a mirrored picture is cut where its own face is found: most differ too much to be copies
    by themselves, and some so much that they are not even near-duplicates."""
    originals = [row for row in csv.DictReader(real_faces.read_text().splitlines()) if "_" in row["file"]]
    assert len(originals) == 12
    for row in originals:
        picture = cv2.imread(str(real_faces.parent / row["file"]))
        mirrored_label = {"happy": "sad", "sad": "happy"}[row["class"]]
        for label, one in ((row["class"], picture), (mirrored_label, picture[:, ::-1])):
            target = tmp_path / "faces" / label / f"{row['class']}_{row['file']}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(target), one)
    report = ingest([str(tmp_path / "faces")], tmp_path / "out", processes=1)
    kinds = [reject.kind for reject in report.rejects]
    assert kinds.count("labelled differently from a near-duplicate") >= 20


def test_pictures_that_the_source_gives_to_two_splits_of_one_person_are_told(
    real_faces: Path, tmp_path: Path
) -> None:
    rows = [row for row in csv.DictReader(real_faces.read_text().splitlines()) if "_" in row["file"]]
    lines = [
        f"{row['file']},{row['class']},{number // 2 if number < 4 else ''},{('train', 'test')[number % 2]}"
        for number, row in enumerate(rows)
    ]
    (real_faces.parent / "given.csv").write_text("\n".join(["file,class,subject,split", *lines]))
    report = ingest([str(real_faces.parent / "given.csv")], tmp_path / "out", val_share=0.3, processes=1)
    told = "Moved to another split: 2 pictures whose person or photograph is in two of the given ones."
    assert told in report_text(report)
    assert set(report.faces.split) == {"train", "val", "test"}  # of those to train on, where none is given


def test_persons_who_are_called_alike_in_two_tables_are_told(real_faces: Path, tmp_path: Path) -> None:
    """They count as others, unless both tables are given one name."""
    rows = [row for row in csv.DictReader(real_faces.read_text().splitlines()) if "_" in row["file"]]
    tables = [real_faces.parent / "first.csv", real_faces.parent / "second.csv"]
    for start, table in enumerate(tables):
        lines = [f"{row['file']},{row['class']},{number // 2}" for number, row in enumerate(rows[start::2])]
        table.write_text("\n".join(["file,class,subject", *lines]))
    persons = len(range(0, len(rows) // 2, 2))
    report = ingest([str(table) for table in tables], tmp_path / "apart", processes=1)
    assert report.summary["persons"]["persons"] == 2 * persons
    assert f"Called alike in several sources: {persons} names, counted as different people." in report_text(
        report
    )
    report = ingest([f"both={table}" for table in tables], tmp_path / "joined", processes=1)
    assert report.summary["persons"]["persons"] == persons
    text = report_text(report)
    assert f"People: {persons}, each on one side of the split; the most frequent one is in 4" in text
    assert "Called alike" not in text


def test_pictures_of_groups_are_told(tmp_path: Path) -> None:
    """Of three people one is taken, whose expression need not be the label's."""
    for name, people in (("happy", 1), ("sad", 3)):
        (tmp_path / "drawn" / name).mkdir(parents=True)
        for number in range(2):
            picture = DemoSource(people).picture_at(10.0 * number)
            cv2.imwrite(str(tmp_path / "drawn" / name / f"{number}.png"), picture)
    report = ingest([str(tmp_path / "drawn")], tmp_path / "out", processes=1)
    told = "Several faces: 2 pictures; the largest and most central one was taken."
    assert told in report_text(report)


def test_only_who_wants_pictures_to_judge_training_by_is_told_that_there_are_none(tmp_path: Path) -> None:
    for number, name in enumerate(("happy", "sad")):
        (tmp_path / "drawn" / name).mkdir(parents=True)
        picture = DemoSource(1).picture_at(10.0 * number)
        cv2.imwrite(str(tmp_path / "drawn" / name / "0.png"), picture)
    (tmp_path / "kept.csv").write_text(
        "file,class,split\ndrawn/happy/0.png,happy,test\ndrawn/sad/0.png,sad,test\n"
    )

    def told(source: str, val_share: float) -> str:
        return report_text(
            ingest([str(tmp_path / source)], tmp_path / "out", val_share=val_share, processes=1)
        )

    assert "No picture is in val" in told("drawn", 0.1)
    assert "No picture is in val" not in told("drawn", 0.0)
    assert "No picture is in val" not in told("kept.csv", 0.1)  # a set to test on, not to train on


def test_copies_that_contradict_each_other_are_not_told_to_be_in_the_set(
    real_faces: Path, tmp_path: Path
) -> None:
    """Of one picture there are two copies of the same class, of another one two that are left out."""
    rows = [row for row in csv.DictReader(real_faces.read_text().splitlines()) if "_" in row["file"]]
    happy = [real_faces.parent / row["file"] for row in rows if row["class"] == "happy"]
    sad = [real_faces.parent / row["file"] for row in rows if row["class"] == "sad"]
    copies = {"happy": [happy[0], happy[0], happy[1]], "sad": [sad[0], sad[1], happy[1]]}
    for name, paths in copies.items():
        (tmp_path / "faces" / name).mkdir(parents=True)
        for number, path in enumerate(paths):
            shutil.copy(path, tmp_path / "faces" / name / f"{number}{path.suffix}")
    report = ingest([str(tmp_path / "faces")], tmp_path / "out", processes=1)
    assert (len(report.faces), len(report.rejects)) == (4, 2)
    assert "Near-duplicates: 2 pictures in 1 group, each on one side" in report_text(report)


def test_mirror_images_stay_on_one_side(tmp_path: Path) -> None:
    """Of a mirrored picture, the detector places the crop a little differently."""
    demo = DemoSource(4)
    for time_s in (4.0, 15.0):
        people = np.split(demo.picture_at(time_s), 4, axis=1)
        for person, picture in enumerate(people):
            folder = tmp_path / "drawn" / expression_at(person, time_s).name
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / f"{person}.png"), picture)
            cv2.imwrite(str(folder / f"{person}_mirrored.png"), picture[:, ::-1])
    report = ingest([str(tmp_path / "drawn")], tmp_path / "out", val_share=0.25, processes=1)
    assert not report.rejects and set(report.faces.split) == {"train", "val"}
    group = dict(zip(report.faces.name, report.faces.group, strict=True))
    originals = [name for name in group if "mirrored" not in name]
    assert len(originals) == len({group[name] for name in originals}) == 8
    for name in originals:
        assert group[name] == group[name.replace(".png", "_mirrored.png")] >= 0


def test_small_grey_faces_of_48_pixels_are_found(shared_data: Path) -> None:
    with np.load(shared_data / "ferplus.npz") as archive:
        images = archive["images"][:40]
    cutter = FaceCutter()
    found = [cutter.cut(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)) for image in images]
    cutter.close()
    assert sum(one is not None for one in found) >= 38


def test_two_processes_find_the_same_as_one(real_faces: Path) -> None:
    pictures = list_source(str(real_faces)).pictures
    for one, other, _ in zip(cut_faces(pictures, 1), cut_faces(pictures, 2), pictures, strict=True):
        assert (one if isinstance(one, str) else one.jpeg) == (
            other if isinstance(other, str) else other.jpeg
        )


def test_a_source_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    for again in (str(tmp_path / "faces"), f"mine={tmp_path}/faces/"):
        with pytest.raises(TrainingError, match="faces is named twice"):
            ingest([str(tmp_path / "faces"), again], tmp_path / "out.faces.npz")


def test_a_file_of_two_sources_counts_once_with_what_the_table_tells(tmp_path: Path) -> None:
    """A folder of classes, and the table of its pictures, which names the person."""
    folder = tmp_path / "drawn"
    for number, name in enumerate(("happy", "sad")):
        (folder / name).mkdir(parents=True)
        cv2.imwrite(str(folder / name / "0.png"), DemoSource(1).picture_at(10.0 * number))
    table = tmp_path / "table.csv"
    table.write_text("file,class,subject\ndrawn/happy/0.png,happy,ann\ndrawn/sad/0.png,sad,\n")
    report = ingest([str(folder), str(table)], tmp_path / "out", val_share=0.0, processes=1)
    assert list(zip(report.faces.source, report.faces.name, strict=True)) == [
        ("table", "drawn/happy/0.png"),
        ("drawn", "sad/0.png"),
    ]
    told = [(reject.source, reject.name, reject.reason) for reject in report.rejects]
    assert told == [
        ("drawn", "happy/0.png", "table lists this file, too"),
        ("table", "drawn/sad/0.png", "drawn lists this file, too"),
    ]
    assert "1  drawn: the file is listed twice" in report_text(report)


@pytest.mark.parametrize("order", [("drawn", "people.csv"), ("people.csv", "drawn")])
def test_a_folder_of_splits_and_the_table_of_its_people_both_count(
    order: tuple[str, str], tmp_path: Path
) -> None:
    """Ann is in both of the folder's splits, so both of her pictures are to learn from."""
    people = np.split(DemoSource(4).picture_at(4.0), 4, axis=1)
    names = ("train/happy/ann", "test/sad/ann", "test/happy/bob", "train/sad/cleo")
    table = "file,class,subject\n"
    for picture, name in zip(people, names, strict=True):
        path = tmp_path / "drawn" / f"{name}.png"
        path.parent.mkdir(parents=True)
        cv2.imwrite(str(path), picture)
        table += f"drawn/{name}.png,{path.parent.name},{path.stem}\n"
    (tmp_path / "people.csv").write_text(table)
    specs = [str(tmp_path / name) for name in order]
    faces = ingest(specs, tmp_path / "out", val_share=0.0, processes=1).faces
    split = {
        name.removeprefix("drawn/").removesuffix(".png"): str(split)
        for name, split in zip(faces.name, faces.split, strict=True)
    }
    assert split == dict(zip(names, ("train", "train", "test", "train"), strict=True))


def test_a_table_of_pictures_to_learn_from_is_divided_beside_its_folder_too(tmp_path: Path) -> None:
    table = "file,class,split\n"
    for time_s, name in ((4.0, "happy"), (15.0, "sad")):
        (tmp_path / "drawn" / name).mkdir(parents=True)
        for person, picture in enumerate(np.split(DemoSource(4).picture_at(time_s), 4, axis=1)):
            cv2.imwrite(str(tmp_path / "drawn" / name / f"{person}.png"), picture)
            table += f"{name}/{person}.png,{name},train\n"
    (tmp_path / "drawn.csv").write_text(table)
    specs = [str(tmp_path / "drawn"), str(tmp_path / "drawn.csv")]
    faces = ingest(specs, tmp_path / "out", val_share=0.25, processes=1).faces
    assert set(faces.split) == {"train", "val"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_itself_is_told_as_a_missing_file(tmp_path: Path) -> None:
    for number, name in enumerate(("happy", "sad")):
        (tmp_path / "faces" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "faces" / name / "0.png"), DemoSource(1).picture_at(10.0 * number))
    (tmp_path / "faces" / "sad" / "loop.png").symlink_to("loop.png")
    report = ingest([str(tmp_path / "faces")], tmp_path / "out", val_share=0.0, processes=1)
    assert [(reject.name, reject.reason) for reject in report.rejects] == [
        ("sad/loop.png", "the file is missing")
    ]
    assert len(report.faces) == 2


def test_a_picture_is_read_as_the_app_reads_it(tmp_path: Path) -> None:
    """Turned as its EXIF data says, transparent parts grey."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: the top of the scene is on the right
    Image.new("RGBA", (8, 4), (0, 0, 0, 0)).save(tmp_path / "turned.webp", exif=exif, lossless=True)
    image = read_picture(tmp_path / "turned.webp")
    assert image is not None and image.shape == (8, 4, 3)
    assert image[0, 0].tolist() == [128, 128, 128]


def test_pictures_are_read_as_rgb(tmp_path: Path) -> None:
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 2] = 255
    cv2.imwrite(str(tmp_path / "röt.png"), red)
    image = read_picture(tmp_path / "röt.png")
    assert image is not None and image[0, 0].tolist() == [255, 0, 0]
    (tmp_path / "empty.png").write_bytes(b"")
    assert read_picture(tmp_path / "empty.png") is None


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (["--val", "2"], "“2” is not a share from 0 to below 1"),
        (["--test", "some"], "“some” is not a share"),
        (["--val", "0.5", "--test", "0.5"], "leave nothing to train on"),
        (["--processes", "0"], "“0” is not a whole number above 0"),
    ],
)
def test_wrong_numbers_are_wrong_usage(
    option: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", str(tmp_path), "--out", str(tmp_path / "a.faces.npz"), *option]) == 2
    assert told in capsys.readouterr().err


def test_without_the_packages_of_training_one_sentence_says_what_to_install_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("training.cli.find_spec", lambda package: None if package == "scipy" else package)
    assert main(["ingest", str(tmp_path), "--out", str(tmp_path / "mine.faces.npz")]) == 1
    told = capsys.readouterr().err
    assert "the window does without (scipy): pip install" in told and "no class folders" not in told
