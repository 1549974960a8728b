"""Model bundles: what is written can be loaded and run; what is wrong is told in a sentence."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import re
import shutil
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.bundle_lite import read_lite
from happysad_live.classification.bundle_writer import complete_bundle, write_bundle
from happysad_live.classification.classifier import EmotionModel, OnlyLabels
from happysad_live.classification.device import ChosenDevice, choose_device
from happysad_live.classification.runtime import load_network
from happysad_live.commands.loading import load_pipeline
from happysad_live.config import Device
from happysad_live.detection.finder import FaceFinder
from happysad_live.errors import ModelError
from happysad_live.paths import models_dir
from happysad_live.pipeline import build_pipeline
from happysad_live.sources import open_source

LABELS = ("happy", "sad", "neutral")
# Logits of a uniform grey crop of value v are (v / 255, 0, 0) * SCALE, so probabilities are known.
SCALE = 4.0


def grey_network(units: int, activation: str | None, scale: float = SCALE) -> Any:
    import keras

    crops = keras.Input((256, 256, 3), dtype="uint8")
    x = keras.layers.Rescaling(scale / 255)(crops)
    x = keras.layers.GlobalAveragePooling2D()(x)
    kernel = np.zeros((3, units), np.float32)
    kernel[0, 0] = 1
    dense = keras.layers.Dense(units, activation=activation)
    network = keras.Model(crops, dense(x))
    dense.set_weights([kernel, np.zeros(units, np.float32)])
    return network


def write(folder: Path, **changes: Any) -> ModelBundle:
    settings: dict[str, Any] = {
        "name": folder.name,
        "description": "Tells bright from dark.",
        "labels": LABELS,
        "output": "logits",
        "temperature": 2.0,
        "threshold": 0.5,
        "training_data": [{"name": "greys", "licence": "none", "images": 2}],
        "results": {},
    } | changes
    by_output = {"logits": (3, None), "sigmoid": (1, "sigmoid")}
    network = settings.pop("network", None) or grey_network(*by_output[settings["output"]])
    return write_bundle(folder, network, **settings)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return write(tmp_path_factory.mktemp("models") / "greys")


@pytest.fixture
def written(bundle: ModelBundle, tmp_path: Path) -> ModelBundle:
    """The same, to be spoilt by one test alone."""
    return load_bundle(shutil.copytree(bundle.folder, tmp_path / "model"))


def crops(*values: int) -> np.ndarray:
    return np.stack([np.full((256, 256, 3), value, np.uint8) for value in values])


def test_a_written_bundle_loads_and_tells_calibrated_probabilities(bundle: ModelBundle) -> None:
    model = EmotionModel.load(bundle.folder, device="cpu")
    assert model.labels == LABELS
    probabilities = model.probabilities(crops(255, 0))
    # By hand: white has logits (4, 0, 0), halved by the temperature; black is undecided.
    white = np.exp([2.0, 0, 0]) / np.exp([2.0, 0, 0]).sum()
    assert probabilities.dtype == np.float32
    assert probabilities == pytest.approx(np.array([white, [1 / 3] * 3]), abs=1e-5)


def test_a_description_that_was_edited_on_windows_is_read(written: ModelBundle) -> None:
    """Its editors begin a file with a byte order mark, and its tools write SHA-256 in capitals."""
    path = written.folder / "model.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    info |= {"threshold": 0.75, "weights_sha256": info["weights_sha256"].upper()}
    path.write_text(json.dumps(info, indent=1), encoding="utf-8-sig")
    edited = load_bundle(written.folder)
    assert (edited.threshold, edited.sha256) == (0.75, written.sha256)


@pytest.mark.parametrize("faces", [0, 1, 3, 9])
def test_any_number_of_faces_gets_a_row_each(bundle: ModelBundle, faces: int) -> None:
    model = EmotionModel(bundle, device="cpu")
    rows = model.probabilities([np.zeros((256, 256, 3), np.uint8)] * faces)
    assert rows.shape == (faces, 3)
    assert rows.sum(axis=1) == pytest.approx(np.ones(faces))


def test_a_face_gets_the_same_answer_on_one_core_and_on_two_alone_and_among_others() -> None:
    shipped = load_bundle("happysad")
    crops = np.random.default_rng(0).integers(0, 256, (3, 256, 256, 3), np.uint8)
    one, two = (EmotionModel(shipped, device="cpu", cores_per_face=cores) for cores in (1, 2))
    expected = one.probabilities(crops)
    for model in (one, two):
        alone = np.concatenate([model.probabilities(crop[None]) for crop in crops])
        assert alone == pytest.approx(expected, abs=1e-6)


def test_crops_of_another_kind_are_refused(bundle: ModelBundle) -> None:
    model = EmotionModel(bundle, device="cpu")
    with pytest.raises(ValueError, match="uint8"):
        model.probabilities(np.zeros((1, 256, 256, 3), np.float32))
    with pytest.raises(ValueError, match="256"):
        model.probabilities(np.zeros((1, 64, 64, 3), np.uint8))
    with pytest.raises(ValueError, match="256"):
        model.probabilities(np.zeros((0, 10, 10, 1), np.uint8))


def test_a_misspelt_device_is_not_taken_for_another(bundle: ModelBundle) -> None:
    with pytest.raises(ValueError, match="auto, cpu, gpu, not 'GPU'"):
        EmotionModel(bundle, device="GPU")


def test_some_labels_alone_are_renormalised(bundle: ModelBundle, tmp_path: Path) -> None:
    """Of happy, sad, neutral the last and the first: white has the logits 0 and 2 by the temperature."""
    only = OnlyLabels(EmotionModel(bundle, device="cpu"), ("neutral", "happy"))
    happy = np.exp(2.0) / (np.exp(2.0) + 1)
    assert only.probabilities(crops(255)) == pytest.approx(np.array([[1 - happy, happy]]), abs=1e-5)
    assert only.threshold == pytest.approx(0.5 + 0.5 * (0.5 - 1 / 3) / (1 - 1 / 3))
    with pytest.raises(ModelError, match="angry"):
        OnlyLabels(EmotionModel(bundle, device="cpu"), ("happy", "angry"))
    certain = EmotionModel(write(tmp_path / "certain", network=grey_network(3, None, 1000.0)), "cpu")
    assert OnlyLabels(certain, ("sad", "neutral")).probabilities(crops(255)).tolist() == [[0.5, 0.5]]


def test_a_trained_model_is_saved_packed_and_without_its_optimizer(tmp_path: Path) -> None:
    network = grey_network(3, None)
    network.compile("adam", "mse")
    network.fit(crops(0, 255), np.zeros((2, 3), np.float32), verbose=0)
    settings = {"name": "m", "description": "", "labels": LABELS, "output": "logits", "temperature": 1.0}
    written = write_bundle(
        tmp_path,
        network,
        **settings,
        threshold=0.5,
        training_data=[],
        results={},  # type: ignore[arg-type]
    )
    with zipfile.ZipFile(written.weights_path) as archive:
        archive.extract("model.weights.h5", tmp_path)
        # Nor with a date: the same weights are to have the same SHA-256.
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert "date" not in archive.read("metadata.json").decode()
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_DEFLATED}
    with h5py.File(tmp_path / "model.weights.h5") as weights:
        assert "optimizer" not in weights
    trained = EmotionModel(written, device="cpu").probabilities(crops(255))
    logits = network.predict(crops(255), verbose=0)
    assert trained == pytest.approx(np.exp(logits) / np.exp(logits).sum(), abs=1e-4)


def test_damaged_weights_are_noticed(written: ModelBundle) -> None:
    weights = bytearray(written.weights_path.read_bytes())
    weights[len(weights) // 2] ^= 1
    written.weights_path.write_bytes(weights)
    with pytest.raises(ModelError, match="damaged"):
        load_bundle(written.folder)


def test_without_its_network_for_litert_a_bundle_gives_the_same(
    bundle: ModelBundle, written: ModelBundle
) -> None:
    (written.folder / "model.tflite").unlink()
    bare = EmotionModel.load(written.folder, device="cpu").probabilities(crops(0, 90, 255))
    assert bare == pytest.approx(EmotionModel(bundle, "cpu").probabilities(crops(0, 90, 255)), abs=1e-5)


def test_a_damaged_network_for_litert_is_noticed(written: ModelBundle) -> None:
    path = written.folder / "model.tflite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.tflite is damaged"):
        EmotionModel.load(written.folder, device="cpu")


def test_a_network_that_litert_does_not_know_is_run_by_tensorflow(written: ModelBundle) -> None:
    """As one that a later version of the program wrote."""
    expected = EmotionModel(written, "cpu").probabilities(crops(0, 90, 255))
    unknown = b"of a later version"
    (written.folder / "model.tflite").write_bytes(unknown)
    info = json.loads((written.folder / "model.json").read_text())
    info["lite"]["sha256"] = hashlib.sha256(unknown).hexdigest()
    (written.folder / "model.json").write_text(json.dumps(info))
    found = EmotionModel.load(written.folder, "cpu").probabilities(crops(0, 90, 255))
    assert found == pytest.approx(expected, abs=1e-5)


def test_the_network_for_litert_never_stands_for_other_weights(tmp_path: Path) -> None:
    """Somebody exchanges the weights by hand, and says so in the description."""
    dark, bright = (
        write(tmp_path / "dark"),
        write(tmp_path / "bright", network=grey_network(3, None, 2 * SCALE)),
    )
    shutil.copy(bright.weights_path, dark.weights_path)
    info = json.loads((dark.folder / "model.json").read_text()) | {"weights_sha256": bright.sha256}
    (dark.folder / "model.json").write_text(json.dumps(info))
    expected = EmotionModel(bright, "cpu").probabilities(crops(128))
    assert EmotionModel.load(dark.folder, "cpu").probabilities(crops(128)) == pytest.approx(
        expected, abs=1e-5
    )
    complete_bundle(load_bundle(dark.folder))
    assert read_lite(load_bundle(dark.folder)) == read_lite(bright)


@pytest.mark.parametrize("name", sorted(path.parent.name for path in models_dir().glob("*/model.json")))
def test_a_shipped_model_gives_in_litert_what_its_weights_give_in_keras(name: str) -> None:
    shipped = load_bundle(name)
    assert read_lite(shipped) is not None
    with open_source("demo:3") as demo:
        frame = demo.read()
    assert frame is not None
    finder = FaceFinder()
    faces = np.stack([finder.crop(frame.image, face) for face in finder.find(frame.image)])
    assert len(faces) == 3
    outputs = load_network(shipped).predict(faces, verbose=0).astype(np.float64)
    if shipped.output == "sigmoid":
        outputs = np.log(np.concatenate([1 - outputs, outputs], axis=1))
    shares = np.exp(outputs / shipped.temperature)
    expected = shares / shares.sum(axis=1, keepdims=True)
    # Eight bits move a probability by about a hundredth, and by 6 at most (1,500 validation faces).
    assert EmotionModel(shipped, "cpu").probabilities(faces) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"labels": ["happy"]}, "two or more"),
        ({"labels": ["happy", "happy", "sad"]}, "different"),
        ({"labels": "sad"}, "two or more"),
        ({"labels": {"happy": 0, "sad": 1}}, "two or more"),
        ({"labels": [["happy"], ["sad"]]}, r"garbled entry \(\['happy'\] is not a name\)"),
        ({"name": None}, r"garbled entry \(None is not a name\)"),
        ({"labels": ["happy", "sad", "unsure"]}, "unsure"),
        ({"labels": ["happy", "sad", "no face"]}, "no face"),
        ({"output": "guess"}, "output"),
        ({"labels": ["happy", "sad", "-->\n\n00:00"]}, "printable"),
        ({"labels": ["happy", "sad", " "]}, "not blank"),
        ({"labels": ["happy", "sad", "\ud800"]}, "printable"),
        ({"labels": ["happy", "sad", "x" * 300]}, "characters long"),
        ({"name": "\x1b[2J"}, "printable"),
        ({"name": "gpj.\u202eyppah"}, "printable"),  # which turns round what comes after it
        ({"name": "../../Photos"}, "path"),
        ({"name": ".."}, "path"),
        ({"name": "C:\\Photos"}, "path"),
        ({"labels": ["happy", "sad", "calm"], "output": "sigmoid"}, "exactly two"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"temperature": 1e-300}, "temperature"),
        ({"temperature": 1e300}, "temperature"),
        ({"temperature": 10**400}, r"missing or garbled entry \(.*\): copy the model again\.$"),
        ({"threshold": "high"}, "threshold|high"),
        ({"threshold": True}, "threshold: True is no number"),
        ({"temperature": "1.5"}, "temperature: '1.5' is no number"),
        ({"threshold": 65}, "from 0 to 1"),
        ({"crop": {"size_px": 128}}, "crop"),
        ({"crop": None}, "crop"),
        ({"input": {"size_px": 256, "colour": "RGB", "dtype": "float32", "scaling": "0..1"}}, "input"),
        ({"input": None}, "input"),
        ({"schema": "happysad-model/9"}, "happysad-model/1"),
    ],
)
def test_a_wrong_description_is_told(written: ModelBundle, changes: dict[str, Any], told: str) -> None:
    path = written.folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(ModelError, match=told):
        load_bundle(written.folder)


def test_a_damaged_description_is_told(written: ModelBundle) -> None:
    (written.folder / "model.json").write_text('{"a":\n')
    with pytest.raises(ModelError, match=r"model\.json is damaged: copy the model again\.$"):
        load_bundle(written.folder)


def test_weights_that_may_not_be_read_are_told(written: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ModelError, match=r"model\.keras cannot be read: Permission denied"):
        load_bundle(written.folder)


def test_a_model_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot be written to"):
        write(tmp_path / "file" / "model")


def test_what_is_no_model_is_told(tmp_path: Path, written: ModelBundle) -> None:
    with pytest.raises(ModelError, match="There is no model “nobody”"):
        load_bundle("nobody")
    with pytest.raises(ModelError, match="not a model"):
        load_bundle(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"not a model: it has no model\.json\.$"):
        load_bundle(tmp_path / "empty")
    written.weights_path.unlink()
    with pytest.raises(ModelError, match="model.keras"):
        load_bundle(written.folder)


def test_in_the_folder_of_a_training_run_its_models_are_named(tmp_path: Path, written: ModelBundle) -> None:
    (tmp_path / "evaluation").mkdir()
    with pytest.raises(ModelError) as caught:
        load_bundle(tmp_path)
    assert (
        str(caught.value)
        == f"The folder {tmp_path} is not a model: name one that it holds ({written.folder})."
    )


def test_weights_that_do_not_fit_their_labels_are_refused(written: ModelBundle) -> None:
    path = written.folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": ["happy", "sad"]}))
    for load in (
        lambda: EmotionModel.load(written.folder, "cpu"),
        lambda: load_network(load_bundle(written.folder)),
    ):
        with pytest.raises(ModelError, match="does not fit"):
            load()


@pytest.mark.parametrize("value", [math.nan, 1e38])
def test_a_network_that_answers_with_no_numbers_is_refused(tmp_path: Path, value: float) -> None:
    network = grey_network(3, None)
    kernel, bias = network.layers[-1].get_weights()
    network.layers[-1].set_weights([np.full_like(kernel, value), bias])
    written = write(tmp_path / "spoilt", network=network)
    with pytest.raises(ModelError, match=r"“spoilt” gives answers that are not numbers"):
        EmotionModel(written, "cpu")


def test_weights_that_would_fill_the_memory_are_not_unpacked(
    written: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.classification.runtime._MAX_WEIGHTS_BYTES", 1000)
    with pytest.raises(ModelError, match="at most"):
        load_network(written)


def test_a_network_for_crops_of_another_size_is_refused(tmp_path: Path) -> None:
    import keras

    pixels = keras.Input((64, 64, 3), dtype="uint8")
    network = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(pixels)))
    written = write(tmp_path / "small", network=network)
    with pytest.raises(ModelError, match="does not fit"):
        EmotionModel(written, "cpu")


def test_a_network_that_cannot_be_converted_is_run_by_tensorflow(tmp_path: Path) -> None:
    import keras

    pixels = keras.Input((256, 256, 3), dtype="uint8")
    x = keras.ops.erfinv(keras.layers.Rescaling(0.5 / 255)(pixels))  # which LiteRT does not know
    network = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x)))
    written = write(tmp_path / "odd", network=network, temperature=1.0)
    assert read_lite(written) is None
    logits = network.predict(crops(0, 90, 255), verbose=0)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert EmotionModel(written, "cpu").probabilities(crops(0, 90, 255)) == pytest.approx(expected, abs=1e-5)


def test_a_wanted_gpu_that_is_not_there_is_replaced_and_told(bundle: ModelBundle) -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    model = EmotionModel(bundle, device="gpu")
    assert model.device == "CPU"
    assert "no GPU" in model.device_note


def test_of_several_gpus_all_take_memory_as_they_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow uses none of them where they differ in this."""
    import tensorflow as tf

    grows: dict[str, bool] = {}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["first", "second"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", grows.__setitem__)
    assert choose_device("gpu").name == "GPU"
    assert grows == {"first": True, "second": True}


@pytest.mark.parametrize(
    ("platform", "node", "plug_in", "name"),
    [
        ("linux", ".", "", "GPU"),
        ("linux", "nowhere", "", "CPU"),
        ("darwin", "nowhere", "tensorflow-plugins", "GPU"),
        ("darwin", ".", "", "CPU"),
    ],
)
def test_by_itself_a_gpu_is_used_where_a_driver_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, node: str, plug_in: str, name: str
) -> None:
    """Also by a second model, when no setting of the card can be changed any more."""
    import tensorflow as tf

    def refuse(*_: object) -> None:
        raise RuntimeError("Physical devices cannot be modified after being initialized")

    (tmp_path / plug_in).mkdir(exist_ok=True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("happysad_live.classification.device.GPU_NODES", ("nowhere", node))
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["card"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", refuse)
    assert choose_device("auto").name == name


@pytest.mark.parametrize("device", ["auto", "gpu"])
def test_without_a_tensorflow_that_can_be_imported_the_cpu_is_used(
    device: Device, bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.classification.device.GPU_NODES", (".",))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    model = EmotionModel(bundle, device)
    assert model.device == "CPU"
    assert re.fullmatch(r"the GPU cannot be set up \(.+\), so the CPU is used", model.device_note)


def test_a_gpu_that_tensorflow_will_not_set_up_gives_way_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    def refuse(*_: object) -> None:
        raise ValueError("Cannot set memory growth on device when virtual devices configured\nand more")

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["card"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", refuse)
    chosen = choose_device("gpu")
    assert (chosen.name, chosen.note) == (
        "CPU",
        "the GPU cannot be set up (Cannot set memory growth on device when virtual devices configured), "
        "so the CPU is used",
    )


def test_a_gpu_that_fails_while_the_weights_are_loaded_gives_way_to_the_cpu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras

    def is_full(*_: object, **__: object) -> None:
        raise MemoryError("another program has the card's memory")

    gpu = ChosenDevice("/GPU:0", "GPU")
    monkeypatch.setattr(
        "happysad_live.classification.classifier.choose_device",
        lambda wanted: gpu if wanted == "gpu" else choose_device(wanted),
    )
    monkeypatch.setattr(keras.saving, "load_model", is_full)  # which the CPU does without
    model = EmotionModel.load("happysad", device="gpu")
    assert (model.device, model.device_note) == ("CPU", "the GPU failed (MemoryError), so the CPU is used")
    assert model.probabilities(crops(90)).shape == (1, 3)
    load_pipeline("happysad", "gpu").close()
    assert capsys.readouterr().err.splitlines()[-1] == (
        "Note: the GPU failed (MemoryError), so the CPU is used."
    )


def test_weights_of_a_later_keras_are_refused_with_its_version(written: ModelBundle) -> None:
    with zipfile.ZipFile(written.weights_path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents["config.json"] = contents["config.json"].replace(b'"units"', b'"unheard_of": 1, "units"')
    contents["metadata.json"] = b'{"keras_version": "3.100.0"}'
    with zipfile.ZipFile(written.weights_path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    info = written.info | {"weights_sha256": hashlib.sha256(written.weights_path.read_bytes()).hexdigest()}
    (written.folder / "model.json").write_text(json.dumps(info))
    with pytest.raises(
        ModelError, match=r"written by Keras 3\.100\.0, and this is 3\.\d+\.\d+\. Install"
    ) as refused:
        load_network(load_bundle(written.folder))
    assert "unheard_of" not in str(refused.value)


def test_a_path_is_a_folder_though_a_shipped_model_is_called_so(
    bundle: ModelBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(bundle.folder, tmp_path / "happysad")
    monkeypatch.chdir(tmp_path)
    assert load_bundle(Path("happysad")).sha256 == bundle.sha256
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    shutil.copytree(bundle.folder, tmp_path / "happysad-live" / "models" / "happysad")  # the user's own
    assert load_bundle("happysad").sha256 != bundle.sha256


def test_a_sigmoid_output_is_the_calibrated_probability_of_the_second_label(tmp_path: Path) -> None:
    """White has the logit 4, halved by the temperature."""
    written = write(tmp_path / "two", labels=("happy", "sad"), output="sigmoid", temperature=2.0)
    sad = 1 / (1 + np.exp(-2.0))
    assert EmotionModel(written, "cpu").probabilities(crops(255)) == pytest.approx(
        np.array([[1 - sad, sad]]), abs=1e-5
    )


@pytest.mark.parametrize("only_two", [False, True])
def test_a_face_of_two_labels_is_doubted_by_the_threshold_of_two(
    monkeypatch: pytest.MonkeyPatch, only_two: bool
) -> None:
    """The model's own, of three, is hardly ever missed by the likelier of two."""
    known = load_bundle("happysad")
    between = (known.threshold + known.threshold_among(2)) / 2
    assert known.threshold < between < known.threshold_among(2)
    row = np.array([between, 1 - between, 0], np.float32)
    monkeypatch.setattr(EmotionModel, "probabilities", lambda _, crops: np.tile(row, (len(crops), 1)))
    with (
        closing(build_pipeline("happysad", "cpu", happy_sad_only=only_two)) as pipeline,
        open_source("demo:1") as demo,
    ):
        frame = demo.read()
        assert frame is not None
        for still in (False, True):
            (face,) = pipeline.process(replace(frame, still=still)).faces
            assert face.label == ("unsure" if only_two else "happy")


def test_after_training_on_another_backend_a_model_runs_on_that(
    written: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow cannot call a network of JAX or PyTorch, nor is there one for LiteRT yet."""
    import keras

    expected = EmotionModel(written, "cpu").probabilities(crops(0, 90, 255))
    for path in written.folder.glob("*.tflite"):
        path.unlink()
    bare = load_bundle(written.folder)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("TensorFlow was asked")

    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for name in ("frozen", "to_float_tflite"):
        monkeypatch.setattr(f"happysad_live.classification.runtime.{name}", refuse)
    found = EmotionModel(bare, "cpu").probabilities(crops(0, 90, 255))
    np.testing.assert_allclose(found, expected, atol=1e-4)
