"""``doctor``: what works on this machine, and what to do about the rest."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.core.cores import usable_cores
from happysad_live.core.counts import counted
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.core.installed import installed_version
from happysad_live.core.sentences import as_sentence
from happysad_live.errors import HappySadError
from happysad_live.exit_codes import EXIT_DONE
from happysad_live.paths import is_folder, is_there
from happysad_live.terminal import print_json, print_result

PACKAGES = (
    "mediapipe", "ai-edge-litert", "tensorflow", "keras", "opencv-python", "numpy", "PyQt6", "av", "pillow",
    "pillow-heif",
)  # fmt: skip
MEDIAPIPE_WITHOUT_REPORTS = "0.10.21"
LOW_SPACE_GB = 2.0

State = Literal["ok", "note", "problem"]
_MARKS: dict[State, str] = {"ok": "✓", "note": "•", "problem": "✗"}
_PLAIN_MARKS: dict[State, str] = {"ok": "ok", "note": "--", "problem": "!!"}
"""Where the output cannot hold those: in a file on Windows, say."""

Verdict = tuple[State, str] | tuple[State, str, str]
"""What a check came to: the state, what was found, and the advice of ``Finding`` if there is any."""

_INSTALL_ANEW = "Reinstall the program."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. advice: what to do about it, or what to know besides; else empty."""

    subject: str
    state: State
    detail: str
    advice: str = ""


def run(find_clips_folder: Callable[[], Path], as_json: bool) -> int:
    """Print every finding; returns the exit code.

    find_clips_folder: gives where the window records to, or raises HappySadError.

    Raises HappySadError when something that the program needs does not work.
    """
    findings = []
    for subject, check in _checks(find_clips_folder):
        finding = _examined(subject, check)
        findings.append(finding)
        if not as_json:
            print_result(f"{_mark(finding.state)} {finding.subject}: {finding.detail}")
            if finding.advice:
                print_result(f"    {finding.advice}")
    if as_json:
        print_json([asdict(finding) for finding in findings])
    if broken := [finding.subject for finding in findings if finding.state == "problem"]:
        raise HappySadError(f"Not everything works: see {', '.join(broken)} above.")
    return EXIT_DONE


def _examined(subject: str, check: Callable[[], Verdict]) -> Finding:
    """Run a check. A doctor must survive every illness: one that breaks is itself a finding."""
    try:
        return Finding(subject, *check())
    except HappySadError as error:  # its sentence says what to do
        return Finding(subject, "problem", str(error))
    except Exception as error:
        return Finding(subject, "problem", f"{type(error).__name__}: {error}", _INSTALL_ANEW)


def _mark(state: State) -> str:
    try:
        _MARKS[state].encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return _PLAIN_MARKS[state]
    return _MARKS[state]


def _checks(find_clips_folder: Callable[[], Path]) -> Iterator[tuple[str, Callable[[], Verdict]]]:
    """Each thing to look at, and the check for it."""
    yield "Python", _python
    for package in PACKAGES:
        yield package, partial(_package, package)
    yield "face finder", _face_finder
    yield "device", _device
    yield "video encoder", _encoder
    yield "cameras", _cameras
    yield "window", _window
    yield "clips folder", lambda: _clips_folder(find_clips_folder())
    yield "recordings", lambda: _leftovers(find_clips_folder())
    from happysad_live.classification.bundle import available_models

    models = available_models()
    for name, folder in models.items():
        yield f"model {name}", partial(_model, folder)
    if not models:
        yield "models", lambda: ("problem", "none found", _INSTALL_ANEW)


def _python() -> Verdict:
    cores = counted(usable_cores(), "core")
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {cores}"
    if (3, 11) <= sys.version_info[:2] <= (3, 12):
        return "ok", detail
    needed_by = f"Keras 3.15 and MediaPipe {MEDIAPIPE_WITHOUT_REPORTS}"
    advice = f"Install the program with Python 3.11 or 3.12, which {needed_by} need."
    return "problem", detail, advice


def _package(name: str) -> Verdict:
    found = installed_version(name)
    if found is None:
        return "problem", "not installed", _INSTALL_ANEW
    if name == "mediapipe" and found != MEDIAPIPE_WITHOUT_REPORTS:
        advice = f"Install mediapipe=={MEDIAPIPE_WITHOUT_REPORTS}: later ones send usage reports."
        return "problem", found, advice
    return "ok", found


def _face_finder() -> Verdict:
    from happysad_live.detection.finder import FaceFinder
    from happysad_live.sources import open_source

    finder = FaceFinder()
    with open_source("demo") as demo:
        frame = demo.read()
    assert frame is not None
    found = finder.find(frame.image)
    finder.close()
    if found:
        return "ok", f"finds the demo's face (score {found[0].score:.2f})"
    return "problem", "does not find the demo's face", _INSTALL_ANEW


def _device() -> Verdict:
    from happysad_live.classification.device import choose_device

    with native_chatter_silenced():
        chosen = choose_device("gpu")
    if chosen.name == "CPU":
        return "ok", "CPU, which is fast enough", chosen.note and as_sentence(chosen.note)
    return "ok", chosen.name


def _encoder() -> Verdict:
    import av

    if "libx264" in av.codecs_available:
        return "ok", "H.264 (libx264)"
    wheel = f"pip install --force-reinstall --only-binary av av=={installed_version('av')}"
    return "problem", "no H.264", f"Install av from a wheel: {wheel}"


def _cameras() -> Verdict:
    from happysad_live.sources import list_cameras

    cameras = list_cameras()
    named = ", ".join(f"{camera.index}: {camera.name}" for camera in cameras)
    if refused := [camera.refusal for camera in cameras if camera.refusal]:
        return "note", named, " ".join(dict.fromkeys(refused))  # macOS refuses all for one reason
    if cameras:
        return "ok", named
    advice = "Plug one in, or allow this program to use it; files and the demo work without."
    return "note", "none found", advice


def _window() -> Verdict:
    from happysad_live.display import missing_display

    reason = missing_display()
    return ("ok", "can be opened") if reason is None else ("note", reason)


def _clips_folder(folder: Path) -> Verdict:
    existing = next((place for place in (folder, *folder.parents) if is_there(place)), folder)
    if not (is_folder(existing) and os.access(existing, os.W_OK | os.X_OK)):
        advice = "Choose another folder in the window's preferences, under “Save clips in”."
        return "problem", f"{folder} cannot be written", advice
    free_gb = shutil.disk_usage(existing).free / 1e9
    detail = f"{folder}, {free_gb:.{0 if free_gb >= LOW_SPACE_GB else 1}f} GB free"
    return ("note", detail, "Make room before recording.") if free_gb < LOW_SPACE_GB else ("ok", detail)


def _leftovers(folder: Path) -> Verdict:
    from happysad_live.recording.recovery import find_leftovers

    count = len(find_leftovers(folder))
    if not count:
        return "ok", "none was cut off"
    them = "it" if count == 1 else "them"
    return "note", f"{count} cut off by a crash", f"Open the window: it offers to recover {them}."


def _model(folder: Path) -> Verdict:
    from happysad_live.classification.classifier import EmotionModel

    model = EmotionModel.load(folder, device="cpu")
    grey = np.full((1, CROP_SIZE_PX, CROP_SIZE_PX, 3), 128, np.uint8)
    sums_to_one = abs(float(model.probabilities(grey).sum()) - 1) < 1e-3
    if not sums_to_one:
        return "problem", "its answers make no sense", "Copy the model again."
    count = model.bundle.info.get("parameters")
    size = f" ({count:,} parameters)" if isinstance(count, int) else ""
    return "ok", f"{', '.join(model.labels)}{size}"
