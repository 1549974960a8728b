"""Choosing where the networks run: a GPU when there is one, else the CPU, and saying why."""

from __future__ import annotations

from dataclasses import dataclass

from happysad_live.config import Device

CPU = "/CPU:0"
"""TensorFlow's name of the processor."""


@dataclass(frozen=True, slots=True)
class ChosenDevice:
    """tensorflow: TensorFlow's name of the device; name: for people; note: why not the GPU, or empty."""

    tensorflow: str
    name: str
    note: str = ""


def choose_device(wanted: Device) -> ChosenDevice:
    """Pick the device; never fails, since the CPU always works."""
    import tensorflow as tf

    if wanted == "cpu":
        return ChosenDevice(CPU, "CPU")
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        note = "TensorFlow finds no GPU on this machine, so the CPU is used" if wanted == "gpu" else ""
        return ChosenDevice(CPU, "CPU", note)
    try:
        # Take memory as it is needed; TensorFlow would seize the whole card at once otherwise.
        tf.config.experimental.set_memory_growth(gpus[0], True)
    except RuntimeError as error:
        # Already in use by an earlier model of this process: growth was set then.
        if "initialized" not in str(error):
            return ChosenDevice(CPU, "CPU", f"the GPU cannot be set up ({error}), so the CPU is used")
    return ChosenDevice("/GPU:0", "GPU")
