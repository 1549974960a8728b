"""Keras as the networks here want it, whatever the user's own ``keras.json`` says."""

from __future__ import annotations


def set_up_keras(seed: int) -> None:
    """Begin with pictures of (H, W, channels), float32 and seeded random numbers."""
    import keras

    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.utils.set_random_seed(seed)
