"""Who may import whom, and what may be imported only where it is wrapped."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from happysad_live.classification.device import GPU_NODES

ROOT = Path(__file__).resolve().parents[2]
BASE = {"errors", "paths", "config", "bootstrap", "lite", "video_frames"}
PARTS = {"sources", "detection", "classification", "tracking", "overlay", "recording"}
CONSOLE = {"arguments", "terminal", "stderr_log", "exit_codes", "interruptions", "progress"}
ENGINE = {"core", "pipeline", "display"} | CONSOLE | PARTS | BASE

# Which of the program's packages and modules each may know, besides itself.
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    **dict.fromkeys(BASE, BASE),
    "interruptions": {"terminal"} | BASE,
    "arguments": BASE,
    "terminal": {"core"} | BASE,
    "stderr_log": {"terminal"} | BASE,
    "exit_codes": {"terminal", "stderr_log", "interruptions"} | BASE,
    "display": {"core"} | BASE,
    "progress": {"core", "interruptions", "terminal"} | BASE,
    **{part: {"core"} | BASE for part in PARTS},
    "pipeline": {"core"} | PARTS | BASE,
    "still": {"core", "pipeline"} | BASE,
    "commands": ENGINE,
    "gui": ENGINE,
    "cli": {"commands", "gui"} | ENGINE,
    "early_interruption": set(),
    "__main__": {"cli", "early_interruption"},
    "__init__": {"bootstrap", "classification", "detection", "still"},
}
ALLOWED_IN_TRAINING = (ENGINE - {"display"}) | {"early_interruption"}

# Of the packages of training, besides itself; its modules are for all.
ALLOWED_OF_TRAINING: dict[str, set[str]] = {
    "faces": set(),
    "judging": {"faces"},
    "teaching": {"faces"},
    "fitting": {"faces", "judging"},
    "seed": {"faces", "judging"},
}

# Of the packages of the window, besides itself.
ALLOWED_OF_WINDOW: dict[str, set[str]] = {
    "widgets": set(),
    "session": set(),
    "preferences": {"widgets"},
    "recording": {"widgets", "session"},
    "controls": {"widgets", "session", "recording"},
    "clips": {"widgets", "session", "recording"},
    "teach": {"widgets", "session"},
}
# Of the modules beside these packages: for those not named here, all.
ALLOWED_BESIDE_PACKAGES = {"widgets": {"theme"}, "session": {"timers"}}

# Heavy libraries, and the only places that may import them.
WRAPPED = {
    "mediapipe": (),  # only its networks are used, which come with it
    "PyQt6": ("happysad_live/gui/",),
    "ai_edge_litert": ("happysad_live/lite.py",),
    "tensorflow": ("happysad_live/classification/", "training/"),
    "keras": ("happysad_live/classification/", "training/"),
    "av": (
        "happysad_live/video_frames.py",
        "happysad_live/sources/",
        "happysad_live/recording/",
        "happysad_live/commands/doctor.py",
    ),
}


# Starts a fine-tuning run from the window; the rest of the app knows no training.
STARTS_TRAINING = ROOT / "happysad_live/gui/teach/teaching.py"


def imports(path: Path) -> Iterator[str]:
    """Whatever is imported, with the names that come out of it: a package's modules may be among them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> Iterator[str]:
    """The packages and modules of the program that a file knows, and ``training``."""
    for name in imports(path):
        package, _, rest = name.partition(".")
        module = rest.split(".")[0]
        if package == "training":
            yield package
        elif package == "happysad_live":
            place = ROOT / package / module
            if place.is_dir() or place.with_suffix(".py").is_file():  # else a name of the package itself
                yield module


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_a_part_knows_only_the_parts_below_it() -> None:
    for path in sources("happysad_live"):
        part = path.relative_to(ROOT / "happysad_live").parts[0].removesuffix(".py")
        allowed = ALLOWED[part] | {part} | ({"training"} if path == STARTS_TRAINING else set())
        assert set(own_imports(path)) <= allowed, path


def test_training_knows_no_window_and_no_command() -> None:
    for path in sources("training"):
        assert set(own_imports(path)) <= ALLOWED_IN_TRAINING | {"training"}, path


def test_a_part_of_training_knows_only_the_parts_below_it() -> None:
    for part, below in ALLOWED_OF_TRAINING.items():
        for path in sources(f"training/{part}"):
            known = {name.split(".")[1] for name in imports(path) if name.startswith("training.")}
            assert known & ALLOWED_OF_TRAINING.keys() <= below | {part}, path


def test_a_package_of_the_window_knows_only_those_below_it() -> None:
    window = ROOT / "happysad_live/gui"
    assert {path.parent.name for path in window.glob("*/__init__.py")} == ALLOWED_OF_WINDOW.keys()
    for package, below in ALLOWED_OF_WINDOW.items():
        for path in sources(f"happysad_live/gui/{package}"):
            known = {name.split(".")[2] for name in imports(path) if name.startswith("happysad_live.gui.")}
            assert known & ALLOWED_OF_WINDOW.keys() <= below | {package}, path
            beside = known - ALLOWED_OF_WINDOW.keys()
            assert beside <= ALLOWED_BESIDE_PACKAGES.get(package, beside), path


def test_the_session_knows_no_widget() -> None:
    for path in sources("happysad_live/gui/session"):
        assert not any(name.startswith(("PyQt6.QtWidgets", "PyQt6.QtGui")) for name in imports(path)), path


def test_heavy_libraries_are_imported_only_where_they_are_wrapped() -> None:
    for path in sources("happysad_live") + sources("training"):
        place = path.relative_to(ROOT).as_posix()
        for module in imports(path):
            homes = WRAPPED.get(module.split(".")[0])
            assert homes is None or place.startswith(homes), f"{place} imports {module}"


@pytest.mark.parametrize("module", ["happysad_live", "happysad_live.cli", "training.cli"])
def test_starting_imports_nothing_heavy(module: str) -> None:
    heavy = ("tensorflow", "keras", "ai_edge_litert", "mediapipe")
    heavy += ("cv2", "PyQt6", "av", "matplotlib", "sklearn")
    check = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    printed = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_labelling_on_the_cpu_needs_no_tensorflow(device: str) -> None:
    """It would take seconds to import, and 600 MB."""
    if device == "auto" and any(Path(node).exists() for node in GPU_NODES):
        pytest.skip("this machine may have a GPU")
    check = (
        "import sys; from happysad_live.pipeline import build_pipeline; "
        f"build_pipeline('happysad', {device!r}).close(); "
        "print([name for name in ('tensorflow', 'keras', 'mediapipe') if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"
