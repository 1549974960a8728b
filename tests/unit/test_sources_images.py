"""Folders of images and single images."""

from __future__ import annotations

import errno
import logging
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from happysad_live.errors import SourceError
from happysad_live.sources import open_source, pictures_spec, spec_name
from happysad_live.sources.images import ImageSource, find_images, load_image


def plain(colour: tuple[int, ...] | int, mode: str = "RGB", size: tuple[int, int] = (12, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def test_a_folder_is_read_in_natural_order_at_one_picture_a_second(tmp_path: Path) -> None:
    for name in ("face10.png", "face2.png", "Face1.png", "face.png", "notes.txt", ".hidden.png"):
        path = tmp_path / name
        plain((0, 0, 0)).save(path, "PNG")
    for folder in ("more", ".thumbnails"):
        (tmp_path / folder).mkdir()
        plain((0, 0, 0), size=(5, 7)).save(tmp_path / folder / "a.jpg")
    with open_source(str(tmp_path)) as source:
        frames = [source.read() for _ in range(5)]
        assert source.read() is None
        assert source.info.kind == "images"
        assert source.info.frame_count == 5
        assert not source.info.live
    order = ["face.png", "Face1.png", "face2.png", "face10.png", "more/a.jpg"]
    assert [frame.name for frame in frames if frame] == order
    assert [frame.time_s for frame in frames if frame] == [0, 1, 2, 3, 4]
    assert [(frame.index, frame.still) for frame in frames if frame] == [(n, True) for n in range(5)]
    assert frames[4] is not None
    assert (frames[4].width, frames[4].height) == (5, 7)


@pytest.mark.skipif(sys.platform != "linux", reason="names that differ in their capitals are one elsewhere")
def test_pictures_whose_names_count_alike_have_an_order_of_their_own(tmp_path: Path) -> None:
    names = ["IMG1.png", "Img1.png", "img001.png", "img01.png", "img1.png"]
    paths = [tmp_path / name for name in names]
    for path in paths:
        plain((0, 0, 0)).save(path)
    assert [frame.name for frame in iter(ImageSource(*reversed(paths)).read, None)] == names
    with open_source(str(tmp_path)) as folder:
        assert [frame.name for frame in iter(folder.read, None)] == names


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for Ghostscript is a shell script")
def test_a_program_that_is_called_a_picture_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostScript is one; Pillow would have it run by Ghostscript, which stands in the way of PATH here."""
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\ntouch {tmp_path / 'was-run'}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    picture = tmp_path / "holiday.jpg"
    picture.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with pytest.raises(SourceError, match="not a picture that can be read"):
        load_image(picture)
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright_whatever_their_exif_says(tmp_path: Path, orientation: int) -> None:
    """A camera held sideways stores a turned picture and says so; all eight ways of the standard."""
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :24] = (255, 0, 0)  # top left red
    upright[:16, 24:] = (0, 255, 0)  # top right green
    upright[16:, :24] = (0, 0, 255)  # bottom left blue
    # How the sensor's rows and columns lie, by the EXIF standard's table for each orientation:
    # 1 top-left, 2 top-right, 3 bottom-right, 4 bottom-left, 5 left-top, 6 right-top, ...
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    np.testing.assert_array_equal(load_image(path), upright)


def test_every_kind_of_pixel_becomes_8_bit_rgb(tmp_path: Path) -> None:
    register_heif_opener()  # to write one
    expected = {
        "grey.png": (plain(90, "L"), (90, 90, 90)),
        "bits.png": (plain(1, "1"), (255, 255, 255)),
        "clear.png": (plain((255, 0, 0, 0), "RGBA"), (128, 128, 128)),
        "half.png": (plain((255, 0, 0, 128), "RGBA"), (192, 64, 64)),
        "sixteen.png": (Image.fromarray(np.full((8, 12), 32896, np.uint16)), (128, 128, 128)),
        "dark.png": (Image.fromarray(np.full((8, 12), 200, np.uint16)), (1, 1, 1)),
        "float.tif": (Image.fromarray(np.full((8, 12), 0.5, np.float32)), (128, 128, 128)),
        "print.tif": (plain((0, 255, 255, 0), "CMYK"), (255, 0, 0)),
        "palette.gif": (plain((0, 0, 255)).convert("P"), (0, 0, 255)),
        "alpha.png": (plain((200, 255), "LA"), (200, 200, 200)),
        "grey and clear.png": (plain((200, 0), "LA"), (128, 128, 128)),
        "phone.heic": (plain((200, 200, 200)), (200, 200, 200)),
    }
    for name, (picture, colour) in expected.items():
        picture.save(tmp_path / name)
        image = load_image(tmp_path / name)
        assert image.shape == (8, 12, 3), name
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
        np.testing.assert_allclose(image[4, 6].astype(int), colour, atol=1, err_msg=name)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.float32([0, 0.2, 1]), [0, 51, 255]),
        (np.float32([0, 51, 255]), [0, 51, 255]),
        (np.float32([0, 51 * 257, 65535]), [0, 51, 255]),
        (np.float32([-3, np.nan, 255]), [0, 0, 255]),
        (np.int32([0, 51, 255]), [0, 51, 255]),
        (np.int32([0, 51 * 257, 65535]), [0, 51, 255]),
        (np.int32([0, 200_000, 1_000_000]), [0, 51, 255]),
    ],
)
def test_greys_of_scientific_cameras_use_the_whole_range(
    values: np.ndarray, told: list[int], tmp_path: Path
) -> None:
    """White is 1, 255, 65535, or where they go beyond that, the brightest of all."""
    Image.fromarray(values[None]).save(tmp_path / "grey.tif")
    np.testing.assert_array_equal(load_image(tmp_path / "grey.tif")[0], np.repeat(told, 3).reshape(3, 3))


def test_a_picture_is_turned_also_where_its_exif_data_cannot_be_written_again(tmp_path: Path) -> None:
    """Of the tag “image width”, a text where a number belongs; orientation 6."""
    entries = struct.pack("<HHI4s", 0x0100, 2, 4, b"abc\0") + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 0)
    path = tmp_path / "odd.jpg"
    plain((200, 100, 50)).save(path, exif=exif)
    assert load_image(path).shape == (12, 8, 3)


def test_of_a_picture_with_damaged_exif_data_nobody_is_warned(tmp_path: Path) -> None:
    """It says that five entries follow, of which there is one: orientation 6. Pillow warns of it."""
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 5) + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    plain((200, 100, 50)).save(tmp_path / "odd.jpg", exif=exif)
    assert load_image(tmp_path / "odd.jpg").shape == (12, 8, 3)


def test_the_pictures_of_a_phone_are_found_and_a_video_is_told_from_them(tmp_path: Path) -> None:
    register_heif_opener()
    plain((0, 0, 0), size=(64, 32)).save(tmp_path / "IMG_1.HEIC", "HEIF")
    with open_source(str(tmp_path)) as folder, open_source(str(tmp_path / "IMG_1.HEIC")) as picture:
        for source in (folder, picture):
            assert source.info.kind == "images"
            assert (source.info.width, source.info.height) == (64, 32)
    for name, told in (
        ("clip.mkv", "is a video, not a picture: label it with analyze"),
        ("a.gif", "damaged"),
    ):
        (tmp_path / name).write_bytes(b"nothing that can be read")
        with pytest.raises(SourceError, match=told):
            load_image(tmp_path / name)


def test_a_program_that_has_read_no_other_picture_knows_those_of_a_phone(tmp_path: Path) -> None:
    register_heif_opener()  # to write one, and only here
    plain((200, 200, 200), size=(64, 32)).save(tmp_path / "IMG_1.HEIC", "HEIF")
    read = "from happysad_live.sources.images import load_image; print(load_image(sys.argv[1]).shape)"
    command = [sys.executable, "-c", f"import sys; {read}", str(tmp_path / "IMG_1.HEIC")]
    told = subprocess.run(command, capture_output=True, text=True)
    assert (told.stdout.strip(), told.stderr) == ("(32, 64, 3)", "")


def test_a_picture_of_too_many_pixels_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "huge.pgm"
    with path.open("wb") as file:
        file.write(b"P5 20000 14000 255\n")
        file.truncate(file.tell() + 20000 * 14000)
    with pytest.raises(SourceError, match=r"huge\.pgm has more pixels than can be read"):
        load_image(path)


def test_a_damaged_picture_is_skipped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain((1, 2, 3)).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_text("this is no picture")
    whole = tmp_path / "c.jpg"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)).save(whole)
    whole.write_bytes(whole.read_bytes()[:900])
    plain((4, 5, 6)).save(tmp_path / "d.png")
    with ImageSource(tmp_path) as source, caplog.at_level(logging.WARNING):
        frames = list(iter(source.read, None))
    assert source.skipped == ("b.jpg", "c.jpg")
    assert [frame.name for frame in frames] == ["a.png", "d.png"]
    assert [(frame.index, frame.time_s) for frame in frames] == [(0, 0), (1, 1)]
    assert [name for name in ("a.png", "b.jpg", "c.jpg", "d.png") if f"{name} is not" in caplog.text] == [
        "b.jpg",
        "c.jpg",
    ]


def test_a_picture_whose_sizes_lead_beyond_the_disk_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.jp2"
    plain((0, 0, 0)).save(path)
    data = bytearray(path.read_bytes())
    assert data[16:20] == b"ftyp"
    data[12:16] = struct.pack(">I", 1)  # then the next eight bytes are the box's size: 7 exbibytes
    path.write_bytes(data)
    with pytest.raises(SourceError, match="it is damaged"):
        load_image(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_skipped_and_not_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain((9, 9, 9)).save(tmp_path / "a.png")
    os.mkfifo(tmp_path / "b.png")
    with open_source(str(tmp_path)) as source:
        assert source.read() is not None and source.read() is None
        assert source.incomplete
    assert "b.png is not a file" in caplog.text
    with pytest.raises(SourceError, match=r"b\.png is not a file"):
        find_images(tmp_path / "b.png", lambda problem, _: pytest.fail(str(problem)))


def test_a_folder_that_may_not_be_looked_into_is_told(
    tmp_path: Path, close_folder: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    plain((1, 2, 3)).save(tmp_path / "open.png")
    close_folder(closed)
    source = ImageSource(tmp_path)
    assert source.read() is not None and source.read() is None
    assert source.incomplete and source.skipped == ("closed",)
    assert f"{closed} cannot be opened: Permission denied" in caplog.text
    with pytest.raises(SourceError, match=r"closed cannot be opened"):
        ImageSource(closed)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_linked_folders_are_looked_into_once(tmp_path: Path) -> None:
    album, elsewhere = tmp_path / "album", tmp_path / "elsewhere"
    inside = album / "inside"
    for folder in (album, elsewhere, inside):
        folder.mkdir()
        plain((9, 9, 9)).save(folder / f"{folder.name}.png")
    plain((9, 9, 9)).save(tmp_path / "around.png")
    links = {"more": elsewhere, "again": elsewhere, "itself": album, "up": tmp_path, "a part": inside}
    for link, target in links.items():
        (album / link).symlink_to(target, target_is_directory=True)
    found = find_images(album, lambda problem, _: pytest.fail(str(problem)))
    names = [path.relative_to(album).as_posix() for path in found]
    assert names == ["again/elsewhere.png", "album.png", "inside/inside.png"]


def test_a_folder_can_be_gone_through_in_any_order(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(6):
        plain((40 * number, 0, 0)).save(tmp_path / f"{number}.png")
    for unreadable in ("2.png", "5.png"):
        (tmp_path / unreadable).write_bytes(b"no picture")
    with open_source(str(tmp_path)) as source:
        assert source.info.length_s == 6
        names = []
        for place_s, backwards in (
            (3.0, False),
            (1.4, True),
            (2.0, False),
            (2.0, True),
            (-1.0, True),
            (99.0, False),
        ):
            source.seek(place_s, backwards=backwards)
            frame = source.read()
            assert frame is not None
            names.append((frame.name, frame.position_s))
        # From 1 on, number 2 is passed over to 3, from 3 back to 1; the last that can be read is 4.
        assert names == [("3.png", 3), ("1.png", 1), ("3.png", 3), ("1.png", 1), ("0.png", 0), ("4.png", 4)]
        assert source.read() is None
        source.seek(3.0)
        assert [frame.name for frame in iter(source.read, None)] == ["3.png", "4.png"]
    assert sum("2.png" in message for message in caplog.messages) == 1


@pytest.mark.parametrize(
    ("place_s", "name"), [(-1.0, "0.png"), (99.0, "3.png"), (3.0, "3.png"), (2.0, "3.png")]
)
def test_the_first_and_the_last_picture_can_be_gone_to(tmp_path: Path, place_s: float, name: str) -> None:
    for number in range(4):
        plain((0, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "2.png").write_bytes(b"no picture")
    with open_source(str(tmp_path)) as source:
        source.seek(place_s)
        frame = source.read()
    assert frame is not None and (frame.name, frame.position_s) == (name, float(name[0]))


def test_a_closed_folder_gives_no_more_pictures(tmp_path: Path) -> None:
    for number in range(2):
        plain((0, 0, 0)).save(tmp_path / f"{number}.png")
    source = ImageSource(tmp_path)
    assert source.read() is not None
    source.close()
    assert source.read() is None


def test_a_folder_is_called_by_its_name_and_shows_one_picture_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain((0, 0, 0)).save(tmp_path / "a.png")
    with open_source(str(tmp_path)) as source:
        assert (source.info.name, source.info.frame_rate) == (tmp_path.name, 1)
    monkeypatch.chdir(tmp_path)
    with open_source(".") as source:
        assert source.info.name == str(tmp_path.resolve())


def test_files_and_folders_by_themselves_are_shown_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name in ("face10.png", "face2.png", "other.png", "more/a.png"):
        plain((0, 0, 0)).save(tmp_path / name)
    (tmp_path / "face3.png").write_text("no picture")
    names = ("face10.png", "more", "face3.png", "gone.png", "more/a.png", "face2.png")
    spec = pictures_spec([str(tmp_path / name) for name in names])
    with open_source(spec) as source:
        assert (source.info.name, source.info.frame_count, source.info.kind) == ("4 pictures", 4, "images")
        frames = [source.read() for _ in range(3)]
        assert source.read() is None
        assert sorted(source.skipped) == ["face3.png", "gone.png"]
    assert [frame.name for frame in frames if frame] == ["face2.png", "face10.png", "a.png"]
    assert spec_name(spec) == "6 pictures"
    with pytest.raises(SourceError, match="No picture of these can be read"):
        open_source(pictures_spec([str(tmp_path / "face3.png"), str(tmp_path / "gone.png")]))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_file_whose_name_has_two_lines_is_one_picture(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.png"
    plain((0, 0, 0)).save(path)
    with open_source(str(path)) as source:
        assert source.info.frame_count == 1


def test_in_order_numbers_come_before_letters(tmp_path: Path) -> None:
    for name in ("a.png", "10.png", "9.png", "b.png"):
        (tmp_path / name).touch()
    found = find_images(tmp_path, lambda problem, _: pytest.fail(str(problem)))
    assert [path.name for path in found] == ["9.png", "10.png", "a.png", "b.png"]


def test_of_two_pictures_the_first_can_be_gone_back_to(tmp_path: Path) -> None:
    plain((0, 0, 0)).save(tmp_path / "0.png")
    (tmp_path / "1.png").write_bytes(b"no picture")
    with open_source(str(tmp_path)) as source:
        assert source.info.length_s == 2
        source.seek(1.0, backwards=True)
        frame = source.read()
    assert frame is not None and (frame.name, frame.position_s) == ("0.png", 0)


def test_one_image_file_is_a_source_of_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "me.PNG"
    plain((10, 20, 30)).save(path)
    with open_source(str(path)) as source:
        frame = source.read()
        assert source.read() is None
    assert frame is not None
    assert (frame.name, frame.still, source.info.length_s) == ("me.PNG", True, None)
    assert frame.image[0, 0].tolist() == [10, 20, 30]


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no pictures"):
        open_source(str(tmp_path))
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(SourceError, match="No picture in the folder"):
        open_source(str(tmp_path))
    with pytest.raises(SourceError, match=r"a\.png is not a picture"):
        open_source(str(tmp_path / "a.png"))


def test_why_a_picture_cannot_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match=r"There is no file .*gone\.png"):
        load_image(tmp_path / "gone.png")
    with pytest.raises(SourceError, match="There is no file or folder"):
        find_images(tmp_path / "gone", lambda problem, _: pytest.fail(str(problem)))
    with pytest.raises(SourceError, match=r"xx cannot be opened: "):
        find_images(tmp_path / ("x" * 5000), lambda problem, _: pytest.fail(str(problem)))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(SourceError, match="cannot be read: check its owner and permissions"):
        load_image(tmp_path / "gone.png")


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (MemoryError(), "There is not enough memory for .*a.png: make it smaller"),
        (OSError(errno.EMFILE, "Too many open files"), "a.png cannot be read: Too many open files"),
    ],
)
def test_what_the_system_lacks_is_not_the_pictures_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, sentence: str
) -> None:
    plain((0, 0, 0)).save(tmp_path / "a.png")

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(SourceError, match=sentence):
        load_image(tmp_path / "a.png")
