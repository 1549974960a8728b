"""Fitting: training by a config, into a run folder with checkpoints, history and model bundles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import keras

from happysad_live.classification.bundle import load_bundle
from happysad_live.classification.classifier import EmotionModel
from happysad_live.errors import HappySadError
from happysad_live.paths import home_expanded
from happysad_live.terminal import print_message, print_result
from training.faces.faceset import CLASSES
from training.faces.own_data import as_face_sets
from training.files import write_json
from training.fitting.config import EVALUATIONS, FitConfig, load_config
from training.fitting.data import (
    TrainingFaces,
    load_faces,
    prior_offsets,
    read_greys,
    smoothed_labels,
    usable_faces,
)
from training.fitting.export import export_heads
from training.fitting.inputs import RunInputs
from training.fitting.learner import Learner
from training.fitting.loop import train
from training.fitting.losses import HeadsLoss
from training.fitting.networks import build_core
from training.fitting.precision import precision_policy
from training.fitting.run_folder import METRICS_NAME, RunFolder, Stage, run_lock
from training.fitting.sampling import sampled_class_shares
from training.fitting.start import take_over
from training.fitting.state import FitState
from training.judging.card import make_card
from training.judging.evaluate import evaluate_model, write_evaluation
from training.judging.judge import Predictions, predict_faces
from training.judging.plots import make_plots
from training.keras_settings import set_up_keras


def run_fit(
    config_path: Path,
    *,
    out: Path | None = None,
    resume: bool = False,
    data: Sequence[Path] | None = None,
    stop: threading.Event | None = None,
) -> Path:
    """Train what a config describes, and export a bundle for each of its heads.

    out: the run folder; by default ``runs/NAME``. resume: go on from its checkpoint, to the same result; with
    more ``epochs`` in the config, a finished run goes further.
    data: face sets instead of the config's; folders of classes and csv files are ingested first.
    stop: when set, ends the run at the next step, as Ctrl-C does.

    Returns the run folder. Raises TrainingError for a config, data or folder that cannot be used, ModelError
    for a start model that cannot be used, and KeyboardInterrupt when stopped; once training has begun, with a
    checkpoint written.
    """
    config = load_config(config_path)
    folder = out or Path("runs") / config.name
    with run_lock(folder, resume=resume):
        run = RunFolder(folder, config, resume=resume)
        _run_in(run, config_path, config, data or (), stop, resume=resume)
    return folder


def _run_in(
    run: RunFolder,
    config_path: Path,
    config: FitConfig,
    data: Sequence[Path],
    stop: threading.Event | None,
    *,
    resume: bool,
) -> None:
    if run.stage is Stage.GOES_ON:  # a finished run computes nothing more
        run.check_same_arithmetic()
    start = load_bundle(config.start) if config.start else None
    run.check_same_start(start)
    paths = as_face_sets(data, run.path, resume=resume, usual=list(map(home_expanded, config.faces)))
    loaded = load_faces(paths)
    faces = usable_faces(config, loaded)
    faces_sha256 = faces.sha256()
    run.check_same_faces(faces_sha256)
    if run.stage is Stage.FINISHED:
        print_message(
            f"The run in {run.path} is finished already; with more epochs in the config it goes further."
        )
        return
    # Raises for damage to the start model, so before the work, not after it.
    inputs = RunInputs.of(config, faces, loaded.of_split("val"), start)
    state, training = _begin(inputs)
    if checkpoint := run.checkpoint:
        state.load(checkpoint)
    # Only now is the folder changed: a run that cannot be taken up must stay as it is.
    run.open(config_path, faces, faces_sha256, start)
    stop = stop or threading.Event()
    train(inputs, training, state, run.path, stop)
    try:
        if stop.is_set():
            raise KeyboardInterrupt
        _make_models(inputs, state, run)
    except (KeyboardInterrupt, HappySadError, OSError):
        print_message("Stopped after the last epoch: --resume only has to make the models.")
        raise


def _make_models(inputs: RunInputs, state: FitState, run: RunFolder) -> None:
    """Export a bundle for each head, and judge it."""
    print_message("Making the models, which takes a while…")
    config, start, folder = inputs.config, inputs.start, run.path

    @cache
    def start_says() -> Predictions:
        """The start model's predictions, with which every head is compared."""
        assert start is not None
        return predict_faces(EmotionModel(start, "cpu"), inputs.judged)

    export_heads(
        config,
        state,
        inputs.faces,
        folder,
        start=start,
        made=run.made(config.train),
        training_data=inputs.training_data,
    )
    for head in config.heads:
        inputs.seen.write(folder / head.name)
    make_plots(folder)
    reports = {head.name: _judged(folder / head.name, inputs, start_says) for head in config.heads}
    write_json(folder / METRICS_NAME, reports)


def _judged(bundle: Path, inputs: RunInputs, start_says: Callable[[], Predictions]) -> dict[str, Any]:
    """Judge an exported model as ``evaluate`` does, compared with the start model. Print the report, draw the
    plots and write the card; returns the report."""
    evaluation = evaluate_model(EmotionModel.load(bundle, "cpu"), inputs.judged, "the run's own faces", "val")
    if inputs.start is not None:
        evaluation.compare_with(inputs.start.name, inputs.start, start_says)
    folder = bundle.parent / EVALUATIONS / bundle.name
    write_evaluation(evaluation, folder)
    make_plots(folder)
    make_card(bundle, [folder])
    print_result(f"{evaluation.text()}\n")
    return evaluation.report


def _begin(inputs: RunInputs) -> tuple[FitState, TrainingFaces]:
    """The state before the first step, with a compiled network, and the pictures to train on."""
    config, start = inputs.config, inputs.start
    set_up_keras(config.seed)
    _use_accelerators(config.train.batch)
    keras.mixed_precision.set_global_policy(precision_policy(config.train.mixed_precision))
    try:
        outputs = sum(len(head.classes) for head in config.heads)
        core = build_core(config.network, outputs, folded=start is not None)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    if start:
        take_over(core, config.heads, start)
    part = inputs.faces.of_split("train")
    training = TrainingFaces(read_greys(part), part.labels, part.source)
    priors = sampled_class_shares(training, config)
    loss = HeadsLoss(
        [head.classes for head in config.heads],
        prior_offsets(priors, config.heads),
        consistency=config.train.consistency,
        happy_or_not=config.train.happy_or_not,
        happy_prior=priors[CLASSES.index("happy")],
    )
    optimizer = keras.optimizers.AdamW(
        config.train.learning_rate, weight_decay=config.train.weight_decay, clipnorm=5.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    learner = Learner(core)
    learner.compile(optimizer, loss, jit_compile=keras.backend.backend() == "jax")
    return FitState(learner, smoothed_labels(training, config.sources)), training


def _use_accelerators(batch: int) -> None:
    """Share each batch among several GPUs, which Keras can do on JAX only; other backends use one GPU."""
    if keras.backend.backend() != "jax":
        return
    devices = sharing_evenly(keras.distribution.list_devices(), batch)
    if len(devices) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))


def sharing_evenly(devices: Sequence[str], batch: int) -> list[str]:
    """The most devices, from the first on, that a batch divides among evenly: JAX refuses uneven shares."""
    return list(devices[: max(number for number in range(1, len(devices) + 1) if batch % number == 0)])
