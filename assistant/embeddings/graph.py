"""Writes the transformer of the packed model as an ONNX graph, then quantises it to int8.

Input `embedded` (batch, tokens, hidden): word + position + type embeddings, looked up outside; `mask` (batch, tokens)
of ones and zeros. Output `vector` (batch, hidden): mean over the tokens, length 1; `states` (batch, tokens, hidden).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.embeddings.packed import PackedModel, dequantise

OPSET = 20  # first with Gelu
IR_VERSION = 10


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

    def node(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """One operation, named as its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def linear(self, x: str, name: str, rows: int) -> str:
        """X times the transposed weights plus bias."""
        weights = self.constant(f"{name}.w", np.ascontiguousarray(dequantise(self.model.blocks(f"{name}.w", rows)).T))
        bias = self.constant(f"{name}.b", self.model.floats(f"{name}.b"))
        return self.node("Add", [self.node("MatMul", [x, weights], f"{name}.product"), bias], name)

    def normalise(self, x: str, name: str, out: str) -> str:
        """Layer normalisation over the hidden axis."""
        scale = self.constant(f"{name}.w", self.model.floats(f"{name}.w"))
        shift = self.constant(f"{name}.b", self.model.floats(f"{name}.b"))
        return self.node("LayerNormalization", [x, scale, shift], out, axis=-1, epsilon=self.model.shape.epsilon)

    def heads(self, x: str, name: str, order: list[int]) -> str:
        """A projection split into attention heads."""
        split = self.node("Reshape", [self.linear(x, name, self.model.shape.hidden), "heads"], f"{name}.split")
        return self.node("Transpose", [split], f"{name}.heads", perm=order)

    def layer(self, x: str, n: int) -> str:
        """One encoder layer."""
        p, shape = f"l{n}", self.model.shape
        query = self.heads(x, f"{p}.q", [0, 2, 1, 3])
        key = self.heads(x, f"{p}.k", [0, 2, 3, 1])
        value = self.heads(x, f"{p}.v", [0, 2, 1, 3])
        scores = self.node("Mul", [self.node("MatMul", [query, key], f"{p}.dots"), "scale"], f"{p}.scaled")
        weights = self.node("Softmax", [self.node("Add", [scores, "blocked"], f"{p}.masked")], f"{p}.weights", axis=-1)
        mixed = self.node("Transpose", [self.node("MatMul", [weights, value], f"{p}.mixed")], f"{p}.joined", perm=[0, 2, 1, 3])
        attended = self.linear(self.node("Reshape", [mixed, "flat"], f"{p}.flat"), f"{p}.ao", shape.hidden)
        x = self.normalise(self.node("Add", [x, attended], f"{p}.residual1"), f"{p}.aln", f"{p}.norm1")
        inner = self.node("Gelu", [self.linear(x, f"{p}.fi", shape.feed_forward)], f"{p}.gelu")
        outer = self.linear(inner, f"{p}.fo", shape.hidden)
        return self.normalise(self.node("Add", [x, outer], f"{p}.residual2"), f"{p}.oln", f"{p}.norm2")

    def pool(self, x: str) -> str:
        """Mean of the tokens that the mask keeps, scaled to length 1."""
        mask = self.node("Unsqueeze", ["mask", "axis2"], "mask3")
        total = self.node("ReduceSum", [self.node("Mul", [x, mask], "kept"), "axis1"], "total", keepdims=0)
        count = self.node("ReduceSum", [mask, "axis1"], "count", keepdims=0)
        return self.node("LpNormalization", [self.node("Div", [total, count], "mean")], "vector", axis=-1, p=2)


def build_graph(model: PackedModel) -> Any:
    """The whole encoder as an ONNX model with float32 weights."""
    from onnx import TensorProto, helper

    shape, g = model.shape, GraphBuilder(model)
    g.constant("heads", np.array([0, 0, shape.heads, shape.hidden // shape.heads], np.int64))
    g.constant("flat", np.array([0, 0, shape.hidden], np.int64))
    g.constant("scale", np.float32((shape.hidden // shape.heads) ** -0.5))
    g.constant("one", np.float32(1))
    g.constant("minus_infinity", np.float32(-1e9))
    for name, axes in (("axis1", [1]), ("axis2", [2]), ("axes12", [1, 2])):
        g.constant(name, np.array(axes, np.int64))
    outside = g.node("Sub", ["one", g.node("Unsqueeze", ["mask", "axes12"], "mask4")], "outside")
    g.node("Mul", [outside, "minus_infinity"], "blocked")
    x = g.normalise("embedded", "emb.ln", "start")
    for n in range(shape.layers):
        x = g.layer(x, n)
    g.pool(g.node("Identity", [x], "states"))
    inputs = [
        helper.make_tensor_value_info("embedded", TensorProto.FLOAT, ["batch", "tokens", shape.hidden]),
        helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["batch", "tokens"]),
    ]
    outputs = [
        helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", shape.hidden]),
        helper.make_tensor_value_info("states", TensorProto.FLOAT, ["batch", "tokens", shape.hidden]),
    ]
    graph = helper.make_graph(g.nodes, "multilingual-e5-small", inputs, outputs, g.constants)
    model_file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    helper.set_model_props(model_file, {"onnx.quant.pre_process": "onnxruntime.quant"})  # nothing to simplify: keeps its advice off the log
    return model_file


def write_int8(model: PackedModel, path: Path) -> None:
    """Write the encoder with int8 weights, a scale per output channel (22 MB, about 4 s)."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        full = Path(folder) / "float32.onnx"
        onnx.save(build_graph(model), full)
        quantize_dynamic(
            full,
            path,
            per_channel=True,
            weight_type=QuantType.QInt8,
            reduce_range=True,  # seven bits: eight saturate on processors without VNNI, which then rank and refuse otherwise than those with it
            op_types_to_quantize=["MatMul"],
            extra_options={"MatMulConstBOnly": True},
        )
