"""A small network on one CPU core, without TensorFlow's threads and per-operation costs.

TensorFlow Lite with its XNNPACK kernels classifies a face on one core as fast (2.0 ms) as
TensorFlow's own runtime does on two. One thread each on purpose: its threads wait for each other by
spinning, which on two cores that also read, draw and encode makes single frames late by a
hundred milliseconds. Several faces run on several networks instead.
"""

from __future__ import annotations

import warnings

import numpy as np


class LiteNetwork:
    """A TensorFlow Lite model with one input. Not thread safe; runs without Python's lock."""

    def __init__(self, model: bytes) -> None:
        """model: the content of a ``.tflite`` file. Raises ValueError or RuntimeError when it is none."""
        import tensorflow as tf

        with warnings.catch_warnings():
            # TensorFlow 2.20 moves the interpreter to a package of its own; we stay below.
            warnings.simplefilter("ignore", UserWarning)
            self._interpreter = tf.lite.Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        """One pass. tensor: of the model's own input shape and type. Returns a copy of each output."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]
