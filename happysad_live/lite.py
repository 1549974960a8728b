"""A small network on one CPU core, without TensorFlow.

LiteRT, TensorFlow Lite's runtime as a package of its own, with its XNNPACK kernels classifies a face
on one core as fast as TensorFlow's own runtime does on two. It imports in 0.1 s instead of 4 and
takes 25 MB instead of 600. One thread each on purpose: its threads wait for each other by spinning,
which on two cores that also read, draw and encode makes single frames late by a hundred
milliseconds. Several faces run on several networks instead.
"""

from __future__ import annotations

import numpy as np


class LiteNetwork:
    """A TensorFlow Lite model with one input. Not thread safe; runs without Python's lock."""

    def __init__(self, model: bytes) -> None:
        """model: the content of a ``.tflite`` file. Raises ValueError or RuntimeError when it is none."""
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        taken, given = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()
        self._input = taken["index"]
        self._outputs = [output["index"] for output in given]
        self.input_shape = tuple(int(size) for size in taken["shape"])
        self.output_shapes = [tuple(int(size) for size in output["shape"]) for output in given]

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        """One pass. tensor: of the model's own input shape and type. Returns a copy of each output."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]
