"""What is known of a clip as a whole: its JSON file, schema ``happysad-clip/1``."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Any

from happysad_live.core.json_numbers import finite_number, whole_number
from happysad_live.core.json_text import json_text
from happysad_live.core.replacing import replacing
from happysad_live.errors import RecordingError
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.label_lines import NOT_UNDERSTOOD, LabelHeader
from happysad_live.recording.part_names import part_path, remove_link, rename_part

SCHEMA = "happysad-clip/1"

_SCHEMA_NAME = SCHEMA.partition("/")[0].encode()
"""The schema's name without its version."""

_BEGINNING_BYTES = 8192
"""How much of a description is read at first: it shows whether there is anything in the file at all."""

_MAX_INFO_BYTES = 16 << 20
"""The largest description that is read; ten thousand own labels take one megabyte."""

SAME_FRAME_S = 0.0005
"""Times that differ by less are one frame's: its video and its label line round in different ways."""

COMPLETE = "complete"
"""``ClipInfo.ended`` of a clip that did not end early."""


@dataclass(frozen=True, slots=True)
class OwnLabel:
    """The user's own label for a stretch, from ``start_s`` up to ``end_s``, of one face or of all.

    end_s: None for the clip's end.
    track: the face's number; None for every face.
    """

    start_s: float
    end_s: float | None
    label: str
    track: int | None = None

    def end_within(self, length_s: float) -> float:
        """When the stretch ends in a clip of that length, in seconds."""
        return length_s if self.end_s is None else min(self.end_s, length_s)

    def covers(self, time_s: float, track: int | None) -> bool:
        """Whether the label is for that face at that time."""
        if time_s < self.start_s or (self.end_s is not None and time_s >= self.end_s):
            return False
        return self.track is None or self.track == track


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A clip's JSON file. Each field's default stands where its value is unknown.

    recorded_at: ISO 8601 with the offset from UTC.
    length_s: recorded time, up to the end of the last frame.
    dropped: frames that came while recording and were not written in time, or taken back by a full disk.
    share: of all the time in which faces were seen, summed over the faces, the part of each label
        (0..1, sum 1); and ``no face``: of all the time that has label lines, the part without any.
    clean_from_s: from when on the picture holds no drawn labels; 0 for a clean clip, None for never.
    own_labels: the user's, in the order given; where two overlap, the one given last holds.
    ended: ``COMPLETE``, or the sentence that says why the clip ended early.
    others: entries that somebody or a later version has added; they are kept.
    """

    recorded_at: str = ""
    source: str = ""
    model: str = ""
    model_sha256: str = ""
    labels: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    frames: int = 0
    length_s: float = 0.0
    dropped: int = 0
    share: dict[str, float] = field(default_factory=dict)
    clean_from_s: float | None = None
    own_labels: tuple[OwnLabel, ...] = ()
    note: str = ""
    ended: str = COMPLETE
    others: dict[str, Any] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether no frame has labels drawn into its picture."""
        return self.clean_from_s == 0.0

    @property
    def recorded_at_utc(self) -> datetime | None:
        """When the clip was recorded; None where that is not known."""
        # A disk may hold any text and any year, and Windows knows none before 1970.
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromisoformat(self.recorded_at).astimezone(UTC)
        return None

    def is_clean_at(self, time_s: float) -> bool:
        """Whether the picture of a time holds no drawn labels."""
        return self.clean_from_s is not None and time_s + SAME_FRAME_S >= self.clean_from_s

    def own_label_at(self, time_s: float, track: int | None) -> str | None:
        """The user's own label of a face at a time; None where the user said nothing."""
        for own in reversed(self.own_labels):
            if own.covers(time_s, track):
                return own.label
        return None


def info_from_header(header: LabelHeader) -> ClipInfo:
    """A description with what the header of a label file says; all its fields are the description's, too."""
    return ClipInfo(**asdict(header))


def to_json(info: ClipInfo) -> str:
    """The text of a clip's JSON file."""
    known = asdict(info)
    others = known.pop("others")
    return json_text({"schema": SCHEMA, **known, **others}, indent=2) + "\n"


def from_json(text: str) -> ClipInfo:
    """Read the text of a clip's JSON file; an entry that somebody removed gets its default.

    Raises RecordingError where the text is no such description.
    """
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            raise ValueError("schema")
        usual = asdict(ClipInfo())
        del usual["others"]
        others = {name: value for name, value in found.items() if name not in usual and name != "schema"}
        found = usual | found
        return ClipInfo(
            recorded_at=str(found["recorded_at"]),
            source=str(found["source"]),
            model=str(found["model"]),
            model_sha256=str(found["model_sha256"]),
            labels=tuple(str(label) for label in found["labels"]),
            width=whole_number(found["width"]),
            height=whole_number(found["height"]),
            frames=whole_number(found["frames"]),
            length_s=finite_number(found["length_s"]),
            dropped=whole_number(found["dropped"]),
            share={str(label): finite_number(part) for label, part in dict(found["share"]).items()},
            clean_from_s=_optional_float(found["clean_from_s"]),
            own_labels=tuple(_parse_own(own) for own in found["own_labels"]),
            note=str(found["note"]),
            ended=str(found["ended"]),
            others=others,
        )
    except NOT_UNDERSTOOD as error:
        raise RecordingError(f"This is not a clip description of HappySad Live ({SCHEMA}).") from error


class NoInfo(Enum):
    """What stands in place of a clip's description."""

    ABSENT = auto()
    """No file, or an empty one (also of spaces or zeros): nothing would be lost by writing one."""

    UNREADABLE = auto()
    """A file that the system does not let this user read, or fails to."""

    DAMAGED = auto()
    """A clip's description, but torn, badly edited or of another version."""

    FOREIGN = auto()
    """Another program's file, or a folder or pipe."""


def read_info(path: Path) -> ClipInfo | NoInfo:
    """Read a clip's JSON file, or say what stands there instead."""
    instead = NoInfo.UNREADABLE  # where reading fails
    try:
        if not path.is_file():  # a pipe could make it wait for ever
            return NoInfo.FOREIGN if path.exists() else NoInfo.ABSENT
        with path.open("rb") as file:
            text = file.read(_BEGINNING_BYTES)
            if not text.strip(b" \t\r\n\0"):  # a power cut may leave zeros, perhaps very many
                return NoInfo.ABSENT
            if os.fstat(file.fileno()).st_size > _MAX_INFO_BYTES:
                return NoInfo.FOREIGN
            text += file.read()
        # At the beginning, or at the end of what a tool has sorted. Another program's is not parsed: it may
        # be so large that this would stop every other thread.
        if _SCHEMA_NAME not in text:
            return NoInfo.FOREIGN
        instead = NoInfo.DAMAGED
        return from_json(text.decode("utf-8-sig"))  # editors of Windows put a mark before it
    except FileNotFoundError:  # removed meanwhile
        return NoInfo.ABSENT
    except (OSError, UnicodeDecodeError, RecordingError):
        return instead


def find_info(path: Path) -> ClipInfo | None:
    """As ``read_info``; None where there is no whole description."""
    found = read_info(path)
    return found if isinstance(found, ClipInfo) else None


def write_info(path: Path, info: ClipInfo) -> None:
    """Write a clip's JSON file, the old one staying until the new one is complete.

    Raises RecordingError.
    """
    try:
        with replacing(path) as partial:
            partial.write_text(to_json(info), encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise write_failure(path, error) from error


RESERVED_BYTES = 8192
"""Size to which the description of a clip in the making is padded, so that it can tell of a full disk."""


def write_draft(path: Path, info: ClipInfo) -> None:
    """Write the description of a clip in the making under its temporary name, padded with spaces.

    An older draft is overwritten in place, which needs no new space up to ``RESERVED_BYTES``. Raises
    RecordingError.
    """
    text = to_json(info).encode("utf-8", "backslashreplace")
    part = part_path(path)
    try:
        remove_link(part)
        with part.open("r+b" if part.exists() else "wb") as file:
            file.write(text + b" " * max(RESERVED_BYTES - len(text) - 1, 0) + b"\n")
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise write_failure(path, error) from error


def finish_draft(path: Path, info: ClipInfo) -> None:
    """Complete the description that ``write_draft`` began and give it its name. Raises RecordingError."""
    write_draft(path, info)
    with suppress(OSError):  # the padding does no harm where it has to stay
        os.truncate(part_path(path), len(to_json(info).encode("utf-8", "backslashreplace")))
    rename_part(path)


def _parse_own(found: dict[str, Any]) -> OwnLabel:
    return OwnLabel(
        start_s=finite_number(found["start_s"]),
        end_s=_optional_float(found.get("end_s")),
        label=str(found["label"]),
        track=None if found.get("track") is None else whole_number(found["track"]),
    )


def _optional_float(value: Any) -> float | None:
    return None if value is None else finite_number(value)
