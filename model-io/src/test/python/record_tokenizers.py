"""Records tokens of small vocabularies from the libraries that define them, as fixtures for the tokenizer tests.

    python record_tokenizers.py OUT [FOLDER-OF-node_modules [SMOLLM2.gguf]]

Trains (seeded) byte-level vocabularies with every pre-tokenizer and SentencePiece ones with byte fallback, writes each as
GGUF keys, and records what `tokenizers` or `sentencepiece`, and with the second argument llama.cpp (npm's node-llama-cpp),
make of the texts of hard_texts.py; with the third also what llama.cpp makes of them with a real model's vocabulary. Where the libraries disagree the script says so and records both.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import gguf
import sentencepiece
import tokenizers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import hard_texts
from record_words import corpus

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
TEXTS = hard_texts.texts(100)
# The expressions as the models' own tokenizer.json files have them.
AFTER = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
WORD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
PRE = {
    "gpt-2": [GPT2],
    "smollm": [r"\p{N}", GPT2],
    "llama-bpe": [WORD + r"|\p{N}{1,3}" + AFTER],
    "qwen2": [WORD + r"|\p{N}" + AFTER],
    "tekken": [r"[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + r"+|[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER
               + r"*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
}
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"]


def byte_level(name):
    tokenizer = Tokenizer(models.BPE(ignore_merges=name in ("llama-bpe", "tekken")))
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in PRE[name]]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(splits + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=640, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(1), trainer)
    described = json.loads(tokenizer.to_str())
    vocabulary = described["model"]["vocab"]
    if described["model"]["ignore_merges"]:  # a word no merge leads to
        vocabulary["ĠMississippi"] = len(vocabulary)
    described["added_tokens"].append(dict(described["added_tokens"][0], id=len(vocabulary), content="<tool>", special=False))
    if name == "llama-bpe":
        described["post_processor"] = json.loads(processors.TemplateProcessing(
            single="<|im_start|> $A", special_tokens=[("<|im_start|>", 1)]).__getstate__())
    tokenizer = Tokenizer.from_str(json.dumps(described))
    pieces = sorted(vocabulary, key=vocabulary.get) + ["<tool>"]
    kinds = [CONTROL if piece in SPECIAL else USER_DEFINED if piece == "<tool>" else NORMAL for piece in pieces]
    keys = {
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": name, "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.token_type": kinds, "tokenizer.ggml.merges": [" ".join(pair) for pair in described["model"]["merges"]],
        "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2,
    }
    plain, special = [], []
    for parse, ids in ((False, plain), (True, special)):
        tokenizer.encode_special_tokens = not parse
        ids += [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    return keys, plain, special, tokenizer


def sentence_piece(folder, prefix, user_defined, name):
    prefix_path = folder / "spm"
    (folder / "corpus.txt").write_text("\n".join(line.replace("\n", " ") for line in corpus(2)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"), model_prefix=str(prefix_path), model_type="bpe", vocab_size=760, byte_fallback=True,
        character_coverage=0.98, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=prefix,
        split_digits=True, allow_whitespace_only_pieces=True, user_defined_symbols=user_defined, num_threads=1,
        minloglevel=2, max_sentence_length=100000)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(prefix_path.with_suffix(".model")))
    size = processor.get_piece_size()
    kinds = [USER_DEFINED if processor.id_to_piece(i) in user_defined else UNKNOWN if processor.is_unknown(i)
             else CONTROL if processor.is_control(i) else BYTE if processor.is_byte(i) else NORMAL for i in range(size)]
    pieces = [processor.id_to_piece(i) for i in range(size)]
    pieces = [piece.replace("▁", " ") if kind == USER_DEFINED else piece for piece, kind in zip(pieces, kinds)]
    keys = {
        "general.name": name, "tokenizer.ggml.model": "llama", "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": pieces, "tokenizer.ggml.scores": [processor.get_score(i) for i in range(size)],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.add_space_prefix": prefix, "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0,
    }
    return keys, [processor.encode(text) for text in TEXTS], None, None


def byte_fallback_json():
    """A tokenizer.json of the kind made from SentencePiece vocabularies."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=640, special_tokens=["<unk>", "<s>", "</s>"] + bytes_,
                                  show_progress=False)
    tokenizer.train_from_iterator(corpus(3)[:1500], trainer)  # words only: what they lack falls back to bytes
    described = json.loads(tokenizer.to_str())
    described["added_tokens"] = described["added_tokens"][:3]  # the bytes are ordinary pieces
    described["post_processor"] = json.loads(processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]).__getstate__())
    return Tokenizer.from_str(json.dumps(described))


def write_gguf(path, keys):
    writer = gguf.GGUFWriter(str(path), "llama")
    for key in ("context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count"):
        writer.add_uint32("llama." + key, 1)  # llama.cpp wants dimensions even where there is nothing but a vocabulary
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    for key, value in keys.items():
        if isinstance(value, list):
            writer.add_array(key, value)
        elif isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_string(key, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama_cpp(modules, folder, keys):
    write_gguf(folder / "vocabulary.gguf", keys)
    return llama_cpp_of(modules, folder, folder / "vocabulary.gguf")


def llama_cpp_of(modules, folder, model):
    (folder / "texts.json").write_text(json.dumps(TEXTS))
    script = pathlib.Path(__file__).with_name("llama_cpp_tokens.mjs")
    subprocess.run(["node", str(script), modules, str(model), str(folder / "texts.json"),
                    str(folder / "out.json")], check=True)
    return json.loads((folder / "out.json").read_text())


def compact(cases):
    return "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]"


def save(out, name, keys, cases, versions, extra):
    head = json.dumps({"versions": versions, "metadata": keys, **extra}, separators=(",", ":"), ensure_ascii=True)
    (out / f"{name}.json").write_text(head[:-1] + ',\n"cases":' + compact(cases) + "}\n")


def record(out, name, made, modules, folder):
    keys, plain, special, tokenizer = made
    versions = {"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__}
    extra = {}
    if modules:
        peer = llama_cpp(modules, folder, keys)
        extra = {"bos": peer["bos"], "eos": peer["eos"], "adds_bos": peer["adds_bos"], "end": sorted(peer["end"])}
        versions["node-llama-cpp"] = json.loads(
            (pathlib.Path(modules) / "node-llama-cpp/package.json").read_text())["version"]
    cases = []
    for i, text in enumerate(TEXTS):
        case = {"library": plain[i]}
        if special and special[i] != plain[i]:
            case["library_special"] = special[i]
        if modules:
            peer_plain, peer_special = peer["ids"][i]
            if peer_plain != plain[i]:
                print(f"{name}: llama.cpp differs, plain, {text!r}: library {plain[i]}, llama.cpp {peer_plain}")
                case["llama_cpp"] = peer_plain
            if special and peer_special != special[i]:
                print(f"{name}: llama.cpp differs, special, {text!r}: library {special[i]}, llama.cpp {peer_special}")
            if peer_special != (special or plain)[i]:
                case["llama_cpp_special"] = peer_special
        cases.append(case)
    save(out, name, keys, cases, versions, extra)


def record_json(out, name, tokenizer):
    folder = out / name
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"bos_token": tokenizer.id_to_token(1), "eos_token": {"content": tokenizer.id_to_token(2)}}) + "\n")
    cases = []
    for text in TEXTS:
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        cases.append({"library": plain, "library_special": tokenizer.encode(text, add_special_tokens=False).ids,
                      "prompt": tokenizer.encode(text).ids, "decoded": tokenizer.decode(plain, skip_special_tokens=False)})
    (folder / "cases.json").write_text('{"versions":{"tokenizers":"' + tokenizers.__version__ + '"},"cases":' + compact(cases)
                                       + "}\n")


def record_model(out, name, modules, model, folder):
    peer = llama_cpp_of(modules, folder, model)
    cases = [{"llama_cpp": plain, **({"llama_cpp_special": special} if special != plain else {})} for plain, special in peer["ids"]]
    save(out, name, {}, cases, {"node-llama-cpp": json.loads(
        (pathlib.Path(modules) / "node-llama-cpp/package.json").read_text())["version"]},
        {"file": pathlib.Path(model).name, **{key: peer[key] for key in ("bos", "eos", "adds_bos", "end")}})


def main(out, modules, model):
    out.mkdir(parents=True, exist_ok=True)
    (out / "texts.json").write_text(json.dumps(TEXTS, indent=0) + "\n")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for name in PRE:
            made = byte_level(name)
            record(out, f"byte-level-{name}", made, modules, folder)
            if name == "llama-bpe":
                record_json(out, "json-byte-level", made[3])
        runs = ["▁" * count for count in range(2, 9)] + ["\n" * count for count in range(1, 5)]
        record(out, "spm-prefix", sentence_piece(folder, True, [], "tiny"), modules, folder)
        record(out, "spm-user-defined", sentence_piece(folder, False, runs + ["<start_of_turn>", "<end_of_turn>"], "tiny"),
               modules, folder)
        record(out, "spm-swallow", sentence_piece(folder, True, ["<|user|>", "<|end|>", "<|endoftext|>"], "Phi-3 tiny"),
               modules, folder)
        if model:
            record_model(out, "smollm2", modules, model, folder)
    record_json(out, "json-byte-fallback", byte_fallback_json())


main(pathlib.Path(sys.argv[1]), *(sys.argv[2:] + [None, None])[:2])
