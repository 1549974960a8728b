"""The last layer of a network for LiteRT, read and replaced without converting the network anew."""

from __future__ import annotations

from typing import Any

import numpy as np


def last_layer(lite: bytes) -> tuple[np.ndarray, np.ndarray] | None:
    """The kernel, (D, K), and the bias, (K,), both float32, of the dense layer that gives the outputs.

    lite: the content of a ``.tflite`` file. None where something else gives the outputs, or the layer is not
    in floating point.
    """
    buffers = _buffers(_parsed(lite))
    if buffers is None:
        return None
    kernel, bias = (np.asarray(buffer.data, np.uint8).view(np.float32) for buffer in buffers)
    return kernel.reshape(len(bias), -1).T, bias


def with_last_layer(lite: bytes, kernel: np.ndarray, bias: np.ndarray) -> bytes:
    """The network with another last layer. lite, kernel, bias: as ``last_layer`` takes and gives them."""
    from tensorflow.lite.tools import flatbuffer_utils

    model = _parsed(lite)
    buffers = _buffers(model)
    assert buffers is not None
    for buffer, values in zip(buffers, (kernel.T, bias), strict=True):
        data = np.ascontiguousarray(values, np.float32).ravel().view(np.uint8)
        assert len(data) == len(buffer.data)
        buffer.data = data
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _parsed(lite: bytes) -> Any:
    """A model's content as objects of TensorFlow's schema for such files."""
    from tensorflow.lite.tools import flatbuffer_utils

    return flatbuffer_utils.convert_bytearray_to_object(bytearray(lite))


def _buffers(model: Any) -> tuple[Any, Any] | None:
    """Where a model holds the kernel, as (K, D), and the bias of its last layer, if that is dense."""
    from tensorflow.lite.python import schema_py_generated as schema

    graph = model.subgraphs[0]
    operation = graph.operators[-1]
    if (
        model.operatorCodes[operation.opcodeIndex].builtinCode != schema.BuiltinOperator.FULLY_CONNECTED
        or operation.builtinOptions.fusedActivationFunction != schema.ActivationFunctionType.NONE
    ):
        return None
    kernel = graph.tensors[operation.inputs[1]]
    if operation.inputs[2] < 0:  # the converter leaves out a bias of zeros
        operation.inputs[2] = len(graph.tensors)
        graph.tensors.append(_zeros(model, kernel.shape[:1]))
    bias = graph.tensors[operation.inputs[2]]
    if not kernel.type == bias.type == schema.TensorType.FLOAT32:
        return None
    return model.buffers[kernel.buffer], model.buffers[bias.buffer]


def _zeros(model: Any, shape: np.ndarray) -> Any:
    """A new tensor of float32 zeros that belongs to the model."""
    from tensorflow.lite.python import schema_py_generated as schema

    tensor, buffer = schema.TensorT(), schema.BufferT()
    tensor.name, tensor.shape, tensor.type = b"zeros", shape, schema.TensorType.FLOAT32
    tensor.buffer = len(model.buffers)
    buffer.data = np.zeros(shape, np.float32).view(np.uint8)
    model.buffers.append(buffer)
    return tensor
