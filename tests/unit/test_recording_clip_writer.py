"""The clip writer: what other programs find in its files, and what is left when things go wrong."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from recording_samples import face, pictures, probe, result

from happysad_live.errors import RecordingError
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.encoder import offered_encoders

# A camera that trembles, stalls for two seconds, and goes on.
UNEVEN_S = np.cumsum([0.0, *np.random.default_rng(3).uniform(0.01, 0.06, 40), 2.0, 0.033, 0.034, 0.033])


def write_clip(path: Path, times_s: np.ndarray, **options: object) -> ClipWriter:
    writer = ClipWriter(path, 64, 48, **options)
    for index, time_s in enumerate(times_s):
        label = "happy" if index < 20 else "müde"
        one = result(index, float(time_s), [face(label)])
        writer.write(one.frame.image, one)
    return writer


@pytest.mark.parametrize("start_s", [0.0, 1.5])
def test_a_clip_is_plain_h264_with_true_times_and_subtitles(tmp_path: Path, start_s: float) -> None:
    times = UNEVEN_S + start_s
    assert write_clip(tmp_path / "clip.mp4", times).finish() == len(times)

    found = probe(tmp_path / "clip.mp4")
    assert (found.codec, found.pixel_format, found.size) == ("h264", "yuv420p", (64, 48))
    assert found.times_s == pytest.approx(times, abs=0.001)
    assert found.length_s == pytest.approx(times[-1] - times[0] + 0.033, abs=0.002)
    assert found.index_first
    changes = [times[0], times[20], times[-1] + 0.033]
    assert [text for _, _, text in found.subtitles] == ["Face 1: happy 90 %", "Face 1: müde 90 %"]
    assert [start for start, _, _ in found.subtitles] == pytest.approx(changes[:2], abs=0.002)
    assert [end for _, end, _ in found.subtitles] == pytest.approx(changes[1:], abs=0.002)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_whatever_encoder_this_machine_offers_keeps_times_and_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.recording.encoder.offered_encoders", offered_encoders)
    writer = ClipWriter(tmp_path / "clip.mp4", 640, 480)
    for index, time_s in enumerate(UNEVEN_S):
        one = result(index, float(time_s), [face()], size=(640, 480))
        writer.write(one.frame.image, one)
    assert writer.finish() == len(UNEVEN_S)
    found = probe(tmp_path / "clip.mp4")
    assert (found.codec, found.pixel_format, found.size) == ("h264", "yuv420p", (640, 480))
    assert found.times_s == pytest.approx(UNEVEN_S, abs=0.001)


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_an_encoder_is_asked_for_pictures_as_it_takes_them(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what FFmpeg says of those that are in this machine's; without their chips none works here."""
    monkeypatch.setattr(sys, "platform", platform)
    for encoder in offered_encoders():
        taken = [taken.name for taken in av.codec.Codec(encoder.name, "w").video_formats or ()]
        assert encoder.pixel_format in taken, encoder.name


@pytest.mark.parametrize("rate", [15, 60])
def test_the_length_of_an_even_clip_is_its_frames(tmp_path: Path, rate: int) -> None:
    write_clip(tmp_path / "clip.mp4", np.arange(rate) / rate, frame_rate=rate).finish()
    assert probe(tmp_path / "clip.mp4").length_s == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize("labels_drawn", [False, True])
def test_players_show_subtitles_by_themselves_only_where_the_picture_tells_nothing(
    tmp_path: Path, labels_drawn: bool
) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, np.arange(40) / 20, labels_drawn=labels_drawn).finish()
    with av.open(str(path)) as container:
        video, subtitles = container.streams.video[0], container.streams.subtitles[0]
        assert bool(video.disposition & Disposition.default)
        assert bool(subtitles.disposition & Disposition.default) == (not labels_drawn)
        assert (subtitles.metadata["language"], subtitles.metadata["handler_name"]) == ("eng", "Labels")
    assert len(probe(path).subtitles) == 2


def test_a_video_tells_when_it_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    zone = timezone(timedelta(hours=5, minutes=45))
    write_clip(path, np.arange(5) / 20, recorded_at=datetime(2026, 3, 1, 1, 15, tzinfo=zone)).finish()
    with av.open(str(path)) as container:
        assert container.metadata["creation_time"].startswith("2026-02-28T19:30:00")


@pytest.mark.parametrize("frame_rate", [1 / 3, 5.0, 30.0, 60.0])
def test_one_can_go_to_every_second_of_a_video(tmp_path: Path, frame_rate: float) -> None:
    write_clip(tmp_path / "clip.mp4", np.arange(100) / frame_rate, frame_rate=frame_rate).finish()
    with av.open(str(tmp_path / "clip.mp4")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
    keys_s = [float(packet.pts * packet.time_base) for packet in packets if packet.is_keyframe]
    assert keys_s[0] == 0.0
    assert max(later - earlier for earlier, later in pairwise(keys_s)) <= max(1.0, 1 / frame_rate) + 0.05
    assert len(keys_s) <= len(packets) / min(frame_rate, 30) + 2 or frame_rate < 1


def test_a_clip_of_one_frame_can_be_played(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", np.array([0.0]), frame_rate=25).finish()
    found = probe(tmp_path / "clip.mp4")
    assert found.times_s == [0.0]
    assert found.length_s == pytest.approx(0.04, abs=0.001)


def test_a_last_frame_after_a_stall_stays_no_longer_than_usual(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", np.array([0.0, 0.1, 0.2, 6.2])).finish()
    found = probe(tmp_path / "clip.mp4")
    # Three gaps of before: nobody knows how long it was there.
    assert found.length_s == pytest.approx(6.5, abs=0.001)
    assert found.subtitles[-1][1] == pytest.approx(6.5, abs=0.002)


def test_subtitles_keep_their_times_where_nothing_changes_for_most_of_a_day(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "clip.mp4", 64, 48)
    for hour in range(21):
        faces = [face("happy" if hour == 0 else "sad")] if hour == 0 or hour >= 9 else []
        one = result(hour, hour * 3600.0, faces)
        writer.write(one.frame.image, one)
    assert writer.finish() == 21
    found = probe(tmp_path / "clip.mp4")
    hours = [(start_s / 3600, end_s / 3600, text) for start_s, end_s, text in found.subtitles]
    assert hours[0] == pytest.approx((0, 1, "Face 1: happy 90 %"), abs=0.001)
    assert {text for _, _, text in hours[1:]} == {"Face 1: sad 90 %"}
    assert hours[1][0] == pytest.approx(9, abs=0.001)
    assert hours[-1][1] == pytest.approx(21, abs=0.001)
    assert all(end == pytest.approx(start, abs=0.001) for (_, end, _), (start, _, _) in pairwise(hours[1:]))
    assert found.index_first


def test_a_time_that_stands_still_or_goes_back_comes_just_after_the_last(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", np.array([0.0, 0.1, 0.1, 0.05, 0.2])).finish()
    times = probe(tmp_path / "clip.mp4").times_s
    assert times == pytest.approx([0, 0.1, 0.1, 0.1, 0.2], abs=0.001)
    assert all(later > earlier for earlier, later in pairwise(times))


@pytest.mark.parametrize(("size", "written"), [((65, 49), (66, 50)), ((64, 49), (64, 50))])
def test_odd_sizes_keep_every_pixel_and_colours_survive(
    tmp_path: Path, size: tuple[int, int], written: tuple[int, int]
) -> None:
    writer = ClipWriter(tmp_path / "clip.mp4", *size)
    for index in range(3):
        one = result(index, index / 30, size=size, colour=(200, 40, 30))
        writer.write(one.frame.image, one)
    writer.finish()

    assert probe(tmp_path / "clip.mp4").size == written
    for picture in pictures(tmp_path / "clip.mp4"):
        assert np.abs(picture.astype(int) - (200, 40, 30)).max() <= 4


def test_a_source_that_changes_size_is_fitted_on_black(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "clip.mp4", 64, 48)
    sizes = [(64, 48), (128, 96), (48, 96)]
    for index, size in enumerate(sizes):
        one = result(index, index / 30, size=size, colour=(200, 200, 200))
        writer.write(one.frame.image, one)
    writer.finish()

    whole, same_shape, tall = pictures(tmp_path / "clip.mp4")
    assert whole.shape == same_shape.shape == tall.shape == (48, 64, 3)
    assert same_shape.min() > 190
    # 48x96 in 64x48 is 24x48 in the middle: columns 20 to 44.
    assert tall[:, 22:42].min() > 180 and tall[:, :18].max() < 20 and tall[:, 46:].max() < 20


def test_a_clip_stays_as_it_was_recorded_where_its_plain_form_cannot_be_written(tmp_path: Path) -> None:
    """As on a full disk; here something stands where it would be made."""
    (tmp_path / "clip.mp4.remux").mkdir()
    assert write_clip(tmp_path / "clip.mp4", UNEVEN_S).finish() == len(UNEVEN_S)
    assert probe(tmp_path / "clip.mp4").times_s == pytest.approx(UNEVEN_S, abs=0.001)


def test_a_clip_that_cannot_get_its_name_leaves_one_file(tmp_path: Path) -> None:
    """Which is found again and completed later; a second one would fill the disk."""
    (tmp_path / "clip.mp4").mkdir()
    with pytest.raises(RecordingError, match=r"clip\.mp4"):
        write_clip(tmp_path / "clip.mp4", UNEVEN_S).finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "clip.mp4.part"]


def test_abort_leaves_nothing_and_an_older_clip_in_place(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"older")
    writer = write_clip(tmp_path / "clip.mp4", UNEVEN_S)
    writer.abort()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("clip.mp4", b"older")]


def test_finish_twice_is_harmless_and_a_clip_without_frames_leaves_no_file(tmp_path: Path) -> None:
    writer = write_clip(tmp_path / "clip.mp4", UNEVEN_S)
    assert writer.finish() == writer.finish() == len(UNEVEN_S)
    writer.abort()
    assert (tmp_path / "clip.mp4").exists()
    with pytest.raises(RecordingError, match="finished"):
        writer.write(result(0, 9.0).frame.image, result(0, 9.0))

    assert ClipWriter(tmp_path / "empty.mp4", 64, 48).finish() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match=r"clip\.mp4"):
        ClipWriter(tmp_path / "file" / "clip.mp4", 64, 48)


FULL_DISK = """
import resource, sys
import numpy as np
from pathlib import Path
sys.path[:0] = [{tests!r}, {project!r}]
from recording_samples import result
from happysad_live.errors import RecordingError
from happysad_live.recording import encoder
from happysad_live.recording.clip_writer import ClipWriter

encoder.offered_encoders = lambda: ()
writer = ClipWriter(Path({path!r}), 320, 240)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
noise = np.random.default_rng(0).integers(0, 255, (8, 240, 320, 3), np.uint8)
told = ""
for index in range(100):
    try:
        writer.write(noise[index % 8], result(index, index / 30))
    except RecordingError as error:
        told = str(error)
        break
print(told)
print(writer.finish())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits on Windows")
def test_a_full_disk_is_told_and_what_was_written_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    here = Path(__file__).resolve()
    script = FULL_DISK.format(tests=str(here.parents[1]), project=str(here.parents[2]), path=str(path))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    told, frames = run.stdout.splitlines()
    assert "disk is full" in told
    assert int(frames) > 0
    assert len(probe(path).times_s) == int(frames)
    assert [found.name for found in tmp_path.iterdir()] == ["clip.mp4"]
