"""From face crops to the probability of each label: one call a frame."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.device import CPU, ChosenDevice, choose_device
from happysad_live.classification.runtime import network_function
from happysad_live.config import Device
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.core.softmax import softmax
from happysad_live.errors import MissingLabelError, ModelError

logger = logging.getLogger(__name__)

WARM_UP_BATCHES = (1, 2, 4)


class EmotionModel:
    """A model that tells the probability of each label for face crops. ``EmotionModel.load`` makes one.

    bundle: the model's folder and description. device: "CPU" or "GPU". device_note: why it is not the GPU
        that was asked for or is there, or empty.
    """

    def __init__(self, bundle: ModelBundle, device: Device = "auto", *, cores_per_face: int = 2) -> None:
        """Load the weights and compile.

        cores_per_face: on how many of the CPU's cores a face that comes alone is classified, if there are so
            many; several take a core each. 1 where other threads need the cores meanwhile, see ``lite``.

        Raises ModelError when the weights cannot be loaded, do not fit or give no numbers, and ValueError for
        an unknown device.
        """
        self.bundle, self._cores_per_face = bundle, cores_per_face
        with native_chatter_silenced():
            chosen = self._start(device)
        self.device = chosen.name
        self.device_note = chosen.note

    def _start(self, wanted: Device) -> ChosenDevice:
        """Compile for the wanted device, or for the CPU where a GPU fails."""
        chosen = choose_device(wanted)
        if chosen.tensorflow != CPU:
            try:
                self._compile(chosen)
                return chosen
            except Exception as error:  # a GPU driver may throw anything, also while weights load
                logger.warning("The GPU failed: %s", error)
                cause = type(error.__cause__ or error).__name__
                chosen = replace(choose_device("cpu"), note=f"the GPU failed ({cause}), so the CPU is used")
        try:
            self._compile(chosen)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"The model “{self.bundle.name}” cannot run: {error}") from error
        return chosen

    def _compile(self, chosen: ChosenDevice) -> None:
        """Compile, and run each usual batch size once: the first call of a size is slow.

        Raises ModelError where the network's answers are not finite numbers.
        """
        self._outputs = network_function(self.bundle, chosen.tensorflow, self._cores_per_face)
        shades = np.arange(CROP_SIZE_PX, dtype=np.uint8)[:, None]  # black alone may hide a damaged weight
        for size in WARM_UP_BATCHES:
            crops = np.broadcast_to(shades, (size, CROP_SIZE_PX, CROP_SIZE_PX, 3))
            with np.errstate(all="ignore"):
                answers = self.probabilities(np.ascontiguousarray(crops))
            if not np.isfinite(answers).all():
                raise ModelError(
                    f"The model “{self.bundle.name}” gives answers that are not numbers: "
                    "its weights are damaged, or its training went wrong."
                )

    @classmethod
    def load(cls, name_or_folder: str | Path, device: Device = "auto") -> EmotionModel:
        """Load a model by its name, be it shipped or the user's own, or by its folder.

        device: "auto" (a GPU where there is one), "cpu" or "gpu".

        Raises ModelError when there is no such model, or it is incomplete, damaged or cannot run, and
        ValueError for an unknown device.
        """
        return cls(load_bundle(name_or_folder), device)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the columns of ``probabilities``."""
        return self.bundle.labels

    @property
    def threshold(self) -> float:
        """The probability that a face's best label must reach; below it, the face is unsure."""
        return self.bundle.threshold

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """The probabilities of all labels for each crop.

        crops: (N, 256, 256, 3) uint8 RGB. Returns (N, K) float32, rows summing to 1.

        Raises ValueError when the crops have another shape or type.
        """
        crops = np.asarray(crops)
        if crops.shape == (0,):  # an empty list, which tells neither shape nor type
            crops = np.zeros((0, CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8)
        if crops.dtype != np.uint8 or crops.shape[1:] != (CROP_SIZE_PX, CROP_SIZE_PX, 3):
            raise ValueError(
                f"crops must be (N, {CROP_SIZE_PX}, {CROP_SIZE_PX}, 3) uint8, not {crops.shape} {crops.dtype}"
            )
        if not len(crops):
            return np.zeros((0, len(self.labels)), np.float32)
        return _probabilities(self.bundle, self._outputs(crops))


def _probabilities(bundle: ModelBundle, outputs: np.ndarray) -> np.ndarray:
    """A network's outputs, (N, outputs) float32, as (N, K) float32 probabilities, rows summing to 1."""
    if bundle.output == "sigmoid":
        # The logit of the second label's probability, kept finite; the first label's is 0.
        second = np.clip(outputs, 1e-7, 1 - 1e-7)
        outputs = np.concatenate([np.zeros_like(second), np.log(second / (1 - second))], axis=1)
    return softmax(outputs / np.float32(bundle.temperature))


class OnlyLabels:
    """A classifier restricted to some of its labels, their probabilities renormalised."""

    def __init__(self, model: EmotionModel, labels: tuple[str, ...]) -> None:
        """Raises MissingLabelError when the model does not know all the labels."""
        missing = [label for label in labels if label not in model.labels]
        if missing:
            raise MissingLabelError(
                f"The model “{model.bundle.name}” has no label “{missing[0]}”: show all its labels, or "
                "choose another model."
            )
        self._model = model
        self._columns = [model.labels.index(label) for label in labels]
        self.labels = labels

    @property
    def threshold(self) -> float:
        """The probability that a face's best label must reach; below it, the face is unsure.

        The model's own threshold would be too low: the likelier of two labels always has at least a half.
        """
        return self._model.bundle.threshold_among(len(self.labels))

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """As ``EmotionModel.probabilities``, with one column for each kept label."""
        kept = self._model.probabilities(crops)[:, self._columns]
        # Where no kept label has any probability, all are to get the same.
        kept = kept + np.float32(1e-6)
        return kept / kept.sum(axis=1, keepdims=True)
