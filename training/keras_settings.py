"""Setting up Keras as this project's networks need it, whatever the user's own ``keras.json`` says."""

from __future__ import annotations


def set_up_keras(seed: int) -> None:
    """Set pictures to (H, W, channels) and numbers to float32, and seed Python, NumPy and the backend."""
    import keras

    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.utils.set_random_seed(seed)
