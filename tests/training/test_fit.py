"""Whole small runs: what they leave behind, going on after an interruption, and sentences for bad input."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from drawn_runs import CONFIG, StopAfter, drawn_set
from face_sets import face_set
from full_disk import full_disk

from happysad_live.classification.bundle import load_bundle
from happysad_live.classification.classifier import EmotionModel
from happysad_live.classification.runtime import load_network
from happysad_live.errors import TrainingError
from training.cli import main
from training.faces.faceset import CLASSES, FaceSet, encode_jpeg
from training.fitting.calibrate import calibrate
from training.fitting.config import HeadConfig, SourceConfig, TrainConfig, config_file, load_config
from training.fitting.data import TrainingFaces, calibrating, load_faces, prior_offsets, source_column
from training.fitting.export import crop_logits, export_heads
from training.fitting.fit import run_fit, sharing_evenly
from training.fitting.inputs import RunInputs
from training.fitting.loop import learning_rate
from training.fitting.losses import HeadsLoss
from training.fitting.networks import build_core
from training.fitting.run_folder import run_lock
from training.fitting.sampling import sampled_class_shares
from training.fitting.start import take_over
from training.fitting.state import FitState
from training.judging.evaluate import evaluate_bundles


def test_run_folder_holds_the_whole_record(run: Path, config: Path, data: Path) -> None:
    assert (run / "config.toml").read_bytes() == config.read_bytes()
    facts = json.loads((run / "run.json").read_text())
    assert facts["data_sha256"] == FaceSet.load(data).sha256()
    assert facts["versions"]["keras"] and facts["faces"] == {"drawn": 72}
    card = (run / "three" / "README.md").read_text()
    assert "4 epochs of 640 views, 32 at a time, learning rate 0.01, seed 11, on tensorflow" in card
    history = json.loads((run / "history.json").read_text())
    assert {len(values) for values in history.values()} == {4}
    assert history["loss"][-1] < history["loss"][0]
    with (run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert (run / "curves.png").stat().st_size > 5000
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[2]["loss"]) == pytest.approx(history["loss"][2], abs=1e-5)


def test_network_learns_and_its_bundle_runs_in_the_app(run: Path, data: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    figures = metrics["three"]["sources"]["drawn"]["figures"]
    assert figures["balanced_accuracy"]["value"] > 0.9
    faces = FaceSet.load(data)
    val = faces.subset(faces.split == "val")
    model = EmotionModel.load(run / "three", device="cpu")
    assert model.labels == ("happy", "sad", "neutral")
    called = model.probabilities(val.crops(range(len(val)))).argmax(axis=1)
    right = (called == val.hard_labels).mean()
    assert right == pytest.approx(figures["accuracy"]["value"], abs=1e-4)


def test_a_run_ends_with_a_card_that_has_figures(run: Path) -> None:
    card = (run / "three" / "README.md").read_text()
    assert "| balanced accuracy |" in card
    assert "trained on none of the 18 faces judged. Temperature, class balance and threshold" in card
    assert "which tell neither people nor copies that were mirrored or cropped, the weights were" in card
    assert (run / "evaluation" / "three" / "confusion.png").stat().st_size > 5000


def test_faces_that_the_weights_saw_are_counted_whatever_they_are_called_now(
    run: Path, data: Path, tmp_path: Path
) -> None:
    faces = FaceSet.load(data)
    everywhere = {name: getattr(faces, name) for name in ("group", "split", "detector", "name")}
    crops = [faces.context_crop(row) for row in range(len(faces))]
    moved = np.array([[1.0, 0, 1], [0, 1, 1]])  # by a pixel, as where another processor finds the face
    renamed = replace(faces, source=np.full(len(faces), "elsewhere"))
    saved_again, others_of_these_names, strangers = (
        FaceSet.from_crops(
            [encode_jpeg(cv2.warpAffine(change(crop), moved, (320, 320)), quality=60) for crop in crops],
            faces.labels,
            source=np.full(len(faces), source),
            **everywhere,
        )
        for change, source in ((np.array, "elsewhere"), (np.invert, "drawn"), (np.invert, "elsewhere"))
    )
    both = "trained on 54 of the 72 faces judged: the figures say little about new ones. Temperature, class "
    both += "balance and threshold were chosen on 18 of them"
    none = "trained on none of the 72 faces judged.\n"
    by_name = "54 of those trained on and 18 of those chosen on were matched by folder and file name only"
    path = tmp_path / "set.faces.npz"
    cases = (
        (renamed, both, 0),
        (saved_again, both, 0),
        (others_of_these_names, both, 1),
        (strangers, none, 0),
    )
    for same, sentence, alone in cases:
        same.save(path)
        (done,) = evaluate_bundles([str(run / "three")], [path], split="all", device="cpu")
        assert sentence in done.text() + "\n"
        assert done.text().count(by_name) == alone


def test_doubtful_labels_take_the_networks_opinion_and_others_do_not(run: Path, data: Path) -> None:
    faces = FaceSet.load(data)
    given = faces.labels[faces.split == "train"] * 0.95 + 0.05 / len(CLASSES)
    with np.load(run / "checkpoint.npz") as checkpoint:
        mixed = checkpoint["labels"]
    np.testing.assert_allclose(mixed.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(mixed[:, 3:], given[:, 3:], atol=1e-6)
    change = np.abs(mixed - given).max(axis=1)
    assert (change > 1e-3).any() and change.max() <= 0.1 + 1e-6


def test_interrupted_and_resumed_is_the_same_run(run: Path, config: Path, data: Path, tmp_path: Path) -> None:
    """Stopped before the first step, amid the second epoch and, after an opinion, the third, and in the last
    step."""
    import keras

    folder = tmp_path / "broken"
    for steps in (0, 25, 20, 35):
        with pytest.raises(KeyboardInterrupt):
            run_fit(config, out=folder, data=[data], resume=folder.exists(), stop=StopAfter(steps))
        assert not (folder / "three").exists()
    run_fit(config, out=folder, data=[data], resume=True)

    whole, resumed = (json.loads((one / "history.json").read_text()) for one in (run, folder))
    np.testing.assert_allclose(resumed["loss"], whole["loss"], rtol=1e-4)
    faces = FaceSet.load(data)
    logits = [
        crop_logits(keras.models.load_model(one / "three" / "model.keras", compile=False), faces)
        for one in (run, folder)
    ]
    np.testing.assert_allclose(logits[1], logits[0], atol=2e-3)


def test_full_disk_keeps_the_last_checkpoint(config: Path, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_fit(config, out=folder, data=[data], stop=StopAfter(0))
    before = (folder / "checkpoint.npz").read_bytes()
    told = r"checkpoint\.npz cannot be written.*--resume"
    with full_disk(20_000), pytest.raises(TrainingError, match=told):
        run_fit(config, out=folder, data=[data], resume=True)
    assert (folder / "checkpoint.npz").read_bytes() == before
    assert not list(folder.glob(".*~*"))


def test_where_only_the_models_cannot_be_written_resuming_makes_them_alone(
    run: Path, config: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    shutil.rmtree(folder / "three")
    in_the_way = folder / "evaluation" / "three" / "predictions.npz"  # as a full disk would be
    in_the_way.unlink()
    in_the_way.mkdir()
    with pytest.raises(TrainingError, match="cannot be written"):
        run_fit(config, out=folder, data=[data], resume=True)
    assert "--resume only has to make the models" in capsys.readouterr().err
    in_the_way.rmdir()
    run_fit(config, out=folder, data=[data], resume=True)
    said = capsys.readouterr().err
    assert "Making the models" in said
    assert "Epoch" not in said
    assert load_bundle(folder / "three").labels == ("happy", "sad", "neutral")


def test_second_run_does_not_overwrite_the_first(run: Path, config: Path, data: Path) -> None:
    with pytest.raises(TrainingError, match="already holds a run.*--resume"):
        run_fit(config, out=run, data=[data])


def test_a_run_replaces_no_model_that_is_not_its_own(config: Path, data: Path, tmp_path: Path) -> None:
    """As where the models of the user, or those that come with the program, are given as its folder."""
    for head in load_config(config).heads:
        model = tmp_path / head.name / "model.json"
        model.parent.mkdir()
        model.write_text("{}")
        with pytest.raises(TrainingError, match=f"already holds a model “{head.name}”"):
            run_fit(config, out=tmp_path, data=[data])
        model.unlink()


@pytest.mark.parametrize(
    "name", ["run.json", "checkpoint.npz", "metrics.json", "history.csv", "doubtful.csv"]
)
def test_a_run_replaces_no_file_that_is_not_its_own(
    name: str, config: Path, data: Path, tmp_path: Path
) -> None:
    mine = tmp_path / name
    mine.write_text("mine")
    with pytest.raises(TrainingError, match=f"{name} is something else and would be replaced"):
        run_fit(config, out=tmp_path, data=[data])
    assert mine.read_text() == "mine"


def test_run_that_was_stopped_before_its_first_checkpoint_can_be_resumed(
    config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt):
            run_fit(config, out=folder, data=[data], resume=resume, stop=StopAfter(0))
        with np.load(folder / "checkpoint.npz") as checkpoint:  # a twentieth of each label is doubted
            assert np.unique(checkpoint["labels"]) == pytest.approx([0.05 / 7, 0.95 + 0.05 / 7])
        (folder / "checkpoint.npz").unlink()


def weights_after(steps: int, text: str, data: Path, folder: Path) -> list[np.ndarray]:
    """Of a network that a config's text makes."""
    folder.with_suffix(".toml").write_text(text)
    with pytest.raises(KeyboardInterrupt):
        run_fit(folder.with_suffix(".toml"), out=folder, data=[data], stop=StopAfter(steps))
    with np.load(folder / "checkpoint.npz") as checkpoint:
        return [values for name, values in checkpoint.items() if name.startswith("core/")]


def test_the_first_weights_hang_on_the_seed(data: Path, tmp_path: Path) -> None:
    first, same, other = (
        np.concatenate([one.ravel() for one in weights_after(0, text, data, tmp_path / f"{number}")])
        for number, text in enumerate((CONFIG, CONFIG, CONFIG.replace("seed = 11", "seed = 12")))
    )
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.1


def test_weights_decay_but_not_what_normalises(data: Path, tmp_path: Path) -> None:
    """Nothing is learnt: only the decay moves the kernels, and leaves the factors of five normalisations."""
    text = CONFIG.replace("learning_rate = 1e-2", "learning_rate = 1e-9\nweight_decay = 1e8")
    before, after = (weights_after(steps, text, data, tmp_path / str(steps)) for steps in (0, 10))
    sizes = [(one.std(), other.std()) for one, other in zip(before, after, strict=True) if one.ndim > 1]
    assert len(sizes) == 6 and all(now < 0.9 * then for then, now in sizes)
    assert sum(np.allclose(one, 1, atol=1e-3) for one in after if one.ndim == 1) == 5


def test_a_run_without_a_name_can_be_resumed(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "nameless.toml"
    path.write_text(CONFIG.replace('name = "tiny"', "", 1))
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt):
            run_fit(path, out=tmp_path / "run", data=[data], resume=resume, stop=StopAfter(0))


def test_resume_needs_a_run(config: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not a run to resume"):
        run_fit(config, out=tmp_path / "nothing", data=[data], resume=True)


@pytest.mark.parametrize(
    ("fact", "began", "sentence"),
    [
        ("backend", "jax", "began on jax: add --backend jax"),
        ("precision", "mixed_bfloat16", "began in mixed_bfloat16 and would go on in float32"),
    ],
)
def test_resume_refuses_another_backend_and_precision(
    fact: str, began: str, sentence: str, run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(run, folder)
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {fact: began}))
    (folder / "metrics.json").unlink()  # as if it were not finished
    with pytest.raises(TrainingError, match=sentence):
        run_fit(config, out=folder, data=[data], resume=True)


def test_a_misspelt_source_is_told(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "misspelt.toml"
    path.write_text(CONFIG.replace("[sources.drawn]", "[sources.drawm]"))
    with pytest.raises(KeyboardInterrupt):
        run_fit(path, out=tmp_path / "run", data=[data], stop=StopAfter(0))
    told = capsys.readouterr().err
    assert "no picture is of the config's source drawm; drawn has no entry" in told


def test_an_entry_for_any_source_counts_where_there_is_no_other() -> None:
    sources = {"a": SourceConfig(trust=0.2), "*": SourceConfig(trust=0.7)}
    assert source_column(np.array(["a", "b", "a"]), sources, "trust").tolist() == [0.2, 0.7, 0.2]
    assert source_column(np.array(["b"]), {}, "trust").tolist() == [1.0]


@pytest.mark.parametrize(
    ("views", "pictures", "steps"), [(0, 30, 4), (0, 3000, 47), (640, 3000, 5), (700, 3000, 6)]
)
def test_an_epoch_has_as_many_pairs_as_pictures_unless_the_config_says_how_many(
    views: int, pictures: int, steps: int
) -> None:
    """In whole batches of 128 views. Of few pictures so many that there is something to learn."""
    train = TrainConfig(views_per_epoch=views).for_pictures(pictures)
    assert (train.steps_per_epoch, train.views_per_epoch) == (steps, 128 * steps)


def test_the_learning_rate_rises_and_falls_as_half_a_cosine(config: Path) -> None:
    """Of 4 epochs of 20 steps: up in half an epoch, then down to nothing, half of it in the middle."""
    fit = load_config(config)
    peak = fit.train.learning_rate
    rates = [learning_rate(fit, step) / peak for step in range(81)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert (rates[10], rates[45], rates[80]) == (pytest.approx(1), pytest.approx(0.5), pytest.approx(0))
    short = replace(fit, train=replace(fit.train, warmup_epochs=0.01))
    assert max(learning_rate(short, step) for step in range(80)) <= peak


def test_a_run_of_few_steps_leaves_its_mark(data: Path, tmp_path: Path) -> None:
    """The running mean of the weights, which is exported, moves every eight steps and after the last one."""
    import keras

    five_steps = "epochs = 1\nviews_per_epoch = 160"
    text = CONFIG.replace("epochs = 4\nviews_per_epoch = 640", five_steps)
    first = weights_after(0, text, data, tmp_path / "stopped")
    folder = run_fit(tmp_path / "stopped.toml", out=tmp_path / "whole", data=[data])
    network = keras.models.load_model(folder / "three" / "model.keras", compile=False)
    kernel, _ = network.get_layer("logits").get_weights()
    (before,) = (weights for weights in first if weights.shape == kernel.shape)
    assert np.abs(kernel - before).max() > 1e-3


def loss_as_it_stands(config: Path, data: Path, folder: Path, entries: str, *, views: int) -> float:
    """The loss of one epoch in which the weights stay as they are; entries: further ones of ``[train]``."""
    text = config.read_text().replace("epochs = 4", "epochs = 1").replace("rate = 1e-2", "rate = 1e-9")
    text = text.replace("views_per_epoch = 640", f"views_per_epoch = {views}")
    folder.with_suffix(".toml").write_text(text.replace("[train]", f"[train]\n{entries}"))
    with pytest.raises(KeyboardInterrupt):  # its models are not wanted
        run_fit(folder.with_suffix(".toml"), out=folder, data=[data], stop=StopAfter(views // 32))
    (loss,) = json.loads((folder / "history.json").read_text())["loss"]
    return float(loss)


def test_views_that_disagree_cost_as_much_as_the_config_says(
    config: Path, data: Path, tmp_path: Path
) -> None:
    """With weights that stay as they are, the loss grows in proportion to ``consistency``."""
    without, once, thrice = (
        loss_as_it_stands(config, data, tmp_path / str(times), f"consistency = {times}", views=64)
        for times in (0, 1, 3)
    )
    assert once > without * 1.001
    assert thrice - without == pytest.approx(3 * (once - without), rel=1e-3)


def test_happy_or_not_costs_what_the_share_of_happy_faces_makes_it_cost(
    config: Path, data: Path, tmp_path: Path
) -> None:
    """A network that knows nothing yet pays the entropy of that share: of 2 of 38, 0.21."""
    faces = FaceSet.load(data)
    happy = np.flatnonzero((faces.hard_labels == CLASSES.index("happy")) & (faces.split == "train"))
    few = np.isin(np.arange(len(faces)), happy[2:], invert=True)
    path = tmp_path / "few.faces.npz"
    faces.subset(few).save(path)
    without, once = (
        loss_as_it_stands(
            config, path, tmp_path / str(times), f"happy_or_not = {times}\nclass_balance = 0", views=320
        )
        for times in (0, 1)
    )
    assert once - without == pytest.approx(0.21, abs=0.05)


def test_each_head_has_its_own_classes_and_is_calibrated_on_what_counts(
    run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    """The validation pictures, of sources with a calibration_weight, by the running mean of the weights.

    The label is that of most annotators; a picture counts as far as they saw one of the head's classes, and
    related ones count once. Pictures of the test part are not looked at: they cannot even be read.
    """
    heads = (
        HeadConfig("two", ("sad", "happy"), max_unsure=0.2),
        HeadConfig("three", ("happy", "sad", "neutral"), max_unsure=0.2),
    )
    uncounted = {"uncounted": SourceConfig(calibration_weight=0.0)}
    fit = replace(load_config(config), heads=heads, sources=uncounted)
    faces = FaceSet.load(data)
    labels, val = np.roll(faces.labels, 1, axis=1), np.flatnonzero(faces.split == "val")
    source = np.where(faces.split == "val", "uncounted", "drawn")
    counted, wrong = val[::2], val[::8]  # a few wrong ones, or one could be sure beyond measure
    source[counted] = "drawn"
    labels[counted] = faces.labels[counted]
    labels[wrong] = faces.labels[np.roll(wrong, 1)]
    core = build_core(fit.network, 5, folded=True)
    take_over(core, heads, load_bundle(run / "three"))
    learner = SimpleNamespace(core=core, optimizer=SimpleNamespace(build=lambda _: None))
    state = FitState(learner, np.zeros((0, 7), np.float32))
    core.set_weights([2 * weights for weights in core.get_weights()])
    group = np.arange(len(faces)) // 16  # two of those that count
    angry = np.where(np.arange(len(faces)) % 16 == 0, 0.3, 0.1)[:, None]
    votes = (0.9 - angry) * labels + 0.1 * np.roll(labels, 1, axis=1)
    votes[:, [CLASSES.index("angry")]] += angry
    test, jpeg = np.arange(len(faces)) % 4 == 1, faces.jpeg.copy()
    for start, size in zip(faces.starts[test], faces.sizes[test], strict=True):
        jpeg[start : start + size] = 0
    split = np.where(test, "test", faces.split)
    mixed = replace(faces, jpeg=jpeg, labels=votes, source=source, group=group, split=split)
    export_heads(fit, state, mixed, tmp_path, made={}, training_data=[])

    logits = crop_logits(load_network(load_bundle(run / "three")), faces)
    for head in heads:
        columns = [("happy", "sad", "neutral").index(name) for name in head.classes]
        rows = counted[np.isin(labels[counted].argmax(axis=1), columns)]
        shown, related = labels[rows][:, columns], group[rows]
        seen = votes[rows][:, columns].sum(axis=1)
        wanted = calibrate(logits[rows][:, columns], shown, seen, head, group=related)
        made = load_bundle(tmp_path / head.name)
        assert made.labels == head.classes
        assert (made.temperature, made.threshold) == pytest.approx((wanted.temperature, wanted.threshold))
        shifted = crop_logits(load_network(made), faces)
        np.testing.assert_allclose(shifted, logits[:, columns] + wanted.bias, atol=1e-3)


def test_faces_that_do_not_count_in_the_calibration_are_not_recorded_as_of_it(config: Path) -> None:
    faces = drawn_set(per_class=8)
    val = np.flatnonzero(faces.split == "val")  # two of each class
    source = faces.source.astype("<U9")
    source[val[::2]] = "uncounted"
    faces = replace(faces, source=source)
    sources = {"uncounted": SourceConfig(calibration_weight=0.0)}
    seen = RunInputs.of(replace(load_config(config), sources=sources), faces, faces.of_split("val")).seen
    assert set(seen.calibrated) == set(faces.subset(val[1::2]).keys().ravel())
    assert set(seen.trained) == set(faces.of_split("train").keys().ravel())
    labels = faces.labels.copy()
    labels[val[1], [0, 1]] = 0.5  # its annotators are evenly split
    counted = calibrating(replace(faces, labels=labels), sources)
    assert np.flatnonzero(counted).tolist() == val[3::2].tolist()


def test_the_loss_knows_how_often_each_class_is_drawn(config: Path) -> None:
    """By hand: of four pictures three are happy, and nothing evens the classes out."""
    labels = np.eye(len(CLASSES), dtype=np.float32)[[0, 0, 0, 1]]
    faces = TrainingFaces(np.zeros((4, 1, 1), np.uint8), labels, np.full(4, "drawn"))
    head = HeadConfig("two", ("sad", "happy"), tau=0.5)
    plain = load_config(config)
    unbalanced = replace(plain, train=replace(plain.train, class_balance=0.0))
    (offset,) = prior_offsets(sampled_class_shares(faces, unbalanced), [head])
    assert offset == pytest.approx(0.5 * np.log([0.25, 0.75]))
    halfway = replace(plain, train=replace(plain.train, class_balance=0.5))
    even = replace(plain, train=replace(plain.train, class_balance=1.0))
    assert sampled_class_shares(faces, even)[:2] == pytest.approx([0.5, 0.5])
    # 3/4 (1/2 : 3/4) ** 1/2 to 1/4 (1/2 : 1/4) ** 1/2
    assert sampled_class_shares(faces, halfway)[:2] == pytest.approx(np.array([3**0.5, 1]) / (3**0.5 + 1))


@pytest.mark.parametrize(
    ("there", "batch", "used"), [(1, 64, 1), (2, 64, 2), (3, 64, 2), (3, 96, 3), (7, 64, 4)]
)
def test_a_batch_is_shared_among_as_many_gpus_as_take_equal_parts(there: int, batch: int, used: int) -> None:
    devices = [f"gpu:{number}" for number in range(there)]
    assert sharing_evenly(devices, batch) == devices[:used]


def test_the_running_mean_follows_the_weights_faster_while_it_is_young() -> None:
    """By hand: from 0 to weights of 1, with a tenth of the mean kept at first and nine tenths later."""
    import keras

    weights = keras.Variable(np.zeros(2, np.float32))
    learner = SimpleNamespace(
        core=SimpleNamespace(variables=[weights], trainable_variables=[weights]),
        optimizer=SimpleNamespace(build=lambda _: None),
    )
    state = FitState(learner, np.zeros((0, 7), np.float32))
    weights.assign(np.ones(2, np.float32))
    state.update_average(0.9)
    assert state.average[0] == pytest.approx(np.full(2, 0.9))
    state.average[0][:] = 0
    state.step = 1_000_000
    for mean in (0.1, 0.19, 0.271):
        state.update_average(0.9)
        assert state.average[0] == pytest.approx(np.full(2, mean))


def test_a_copy_in_another_set_may_not_judge_what_was_learnt_from_it(
    config: Path, data: Path, tmp_path: Path
) -> None:
    faces = FaceSet.load(data)
    learnt = faces.subset(np.flatnonzero(faces.split == "train")[:4])
    brighter = [
        encode_jpeg(cv2.convertScaleAbs(learnt.context_crop(row), beta=2)) for row in range(len(learnt))
    ]
    columns = {name: getattr(learnt, name) for name in ("source", "group", "name", "detector")}
    copies = FaceSet.from_crops(brighter, learnt.labels, split=np.full(len(learnt), "val"), **columns)
    copies.save(tmp_path / "copies.faces.npz")
    with pytest.raises(TrainingError, match="in another part of the other: 4 pictures"):
        run_fit(config, out=tmp_path / "run", data=[data, tmp_path / "copies.faces.npz"])


def test_copies_that_are_both_to_judge_by_are_only_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), np.uint8)
    crops = [cv2.resize(one, (320, 320)) for one in noise]
    paths = [tmp_path / f"{split}.faces.npz" for split in ("val", "test")]
    for path, brighter in zip(paths, (0, 2), strict=True):
        copies = [cv2.convertScaleAbs(crop, beta=brighter) for crop in crops]
        face_set(copies, np.eye(7)[[0, 1]], split=np.full(2, path.name.split(".")[0])).save(path)
    assert len(load_faces(paths)) == 4
    assert "holds the same or near-copies: 2 pictures" in capsys.readouterr().err


def test_resume_refuses_another_config_and_other_data(run: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(CONFIG.replace("seed = 11", "seed = 12"))
    with pytest.raises(TrainingError, match="config has changed"):
        run_fit(other, out=run, data=[data], resume=True)
    more = tmp_path / "more.faces.npz"
    drawn_set(per_class=25).save(more)
    with pytest.raises(TrainingError, match="face set has changed"):
        run_fit(run / "config.toml", out=run, data=[more], resume=True)
    longer = tmp_path / "longer.toml"
    longer.write_text(CONFIG.replace("epochs = 4", "epochs = 5"))
    with pytest.raises(TrainingError, match="face set has changed"):
        run_fit(longer, out=run, data=[more], resume=True)
    assert load_config(run / "config.toml").train.epochs == 4


def test_a_finished_run_goes_further_with_more_epochs_but_not_with_fewer(
    run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "further"
    shutil.copytree(run, folder)
    done = json.loads((folder / "history.json").read_text())["loss"]
    longer = tmp_path / "longer.toml"
    longer.write_text(CONFIG.replace("epochs = 4", "epochs = 5"))
    run_fit(longer, out=folder, data=[data], resume=True)
    losses = json.loads((folder / "history.json").read_text())["loss"]
    assert len(losses) == 5 and losses[:4] == done
    kept = folder / "config.toml"
    assert load_config(kept).train.epochs == 5
    with pytest.raises(TrainingError, match=r"config has changed.*\(train\.epochs\)"):
        run_fit(config, out=folder, data=[data], resume=True)
    # The config that the run keeps may be edited as well.
    kept.write_text(kept.read_text().replace("epochs = 5", "epochs = 6").replace("1e-2", "3e-2"))
    with pytest.raises(TrainingError, match=r"config has changed.*\(train\.learning_rate\)"):
        run_fit(kept, out=folder, data=[data], resume=True)
    kept.write_text(kept.read_text().replace("3e-2", "1e-2"))
    run_fit(kept, out=folder, data=[data], resume=True)
    assert len(json.loads((folder / "history.json").read_text())["loss"]) == 6


def test_resuming_a_finished_run_leaves_it_as_it_is(
    run: Path, config: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exported anew, its models would have other checksums, and the evaluations in their cards be lost."""
    folder = tmp_path / "finished"
    shutil.copytree(run, folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    run_fit(config, out=folder, data=[data], resume=True)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert "finished already" in capsys.readouterr().err


def test_a_model_that_was_thrown_away_is_made_again_from_the_checkpoint(
    run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "finished"
    shutil.copytree(run, folder)
    before = load_bundle(folder / "three").info
    shutil.rmtree(folder / "three")
    run_fit(config, out=folder, data=[data], resume=True)
    after = load_bundle(folder / "three").info
    assert (after["threshold"], after["temperature"]) == (before["threshold"], before["temperature"])


def test_two_runs_in_one_folder_do_not_mix(
    config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    with run_lock(Path()), pytest.raises(TrainingError, match="Another run is going on in .*run: wait"):
        run_fit(config, out=tmp_path / "run", data=[data])
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


@pytest.mark.parametrize(
    "changed",
    [
        {"backend": None},
        {"seed": "one"},
        {"versions": 3},
        {"start": {"name": "a model"}},
        {"config": {"train": {"epochs": "four"}}},
    ],
)
def test_a_record_of_the_run_that_was_edited_to_something_else_is_named(
    changed: dict[str, object], run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    record = json.loads((folder / "run.json").read_text()) | changed
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(TrainingError, match=r"run\.json is damaged: start anew"):
        run_fit(config, out=folder, data=[data], resume=True)


def test_a_record_of_the_run_that_breaks_off_is_named(
    run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    (folder / "run.json").write_text((run / "run.json").read_text()[:50])
    with pytest.raises(TrainingError, match=r"run\.json is damaged: start anew"):
        run_fit(config, out=folder, data=[data], resume=True)


@pytest.mark.parametrize("lost", ["step", "labels", "losses", "average/0000"])
def test_a_checkpoint_that_lacks_something_is_named(
    lost: str, config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_fit(config, out=folder, data=[data], stop=StopAfter(0))
    with np.load(folder / "checkpoint.npz") as archive:
        arrays = {name: archive[name] for name in archive.files if name != lost}
    np.savez(folder / "checkpoint.npz", **arrays)
    with pytest.raises(TrainingError, match=r"checkpoint\.npz is damaged"):
        run_fit(config, out=folder, data=[data], resume=True)


def test_the_loss_of_two_views_by_hand() -> None:
    """A happy face is seen as happy at 1/2 and at 3/4: cross-entropies of log 2 and log 4/3, and between the
    two half of (1/4 log 3/2 + 1/4 log 2). Two classes leave no third one for ``happy_or_not``."""
    loss = HeadsLoss([("happy", "sad")], [np.zeros(2)], consistency=1.0, happy_or_not=1.0, happy_prior=0.5)
    target = np.array([[1, 0], [1, 0]], np.float32)
    logits = np.array([[0, 0], [np.log(3), 0]], np.float32)
    wanted = (np.log(2) + np.log(4 / 3)) / 2 + np.log(3) / 8
    assert float(loss(target, logits)) == pytest.approx(wanted, rel=1e-5)


def test_damaged_checkpoint_is_named(config: Path, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_fit(config, out=folder, data=[data], stop=StopAfter(0))
    checkpoint = folder / "checkpoint.npz"
    checkpoint.write_bytes(checkpoint.read_bytes()[:5000])
    with pytest.raises(TrainingError, match=r"checkpoint\.npz is damaged"):
        run_fit(config, out=folder, data=[data], resume=True)


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [(("happy",), "No train picture shows “sad”"), (("happy", "sad"), "No train picture shows “neutral”")],
)
def test_class_without_pictures_is_named(
    classes: tuple[str, ...], sentence: str, config: Path, tmp_path: Path
) -> None:
    path = tmp_path / "few.faces.npz"
    drawn_set(per_class=4, classes=classes).save(path)
    with pytest.raises(TrainingError, match=sentence):
        run_fit(config, out=tmp_path / "run", data=[path])
    assert not (tmp_path / "run").exists()


def test_pictures_of_none_of_the_configs_classes_are_told(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "others.toml"
    path.write_text(CONFIG.replace('["happy", "sad", "neutral"]', '["angry", "fear"]'))
    with pytest.raises(TrainingError, match=r"No picture is of a class that the config names.*\[\[heads\]\]"):
        run_fit(path, out=tmp_path / "run", data=[data])


def test_a_config_may_name_faces_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "home.toml"
    path.write_text('faces = ["~/mine.faces.npz"]' + CONFIG)
    with pytest.raises(TrainingError, match=f"There is no face set {tmp_path / 'mine.faces.npz'}"):
        run_fit(path, out=tmp_path / "run")


def test_validation_must_show_every_class_too(config: Path, tmp_path: Path) -> None:
    """As the label that most annotators gave: single votes do not calibrate."""
    faces = drawn_set(per_class=4)
    path = tmp_path / "unjudged.faces.npz"
    replace(faces, split=np.full(len(faces), "train")).save(path)
    with pytest.raises(
        TrainingError, match="No val picture shows “happy”.* mark some rows val or remove the column"
    ):
        run_fit(config, out=tmp_path / "run", data=[path])
    votes = faces.labels.copy()
    sad = faces.hard_labels == CLASSES.index("sad")
    votes[np.ix_(sad & (faces.split == "val"), [0, 1])] = (0.6, 0.4)
    replace(faces, labels=votes).save(path)
    with pytest.raises(TrainingError, match="No val picture shows “sad”"):
        run_fit(config, out=tmp_path / "run", data=[path])


def test_what_keeps_a_class_out_of_the_validation_is_named(config: Path, tmp_path: Path) -> None:
    faces, path = drawn_set(), tmp_path / "set.faces.npz"
    faces.save(path)
    unweighted = tmp_path / "unweighted.toml"
    unweighted.write_text(CONFIG.replace("trust = 0.9", "trust = 0.9\ncalibration_weight = 0.0"))
    with pytest.raises(TrainingError, match="calibration_weight of the sources that do is 0"):
        run_fit(unweighted, out=tmp_path / "run", data=[path])
    train = np.full(len(faces), "train")
    replace(faces, split=train, group=np.zeros(len(faces), np.int64)).save(path)
    with pytest.raises(TrainingError, match="all pictures belong together"):
        run_fit(config, out=tmp_path / "run", data=[path])
    sad = faces.hard_labels == CLASSES.index("sad")
    one_person = replace(faces, split=np.where(sad, "train", faces.split))
    one_person.save(path)
    with pytest.raises(TrainingError, match="No val picture shows “sad”.* from more people or clips"):
        run_fit(config, out=tmp_path / "run", data=[path])
    few = ~sad | (np.cumsum(sad) <= 3)
    one_person.subset(few).save(path)
    with pytest.raises(TrainingError, match="“sad”.*: there are only 3, so take at least 4"):
        run_fit(config, out=tmp_path / "run", data=[path])


def test_faces_that_are_named_twice_do_not_count_twice(
    config: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TrainingError, match="hold the same faces, which would count twice"):
        run_fit(config, out=tmp_path / "run", data=[data, data])
    train = replace(FaceSet.load(data), split=np.full(len(FaceSet.load(data)), "train"))
    paths = [tmp_path / f"{number}.faces.npz" for number in range(2)]
    for path, count in zip(paths, (len(train), 30), strict=True):
        train.subset(np.arange(len(train)) < count).save(path)
    with pytest.raises(TrainingError, match="No val picture"):
        run_fit(config, out=tmp_path / "run", data=paths)
    told = capsys.readouterr().err
    assert "counted twice, because an earlier face set holds the same or near-copies:" in told


def test_no_bar_goes_on_below_the_sentence_on_a_damaged_crop(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = FaceSet.load(data)
    jpeg = faces.jpeg.copy()
    jpeg[faces.starts[40] :][: faces.sizes[40]] = 0
    replace(faces, jpeg=jpeg).save(tmp_path / "damaged.faces.npz")
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    try:
        load_faces([data, tmp_path / "damaged.faces.npz"])
    except TrainingError as error:  # where the program prints the sentence
        assert "damaged" in str(error)
        written = terminal.getvalue()
    assert "Comparing the face" in written
    assert written.count("\x1b[?25h") == written.count("\x1b[?25l")  # the cursor is shown again


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"neutral"]', '"joyful"]', "“joyful” of the head “three” is unknown; there are happy"),
        ("learning_rate", "learning_rat", "“train” has an unknown entry “learning_rat”"),
        ("epochs = 4", 'epochs = "four"', "“epochs” in “train” cannot be 'four'"),
        ("batch = 32", "batch = 33", "batch must be even"),
        ("batch = 32", "batch = 0", "batch must be even"),
        ("batch = 32", "batch = 100000", "batch cannot be larger than its views_per_epoch"),
        ("average_decay = 0.7", "average_decay = 1.0", "average_decay must be from 0 to below 1"),
        ("average_decay = 0.7", "average_decay = -0.1", "average_decay must be from 0 to below 1"),
        ("average_decay = 0.7", "class_balance = 1.1", "class_balance must be from 0 to 1"),
        ("average_decay = 0.7", "class_balance = -0.1", "class_balance must be from 0 to 1"),
        ("smoothing = 0.05", "smoothing = 5", "smoothing and trust of the source “drawn” must be"),
        ("trust = 0.9", "trust = 1.1", "smoothing and trust of the source “drawn” must be"),
        (
            "trust = 0.9",
            "calibration_weight = -1",
            "calibration_weight of the source “drawn” cannot be below",
        ),
        (
            'name = "three"',
            'name = "three"\nmax_unsure = 5',
            "max_unsure of the head “three” must be from 0 to 1",
        ),
        ('name = "three"', 'name = "three"\ntau = 1.5', "tau of the head “three” must be from 0 to 1"),
        ('name = "three"', 'name = "three"\nprior = -1', "prior of the head “three” must be from 0 to 1"),
        ("epochs = 4", "epochs = 0", "epochs must be above zero"),
        ("learning_rate = 1e-2", "learning_rate = 0.0", "learning_rate must be above zero"),
        ("every_epochs = 1", "every_epochs = 0", "opinion_every_epochs must be above zero"),
        ("from_epoch = 2", "from_epoch = -1", "opinion_from_epoch cannot be below zero"),
        ("epochs = 4", "epochs = 4\nweight_decay = -0.1", "weight_decay cannot be below zero"),
        ("epochs = 4", "epochs = 4\nconsistency = -0.1", "consistency cannot be below zero"),
        ("epochs = 4", "epochs = 4\nhappy_or_not = -0.1", "happy_or_not cannot be below zero"),
        ("epochs = 4", "epochs = true", "“epochs” in “train” cannot be True"),
        ("precision = false", "precision = 0", "“mixed_precision” in “train” cannot be 0"),
        ("views_per_epoch = 640", "views_per_epoch = -1", "views_per_epoch cannot be below zero"),
        ("warmup_epochs = 0.5", "warmup_epochs = -1", "warmup_epochs cannot be below zero"),
        ('name = "three"', "name = 3", "“name” in “heads” cannot be 3"),
        ('name = "tiny"', 'name = ""', "name '' cannot be a folder's"),
        ('name = "tiny"', 'name = "../x"', r"name '\.\./x' cannot be a folder's"),
        ('name = "three"', 'name = "a/b"', "“a/b” cannot have this name"),
        ('name = "three"', 'name = ".."', r"“\.\.” cannot have this name"),
        ('name = "three"', r'name = "my\tface"', "cannot have this name"),
        ('name = "three"', 'name = " "', "cannot have this name"),
        ('name = "three"', 'name = "evaluation"', "“evaluation” cannot have this name"),
        ('name = "three"', 'name = "happy?"', r"“happy\?” cannot have this name"),
        ('name = "three"', 'name = "con"', "“con” cannot have this name"),
        ('name = "three"', "", "“heads” lacks the entry “name”"),
        (
            "[[heads]]",
            '[[heads]]\nname = "Three"\nclasses = ["sad", "fear"]\n[[heads]]',
            "Two heads of the config",  # to the disks of macOS and Windows
        ),
        (CONFIG[CONFIG.index("[[heads]]") :], "", "names no head"),
        ("seed = 11", "seed = -1", "seed must be from 0 to"),
        ('"neutral"]', '"sad"]', "each named once"),
        ('name = "three"', 'title = "three"', "“heads” has an unknown entry “title”"),
        ('classes = ["happy", "sad", "neutral"]', 'classes = ["sad"]', "needs at least two classes"),
        ("seed = 11", "seed = ", "not valid TOML"),
        ("seed = 11", "sede = 11", "unknown entry “sede”; there are name, seed"),
        ("[[heads]]", "[spare]", "unknown entry “spare”"),
        ("[[heads]]", "[heads]", r"“heads” must be a list; heads begin with \[\[heads\]\]"),
        ("seed = 11", 'seed = "eleven"', "“seed” must be a whole number"),
        ("[sources.drawn]", "[sources]\ndrawn = 1\n[sources.other]", "“drawn” must be a table"),
        ("learning_rate = 1e-2", "learning_rate = nan", "“learning_rate” in “train” cannot be nan"),
        ("trust = 0.9", "trust = 0.9\nsampling_weight = inf", "“sampling_weight” in “drawn” cannot be inf"),
        ("640\nbatch = 32", "0\nbatch = 4294967296", "batch must be 65536 at most"),
        ("[0.95, 1.05]", "[0.95, inf]", "“zoom” in “augment” cannot be"),
        ("seed = 11", "seed = 11\nfaces = [1]", "“faces” must be a list of files' names"),
        ('name = "three"', 'name = "checkpoint.npz"', "“checkpoint.npz” cannot have this name"),
        (
            "trust = 0.9",
            "trust = 0.9\nsampling_weight = 0.0",
            "sampling_weight of the source “drawn” must be above zero",
        ),
    ],
)
def test_config_mistakes_are_named(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(CONFIG.replace(old, new, 1))
    with pytest.raises(TrainingError, match=sentence):
        load_config(path)


def test_a_whole_number_stands_for_a_share_or_a_rate_too(config: Path, tmp_path: Path) -> None:
    """Keras takes no whole number for a rate."""
    whole = tmp_path / "whole.toml"
    whole.write_text(config.read_text().replace("learning_rate = 1e-2", "learning_rate = 1"))
    assert type(load_config(whole).train.learning_rate) is float


def test_a_config_may_begin_with_a_mark_of_its_encoding(config: Path, tmp_path: Path) -> None:
    """As Windows' editors write it."""
    marked = tmp_path / config.name
    marked.write_text(config.read_text(), encoding="utf-8-sig")
    assert load_config(marked) == load_config(config)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("stem = 6", "xstem = 6", "has an unknown entry “xstem”; there are stem, stages, dropout"),
        ("rotation_degrees", "xrotation_degrees", "has an unknown entry “xrotation_degrees”"),
        ("stem = 6", "stem = 0", "stem must have at least one channel"),
        ("[[8, 1], [12, 0], [16, 0]]", "[]", "stages must be 1 to 6 pairs"),
        ("[[8, 1], [12, 0], [16, 0]]", "[8, 12]", "stages must be 1 to 6 pairs"),
        ("dropout = 0.1", "dropout = 3.0", "dropout must be a share from 0 to below 1"),
        ("[0.95, 1.05]", "[1.05, 0.95]", "zoom must be a range of two numbers above zero"),
        ("erase = 0.0", "erase = 0.0\nstretch = 1.5", "stretch must be a share from 0 to less than 1"),
        ("erase = 0.0", "erase = 0.0\nbrightness = -0.1", "brightness is the largest value either way"),
        ("erase = 0.0", "erase = 1.5", "erase says how often: a share from 0 to 1"),
    ],
)
def test_a_mistake_that_only_the_training_reads_leaves_no_run_behind(
    old: str, new: str, sentence: str, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(CONFIG.replace(old, new))
    with pytest.raises(TrainingError, match=sentence):
        run_fit(path, out=tmp_path / "run", data=[data])
    assert not (tmp_path / "run").exists()


def test_missing_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError,
        match=r"no config .*none\.toml: name a \.toml file, or one of these: finish, happysad, own",
    ):
        load_config(tmp_path / "none.toml")


def test_a_config_that_comes_with_the_program_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "happysad").mkdir()
    assert load_config(config_file(Path("happysad"))).name == "happysad"
    assert load_config(config_file(Path("own"))).name == "mine"
    assert main(["fit", "--config", "own"]) == 1
    told = capsys.readouterr().err  # the config was read
    assert "nothing to train on: name a folder of classes, a .csv or a face set with --data" in told
    (tmp_path / "own").write_text(CONFIG.replace('name = "', 'name = "my '))
    assert load_config(config_file(Path("own"))).name.startswith("my ")
    assert config_file(Path("runs/own")) == Path("runs/own")


@pytest.mark.parametrize("path", sorted(Path("training/configs").glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_configs_are_valid(path: Path) -> None:
    assert load_config(path).heads


def test_running_keras_cannot_change_its_backend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--config", "own", "--backend", "jax"]) == 1
    assert "start a new process to train on jax" in capsys.readouterr().err


IS_ONEDNN_USED = """
from training.cli import main
try:
    main(["--version"])
except SystemExit:
    pass
from tensorflow.python.framework.test_util import IsMklEnabled
print(IsMklEnabled())
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="TensorFlow has no oneDNN there")
def test_tensorflow_computes_with_onednn_on_processors_without_vnni_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)  # as the tests' own process has set it
    done = subprocess.run([sys.executable, "-c", IS_ONEDNN_USED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True"


def test_a_backend_of_the_environment_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    assert main(["fit", "--config", "own"]) == 2
    assert "KERAS_BACKEND is “theano”: set it to tensorflow, jax, torch, or" in capsys.readouterr().err
    monkeypatch.setenv("KERAS_BACKEND", "")  # as some unset it
    assert main(["fit", "--config", "own"]) == 1
    assert "nothing to train on" in capsys.readouterr().err
