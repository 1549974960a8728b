"""The number of bits that a run computes with: sixteen only where the hardware can, else they are slower."""

from __future__ import annotations

from pathlib import Path

import keras

_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}
"""Flags of processors that multiply bfloat16; without them, it was 15 times slower than float32 (Zen 3)."""


def precision_policy(mixed: bool) -> str:
    """Keras' name of the precision to compute in: "mixed_bfloat16" or "float32".

    mixed: whether sixteen bits are wanted; they are used only where ``sixteen_bits_pay``.
    """
    if not mixed:
        return "float32"
    sixteen = sixteen_bits_pay(
        keras.backend.backend(), accelerator=_has_accelerator(), processor=_processor_has_it()
    )
    return "mixed_bfloat16" if sixteen else "float32"


def sixteen_bits_pay(backend: str, *, accelerator: bool, processor: bool) -> bool:
    """Whether to compute with sixteen bits.

    accelerator: whether there is one, which is taken to multiply bfloat16, as those of today do. processor:
    whether it does, which only Linux tells. With JAX on such a processor, networks gave NaN (0.11, Zen 4).
    """
    return accelerator or (processor and backend != "jax")


def multiplies_bfloat16(cpuinfo: str) -> bool:
    """Whether a processor multiplies bfloat16, by its flags. cpuinfo: the content of Linux' /proc/cpuinfo."""
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
