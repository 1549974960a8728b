"""Fitting: from a config and a face set to a run folder with checkpoints, history and model bundles."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.errors import TrainingError
from happysad_live.terminal import interruptions_handled, say
from training.faces.faceset import CLASSES, SPLITS
from training.files import write_csv, write_json
from training.fitting.config import FitConfig, load_config, table
from training.fitting.precision import precision_policy
from training.fitting.run_folder import (
    METRICS_NAME,
    RUN_NAME,
    check_folder,
    check_same_arithmetic,
    check_same_data,
    check_same_start,
    is_finished,
    keep_config,
    write_facts,
)
from training.progress import progress_bar

if TYPE_CHECKING:
    from happysad_live.classification.bundle import ModelBundle
    from training.faces.faceset import FaceSet
    from training.fitting.data import TrainingFaces
    from training.fitting.state import FitState

CHECKPOINT_NAME = "checkpoint.npz"
HISTORY_NAME = "history.json"


def run_fit(
    config_path: Path | str,
    *,
    out: Path | str | None = None,
    resume: bool = False,
    backend: str | None = None,
    data: Sequence[Path] | Path | None = None,
    stop: threading.Event | None = None,
) -> Path:
    """Train what a config describes, and export a bundle for each of its heads.

    out: the run folder (else ``runs/NAME``). resume: go on from its checkpoint, to the same result; the
    config's ``epochs`` may have been raised, which takes a finished run further.
    backend: "tensorflow", "jax" or "torch". data: face sets instead of the config's; folders of
    classes and csv files are ingested first.
    stop: ends the run at the next step, as Ctrl-C does.

    Returns the run folder. Raises TrainingError for a config, data or folder that cannot be used, ModelError
    for a model to start from that cannot, and KeyboardInterrupt when stopped, with a checkpoint written.
    """
    config_path = Path(config_path)
    config = load_config(config_path)
    folder = Path(out) if out else Path("runs") / config.name
    _choose_backend(backend)
    _check_tables(config)
    check_folder(folder, config, resume)
    finished = resume and is_finished(folder, config)
    if not finished:
        check_same_arithmetic(folder, config, resume)
    from happysad_live.classification.bundle import load_bundle
    from training.faces.own_data import OWN_FACES, as_face_sets
    from training.fitting.data import load_faces, usable_faces

    start = load_bundle(config.start) if config.start else None
    check_same_start(folder, start, resume)
    paths = [data] if isinstance(data, Path) else list(data or map(Path, config.faces))
    if resume and not paths and (folder / OWN_FACES).is_file():
        paths = [folder / OWN_FACES]
    loaded = load_faces(as_face_sets(paths, folder, resume=resume))
    faces = usable_faces(config, loaded)
    fingerprint = faces.sha256()
    check_same_data(folder, fingerprint, resume)
    if finished:
        say(f"The run in {folder} is finished already; with more epochs in the config it goes further.")
        return folder
    state, training = _start(config, faces, start)
    if resume and (folder / CHECKPOINT_NAME).is_file():
        state.load(folder / CHECKPOINT_NAME)
    (folder / METRICS_NAME).unlink(missing_ok=True)
    # Kept only now: a run that cannot be taken up must stay as it is.
    keep_config(folder, config_path)
    if not (resume and (folder / RUN_NAME).is_file()):  # which says how it began
        write_facts(folder, config, faces, fingerprint, start)
    _train(config, faces, training, state, folder, stop or threading.Event())
    from training.fitting.calibrate import export_heads
    from training.judging.plots import make_plots

    parts = {split: part for split in SPLITS if len(part := loaded.of_split(split))}
    names = {split: part.names_sha256() for split, part in parts.items()}
    export_heads(config, state, faces, folder, names_sha256=names, start=start)
    make_plots(folder)
    figures = {head.name: _judged(folder / head.name, parts["val"]) for head in config.heads}
    write_json(folder / METRICS_NAME, figures)
    return folder


def _judged(bundle: Path, val: FaceSet) -> dict[str, Any]:
    """Judge an exported model as ``evaluate`` does; print, draw and put into its card what came of it."""
    from happysad_live.classification.classifier import EmotionModel
    from training.judging.card import make_card
    from training.judging.evaluate_run import evaluate_model, write_evaluation
    from training.judging.plots import make_plots

    evaluation = evaluate_model(EmotionModel.load(bundle, "cpu"), val, "the run's own faces", "val")
    folder = bundle.parent / "evaluation" / bundle.name
    write_evaluation(evaluation, folder)
    make_plots(folder)
    make_card(str(bundle), [folder])
    print(evaluation.text(), end="\n\n")
    return evaluation.report


def _choose_backend(backend: str | None) -> None:
    """Keras takes its backend from the environment, once, on its first import."""
    if backend:
        if "keras" in sys.modules and sys.modules["keras"].backend.backend() != backend:
            raise TrainingError(
                f"Keras already runs on {sys.modules['keras'].backend.backend()}: "
                f"start a new process to train on {backend}."
            )
        os.environ["KERAS_BACKEND"] = backend
    try:
        with native_chatter_silenced():
            import keras  # noqa: F401
    except ImportError as error:
        name = os.environ.get("KERAS_BACKEND", "tensorflow")
        raise TrainingError(f"Keras cannot use {name}: install it, or choose another --backend.") from error


def _check_tables(config: FitConfig) -> None:
    """Find a mistake in the tables that only the training itself reads, before anything is written."""
    from training.fitting.augment import AugmentConfig
    from training.fitting.networks import NetworkConfig

    table(NetworkConfig, config.network, "network")
    table(AugmentConfig, config.augment, "augment")


def _start(config: FitConfig, faces: FaceSet, start: ModelBundle | None) -> tuple[FitState, TrainingFaces]:
    """A compiled network with its state before the first step, and the pictures to train on."""
    import keras

    from training.fitting.data import TrainingFaces, drawn_shares, prior_offsets, read_greys, smoothed_labels
    from training.fitting.losses import HeadsLoss
    from training.fitting.networks import NetworkConfig, build_core
    from training.fitting.start import take_over
    from training.fitting.state import FitState

    keras.utils.set_random_seed(config.seed)
    _use_all_accelerators()
    keras.mixed_precision.set_global_policy(precision_policy(config.train.mixed_precision))
    try:
        network = table(NetworkConfig, config.network, "network")
        outputs = sum(len(head.classes) for head in config.heads)
        core = build_core(network, outputs, folded=start is not None)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    if start:
        take_over(core, config.heads, start)
    part = faces.of_split("train")
    training = TrainingFaces(read_greys(part), part.labels, part.source)
    drawn = drawn_shares(training, config)
    loss = HeadsLoss(
        [head.classes for head in config.heads],
        prior_offsets(drawn, config.heads),
        weights=[head.weight for head in config.heads],
        consistency=config.train.consistency,
        happy_or_not=config.train.happy_or_not,
        happy_prior=drawn[CLASSES.index("happy")],
    )
    optimizer = keras.optimizers.AdamW(
        config.train.learning_rate, weight_decay=config.train.weight_decay, clipnorm=5.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    core.compile(optimizer, loss, jit_compile=keras.backend.backend() == "jax")
    return FitState(core, smoothed_labels(training, config.sources)), training


def _use_all_accelerators() -> None:
    """Share each batch among the GPUs when there are several: Keras can on JAX only; elsewhere one works."""
    import keras

    if keras.backend.backend() == "jax" and len(keras.distribution.list_devices()) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel())


def _train(
    config: FitConfig,
    faces: FaceSet,
    training: TrainingFaces,
    state: FitState,
    folder: Path,
    stop: threading.Event,
) -> None:
    from training.fitting.augment import AugmentConfig
    from training.fitting.data import drawing_chances, drawn_batches

    train = config.train
    steps = range(state.step, train.steps)
    judge = _Judge(config, faces)
    if state.step == 0 and train.opinion_from_epoch == 0:
        _take_opinion(config, training, state, state.core)
    batches = drawn_batches(
        training,
        drawing_chances(training, config),
        table(AugmentConfig, config.augment, "augment"),
        seed=config.seed,
        steps=steps,
        batch=train.batch,
    )
    with (
        _stop_on_interrupt(stop),
        batches as drawn,
        progress_bar(f"Training {config.name}", len(steps)) as advance,
    ):
        for step, (rows, views) in zip(steps, drawn, strict=False):
            if stop.is_set():
                state.save(folder / CHECKPOINT_NAME)
                say(f"Stopped after epoch {step // train.steps_per_epoch}; go on with --resume.")
                raise KeyboardInterrupt
            _one_step(config, state, rows, views)
            if state.step % train.steps_per_epoch == 0:
                _end_epoch(config, training, state, judge, folder)
            advance()
        if stop.is_set():  # in the last step, so everything is learnt
            say("Stopped after the last epoch; --resume makes the models of it.")
            raise KeyboardInterrupt


def _one_step(config: FitConfig, state: FitState, rows: np.ndarray, views: np.ndarray) -> None:
    from training.fitting.data import head_targets
    from training.fitting.state import AVERAGE_EVERY

    state.core.optimizer.learning_rate = learning_rate(config, state.step)
    state.core.reset_metrics()
    loss = float(state.core.train_on_batch(views, head_targets(state.labels[rows], config.heads)))
    if not np.isfinite(loss):
        raise TrainingError(
            "The loss is no longer a number: lower the learning_rate and start anew with another --out."
        )
    state.losses.append(loss)
    state.step += 1
    if state.step % AVERAGE_EVERY == 0:
        state.update_average(config.train.average_decay)


def learning_rate(config: FitConfig, step: int) -> float:
    """Linear warm-up, then half a cosine down to zero (Loshchilov and Hutter, 2017)."""
    train = config.train
    warmup = train.warmup_epochs * train.steps_per_epoch
    if step < warmup:
        return train.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(train.steps - warmup, 1)
    return float(train.learning_rate * 0.5 * (1 + np.cos(np.pi * min(done, 1.0))))


def _end_epoch(
    config: FitConfig, training: TrainingFaces, state: FitState, judge: _Judge, folder: Path
) -> None:
    train = config.train
    epoch = state.step // train.steps_per_epoch
    with state.averaged() as core:
        figures = {"loss": float(np.mean(state.losses)), **judge(core)}
        since = epoch - train.opinion_from_epoch
        if since >= 0 and since % train.opinion_every_epochs == 0 and epoch < train.epochs:
            _take_opinion(config, training, state, core)
    for name, value in figures.items():
        state.history.setdefault(name, []).append(float(value))
    state.losses = []
    state.save(folder / CHECKPOINT_NAME)
    _write_history(config, state.history, folder)
    say(f"Epoch {epoch}: " + ", ".join(f"{name} {value:.4f}" for name, value in figures.items()))


def _write_history(config: FitConfig, history: dict[str, list[float]], folder: Path) -> None:
    """As JSON for the plots and as CSV for people.

    ``val_loss`` is the heads' sum, as ``loss`` is, but of plain cross-entropies: it falls with ``loss``,
    and lies elsewhere.
    """
    weighted = [head.weight * np.array(history[f"val_loss/{head.name}"]) for head in config.heads]
    history = {"loss": history["loss"], "val_loss": np.sum(weighted, axis=0).tolist(), **history}
    write_json(folder / HISTORY_NAME, history)
    rows = zip(*history.values(), strict=True)
    lines = [[str(number), *(f"{value:.6f}" for value in row)] for number, row in enumerate(rows, 1)]
    write_csv(folder / "history.csv", [["epoch", *history], *lines])


def _take_opinion(config: FitConfig, training: TrainingFaces, state: FitState, core: Any) -> None:
    """Mix the opinion of the head with most classes into the labels of sources not fully trusted.

    The opinion is free of the class priors, as the logits are, and so leans to rare classes: with the priors
    put back, more sad faces were called neutral. What a label gives to classes which that head does not
    know stays as it is.
    """
    from training.fitting.augment import plain_batch
    from training.fitting.data import head_columns, smoothed_labels, source_column, with_opinion

    doubted = np.flatnonzero(source_column(training.source, config.sources, "trust") < 1)
    number = int(np.argmax([len(head.classes) for head in config.heads]))
    start = sum(len(head.classes) for head in config.heads[:number])
    known = np.array(head_columns(config.heads[number]))
    given = smoothed_labels(training, config.sources)
    opinion = given.copy()
    for rows in np.array_split(doubted, -(-len(doubted) // 512)) if len(doubted) else ():
        logits = _logits(core, plain_batch(training.greys[rows]))[:, start : start + len(known)]
        share = given[np.ix_(rows, known)].sum(axis=1, keepdims=True)
        opinion[np.ix_(rows, known)] = softmax(logits) * share
    state.labels = with_opinion(given, opinion, training.source, config.sources)


class _Judge:
    """Loss and accuracy of the mean weights on the validation pictures of each source."""

    def __init__(self, config: FitConfig, faces: FaceSet) -> None:
        from training.fitting.augment import plain_batch
        from training.fitting.data import read_greys

        val = faces.subset((faces.split == "val") & faces.decided)
        self._views = plain_batch(read_greys(val))
        self._labels, self._source, self._config = val.labels, val.source, config

    def __call__(self, core: Any) -> dict[str, float]:
        from training.fitting.data import head_columns

        parts = np.array_split(self._views, max(1, len(self._views) // 512))
        logits = np.concatenate([_logits(core, part) for part in parts])
        figures, start = {}, 0
        for head in self._config.heads:
            part = softmax(logits[:, start : start + len(head.classes)])
            start += len(head.classes)
            known = self._labels[:, head_columns(head)]
            rows = known.sum(axis=1) > 0.5
            cross = -(known[rows] * np.log(part[rows] + 1e-9)).sum(axis=1) / known[rows].sum(axis=1)
            figures[f"val_loss/{head.name}"] = float(cross.mean())
            for source in np.unique(self._source[rows]):
                mine = rows & (self._source == source)
                truth = known[mine].argmax(axis=1)
                recalls = [(part[mine][truth == k].argmax(axis=1) == k).mean() for k in np.unique(truth)]
                figures[f"val_balanced_accuracy/{head.name}/{source}"] = float(np.mean(recalls))
        return figures


def _logits(core: Any, views: np.ndarray) -> np.ndarray:
    return np.asarray(core.predict_on_batch(views), np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, (..., K)."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


@contextlib.contextmanager
def _stop_on_interrupt(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and a polite kill end the run between two steps, so that no step is half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with interruptions_handled(lambda *_: stop.set()):
        yield
