"""A small network on the CPU, without TensorFlow.

LiteRT, TensorFlow Lite's runtime as a package of its own, with its XNNPACK kernels classifies a face
on one core as fast as TensorFlow's own runtime does on two. It imports in 0.1 s instead of 4 and
takes 25 MB instead of 600. By default a network has one thread, on purpose: LiteRT's threads wait for
each other by spinning, which on two cores that also read, draw and encode makes single frames late by a
hundred milliseconds. Several faces run on several copies instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class LiteNetwork:
    """A TensorFlow Lite model with one input. Thread safe; runs without Python's lock."""

    def __init__(self, model: bytes, copies: int = 1, cores: int = 1) -> None:
        """model: the content of a ``.tflite`` file.

        copies: how many to make now, for as many threads at the same time; further ones are made when
            needed, and cost some milliseconds then.
        cores: on how many cores a pass runs; more than one only where nothing else needs them meanwhile, and
            not in a forked process, which would wait for threads that it does not have.

        Raises ValueError or RuntimeError when ``model`` is not a valid TFLite file.
        """
        self._model, self._cores = model, cores
        # The last one used comes first: its weights may still be in the processor's cache.
        self._idle: deque[Any] = deque()
        first = self._new_copy()
        taken, given = first.get_input_details()[0], first.get_output_details()
        self._input = taken["index"]
        self._outputs = [output["index"] for output in given]
        self.input_shape = tuple(int(size) for size in taken["shape"])
        self.output_shapes = [tuple(int(size) for size in output["shape"]) for output in given]
        for copy in (first, *(self._new_copy() for _ in range(copies - 1))):
            self._idle.append(copy)

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        """One pass. tensor: with the model's input shape and dtype. Returns a copy of each output."""
        with self._borrowed() as interpreter:
            interpreter.set_tensor(self._input, tensor)
            interpreter.invoke()
            return [interpreter.get_tensor(index) for index in self._outputs]

    def tensor_names(self) -> list[str]:
        """What the model calls its tensors, operations' results among them."""
        with self._borrowed() as interpreter:
            return [str(tensor["name"]) for tensor in interpreter.get_tensor_details()]

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        try:
            interpreter = self._idle.pop()
        except IndexError:
            interpreter = self._new_copy()
        try:
            yield interpreter
        finally:
            self._idle.append(interpreter)

    def _new_copy(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_content=self._model, num_threads=self._cores)
        interpreter.allocate_tensors()
        return interpreter
