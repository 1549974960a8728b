"""The label lines of a clip in little memory: those of a night are a million."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from happysad_live.core.types import Box
from happysad_live.recording.label_lines import FaceLabel, FrameLabels

_NONE = -1 << 31
"""Stands for a face without a number, and for one without a label of the user's."""


class PackedLines(Sequence[FrameLabels]):
    """Label lines in order, of some 80 bytes a face instead of a thousand; each is made anew when asked for.

    Left out is what no player shows: ``raw``, and the names and sizes of pictures. Boxes, ``detection`` and
    ``probabilities`` are rounded to single precision.

    times_s: when each frame begins.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        """labels: the classes whose probabilities are kept."""
        self.times_s = array("d")
        self._labels = tuple(labels)
        self._indices, self._faces_up_to = array("i"), array("i", [0])
        # A face has an entry in each of these, and in the last ones several.
        self._tracks, self._shown, self._own = array("i"), array("i"), array("i")
        self._confidences, self._detections = array("d"), array("f")
        self._boxes, self._probabilities = array("f"), array("f")
        self._codes: dict[str, int] = {}
        """A number for each label that a face has."""
        self._names: list[str] = []

    def append(self, line: FrameLabels) -> None:
        """Add the next line."""
        for face in line.faces:
            self._tracks.append(_NONE if face.track is None else face.track)
            self._shown.append(self._code(face.label))
            self._own.append(_NONE if face.own is None else self._code(face.own))
            self._confidences.append(face.confidence)
            self._detections.append(face.detection)
            self._boxes.extend(face.box)
            self._probabilities.extend([face.probabilities.get(label, 0.0) for label in self._labels])
        self.times_s.append(line.time_s)
        self._indices.append(line.index)
        self._faces_up_to.append(len(self._tracks))

    def extend(self, lines: Iterable[FrameLabels]) -> None:
        """Add further lines."""
        for line in lines:
            self.append(line)

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, number: int) -> FrameLabels: ...
    @overload
    def __getitem__(self, number: slice) -> list[FrameLabels]: ...
    def __getitem__(self, number: int | slice) -> FrameLabels | list[FrameLabels]:
        if isinstance(number, slice):
            return [self._line(one) for one in range(*number.indices(len(self)))]
        return self._line(range(len(self))[number])

    def __iter__(self) -> Iterator[FrameLabels]:
        return map(self._line, range(len(self)))

    def _code(self, label: str) -> int:
        code = self._codes.setdefault(label, len(self._names))
        if code == len(self._names):
            self._names.append(label)
        return code

    def _line(self, number: int) -> FrameLabels:
        faces = range(self._faces_up_to[number], self._faces_up_to[number + 1])
        return FrameLabels(self._indices[number], self.times_s[number], tuple(map(self._face, faces)))

    def _face(self, place: int) -> FaceLabel:
        track, own, classes = self._tracks[place], self._own[place], len(self._labels)
        probabilities = self._probabilities[place * classes : (place + 1) * classes]
        return FaceLabel(
            Box(*self._boxes[4 * place : 4 * place + 4]),
            self._detections[place],
            self._names[self._shown[place]],
            self._confidences[place],
            dict(zip(self._labels, probabilities, strict=True)),
            {},
            None if track == _NONE else track,
            None if own == _NONE else self._names[own],
        )
