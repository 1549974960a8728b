"""The training loop: steps, and after each epoch its metrics and a checkpoint."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.core.softmax import softmax
from happysad_live.errors import TrainingError
from happysad_live.interruptions import forget_signals, interruptions_handled, tell_if_slow
from happysad_live.terminal import print_message
from training.faces.faceset import CLASSES, FaceSet
from training.files import write_csv, write_json
from training.fitting.config import FitConfig
from training.fitting.data import (
    TrainingFaces,
    head_columns,
    head_targets,
    read_greys,
    smoothed_labels,
    source_column,
    with_opinion,
)
from training.fitting.doubtful import Opinion, list_doubtful
from training.fitting.inputs import RunInputs
from training.fitting.run_folder import CHECKPOINT_NAME, HISTORY_TABLE_NAME
from training.fitting.sampling import Batch, sampled_batches
from training.fitting.state import AVERAGE_EVERY, FitState
from training.judging.metrics import class_metrics
from training.judging.plots import HISTORY_NAME
from training.progress import progress_bar


def train(
    inputs: RunInputs, training: TrainingFaces, state: FitState, folder: Path, stop: threading.Event
) -> None:
    """Train from where the state stands to the config's last epoch, with a checkpoint after each epoch.

    training: the pictures to train on. Before the first step of a run that goes on from a model, the labels
    that this model doubts are listed.
    Raises KeyboardInterrupt when stopped before the last step, with a checkpoint written, and TrainingError
    when the loss is no longer a number or a file cannot be written.
    """
    config, start, train = inputs.config, inputs.start, inputs.config.train
    steps = range(state.step, train.steps)
    judge = _Judge(config, inputs.faces)
    if state.step == 0 and start:
        opinion = _opinion(config, training, state, start.labels, np.arange(len(training)))
        list_doubtful(opinion, start.temperature, inputs.faces.of_split("train"), folder)
        if train.opinion_from_epoch == 0:
            state.labels = _labels_with(opinion, config, training)

    def note(*_signal: object) -> None:  # and raise nothing, so that no step is left half done
        stop.set()
        tell_if_slow("Interrupted; waiting for this training step to end. The first one takes longest.")

    with (
        interruptions_handled(note),
        closing(sampled_batches(training, config, steps)) as batches,
        progress_bar(f"Training {config.name}", len(steps)) as advance,
    ):
        for batch in batches:
            if stop.is_set():
                break
            _one_step(config, state, batch)
            if state.step % train.steps_per_epoch == 0:
                _end_epoch(config, training, state, judge, folder)
            advance()
        forget_signals()
        if stop.is_set() and state.step < train.steps:
            state.save(folder / CHECKPOINT_NAME)
            print_message(f"Stopped after epoch {state.step // train.steps_per_epoch}; go on with --resume.")
            raise KeyboardInterrupt


def _one_step(config: FitConfig, state: FitState, batch: Batch) -> None:
    learner = state.learner
    learner.optimizer.learning_rate = learning_rate(config, state.step)
    learner.reset_metrics()
    learner.augmented.seed(config.seed, state.step)
    targets = head_targets(batch.mixed_labels(state.labels), config.heads)
    inputs = (batch.greys, batch.changes, batch.others, batch.shares)
    loss = float(learner.train_on_batch(inputs, targets))
    if not np.isfinite(loss):
        raise TrainingError(
            "The loss is no longer a number: lower the learning_rate and start anew with another --out."
        )
    state.losses.append(loss)
    state.step += 1
    if state.step % AVERAGE_EVERY == 0 or state.step == config.train.steps:  # the last steps count as well
        state.update_average(config.train.average_decay)


def learning_rate(config: FitConfig, step: int) -> float:
    """A step's learning rate: linear warm-up, then half a cosine down to 0 (Loshchilov and Hutter, 2017)."""
    train = config.train
    warmup = train.warmup_epochs * train.steps_per_epoch
    if step < warmup:
        return train.learning_rate * min((step + 1) / warmup, 1.0)
    done = (step - warmup) / max(train.steps - warmup, 1)
    return float(train.learning_rate * 0.5 * (1 + np.cos(np.pi * min(done, 1.0))))


def _end_epoch(
    config: FitConfig, training: TrainingFaces, state: FitState, judge: _Judge, folder: Path
) -> None:
    train = config.train
    epoch = state.step // train.steps_per_epoch
    with state.averaged():
        metrics = {"loss": float(np.mean(state.losses)), **judge(state.learner)}
        since = epoch - train.opinion_from_epoch
        if since >= 0 and since % train.opinion_every_epochs == 0 and epoch < train.epochs:
            doubted = np.flatnonzero(source_column(training.source, config.sources, "trust") < 1)
            opinion = _opinion(config, training, state, CLASSES, doubted)
            state.labels = _labels_with(opinion, config, training)
    for name, value in metrics.items():
        state.history.setdefault(name, []).append(float(value))
    state.losses = []
    state.save(folder / CHECKPOINT_NAME)
    _write_history(config, state.history, folder)
    print_message(f"Epoch {epoch}: " + ", ".join(f"{name} {value:.4f}" for name, value in metrics.items()))


def _write_history(config: FitConfig, history: dict[str, list[float]], folder: Path) -> None:
    """Write the history as JSON for the plots and as CSV for people.

    ``val_loss`` is a sum over the heads, as ``loss`` is, but of plain cross-entropies: both fall together, at
    different levels.
    """
    losses = [history[f"val_loss/{head.name}"] for head in config.heads]
    history = {"loss": history["loss"], "val_loss": np.sum(losses, axis=0).tolist(), **history}
    write_json(folder / HISTORY_NAME, history)
    rows = zip(*history.values(), strict=True)
    lines = [[str(number), *(f"{value:.6f}" for value in row)] for number, row in enumerate(rows, 1)]
    try:
        write_csv(folder / HISTORY_TABLE_NAME, [["epoch", *history], *lines])
    except TrainingError as error:
        # Windows cannot replace a file that a spreadsheet has open. The run goes on: the JSON has it all.
        print_message(f"Note: {error}")


def _opinion(
    config: FitConfig, training: TrainingFaces, state: FitState, learnt: Sequence[str], rows: np.ndarray
) -> Opinion:
    """The opinion of the head with most classes on some of the pictures.

    learnt: the classes that the network knows already. rows: (M,) int, which pictures.

    As that head's logits, the opinion is free of the share tau of the class priors, and so leans to rare
    classes: with the priors put back, more sad faces were called neutral. Its temperature is 1, since a run
    that is not calibrated yet has no other.
    """
    head, columns = max(
        zip(config.heads, config.head_slices, strict=True), key=lambda pair: len(pair[0].classes)
    )
    is_learnt = np.isin(head.classes, learnt)
    known = np.array(head_columns(head))[is_learnt]
    if not len(rows) or not len(known):
        return Opinion(rows[:0], known, np.empty((0, len(known)), np.float32))
    return Opinion(rows, known, state.learner.logits(training.greys, rows)[:, columns][:, is_learnt])


def _labels_with(opinion: Opinion, config: FitConfig, training: TrainingFaces) -> np.ndarray:
    """Labels, (N, 7) float32, with the opinion mixed into those of sources that are not fully trusted.

    A label's shares of classes that the opinion does not know stay as they are.
    """
    given = smoothed_labels(training, config.sources)
    said = given.copy()
    if len(opinion.rows):
        known = np.ix_(opinion.rows, opinion.columns)
        said[known] = softmax(opinion.logits) * given[known].sum(axis=1, keepdims=True)
    return with_opinion(given, said, training.source, config.sources)


class _Judge:
    """Judges a learner on the validation pictures: each head's loss, and its accuracy for each source."""

    def __init__(self, config: FitConfig, faces: FaceSet) -> None:
        self._val, self._config = faces.subset((faces.split == "val") & faces.decided), config
        self._greys = read_greys(self._val)

    def __call__(self, learner: Any) -> dict[str, float]:
        val, logits, metrics = self._val, learner.logits(self._greys), {}
        for head, columns in zip(self._config.heads, self._config.head_slices, strict=True):
            part = softmax(logits[:, columns])
            known, rows = val.labels[:, head_columns(head)], val.judging(head.classes)
            cross = -(known[rows] * np.log(part[rows] + 1e-9)).sum(axis=1) / known[rows].sum(axis=1)
            metrics[f"val_loss/{head.name}"] = float(cross.mean())
            for source in np.unique(val.source[rows]):
                mine = rows & (val.source == source)
                once = np.ones((1, int(mine.sum())))
                judged = class_metrics(once, known[mine].argmax(axis=1), part[mine], head.classes)
                balanced = judged["balanced_accuracy"].values[0]
                metrics[f"val_balanced_accuracy/{head.name}/{source}"] = float(balanced)
        return metrics
