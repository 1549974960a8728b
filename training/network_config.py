"""The sizes of what a network looks at, and its shape as a config describes it."""

from __future__ import annotations

from dataclasses import dataclass

from happysad_live.errors import TrainingError

INNER_SIZE_PX = 192
"""Side of the inner part of the 256 px crop, at which the network looks: forehead to chin."""

CORE_SIZE_PX = 48
"""Side of the grey picture that the convolutions see: the inner part, averaged over 4x4 pixels."""

EMBEDDING_LAYER, LAST_LAYER = "pool", "logits"
"""The shipped networks' last two layers: the pooled features, and the dense layer over them."""

_MAX_STAGES = (CORE_SIZE_PX - 1).bit_length()
"""The most halvings of the resolution: they leave one pixel."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The shape of a network, by default that of the shipped ones.

    stem: channels of the first convolution, at full resolution.
    stages: for each halving of the resolution the channels and the number of residual blocks.
    dropout: share of the pooled features that is dropped while training.

    Raises TrainingError for a shape that no network can have.
    """

    stem: int = 32
    stages: tuple[tuple[int, int], ...] = ((64, 2), (128, 4), (256, 5), (384, 1))
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if self.stem < 1:
            raise TrainingError("The config's stem must have at least one channel.")
        if not 1 <= len(self.stages) <= _MAX_STAGES or not all(map(_is_stage, self.stages)):
            raise TrainingError(
                f"The config's stages must be 1 to {_MAX_STAGES} pairs [channels, residual blocks], "
                "as in [[32, 1], [64, 2]]."
            )
        if not 0 <= self.dropout < 1:
            raise TrainingError("The config's dropout must be a share from 0 to below 1.")


def _is_stage(stage: object) -> bool:
    if not isinstance(stage, tuple) or [type(number) for number in stage] != [int, int]:
        return False
    channels, residual = stage
    return bool(channels >= 1 and residual >= 0)
