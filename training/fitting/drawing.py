"""Which pictures a training run draws, and their views, augmented while those before them are in use."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from happysad_live.core.cores import usable_cores
from happysad_live.core.prefetch import parallel_map, prefetch
from happysad_live.terminal import say
from training.fitting.augment import augment_batch
from training.fitting.config import FitConfig
from training.fitting.data import TrainingFaces, source_column
from training.processes import worker_pool

_RAREST_FACTOR = 6.0
"""A class is drawn at most this much more often than it comes, however rare it is."""

_BATCHES_AHEAD = 6

_MOST_PROCESSES = 16
"""Seven made 10,000 views a second beside an H100; one does 5,000 where nothing else wants Python's lock."""

_GREYS_NAME = "greys.npy"

Batches = Generator[tuple[np.ndarray, np.ndarray], None, None]


def drawing_chances(faces: TrainingFaces, config: FitConfig) -> np.ndarray:
    """How likely each picture is drawn, (N,) float64, summing to 1: by its source and its classes."""
    chance = source_column(faces.source, config.sources, "sampling_weight")
    frequency = (faces.labels * chance[:, None]).sum(axis=0) / chance.sum()
    present = frequency > 0
    wanted = 1 / max(present.sum(), 1)
    factor = np.zeros(len(frequency))
    factor[present] = (wanted / frequency[present]) ** config.train.class_balance
    chance = chance * (faces.labels @ np.minimum(factor, _RAREST_FACTOR))
    return np.asarray(chance / chance.sum(), np.float64)


def drawn_shares(faces: TrainingFaces, config: FitConfig) -> np.ndarray:
    """How much of what is drawn shows each class, (7,) float64, summing to 1."""
    return np.asarray(drawing_chances(faces, config) @ faces.labels, np.float64)


def drawn_batches(
    faces: TrainingFaces, config: FitConfig, steps: range, processes: int | None = None
) -> Batches:
    """A batch for each of the steps: (rows (batch,) int, views (batch, 64, 64, 1) float32).

    It depends on the config's seed and the step's number alone, so a resumed run sees the same.
    Rows i and i + batch/2 are two views of one picture.

    processes: that augment beside this one, else one less than there are cores, which leaves one for the
    network's thread. With one, or without room for the file that they share, a thread does it. Raises
    TrainingError when a process dies.
    """
    drawing = _Drawing(faces.greys, drawing_chances(faces, config), config)
    processes = processes or min(usable_cores() - 1, _MOST_PROCESSES)
    if processes > 1:
        return _drawn_by_processes(drawing, steps, processes)
    return _drawn_by_thread(drawing, steps)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """greys: see ``TrainingFaces``. chances: (N,) float64, how likely each picture is drawn."""

    greys: np.ndarray
    chances: np.ndarray
    config: FitConfig

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([self.config.seed, step])
        drawn = rng.choice(len(self.chances), self.config.train.batch // 2, p=self.chances)
        rows = np.concatenate([drawn, drawn])
        return rows, augment_batch(self.greys[rows], self.config.augment, rng)


def _drawn_by_thread(drawing: _Drawing, steps: range) -> Batches:
    return prefetch((drawing.batch(step) for step in steps), "augment", _BATCHES_AHEAD)


def _drawn_by_processes(drawing: _Drawing, steps: range, processes: int) -> Batches:
    folder = _shared(drawing.greys)
    if folder is None:
        say("Note: there is no room for temporary files, so one thread alone prepares the pictures.")
        yield from _drawn_by_thread(drawing, steps)
        return
    greys, remedy = Path(folder.name) / _GREYS_NAME, "make room, or let fewer cores work"
    with (
        folder,
        worker_pool(processes, _begin_worker, greys, drawing.chances, drawing.config, remedy=remedy) as pool,
    ):
        # A thread for each process waits for its batch.
        yield from parallel_map(
            lambda step: pool.submit(_batch_in_worker, step).result(),
            (step for step in steps),
            processes,
            "augment",
        )


def _shared(greys: np.ndarray) -> TemporaryDirectory[str] | None:
    """A folder with a file that all processes map, instead of a gigabyte for each; None without room."""
    folder = None
    try:
        folder = TemporaryDirectory(prefix="happysad-")
        np.save(Path(folder.name) / _GREYS_NAME, greys)
    except OSError:
        if folder is not None:
            folder.cleanup()
        return None
    return folder


_worker_drawing: _Drawing | None = None


def _begin_worker(greys: Path, chances: np.ndarray, config: FitConfig) -> None:
    global _worker_drawing
    _worker_drawing = _Drawing(np.load(greys, mmap_mode="r"), chances, config)


def _batch_in_worker(step: int) -> tuple[np.ndarray, np.ndarray]:
    assert _worker_drawing is not None
    return _worker_drawing.batch(step)
