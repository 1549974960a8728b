"""Building the pipeline for a command."""

from __future__ import annotations

from happysad_live.config import Device
from happysad_live.pipeline import Pipeline, build_pipeline
from happysad_live.terminal import print_message


def load_pipeline(model: str, device: Device) -> Pipeline:
    """Build the pipeline, and say on stderr why it does not run on the GPU, if so. Raises ModelError."""
    pipeline = build_pipeline(model, device)
    if pipeline.device_note:
        print_message(f"Note: {pipeline.device_note}.")
    return pipeline
