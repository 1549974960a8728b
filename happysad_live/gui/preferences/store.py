"""What the user prefers, kept between starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QByteArray, QSettings

from happysad_live.gui.qt_application import NAME
from happysad_live.paths import home_expanded, recordings_dir
from happysad_live.recording.stems import record_target

if TYPE_CHECKING:
    from happysad_live.detection.finder import DetectorRange

RANGES: dict[DetectorRange, str] = {
    "full": "Near and far (recommended)",
    "short": "Only near: a face that fills the picture",
}

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user has chosen for good.

    detector_range: a key of ``RANGES``. clips_folder: where clips go; empty for the usual folder.
    model: the one that was chosen last, a name or a folder; empty for the default. clips_order: one of
    those of the clips' panel; empty for the usual one.
    """

    happy_sad_only: bool = False
    mirror_camera: bool = True
    loop_files: bool = False
    record_clean: bool = False
    detector_range: DetectorRange = "full"
    clips_folder: str = ""
    model: str = ""
    clips_order: str = ""


class PreferenceStore:
    """Keeps Preferences, and how the window was left, in QSettings; unreadable values become the defaults."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def load(self) -> Preferences:
        kept: dict[str, bool | str] = {}
        for name, default in asdict(Preferences()).items():
            read = self._flag if isinstance(default, bool) else self._text
            kept[name] = read(name, default)
        if kept["detector_range"] not in RANGES:
            del kept["detector_range"]
        return Preferences(**kept)  # type: ignore[arg-type]

    def save(self, old: Preferences, new: Preferences) -> bool:
        """Keep what has changed, and nothing else: another window may have changed the rest.

        Returns whether that is on the disk now.
        """
        for name in Preferences.__dataclass_fields__:
            if getattr(new, name) != getattr(old, name):
                self._settings.setValue(name, getattr(new, name))
        self.write()
        now = QSettings(self._settings.fileName(), self._settings.format())  # a status stays bad once it was
        now.sync()
        return now.isWritable() and now.status() is not QSettings.Status.AccessError

    def write(self) -> None:
        """Carry what was changed to the disk, if it can be; without changes nothing is touched there."""
        self._settings.sync()

    @property
    def place(self) -> str:
        """The file, or on Windows the part of the registry, where they are kept."""
        return self._settings.fileName()

    @property
    def geometry(self) -> QByteArray:
        """Where the window was and how large, as Qt keeps it; empty where that was never stored."""
        kept = self._value("geometry")
        return kept if isinstance(kept, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, kept: QByteArray) -> None:
        self._settings.setValue("geometry", kept)

    @property
    def clips_shown(self) -> bool:
        """Whether the clips were beside the picture when the window was closed."""
        return self._flag("clips_shown", False)

    @clips_shown.setter
    def clips_shown(self, shown: bool) -> None:
        self._settings.setValue("clips_shown", shown)

    def _value(self, name: str) -> object:
        """What is stored; None where nothing is, or something that only a later version can read."""
        try:
            return self._settings.value(name)
        except (TypeError, SystemError):  # PyQt, of an object whose class it does not find
            return None

    def _flag(self, name: str, default: bool) -> bool:
        """A yes or no, also as a hand may write it."""
        return _FLAGS.get(str(self._value(name)).lower(), default)

    def _text(self, name: str, default: str) -> str:
        """Anything but a text is a slip, such as a path with a comma from a hand: Qt makes it a list."""
        kept = self._value(name)
        return kept if isinstance(kept, str) else default


def open_preferences() -> PreferenceStore:
    """The store of the user's own preferences."""
    return PreferenceStore(QSettings(NAME, NAME))


def clips_folder(record: Path | bool | None, preferred: str) -> Path:
    """Where this window's clips go and are listed: what ``--record`` named, else what the user prefers.

    preferred: empty for the usual folder.
    """
    if isinstance(record, Path):
        return record_target(record)[0]
    return home_expanded(preferred) if preferred else recordings_dir()
