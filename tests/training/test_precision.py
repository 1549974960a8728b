"""Sixteen bits only where the hardware has them. The flags are those of real processors, shortened."""

from __future__ import annotations

import pytest

from training.fitting.precision import multiplies_bfloat16, precision_policy, sixteen_bits_pay

ZEN_3 = "fpu sse2 fma avx avx2 bmi2 vaes vpclmulqdq"
ICE_LAKE = "fpu sse2 fma avx avx2 avx512f avx512bw avx512_vnni"
ZEN_4 = "fpu sse2 fma avx avx2 avx512f avx512_bf16 avx512_vnni"
SAPPHIRE_RAPIDS = "fpu sse2 avx2 avx512f avx512_bf16 amx_bf16 amx_tile amx_int8"


@pytest.mark.parametrize(
    ("flags", "wanted"), [(ZEN_3, False), (ICE_LAKE, False), (ZEN_4, True), (SAPPHIRE_RAPIDS, True)]
)
def test_a_processor_says_whether_it_multiplies_bfloat16(flags: str, wanted: bool) -> None:
    told = f"processor\t: 0\nmodel name\t: some CPU\nflags\t\t: {flags}\nbugs\t\t: avx512_bf16_none\n"
    assert multiplies_bfloat16(told * 2) is wanted


def test_what_tells_no_flags_has_it_not() -> None:
    assert not multiplies_bfloat16("processor : 0\nFeatures : fp asimd bf16\n")


def test_float32_is_what_was_asked_for() -> None:
    assert precision_policy(mixed=False) == "float32"


@pytest.mark.parametrize(("backend", "pays"), [("tensorflow", True), ("torch", True), ("jax", False)])
def test_jax_does_without_a_processors_sixteen_bits(backend: str, pays: bool) -> None:
    assert sixteen_bits_pay(backend, accelerator=False, processor=True) is pays
    assert sixteen_bits_pay(backend, accelerator=True, processor=False)
    assert not sixteen_bits_pay(backend, accelerator=False, processor=False)
