"""Writes the transformer of the packed model as an ONNX graph with int8 weights.

Input `embedded` (1, tokens, hidden): word + position + type embeddings, looked up outside; a batch is one text,
since int8 rounds by what runs together. Output `vector` (1, hidden): mean over the last layer's tokens, length 1; `states` (levels, tokens, hidden).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.embeddings.packed import PackedModel, dequantise

OPSET = 23  # first with Attention: a tenth faster than products and transpositions of its own
IR_VERSION = 11
TENSOR_FLOAT = 1  # onnx.TensorProto.FLOAT
LEVELS = (5, 8, 12)  # layers whose states are given: who does what to whom is told in the middle, what a text is about at the end
STEPS = 64  # seven bits: eight saturate on processors without VNNI, which then rank and refuse otherwise than those with it


@dataclass(slots=True)
class GraphBuilder:
    """Collects nodes and constants; each method returns the name of what it made."""

    model: PackedModel
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def constant(self, name: str, value: Any) -> str:
        """A named constant."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, operator: str, inputs: list[str], *names: str, **attributes: Any) -> str:
        """One operation, named as its first output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, names, name=names[0], **attributes))
        return names[0]

    def linear(self, x: str, *names: str, rows: int) -> str:
        """X times the transposed weights plus bias; several projections of `rows` outputs each lie side by side.

        Weights are int8 with a scale per output, `x` is quantised as it comes. onnxruntime's `quantize_dynamic` writes the same, to the bit,
        but channel by channel: 4 s more of a first start.
        """
        name = "+".join(names)
        weights = np.concatenate([dequantise(self.model.blocks(f"{n}.w", rows)) for n in names])
        bias = np.concatenate([self.model.floats(f"{n}.b") for n in names])
        scales = np.abs(weights).max(axis=1) / STEPS
        quantised = np.ascontiguousarray(np.rint(weights / scales[:, None]).astype(np.int8).T)
        self.node("DynamicQuantizeLinear", [x], f"{name}.x8", f"{name}.x_scale", f"{name}.x_zero")
        whole = self.node("MatMulInteger", [f"{name}.x8", self.constant(f"{name}.w", quantised), f"{name}.x_zero"], f"{name}.whole")
        scale = self.node("Mul", [f"{name}.x_scale", self.constant(f"{name}.scale", scales)], f"{name}.both_scales")
        product = self.node("Mul", [self.node("Cast", [whole], f"{name}.float", to=TENSOR_FLOAT), scale], f"{name}.product")
        return self.node("Add", [product, self.constant(f"{name}.b", bias)], name)

    def normalise(self, x: str, name: str, out: str) -> str:
        """Layer normalisation over the hidden axis."""
        scale = self.constant(f"{name}.w", self.model.floats(f"{name}.w"))
        shift = self.constant(f"{name}.b", self.model.floats(f"{name}.b"))
        return self.node("LayerNormalization", [x, scale, shift], out, axis=-1, epsilon=self.model.shape.epsilon)

    def attend(self, x: str, p: str) -> str:
        """Attention of every token to all tokens of its text."""
        shape = self.model.shape
        projected = self.linear(x, f"{p}.q", f"{p}.k", f"{p}.v", rows=shape.hidden)
        parts = [f"{p}.query", f"{p}.key", f"{p}.value"]
        self.node("Split", [projected], *parts, axis=-1, num_outputs=3)
        mixed = self.node("Attention", parts, f"{p}.mixed", q_num_heads=shape.heads, kv_num_heads=shape.heads)
        return self.linear(mixed, f"{p}.ao", rows=shape.hidden)

    def layer(self, x: str, n: int) -> str:
        """One encoder layer."""
        p, shape = f"l{n}", self.model.shape
        x = self.normalise(self.node("Add", [x, self.attend(x, p)], f"{p}.residual1"), f"{p}.aln", f"{p}.norm1")
        inner = self.node("Gelu", [self.linear(x, f"{p}.fi", rows=shape.feed_forward)], f"{p}.gelu")
        outer = self.linear(inner, f"{p}.fo", rows=shape.hidden)
        return self.normalise(self.node("Add", [x, outer], f"{p}.residual2"), f"{p}.oln", f"{p}.norm2")

    def pool(self, x: str) -> str:
        """Mean of the tokens, scaled to length 1."""
        mean = self.node("ReduceMean", [x, self.constant("axis1", np.array([1], np.int64))], "mean", keepdims=0)
        return self.node("LpNormalization", [mean], "vector", axis=-1, p=2)


def write_int8(model: PackedModel, path: Path) -> None:
    """Write the encoder as an ONNX graph with int8 weights (22 MB)."""
    import onnx
    from onnx import helper

    shape, g = model.shape, GraphBuilder(model)
    layers = [g.normalise("embedded", "emb.ln", "start")]
    for n in range(shape.layers):
        layers.append(g.layer(layers[-1], n))
    g.pool(layers[-1])
    g.node("Concat", [layers[level] for level in LEVELS], "states", axis=0)
    inputs = [helper.make_tensor_value_info("embedded", TENSOR_FLOAT, [1, "tokens", shape.hidden])]
    outputs = [
        helper.make_tensor_value_info("vector", TENSOR_FLOAT, [1, shape.hidden]),
        helper.make_tensor_value_info("states", TENSOR_FLOAT, [len(LEVELS), "tokens", shape.hidden]),
    ]
    graph = helper.make_graph(g.nodes, "multilingual-e5-small", inputs, outputs, g.constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION), path)
