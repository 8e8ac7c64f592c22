"""Exports tiny random encoders to ONNX in the ways that exporters have written them, each beside what save_pretrained writes.

    python record_onnx.py OUTPUT_FOLDER [NAME...]

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0 (classifiers and optimized ones 5.24.0), onnx 1.23.2, onnxscript 0.7.2, onnxruntime
1.32.0. Opset 14 takes layer norms apart, as older files do; "eager" and "sdpa" are the two forms of attention; "dynamo" is PyTorch's newer
exporter; "optimized" went through onnxruntime's optimizer of transformers (in "half", weights became 16-bit floats; in "split", attention leaves
its projections out), "runtime" is what onnxruntime itself makes of a graph when it loads it.
"""

import sys
from pathlib import Path

import onnx
import onnxruntime
import torch
import transformers as t
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions

SEED = 20260101
SMALL = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, vocab_size=20, max_position_embeddings=12)
LABELS = dict(id2label={0: "calm", 1: "glad", 2: "sad"}, label2id={"calm": 0, "glad": 1, "sad": 2})
DISTIL = dict(vocab_size=20, dim=16, hidden_dim=24, n_layers=2, n_heads=2, max_position_embeddings=12)


class Tuples(torch.nn.Module):
    def __init__(self, model, types):
        super().__init__()
        self.model, self.types = model, types

    def forward(self, ids, mask, types=None):
        return tuple(self.model(input_ids=ids, attention_mask=mask, return_dict=False, **({"token_type_ids": types} if self.types else {})))


def variants():
    """(name, model, whether types are given, opset or None for dynamo)"""
    yield "bert-14-eager", t.BertModel, t.BertConfig(**SMALL), "eager", True, 14
    yield "bert-14-sdpa", t.BertModel, t.BertConfig(**SMALL, hidden_act="relu"), "sdpa", True, 14
    yield "bert-17-eager", t.BertModel, t.BertConfig(**SMALL, hidden_act="gelu_new"), "eager", False, 17
    yield "bert-dynamo-eager", t.BertModel, t.BertConfig(**SMALL), "eager", True, None
    yield "bert-dynamo-sdpa", t.BertModel, t.BertConfig(**SMALL), "sdpa", True, None
    yield "roberta-17-sdpa", t.RobertaModel, t.RobertaConfig(**SMALL), "sdpa", False, 17
    yield "roberta-14-eager", t.RobertaModel, t.RobertaConfig(**SMALL), "eager", False, 14
    yield "distilbert-14-eager", t.DistilBertModel, t.DistilBertConfig(**DISTIL), "eager", False, 14
    yield "mpnet-14-eager", t.MPNetModel, t.MPNetConfig(**SMALL), "eager", False, 14
    yield "bert-optimized", t.BertModel, t.BertConfig(**SMALL), "eager", True, 14
    yield "bert-optimized-half", t.BertModel, t.BertConfig(**SMALL), "eager", True, 14
    yield "bert-optimized-split", t.BertModel, t.BertConfig(**SMALL, hidden_act="gelu_new"), "eager", True, 17
    yield "roberta-optimized", t.RobertaModel, t.RobertaConfig(**SMALL), "eager", False, 14
    yield "distilbert-optimized", t.DistilBertModel, t.DistilBertConfig(**DISTIL), "eager", False, 14
    yield "bert-runtime", t.BertModel, t.BertConfig(**SMALL, hidden_act="gelu_new"), "eager", True, 14
    yield "bert-sequence", t.BertForSequenceClassification, t.BertConfig(**SMALL, **LABELS, problem_type="multi_label_classification"), "sdpa", True, 17
    yield "bert-sequence-optimized", t.BertForSequenceClassification, t.BertConfig(**SMALL, num_labels=1), "eager", True, 14
    yield "roberta-sequence", t.RobertaForSequenceClassification, t.RobertaConfig(**SMALL, num_labels=1), "sdpa", False, 17
    yield "roberta-tokens-runtime", t.RobertaForTokenClassification, t.RobertaConfig(**SMALL, **LABELS), "sdpa", False, 17
    yield "distilbert-sequence", t.DistilBertForSequenceClassification, t.DistilBertConfig(**DISTIL, **LABELS), "eager", False, 17
    yield "distilbert-span-optimized", t.DistilBertForQuestionAnswering, t.DistilBertConfig(**DISTIL), "eager", False, 14


def optimize(path, name):
    if "runtime" in name:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(path)
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    elif "optimized" in name:
        options = FusionOptions("bert")
        options.use_multi_head_attention = name.endswith("split")
        model = optimizer.optimize_model(str(path), "bert", num_heads=2, hidden_size=16, optimization_options=options, opt_level=1)
        if name.endswith("half"):
            model.convert_float_to_float16(keep_io_types=True)
        model.save_model_to_file(str(path))


def record(folder, name, kind, config, attention, types, opset):
    model = kind._from_config(config, attn_implementation=attention).eval()
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for weight in model.parameters():
            drawn = torch.randn(weight.shape, generator=generator)
            weight.copy_(drawn.half() if name.endswith("half") else drawn)
    model.save_pretrained(folder / name)
    ids = torch.randint(3, 20, (2, 5), generator=generator)
    inputs = (ids, torch.ones_like(ids)) + ((torch.zeros_like(ids),) if types else ())
    names = ["ids", "mask", "types"][: len(inputs)]
    target = folder / name / f"{name}.onnx"
    if opset is None:
        batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=10)
        torch.onnx.export(Tuples(model, types), inputs, target, dynamo=True, external_data=False,
                          dynamic_shapes={key: {0: batch, 1: length} for key in names})
    else:
        torch.onnx.export(Tuples(model, types), inputs, target, dynamo=False, opset_version=opset, input_names=names,
                          dynamic_axes={key: {0: "batch", 1: "length"} for key in names})
    optimize(target, name)
    strip(target)
    for path in (folder / name).iterdir():
        path.chmod(0o644)
        if path.suffix not in (".onnx", ".json", ".safetensors"):
            path.unlink()
    print(name, sum(path.stat().st_size for path in (folder / name).iterdir()), "bytes")


def strip(path):
    """Takes out what only a reader of the exporter's source needs."""
    model = onnx.load(path)
    for part in (model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output):
        for field in ("doc_string", "metadata_props"):
            part.ClearField(field)
    model.graph.ClearField("value_info")
    onnx.save(model, path)


def main(folder, wanted):
    for name, kind, config, attention, types, opset in variants():
        if not wanted or name in wanted:
            record(folder, name, kind, config, attention, types, opset)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
