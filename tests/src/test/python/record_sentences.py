"""Records the vectors that sentence-transformers gives for one tiny random model under many settings.

    python record_sentences.py OUTPUT_FOLDER

Writes the folder of the model as sentence-transformers keeps it, and beside it settings.json and pooling.json. A case of theirs has the files
that are written over those of the folder ("files": name to JSON), how it is asked ("as": text, query or
passage), and the vectors of the texts, each cut where it is too long.

Recorded with Python 3.11, torch 2.15.0, transformers 5.24.0 and sentence-transformers 6.2.0, in 64-bit floats.
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch
import transformers
from sentence_transformers import SentenceTransformer

from record_tasks import SEED, config, random

TEXTS = ["A cat sat on the Mat.", "Ada CÉU, São 東京 Zürich!", "x", "", "the cat and the Cat and the mat and the Mat and a dog and Ada"]
LIMITS = ("sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
          "sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json")
PROMPTS = "config_sentence_transformers.json"
TOKENS = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}


def tokenizer():
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    letters += [letter.upper() for letter in letters] + list("éÉãü東京")
    words = ["the", "cat", "Cat", "sat", "on", "mat", "Mat", "and", "dog", "ada", "Ada", "東京"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(".,!:") + letters + ["##" + letter for letter in letters] + words
    return transformers.BertTokenizer(vocab={piece: i for i, piece in enumerate(vocabulary)}, do_lower_case=False)


def modules(*kinds):
    folders = {"Transformer": "", "Pooling": "1_Pooling"}
    listed = []
    for i, kind in enumerate(kinds):
        place = kind if "/" in kind else (kind + "/" + folders.get(kind, f"{i}_{kind}"))
        kind, path = place.split("/")
        listed.append({"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind})
    return listed


def settings():
    """What says how texts become tokens."""
    yield "plain", {}, {}
    for name in LIMITS:
        yield "at most 9 tokens, " + name, {name: {"max_seq_length": 9, "do_lower_case": False}}, {}
        yield "small letters, " + name, {name: {"max_seq_length": 48, "do_lower_case": True}}, {}
    yield "the first of two files", {LIMITS[0]: {"max_seq_length": 7}, LIMITS[3]: {"max_seq_length": 5, "do_lower_case": True}}, {}
    limited = {**TOKENS, "model_max_length": 11}
    yield "model_max_length", {"tokenizer_config.json": limited}, {}
    yield "max_seq_length above model_max_length", {"tokenizer_config.json": limited, LIMITS[0]: {"max_seq_length": 13}}, {}
    yield "max_seq_length below model_max_length", {"tokenizer_config.json": limited, LIMITS[0]: {"max_seq_length": 8}}, {}
    yield "max_seq_length null", {"tokenizer_config.json": limited, LIMITS[0]: {"max_seq_length": None, "do_lower_case": True}}, {}
    yield "truncation_side left", {"tokenizer_config.json": {**limited, "truncation_side": "left"}}, {}
    yield "no bound", {"tokenizer_config.json": {**TOKENS, "model_max_length": int(1e30)}}, {}
    for name, changes in (("do_lower_case", {"do_lower_case": True}), ("nothing", {}), ("strip_accents", {"do_lower_case": False, "strip_accents": True}),
                          ("kept accents", {"do_lower_case": True, "strip_accents": False}),
                          ("tokenize_chinese_chars", {"do_lower_case": False, "tokenize_chinese_chars": False})):
        yield "tokenizer_config.json states " + name, {"tokenizer_config.json": {"tokenizer_class": "BertTokenizer", **changes}}, {}
    both = {"query": "ask: ", "document": "say: ", "passage": "read: ", "corpus": "body: ", "sort": "Sort "}
    for role in ("text", "query", "passage"):
        yield "prompts, " + role, {PROMPTS: {"prompts": both}}, {"as": role}
        yield "default prompt, " + role, {PROMPTS: {"prompts": both, "default_prompt_name": "sort"}}, {"as": role}
        yield "empty document, " + role, {PROMPTS: {"prompts": {**both, "document": ""}}}, {"as": role}
        yield "default of no prompts, " + role, {PROMPTS: {"prompts": {}, "default_prompt_name": "query"}}, {"as": role}
    yield "default is the query's", {PROMPTS: {"prompts": both, "default_prompt_name": "query"}}, {}


def poolings():
    """What stands behind the rows."""
    kinds = ("cls", "lasttoken", "max", "mean", "mean_sqrt_len_tokens", "weightedmean")
    old = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens", "mean": "pooling_mode_mean_tokens",
           "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens", "weightedmean": "pooling_mode_weightedmean_tokens",
           "lasttoken": "pooling_mode_lasttoken"}
    prompts = {PROMPTS: {"prompts": {"query": "ask: ", "document": "", "sort": "Sort "}}}

    def pooling(**more):
        return {"1_Pooling/config.json": {"word_embedding_dimension": 24, **more}, **prompts}

    for kind in kinds:
        yield kind, pooling(**{key: name == kind for name, key in old.items()}), {}
        yield kind + " by name", pooling(pooling_mode=kind), {}
        for role in ("query", "passage"):
            yield f"{kind} without the prompt, {role}", pooling(pooling_mode=kind, include_prompt=False), {"as": role}
    yield "every one", pooling(**{key: True for key in old.values()}), {}
    yield "every one, not normalised", {**pooling(**{key: True for key in old.values()}), "modules.json": modules("Transformer", "Pooling")}, {}
    yield "every one without the prompt", pooling(**{key: True for key in old.values()}, include_prompt=False), {"as": "query"}
    yield "none said", pooling(**{key: False for key in old.values()}), {}
    yield "in a list's order", pooling(pooling_mode=["mean", "cls"]), {}
    yield "a list of one", pooling(pooling_mode=["max"]), {}
    yield "name before switches", pooling(pooling_mode="cls", pooling_mode_mean_tokens=True), {}
    yield "the dimension's new name", {"1_Pooling/config.json": {"embedding_dimension": 24, "pooling_mode": "mean"}}, {}
    yield "mean without the default prompt", {**pooling(pooling_mode="mean", include_prompt=False), PROMPTS: {
        "prompts": {"sort": "Sort "}, "default_prompt_name": "sort"}}, {}
    yield "not normalised", {"modules.json": modules("Transformer", "Pooling")}, {}
    yield "normalised first", {"modules.json": modules("Transformer", "Pooling", "Normalize", "Dense/2_Dense")}, {}
    yield "dense, normalised", {"modules.json": modules("Transformer", "Pooling", "Dense", "Normalize")}, {}
    yield "two dense", {"modules.json": modules("Transformer", "Pooling", "Dense", "Dense", "Normalize")}, {}
    yield "dropout", {"modules.json": modules("Transformer", "Pooling", "Dropout", "Dense/2_Dense")}, {}
    yield "dense of two poolings", {**pooling(pooling_mode=["max", "cls"]), "modules.json": modules("Transformer", "Pooling", "Dense/wide_Dense")}, {}
    for name in ("activation.Tanh", "linear.Identity", "activation.ReLU", "activation.GELU", "activation.Sigmoid", "activation.SiLU"):
        yield "dense with " + name, {"modules.json": modules("Transformer", "Pooling", "Dense"), "2_Dense/config.json": {
            "in_features": 24, "out_features": 17, "bias": True, "activation_function": "torch.nn.modules." + name}}, {}
    yield "dense, activation unsaid", {"modules.json": modules("Transformer", "Pooling", "Dense"), "2_Dense/config.json": {
        "in_features": 24, "out_features": 17}}, {}


def dense(folder, inputs, outputs, bias, generator, **more):
    folder.mkdir(parents=True)
    tensors = {"linear.weight": torch.randn(outputs, inputs, generator=generator) / inputs ** 0.5}
    if bias:
        tensors["linear.bias"] = torch.randn(outputs, generator=generator) / 3
    safetensors.torch.save_file(tensors, folder / "model.safetensors")
    write(folder / "config.json", {"in_features": inputs, "out_features": outputs, "bias": bias, **more})


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False) + "\n")


def vectors(folder, ask):
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).double()
    encode = {"text": model.encode, "query": model.encode_query, "passage": model.encode_document}[ask.get("as", "text")]
    made = [encode([text])[0] for text in TEXTS]
    return [[float(f"{value:.9g}") for value in vector] for vector in made]


def record(folder, cases, out):
    recorded = []
    for name, files, ask in cases:
        with tempfile.TemporaryDirectory() as changed:
            changed = Path(changed) / "model"
            shutil.copytree(folder, changed)
            for file, content in files.items():
                write(changed / file, content)
            recorded.append(json.dumps({"name": name, "files": files, **ask, "vectors": vectors(changed, ask)}, ensure_ascii=False))
    out.write_text('{"texts":' + json.dumps(TEXTS, ensure_ascii=False) + ',\n"cases":[\n' + ",\n".join(recorded) + "\n]}\n")
    print(out.name, len(recorded), "cases,", out.stat().st_size, "bytes")


def main(root):
    folder = root / "sentences"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tokens = tokenizer()
    random(transformers.BertModel(config(tokens))).float().save_pretrained(folder)
    tokens.save_pretrained(folder)
    write(folder / "tokenizer_config.json", TOKENS)
    write(folder / "modules.json", modules("Transformer", "Pooling", "Normalize"))
    write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 24, "pooling_mode_mean_tokens": True})
    generator = torch.Generator().manual_seed(SEED)
    dense(folder / "2_Dense", 24, 17, True, generator, activation_function="torch.nn.modules.activation.Tanh")
    dense(folder / "3_Dense", 17, 21, False, generator, activation_function="torch.nn.modules.linear.Identity")
    dense(folder / "wide_Dense", 48, 5, True, generator, activation_function="torch.nn.modules.activation.ReLU")
    with tempfile.TemporaryDirectory() as made:
        for name, cases in (("settings.json", settings()), ("pooling.json", poolings())):
            record(folder, cases, Path(made) / name)
        for file in Path(made).iterdir():
            shutil.copy(file, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
