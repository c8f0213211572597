"""Writes the network of a small BERT as an ONNX file with 8-bit weights, so that onnxruntime can run it fast."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embeddings.weights import Floats, Weights
from knowledge.errors import ModelMissing
from knowledge.settings import environment


class _Drawing:
    """The graph while it is drawn: nodes, and the tensors they need."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def keep(self, values: Any) -> str:
        from onnx import numpy_helper

        name = f"w{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def draw(self, kind: str, inputs: list[str], domain: str = "", output: str = "", **settings: Any) -> str:
        from onnx import helper

        name = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], domain=domain, **settings))
        return name


def _layer(drawing: _Drawing, weights: Weights, layer: int, x: str, shapes: tuple[str, str, str]) -> str:
    """One layer: attention, then two dense ones; each ends in a sum and a norm."""
    split, join, scale = shapes
    prefix, width, inner = f"l{layer}.", weights.width, weights.inner

    def dense(source: str, name: str, size: int) -> str:
        product = drawing.draw("MatMul", [source, drawing.keep(weights.matrix(prefix + name + ".w", size).T)])
        return drawing.draw("Add", [product, drawing.keep(weights.floats(prefix + name + ".b"))])

    def heads(name: str, order: list[int]) -> str:
        return drawing.draw("Transpose", [drawing.draw("Reshape", [dense(x, name, width), split])], perm=order)

    def norm(source: str, name: str) -> str:
        gain, shift = (
            drawing.keep(weights.floats(f"{prefix}{name}.w")),
            drawing.keep(weights.floats(f"{prefix}{name}.b")),
        )
        return drawing.draw("LayerNormalization", [source, gain, shift], axis=-1, epsilon=weights.epsilon)

    query, key, value = heads("q", [0, 2, 1, 3]), heads("k", [0, 2, 3, 1]), heads("v", [0, 2, 1, 3])
    likeness = drawing.draw("Mul", [drawing.draw("MatMul", [query, key]), scale])
    shares = drawing.draw("Softmax", [drawing.draw("Add", [likeness, "bias"])], axis=-1)
    seen = drawing.draw("Transpose", [drawing.draw("MatMul", [shares, value])], perm=[0, 2, 1, 3])
    x = norm(drawing.draw("Add", [x, dense(drawing.draw("Reshape", [seen, join]), "ao", width)]), "aln")
    wide = drawing.draw("Gelu", [dense(x, "fi", width)], "com.microsoft")
    return norm(drawing.draw("Add", [x, dense(wide, "fo", inner)]), "oln")


def _model(weights: Weights) -> Any:
    from onnx import TensorProto, helper

    drawing, width = _Drawing(), weights.width
    size = width // weights.heads
    first = [drawing.keep(weights.floats("emb.ln.w")), drawing.keep(weights.floats("emb.ln.b"))]
    x = drawing.draw("LayerNormalization", ["emb", *first], axis=-1, epsilon=weights.epsilon)
    shapes = (
        drawing.keep(np.array([0, 0, weights.heads, size], np.int64)),
        drawing.keep(np.array([0, 0, width], np.int64)),
        drawing.keep(np.array(1 / np.sqrt(size), np.float32)),
    )
    for layer in range(weights.layers):
        x = _layer(drawing, weights, layer, x, shapes)
    drawing.draw("Identity", [x], output="hidden")
    numbers = TensorProto.FLOAT
    graph = helper.make_graph(
        drawing.nodes,
        "e5",
        [
            helper.make_tensor_value_info("emb", numbers, ["B", "L", width]),
            helper.make_tensor_value_info("bias", numbers, ["B", 1, 1, "L"]),
        ],
        [helper.make_tensor_value_info("hidden", numbers, ["B", "L", width])],
        drawing.tensors,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 9
    return model


def write(weights: Weights, path: Path) -> None:
    """Write the network to `path`, whole or not at all, even when two processes begin at once."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(_model(weights), whole)
        quantize_dynamic(
            whole, small, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1}
        )
        os.replace(small, path)  # noqa: PTH105


def prepare(weights: Path, path: Path) -> None:
    """`write` in a process of its own: what it needs (a few hundred MB) is given back when it ends."""
    code = (
        "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); from pathlib import Path; "
        "from knowledge.embeddings.graph import write; from knowledge.embeddings.weights import Weights; "
        "write(Weights(Path(sys.argv[2])), Path(sys.argv[3]))"
    )
    asked = [sys.executable, "-c", code, json.dumps(sys.path), str(weights), str(path)]
    done = subprocess.run(  # noqa: S603
        asked, capture_output=True, text=True, timeout=300, check=False, env=environment()
    )
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ModelMissing("library_no_model", model="multilingual-e5-small", why=why[:300])


def runner(path: Path, threads: int) -> Callable[[Floats, Floats], Floats]:
    """A function that runs the network in `path`."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])

    def run(words: Floats, bias: Floats) -> Floats:
        hidden: Floats = session.run(None, {"emb": words, "bias": bias})[0]
        return hidden

    return run
