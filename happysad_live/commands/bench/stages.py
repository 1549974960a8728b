"""The time of every stage of a frame, from the file to the screen and into a clip."""

from __future__ import annotations

import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from happysad_live.classification.classifier import EmotionModel
from happysad_live.commands.bench.stage_names import FRAME_STAGES
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.core.memory import resident_mb
from happysad_live.core.stats import percentile
from happysad_live.core.types import Frame, FrameResult
from happysad_live.detection.blazeface import FULL_RANGE
from happysad_live.detection.mediapipe_detector import model_file
from happysad_live.errors import SourceError
from happysad_live.lite import LiteNetwork
from happysad_live.overlay import draw_result
from happysad_live.pipeline import Pipeline
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.sources import video
from happysad_live.video_frames import DisplayParameters, RgbConverter

Show = Callable[[FrameResult], None]

T = TypeVar("T")

WARM_UP_FRAMES = 20
BATCHES = (1, 2, 4, 8)
_NETWORK_RUNS = 60


def measure_stages(
    clip: Path, pipeline: Pipeline, show: Show | None, seconds: float, folder: Path
) -> dict[str, Any]:
    """Run a video file through every stage, one frame after the other, for some seconds.

    folder: where the encoded clip goes.

    Returns the pictures' size, the number of frames, the mean number of faces in one, for each stage and for
    the "frame" as a whole the milliseconds ("median" and "p95"), and the memory that was held at the
    beginning and the end, in MB.
    Raises SourceError for a file without pictures, and RecordingError where the clip cannot be written.
    """
    # Four bytes a value: what the measurement itself stores must not look like memory that grows.
    times_ms: dict[str, array[float]] = defaultdict(lambda: array("f"))
    faces = width = height = 0
    began_mb = ended_mb = None
    encoder: ClipWriter | None = None
    pipeline.reset()
    deadline_s = float("inf")
    try:
        for index, (image, reading_ms) in enumerate(_pictures(clip)):
            height, width = image.shape[:2]
            if time.perf_counter() > deadline_s:
                break
            if index == WARM_UP_FRAMES:
                times_ms.clear()
                faces, began_mb = 0, resident_mb()
                deadline_s = time.perf_counter() + seconds
            if encoder is None:
                encoder = ClipWriter(folder / "encoded.mp4", width, height)
            frame = Frame(image, index, index / 30, time.perf_counter())
            result, stages_ms = _measured(frame, pipeline, show, encoder)
            faces += len(result.faces)
            for name, value in {**reading_ms, **stages_ms}.items():
                times_ms[name].append(value)
        ended_mb = resident_mb()
    finally:
        if encoder is not None:
            encoder.abort()
    count = len(times_ms["read"])
    if not count:
        raise SourceError(f"{clip.name} has no picture that can be read.")
    times_ms["frame"] = array("f", np.sum([times_ms[name] for name in FRAME_STAGES], axis=0))
    return {
        "width": width,
        "height": height,
        "frames": count,
        "faces": round(faces / count, 2),
        "stages_ms": {name: summary(values) for name, values in times_ms.items()},
        "memory_mb": {"begin": began_mb, "end": ended_mb},
    }


def network_times_ms(model: EmotionModel, faces: int) -> dict[str, float]:
    """Median milliseconds of full-frame detection's network and of the classifier alone, fed with noise.

    Every frame needs these two; keypoint refinement comes on top, for each face that is not large.
    """
    noise = np.random.default_rng(0)
    detector = LiteNetwork(model_file(FULL_RANGE).read_bytes())
    picture = noise.uniform(-1, 1, (1, FULL_RANGE.size_px, FULL_RANGE.size_px, 3)).astype(np.float32)
    crops = _noise_crops(faces)
    detect_ms = [_timed(detector.run, picture)[1] for _ in range(_NETWORK_RUNS)]
    classify_ms = [_timed(model.probabilities, crops)[1] for _ in range(_NETWORK_RUNS)] if faces else [0.0]
    return {"detect": summary(detect_ms)["median"], "classify": summary(classify_ms)["median"]}


def classifier_times_ms(models: list[EmotionModel]) -> dict[str, dict[str, float]]:
    """Median milliseconds of each model for batches of faces. They take turns: disturbances meet all."""
    times: dict[str, dict[str, float]] = {model.bundle.name: {} for model in models}
    for batch in BATCHES:
        crops = _noise_crops(batch)
        runs: dict[str, list[float]] = defaultdict(list)
        for _ in range(_NETWORK_RUNS + 5):
            for model in models:
                runs[model.bundle.name].append(_timed(model.probabilities, crops)[1])
        for name, values in runs.items():
            times[name][str(batch)] = summary(values[5:])["median"]
    return times


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile of milliseconds, rounded to a microsecond."""
    median, late = percentile(values, 50), percentile(values, 95)
    assert median is not None and late is not None
    return {"median": round(median, 3), "p95": round(late, 3)}


def _measured(
    frame: Frame, pipeline: Pipeline, show: Show | None, encoder: ClipWriter
) -> tuple[FrameResult, dict[str, float]]:
    result = pipeline.process(frame)
    stages_ms = {name: 1000 * value for name, value in result.stage_s.items()}
    drawn, stages_ms["draw"] = _timed(draw_result, frame.image, result)
    if show is not None:
        _, stages_ms["show"] = _timed(show, result)
    _, stages_ms["encode"] = _timed(encoder.write, drawn, result)
    return result, stages_ms


def _pictures(clip: Path) -> Iterator[tuple[np.ndarray, dict[str, float]]]:
    """The file's pictures again and again, (H, W, 3) uint8 RGB, with the milliseconds that reading took."""
    rgb = RgbConverter()
    while True:
        container = video.open_file(clip)
        count = 0
        try:
            stream = video.video_stream(container)
            display = DisplayParameters.of(stream)
            started = time.perf_counter()
            for decoded in video.decode(container, stream):
                read = time.perf_counter()
                image = rgb(decoded.frame, display)
                converted = time.perf_counter()
                yield image, {"read": (read - started) * 1000, "convert": (converted - read) * 1000}
                count += 1
                started = time.perf_counter()
        finally:
            container.close()
        if not count:
            return


def _noise_crops(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8)


def _timed(step: Callable[..., T], *arguments: object) -> tuple[T, float]:
    """What a step returns, and the milliseconds that it took."""
    started = time.perf_counter()
    result = step(*arguments)
    return result, (time.perf_counter() - started) * 1000
