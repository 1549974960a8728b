"""Pictures to learn from, out of recorded clips that the user has labelled."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

import numpy as np

from happysad_live.core.printable import printable
from happysad_live.core.shown_face import identity_key
from happysad_live.core.types import Box
from happysad_live.errors import HappySadError, TrainingError
from happysad_live.recording.clip_info import ClipInfo, NoInfo, read_info
from happysad_live.recording.label_lines import FaceLabel, FrameLabels
from happysad_live.recording.library import Clip, clip_frames, list_clips
from happysad_live.recording.stems import INFO_SUFFIX
from happysad_live.recording.stretches import is_trainable
from happysad_live.sources import open_source
from training.faces.faceset import CLASSES, encode_jpeg
from training.faces.pictures import Listing, Picture, Reject, one_hot, same_class
from training.progress import progressed

SOURCE = "clips"
SPACING_S = 0.4
"""The time from one picture of a face to its next: neighbouring frames are nearly the same picture."""

_NOT_CLEAN = (
    "you labelled nothing of it where no labels are drawn into its picture: record it clean to learn from it"
)
_DAMAGED = "its description is damaged or cannot be read, and any labels of yours with it"
_NO_VIDEO = "you labelled it, but its video is not there"
_NO_FACE = "where you labelled it, it has no face"

_ROUNDING_S = 0.001
"""By how much rounding may change a time in a label file."""

_SURROUNDINGS = 2.4
"""Side of a cut-out in sizes of the face's box, with room for the turned crop and its rim."""


def list_clips_folder(folder: Path) -> Listing:
    """The faces that the user has labelled in a folder's clips, each about five times in two seconds.

    Only stretches with no labels drawn into the picture are used; all pictures of a clip stay in one split.
    Clips whose labels cannot be used become rejects. Raises TrainingError when there is no folder, or no clip
    in it with labels of the user's own.
    """
    if not folder.is_dir():
        raise TrainingError(f"There is no folder {folder} with clips.")
    pictures: list[Picture] = []
    clips = list_clips(folder)
    rejects = _lost_labels(folder, {clip.stem for clip in clips})
    for clip in progressed("Reading clips", clips):
        if is_trainable(clip.info):
            listing = _list_clip(clip)
            pictures += listing.pictures
            rejects += listing.rejects
        elif clip.info.own_labels:
            rejects.append(Reject(SOURCE, printable(clip.stem), _NOT_CLEAN))
    if not pictures and not rejects:
        raise TrainingError(f"{folder} has no clips that you labelled: give one your own label first.")
    return Listing(tuple(pictures), tuple(rejects))


def _lost_labels(folder: Path, stems: Set[str]) -> list[Reject]:
    """Rejects for clips whose description is damaged, or that are labelled but have no video.

    stems: the names of the clips that have a video.
    """
    rejects = []
    for path in sorted(folder.glob(f"*{INFO_SUFFIX}")):
        stem, info = path.name.removesuffix(INFO_SUFFIX), read_info(path)
        if info in (NoInfo.DAMAGED, NoInfo.UNREADABLE):
            rejects.append(Reject(SOURCE, printable(stem), _DAMAGED))
        elif isinstance(info, ClipInfo) and info.own_labels and stem not in stems:
            rejects.append(Reject(SOURCE, printable(stem), _NO_VIDEO))
    return rejects


def _list_clip(clip: Clip) -> Listing:
    """The pictures of a clip, as far as it can be read; unknown labels and failures become rejects."""
    pictures: list[Picture] = []
    rejects: list[Reject] = []
    stem = printable(clip.stem)  # a face set could not hold bytes that are no UTF-8
    try:
        for image, time_s, face in _labelled_faces(clip):
            assert face.own is not None
            name = f"{stem} at {time_s:.2f} s, {_name(face)}"
            class_name = same_class(face.own)
            if class_name not in CLASSES:
                reason = f"the label “{face.own}” is none of the seven classes"
                rejects.append(Reject(SOURCE, name, reason))
                continue
            cut_out, label = _cut_out(image, face.box), one_hot(class_name)
            picture = Picture(name, SOURCE, cut_out, label, namespace=SOURCE, subject=stem, moving=True)
            pictures.append(picture)
    except HappySadError as error:
        rejects.append(Reject(SOURCE, stem, printable(str(error))))
    if not pictures and not rejects:
        rejects.append(Reject(SOURCE, stem, _NO_FACE))
    return Listing(tuple(pictures), tuple(rejects))


def _name(face: FaceLabel) -> str:
    """The name of a face within its frame, made of its number, or of its place where it has none."""
    return "face at {:.0f}, {:.0f}".format(*face.box.center) if face.track is None else f"face {face.track}"


def _labelled_faces(clip: Clip) -> Iterator[tuple[np.ndarray, float, FaceLabel]]:
    """Each labelled face about five times in two seconds, as (picture, time in seconds, face).

    The picture is the frame, (H, W, 3) uint8 RGB. A face without a number is known by its place, so that all
    faces of a photograph are taken. Raises HappySadError where the labels or the video cannot be read to the
    end, perhaps after some faces.
    """
    taken_s: dict[tuple[int | Box, str | None], float] = {}
    lines = clip_frames(clip)
    with open_source(str(clip.video)) as source:
        frame = source.read()
        for line in lines:
            # A recording has a line for each frame; labels that were made later may lack some frames.
            while frame is not None and frame.index < line.index:
                frame = source.read()
            labelled = _labelled(clip, line)
            if frame is None:
                if not labelled:
                    continue
                raise TrainingError(f"Its video ends before {line.time_s:.2f} s, where you labelled more.")
            for face in labelled:
                key = identity_key(face), face.own
                if line.time_s - taken_s.get(key, -np.inf) >= SPACING_S - _ROUNDING_S:
                    taken_s[key] = line.time_s
                    yield frame.image, line.time_s, face


def _labelled(clip: Clip, line: FrameLabels) -> list[FaceLabel]:
    """The faces of a frame that the user has labelled; none where labels are drawn into the picture."""
    if not clip.info.is_clean_at(line.time_s):
        return []
    return [face for face in line.faces if face.own is not None]


def _cut_out(image: np.ndarray, box: Box) -> np.ndarray:
    """The face with its surroundings as a JPEG file's content, (B,) uint8: frames would fill the memory."""
    half = _SURROUNDINGS * max(box.width, box.height) / 2
    x, y = box.center
    height, width = image.shape[:2]
    left, right = (round(min(max(edge, 0), width)) for edge in (x - half, x + half))
    top, bottom = (round(min(max(edge, 0), height)) for edge in (y - half, y + half))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return np.frombuffer(encode_jpeg(part), np.uint8)
