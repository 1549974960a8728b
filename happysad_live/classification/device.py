"""Choosing where the networks run: a GPU when there is one, else the CPU, and saying why."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from happysad_live.bootstrap import matplotlib_left_out
from happysad_live.config import Device

CPU = "/CPU:0"
"""TensorFlow's name of the processor."""

GPU_NODES = ("/dev/nvidiactl", "/proc/driver/nvidia/version", "/dev/dxg", "/dev/kfd")
"""Files that the drivers of NVIDIA's cards, of WSL 2 and of AMD's cards make: NVIDIA's makes the one in /dev
only when something first uses the card."""


@dataclass(frozen=True, slots=True)
class ChosenDevice:
    """Where a model runs.

    tensorflow: TensorFlow's name of the device. name: people's name for it. note: why it is no GPU, or empty.
    """

    tensorflow: str
    name: str
    note: str = ""


def choose_device(wanted: Device) -> ChosenDevice:
    """Pick the device to run on; the CPU where no GPU works. Raises ValueError for an unknown one."""
    if wanted not in get_args(Device):
        raise ValueError(f"the device is {', '.join(get_args(Device))}, not {wanted!r}")
    if wanted == "cpu" or (wanted == "auto" and not _may_have_gpu()):
        return ChosenDevice(CPU, "CPU")
    try:
        return _gpu(wanted)
    except Exception as error:  # a broken TensorFlow or driver raises anything, and the CPU needs neither
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        return ChosenDevice(CPU, "CPU", f"the GPU cannot be set up ({reason}), so the CPU is used")


def _gpu(wanted: Device) -> ChosenDevice:
    """The first GPU, set up, or the CPU where there is none. Raises what TensorFlow raises."""
    with matplotlib_left_out():
        import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        note = "TensorFlow finds no GPU on this machine, so the CPU is used" if wanted == "gpu" else ""
        return ChosenDevice(CPU, "CPU", note)
    try:
        # Take memory as it is needed; TensorFlow would seize the whole card at once otherwise. It wants this
        # alike for all cards, although only the first one is used.
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError as error:
        # An earlier model of this process uses the GPU already, and has set this.
        if "initialized" not in str(error):
            raise
    return ChosenDevice("/GPU:0", "GPU")


def _may_have_gpu() -> bool:
    """Whether asking TensorFlow, which takes seconds to import, could find a GPU.

    TensorFlow uses none on Windows since 2.11; on macOS it needs Apple's plug-in.
    """
    if sys.platform == "darwin":
        return find_spec("tensorflow-plugins") is not None
    return any(Path(node).exists() for node in GPU_NODES)
