"""The pipeline of a command, with what there is to say about it."""

from __future__ import annotations

from happysad_live.config import Device
from happysad_live.pipeline import Pipeline, build_pipeline
from happysad_live.terminal import print_message


def load_pipeline(model: str, device: Device) -> Pipeline:
    """Build it, and tell where it does not run as it was asked to. Raises ModelError."""
    pipeline = build_pipeline(model, device)
    if pipeline.device_note:
        print_message(f"Note: {pipeline.device_note}.")
    return pipeline
