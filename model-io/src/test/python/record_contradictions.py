"""Records which of two files Transformers follows where a tokenizer.json says one thing and the tokenizer_config.json beside it another, or
nothing: lower-casing, accents, ideographs, and the space before a text.

    python record_contradictions.py contradictions.json

Needs transformers and tokenizers. A case has the tokenizer.json (by name) with changes to one of its parts, the tokenizer_config.json,
config.json's model_type, and the tokens of each text, without special ones.
"""
import itertools
import json
import sys
import tempfile
from pathlib import Path

import tokenizers
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TEXTS = ["Maria céu ÉTÉ x", "東京 tower", "the cat", " The  Cat", ""]


def word_pieces():
    letters = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZéÉ東京")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + ["##" + letter for letter in letters] + ["maria", "Maria", "東京"]
    made = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(vocabulary)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.add_special_tokens(vocabulary[:5])
    return json.loads(made.to_str())


def byte_level():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(["the cat sat on the mat"] * 9, trainers.BpeTrainer(vocab_size=290, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                             special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False))
    return json.loads(made.to_str())


def cases():
    for lower, strip, ideographs in ((False, None, True), (True, None, True), (False, True, False)):
        changes = {"lowercase": lower, "strip_accents": strip, "handle_chinese_chars": ideographs}
        for config in ({}, {"do_lower_case": False}, {"do_lower_case": True}, {"do_lower_case": False, "strip_accents": True},
                       {"do_lower_case": True, "strip_accents": False}, {"tokenize_chinese_chars": False}, {"strip_accents": None}):
            yield "word-pieces", "normalizer", changes, {"tokenizer_class": "BertTokenizer", **config}, "bert"
        for name, kind in (("BertTokenizerFast", "bert"), ("DistilBertTokenizer", "distilbert"), ("MPNetTokenizerFast", "mpnet"),
                           ("PreTrainedTokenizerFast", "bert"), (None, "bert"), (None, "distilbert"), (None, "nomic_bert"), (None, "mpnet")):
            for config in ({}, {"do_lower_case": False}):
                yield "word-pieces", "normalizer", changes, {**({"tokenizer_class": name} if name else {}), **config}, kind
    for prefix, stated in itertools.product((False, True), (None, False, True)):
        for name, kind in (("RobertaTokenizer", "roberta"), ("GPT2TokenizerFast", "gpt2"), ("PreTrainedTokenizerFast", "modernbert"),
                           (None, "roberta"), (None, "gpt2"), (None, "bart")):
            yield ("byte-level", "pre_tokenizer", {"add_prefix_space": prefix}, {**({"tokenizer_class": name} if name else {}),
                   **({} if stated is None else {"add_prefix_space": stated})}, kind)


def main(out):
    made = {"word-pieces": word_pieces(), "byte-level": byte_level()}
    recorded = []
    for name, part, changes, config, kind in cases():
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "tokenizer.json").write_text(json.dumps({**made[name], part: {**made[name][part], **changes}}))
            (folder / "tokenizer_config.json").write_text(json.dumps(config))
            (folder / "config.json").write_text(json.dumps({"model_type": kind}))
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
            tokens = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
        recorded.append(json.dumps({"tokenizer": name, "part": part, "changes": changes, "config": config, "model_type": kind, "tokens": tokens}))
    versions = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
    out.write_text('{"versions":' + json.dumps(versions) + ',\n"texts":' + json.dumps(TEXTS) + ',\n"tokenizers":'
                   + json.dumps(made, separators=(",", ":")) + ',\n"cases":[\n' + ",\n".join(recorded) + "\n]}\n")
    print(len(recorded), "cases,", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
