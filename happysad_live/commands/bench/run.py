"""``bench``: how fast this machine is, stage by stage and as a whole."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happysad_live.classification.bundle import available_models, load_bundle
from happysad_live.commands.bench.clips import MAX_FACES, write_demo_clip
from happysad_live.commands.bench.machine import describe_machine
from happysad_live.commands.bench.text import report_text
from happysad_live.commands.bench.window import run_window
from happysad_live.config import Device
from happysad_live.core.counts import counted
from happysad_live.errors import HappySadError, SourceError, UsageError
from happysad_live.exit_codes import EXIT_DONE
from happysad_live.paths import home_expanded
from happysad_live.sources import open_source
from happysad_live.sources.address import without_password
from happysad_live.sources.demo.source import DemoSource
from happysad_live.terminal import print_json, print_message, print_result

if TYPE_CHECKING:
    from happysad_live.commands.bench.stages import Show
    from happysad_live.pipeline import Pipeline

SCHEMA = "happysad-bench/1"
USUAL_FACES = (1, 2, 3, 4, 8)
SEED_MODEL = "seed-cnn"

MAX_RATE = 240
MAX_DRAWN_S = 600
"""For how many seconds ``live`` may measure the window on a clip that is drawn."""

_CLIP_S = 3.0
_LIVE_START_S = 25.0
"""How much longer than the measurement a live clip lasts: enough for a slow machine's start-up."""


@dataclass(frozen=True, slots=True)
class BenchConfig:
    """One run of ``bench``.

    source: a video file or ``demo:N``, when ``live`` any source; None: the demo's people, as a 1280x720 file.
    faces: how many of the demo's people, 1 to 8; None: each of ``USUAL_FACES`` (four when ``live``).
    seconds: how long each measurement takes.
    live: run the window at the source's own pace, instead of the stages one after the other.
    rate: frames a second of the demo when live, 30 unless given. record: record meanwhile, with labels drawn.
    """

    source: str | None
    faces: int | None
    seconds: float
    model: str
    device: Device
    live: bool
    rate: float | None
    record: bool
    as_json: bool


def run(config: BenchConfig, make_show: Callable[[int, int], Show]) -> int:
    """Measure and print; returns the exit code.

    make_show: gives the function that paints a result, for a width and a height in pixels; where
    it raises ImportError, painting is left out.

    Raises UsageError, SourceError, ModelError, RecordingError, or HappySadError when the window cannot run.
    """
    if config.faces is not None and not 1 <= config.faces <= MAX_FACES:
        raise UsageError(f"--faces must be from 1 to {MAX_FACES}.")
    if config.source is not None and (config.faces is not None or config.rate is not None):
        raise UsageError("--faces and --rate are for the demo's people: leave them out with a source.")
    if not config.live:
        config = _of_a_video(config)
    load_bundle(config.model)  # before a clip is drawn and the window started in vain
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "model": config.model,
    }
    with tempfile.TemporaryDirectory(prefix="happysad-bench-") as temporary:
        folder = Path(temporary)
        report |= _measure_live(config, folder) if config.live else _measure(config, make_show, folder)
    if config.as_json:
        print_json(report)
    else:
        print_result(report_text(report))
    return EXIT_DONE


def _of_a_video(config: BenchConfig) -> BenchConfig:
    """The config for measuring a file: a readable one, or the demo, which ``source`` no longer names then.

    Raises SourceError or UsageError for anything else.
    """
    if config.record or config.rate is not None:
        raise UsageError("--rate and --record are for --live.")
    if config.source is None:
        return config
    with open_source(config.source) as source:
        if isinstance(source, DemoSource):
            return replace(config, source=None, faces=source.people)
        if source.info.kind != "file":
            name = without_password(config.source)
            raise SourceError(f"{name} is not a video file: measure it with --live, at its own pace.")
    return config


def _measure_live(config: BenchConfig, folder: Path) -> dict[str, Any]:
    source, faces, rate = config.source, config.faces or 4, config.rate or 30.0
    if not 1 <= rate <= MAX_RATE:
        raise UsageError(f"--rate must be from 1 to {MAX_RATE} frames a second.")
    if source is None:
        if config.seconds > MAX_DRAWN_S:
            raise UsageError(f"--seconds is too many: the demo is drawn for {MAX_DRAWN_S} s at most.")
        source = str(folder / f"{faces}-faces.mp4")
        _print_step(config, f"Drawing {counted(faces, 'face')} at {rate:g} frames a second…")
        write_demo_clip(Path(source), faces, config.seconds + _LIVE_START_S, rate)
    _print_step(config, f"The window runs for {config.seconds:g} s…")
    live = run_window(
        source,
        folder,
        seconds=config.seconds,
        model=config.model,
        device=config.device,
        record=config.record,
    )
    what = without_password(config.source) if config.source else f"{counted(faces, 'face')}, {rate:g}/s"
    return {"live": {"source": what, **live}}


def _measure(config: BenchConfig, make_show: Callable[[int, int], Show], folder: Path) -> dict[str, Any]:
    window = _start_window(config, folder)
    pipeline, build_s = _load(config)
    from happysad_live.classification.classifier import EmotionModel
    from happysad_live.commands.bench.stages import classifier_times_ms, measure_stages, network_times_ms

    as_in_pipeline = EmotionModel(pipeline.bundle, config.device, cores_per_face=1)
    try:
        show = make_show(1280, 720)
    except ImportError:
        show = None
    stages = []
    with closing(pipeline):
        for clip in _clips(config, folder):
            _print_step(config, f"Measuring {clip.stem}…")
            measured = measure_stages(clip, pipeline, show, config.seconds, folder)
            measured["networks_ms"] = network_times_ms(as_in_pipeline, round(measured["faces"]))
            networks_ms = sum(measured["networks_ms"].values())
            frame_ms = measured["stages_ms"]["frame"]["median"]
            measured["outside_networks"] = round(max(1 - networks_ms / frame_ms, 0.0), 3)
            stages.append({"source": clip.stem, **measured})
    _print_step(config, "Measuring the networks alone…")
    models = [EmotionModel(pipeline.bundle, config.device), *_seed_model(config)]
    held = [measured["memory_mb"] for measured in stages]
    known = all(memory["begin"] is not None for memory in held)
    return {
        "device": pipeline.device,
        "start_up_s": {
            **{name: window[f"{name}_s"] for name in ("window", "picture", "labels")},
            "build_pipeline": round(build_s, 3),
        },
        "stages": stages,
        "classifier_ms": classifier_times_ms(models),
        "memory_mb": {
            "window_peak": window["peak_mb"],
            "growth": round(sum(m["end"] - m["begin"] for m in held), 2) if known else None,
            "frames": sum(measured["frames"] for measured in stages),
        },
    }


def _start_window(config: BenchConfig, folder: Path) -> dict[str, Any]:
    """How long the window takes to start: before anything here has warmed up what it needs."""
    _print_step(config, "Starting the window…")
    try:
        return run_window("demo:1", folder, seconds=0.5, model=config.model, device=config.device)
    except HappySadError as error:
        print_message(f"Note: {error}")
        return {"window_s": None, "picture_s": None, "labels_s": None, "peak_mb": None}


def _load(config: BenchConfig) -> tuple[Pipeline, float]:
    """The pipeline, and the seconds that it took to import what it needs and to build it."""
    _print_step(config, "Loading the networks…")
    started = time.perf_counter()
    from happysad_live.pipeline import build_pipeline

    pipeline = build_pipeline(config.model, config.device)
    return pipeline, time.perf_counter() - started


def _clips(config: BenchConfig, folder: Path) -> list[Path]:
    if config.source is not None:
        return [home_expanded(config.source.strip())]
    paths = []
    for faces in USUAL_FACES if config.faces is None else (config.faces,):
        path = folder / f"{counted(faces, 'face')}.mp4"
        _print_step(config, f"Drawing {path.stem}…")
        write_demo_clip(path, faces, _CLIP_S, 30)
        paths.append(path)
    return paths


def _seed_model(config: BenchConfig) -> list[Any]:
    """The seed project's network, to be measured beside ours; none if not installed, or measured already."""
    from happysad_live.classification.classifier import EmotionModel

    if SEED_MODEL not in available_models() or config.model == SEED_MODEL:
        return []
    return [EmotionModel.load(SEED_MODEL, config.device)]


def _print_step(config: BenchConfig, step: str) -> None:
    if not config.as_json:
        print_message(step)
