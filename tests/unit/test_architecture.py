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
PARTS = ("sources", "detection", "classification", "tracking", "overlay", "recording")

# Which of our own packages each may know, besides itself and the flat modules named below.
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    **{part: {"core"} for part in PARTS},
    "commands": {"core", *PARTS},
    "gui": {"core", *PARTS},
}
FLAT_FOR_ALL = {"errors", "paths", "config", "bootstrap", "lite"}
FLAT_FOR_TOP = FLAT_FOR_ALL | {"pipeline", "terminal", "display", "progress"}

# Heavy libraries, and the only places that may import them.
WRAPPED = {
    "mediapipe": ("happysad_live/detection/mediapipe_detector.py",),
    "PyQt6": ("happysad_live/gui/",),
    "ai_edge_litert": ("happysad_live/lite.py",),
    "tensorflow": ("happysad_live/classification/", "training/"),
    "keras": ("happysad_live/classification/", "training/"),
    "av": ("happysad_live/sources/", "happysad_live/recording/", "happysad_live/commands/doctor.py"),
}


# Starts a fine-tuning run from the window; the rest of the app knows no training.
STARTS_TRAINING = ROOT / "happysad_live/gui/teach/teaching.py"


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("part", ALLOWED)
def test_a_part_knows_only_the_parts_below_it(part: str) -> None:
    flat = FLAT_FOR_TOP if part in ("commands", "gui") else FLAT_FOR_ALL if part != "core" else set()
    for path in sources(f"happysad_live/{part}"):
        for module in imports(path):
            if module.startswith("training") and path != STARTS_TRAINING:
                pytest.fail(f"{path} imports {module}")
            if module.startswith("happysad_live."):
                known = module.split(".")[1]
                assert known in ALLOWED[part] | flat | {part}, f"{path} imports {module}"


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
