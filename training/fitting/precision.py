"""The number of bits that a run computes with: sixteen only where the hardware can, or they are slower."""

from __future__ import annotations

from pathlib import Path

import keras

_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
"""The flags of a processor that multiplies bfloat16. Without, it was 15 times slower than float32 (Zen 3)."""


def precision_policy(mixed: bool) -> str:
    """Keras' name for how to compute: "mixed_bfloat16" where that is wanted and the hardware has it.

    mixed: whether it is wanted.
    """
    if not mixed:
        return "float32"
    sixteen = sixteen_bits_pay(
        keras.backend.backend(), accelerator=_has_accelerator(), processor=_processor_has_it()
    )
    return "mixed_bfloat16" if sixteen else "float32"


def sixteen_bits_pay(backend: str, *, accelerator: bool, processor: bool) -> bool:
    """Whether to compute with sixteen bits. processor: whether it says that it multiplies bfloat16.

    An accelerator has them; of processors, those that say so (Linux only), but with JAX, whose networks
    then answered with what is no number (0.11, Zen 4).
    """
    return accelerator or (processor and backend != "jax")


def multiplies_bfloat16(cpuinfo: str) -> bool:
    """Whether a processor does, by what Linux tells of it. cpuinfo: the content of /proc/cpuinfo."""
    flags = (line.partition(":")[2].split() for line in cpuinfo.splitlines() if line.startswith("flags"))
    return bool(_CPU_FLAGS & set(next(flags, [])))


def _processor_has_it() -> bool:
    try:
        return multiplies_bfloat16(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False


def _has_accelerator() -> bool:
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    if backend == "torch":
        import torch

        return torch.cuda.is_available()
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
