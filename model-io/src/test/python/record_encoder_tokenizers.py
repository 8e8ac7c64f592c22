"""Records what Transformers and sentencepiece make of hard texts with small vocabularies, for the tokenizers of encoders and
of encoder-decoders.

    python record_encoder_tokenizers.py OUT [FOLDER-OF-MODELS]

Needs transformers, tokenizers, sentencepiece and protobuf. Trains (seeded) WordPiece, byte-level BPE, unigram and SentencePiece
BPE vocabularies, writes each as a model directory would hold it, and beside it cases.json: for each text of hard_texts.py
what the tokenizer class of Transformers gives (tokens with special ones, types, offsets in code points, the decoded text),
for some pairs the same; for SentencePiece models what
sentencepiece itself gives. With the second argument also what it gives with the vocabularies of Firefox's models found there.
"""
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
import tokenizers
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (BertTokenizer, M2M100Tokenizer, MarianTokenizer, MBart50Tokenizer, MBartTokenizer, MPNetTokenizer,
                          NllbTokenizer, PreTrainedTokenizerFast, RobertaTokenizer, T5Tokenizer, XLMRobertaTokenizer)

from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES as M2M_CODES
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES as NLLB_CODES

import hard_texts
from record_words import corpus, made_words

TEXTS = hard_texts.texts(80, 4)
MORE = ["Un affable ﬁdèle, ＦＵＬＬ ｗｉｄｔｈ ①②③ ½ ㎏ ﷺ", "naïve café São Paulo, Ação", "[CLS] a [SEP] b [MASK]", "<extra_id_0> x </s> <pad>",
        "don't do n't ' s , . !", "a" * 101 + " b", "tokenization unbelievably 3.14% C++ #tag", "\u00adsoft\u00ad hyphen",
        "x\u0300\u0301y ÅÅ", "１２３，４５６", "ㅎㅏㄴ 한", ">>por<< hello", "__en__ hello", "por_Latn pt_XX"]
TEXTS += MORE
PAIRS = [(TEXTS[i], TEXTS[-i - 3]) for i in range(1, 40, 3)] + [("", ""), ("a", ""), ("", "b")]


def encoded_case(tokenizer, encoding):
    case = {"tokens": encoding.ids}
    if any(encoding.type_ids):
        case["types"] = encoding.type_ids
    case["places"] = [place for pair in encoding.offsets for place in pair]
    case["decoded"] = tokenizer.decode(encoding.ids, skip_special_tokens=True)
    return case


def cases(tokenizer):
    """One text each, and pairs; special tokens' names are ordinary text in `cases` and `pair_cases`, tokens in `special`."""
    recorded = {"versions": {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
                             "sentencepiece": sentencepiece.__version__}}
    if not tokenizer.is_fast:
        ids = [tokenizer(text, split_special_tokens=True)["input_ids"] for text in TEXTS]
        recorded["cases"] = [{"tokens": i, "decoded": tokenizer.decode(i, skip_special_tokens=True)} for i in ids]
        return recorded
    library = tokenizer.backend_tokenizer
    recorded["special"] = [tokenizer(text)["input_ids"] for text in TEXTS]
    library.encode_special_tokens = True
    recorded["cases"] = [encoded_case(tokenizer, library.encode(text)) for text in TEXTS]
    recorded["pair_cases"] = [encoded_case(tokenizer, library.encode(first, second)) for first, second in PAIRS]
    library.encode_special_tokens = False
    return recorded


def as_sentence_piece(recorded, tokenizer, model):
    """Without the texts the tokenizers library cuts otherwise than sentencepiece: white space that the model's character map does
    not know, and U+2581 in the text. Places and texts are then the pieces' own, not compared."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    kept = []
    for text, case in zip(TEXTS, recorded["cases"]):
        pieces = [tokenizer.convert_tokens_to_ids(piece) for piece in processor.encode(text, out_type=str)]
        tokens = case["tokens"]
        inner = any(tokens[i:i + len(pieces)] == pieces for i in range(len(tokens) - len(pieces) + 1)) and len(tokens) - len(pieces) < 3
        kept.append({"tokens": tokens} if inner else None)
    print(f"{type(tokenizer).__name__}: {kept.count(None)} of {len(kept)} texts cut otherwise than by sentencepiece")
    return {"versions": recorded["versions"], "cases": kept}


def compact(recorded):
    def lines(values):
        return "[\n" + ",\n".join(json.dumps(value, separators=(",", ":")) for value in values) + "\n]"
    parts = []
    for key, value in recorded.items():
        parts.append(json.dumps(key) + ":" + (lines(value) if isinstance(value, list) else json.dumps(value)))
    return "{" + ",\n".join(parts) + "}\n"


def save(folder, recorded, **config):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cases.json").write_text(compact(recorded))
    if config:
        (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n")


def word_piece(out):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    lower = [line.lower() for line in corpus(1)]
    tokenizer.train_from_iterator(corpus(1) + lower, trainers.WordPieceTrainer(vocab_size=1100, special_tokens=special, show_progress=False))
    vocabulary = tokenizer.get_vocab()
    pieces = sorted(vocabulary, key=vocabulary.get)
    for name, config in {"bert-uncased": {}, "bert-cased": {"do_lower_case": False},
                         "bert-accents": {"do_lower_case": True, "strip_accents": False, "tokenize_chinese_chars": False}}.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
        bert = BertTokenizer(vocab=vocabulary, **config)
        save(folder, cases(bert), tokenizer_class="BertTokenizer", **config)
    bert = BertTokenizer(vocab=vocabulary)
    bert.save_pretrained(out / "bert-json")
    save(out / "bert-json", cases(bert))
    mpnet = {piece: i for i, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>"] + pieces[5:] + ["[UNK]", "<mask>"])}
    folder = out / "mpnet"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(mpnet) + "\n", encoding="utf-8")
    save(folder, cases(MPNetTokenizer(vocab=mpnet)), tokenizer_class="MPNetTokenizer")


def byte_level(out):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(corpus(2), trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    described = json.loads(tokenizer.to_str())["model"]
    vocabulary = dict(described["vocab"], **{"<mask>": len(described["vocab"])})
    merges = [tuple(pair) for pair in described["merges"]]
    folder = out / "roberta"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(" ".join(pair) for pair in merges) + "\n", encoding="utf-8")
    roberta = RobertaTokenizer(vocab=vocabulary, merges=merges)
    save(folder, cases(roberta), tokenizer_class="RobertaTokenizer")
    roberta.save_pretrained(out / "roberta-json")
    save(out / "roberta-json", cases(roberta))


def train(folder, name, **options):
    (folder / "corpus.txt").write_text("\n".join(line.replace("\n", " ") for line in corpus(3) + made_words(4)))
    settings = dict(vocab_size=600, character_coverage=0.985, num_threads=1, minloglevel=2, max_sentence_length=100000)
    sentencepiece.SentencePieceTrainer.train(input=str(folder / "corpus.txt"), model_prefix=str(folder / name), **{**settings, **options})
    return folder / f"{name}.model"


def rules(folder, *more):
    """A small character map: ligatures, wide letters, composed accents, spaces, what vanishes."""
    rules_ = [("ﬁ", "fi"), ("①", "1"), ("e\u0301", "é"), ("n\u0303", "ñ"), ("\t", " "), ("\n", " "), ("\u00a0", " "), ("\u3000", " "),
              ("\u200b", ""), ("½", "1⁄2"), ("㎏", "kg"), ("…", "..."), ("ﷺ", "صلى الله عليه وسلم"), *more]
    rules_ += [(chr(0xFF01 + i), chr(0x21 + i)) for i in range(94)]
    path = folder / "rules.tsv"
    path.write_text("".join(" ".join(f"{ord(c):x}" for c in a) + "\t" + " ".join(f"{ord(c):x}" for c in b) + "\n" for a, b in rules_))
    return str(path)


def sentence_piece_cases(model):
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    found = []
    for text in TEXTS:
        pieces = processor.encode(text, return_type="proto").pieces
        ids = [piece.id for piece in pieces]
        places = [len(text.encode()[:place].decode()) for piece in pieces for place in (piece.begin, piece.end)]
        found.append({"tokens": ids, "places": places, "decoded": processor.decode([i for i in ids if not processor.is_unknown(i)])})
    return {"versions": {"sentencepiece": sentencepiece.__version__}, "cases": found}


def sentence_piece(out, folder):
    """The models themselves, as sentencepiece cuts them."""
    symbols = ["<sep>", "hello world", "▁▁", "<|x|>"]
    made = {
        "unigram-nfkc": dict(model_type="unigram", normalization_rule_name="nmt_nfkc", bos_id=-1, eos_id=0, unk_id=1),
        "unigram-rules": dict(model_type="unigram", normalization_rule_tsv=rules(folder, ("ab", "AB")), user_defined_symbols=symbols),
        "unigram-bytes": dict(model_type="unigram", normalization_rule_name="identity", byte_fallback=True, vocab_size=800,
                              remove_extra_whitespaces=False, pad_id=3),
        "unigram-suffix": dict(model_type="unigram", normalization_rule_tsv=rules(folder), treat_whitespace_as_suffix=True),
        "bpe-rules": dict(model_type="bpe", normalization_rule_tsv=rules(folder, ("ab", "AB")), user_defined_symbols=symbols),
        "bpe-bytes": dict(model_type="bpe", normalization_rule_name="identity", byte_fallback=True, vocab_size=800,
                          add_dummy_prefix=False),
    }
    for name, options in made.items():
        model = train(folder, name, **options)
        (out / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(model, out / name / "spiece.model")
        save(out / name, sentence_piece_cases(model))


def with_model(out, name, model, make, file="sentencepiece.bpe.model", **config):
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(model, folder / file)
    tokenizer = make(folder)
    save(folder, cases(tokenizer), **config)
    return tokenizer


def layouts(out, folder):
    """Directories with a SentencePiece model alone, whose numbers the tokenizer class makes up."""
    t5 = train(folder, "t5", model_type="unigram", normalization_rule_tsv=rules(folder), pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    tokenizer = with_model(out, "t5", t5, lambda d: T5Tokenizer.from_pretrained(str(d)), "spiece.model")
    save(out / "t5", as_sentence_piece(cases(tokenizer), tokenizer, t5), tokenizer_class="T5Tokenizer")
    fairseq = train(folder, "fairseq", model_type="unigram", normalization_rule_tsv=rules(folder))
    bpe = train(folder, "fairseq-bpe", model_type="bpe", normalization_rule_tsv=rules(folder))
    for name, cls, model, source, other in (
            ("xlm-roberta", XLMRobertaTokenizer, fairseq, None, None), ("mbart", MBartTokenizer, fairseq, "en_XX", "ro_RO"),
            ("mbart50", MBart50Tokenizer, fairseq, "en_XX", "pt_XX"), ("nllb", NllbTokenizer, bpe, "eng_Latn", "por_Latn")):
        # without this NLLB's class leaves out its languages where there is no tokenizer.json
        more = {"extra_special_tokens": NLLB_CODES} if name == "nllb" else {}
        tokenizer = with_model(out, name, model, lambda d: cls.from_pretrained(str(d), **more))
        recorded = as_sentence_piece(cases(tokenizer), tokenizer, model)
        if source:
            recorded["languages"] = languages(tokenizer, source, other)
        save(out / name, published(recorded, tokenizer) if name == "nllb" else recorded, tokenizer_class=cls.__name__)
        if name in ("xlm-roberta", "nllb"):
            tokenizer.save_pretrained(out / f"{name}-json")
            save(out / f"{name}-json", dict(cases(tokenizer), **({"languages": languages(tokenizer, source, other)} if source else {})))
            (out / f"{name}-json" / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": cls.__name__}) + "\n")


def published(recorded, tokenizer):
    """The published NLLB models have their languages before <mask> (eng_Latn is 256047 of 256000 pieces); made from the pieces
    alone, Transformers' class has them behind."""
    mask = tokenizer.mask_token_id
    last = mask + len(NLLB_CODES)

    def moved(token):
        return last if token == mask else token - 1 if mask < token <= last else token
    for case in recorded["cases"]:
        if case:
            case["tokens"] = [moved(token) for token in case["tokens"]]
    recorded["languages"] = {code: {"source": [moved(token) for token in at["source"]], "token": moved(at["token"])}
                             for code, at in recorded["languages"].items()}
    return recorded


def languages(tokenizer, source, other):
    found = {}
    for code in (source, other):
        tokenizer.src_lang = code
        found[code] = {"source": tokenizer("hello world")["input_ids"], "token": tokenizer.convert_tokens_to_ids(
            tokenizer.get_lang_token(code) if hasattr(tokenizer, "get_lang_token") else code)}
    tokenizer.src_lang = source
    return found


def listed(out, folder):
    """M2M-100 and OPUS-MT: SentencePiece models beside a list of tokens."""
    model = train(folder, "m2m", model_type="bpe", normalization_rule_tsv=rules(folder))
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    names = [pieces.id_to_piece(i) for i in range(3, pieces.get_piece_size())]
    draw = random.Random(5)
    draw.shuffle(names)
    vocabulary = {name: i for i, name in enumerate(["<s>", "<pad>", "</s>", "<unk>"] + names[:-20] + ["ö", "Ж"])}
    (out / "m2m100").mkdir(parents=True, exist_ok=True)
    (out / "m2m100" / "vocab.json").write_text(json.dumps(vocabulary))
    m2m = with_model(out, "m2m100", model, lambda d: M2M100Tokenizer(vocab_file=str(d / "vocab.json"), spm_file=str(d / "sentencepiece.bpe.model"), additional_special_tokens=[f"__{code}__" for code in M2M_CODES["m2m100"]]))
    recorded = cases(m2m)
    recorded["languages"] = languages(m2m, "en", "pt")
    save(out / "m2m100", recorded, tokenizer_class="M2M100Tokenizer")
    target = train(folder, "target", model_type="unigram", normalization_rule_tsv=rules(folder), vocab_size=500)
    source = train(folder, "source", model_type="unigram", normalization_rule_tsv=rules(folder), vocab_size=650)
    names = {processor.id_to_piece(i) for path in (source, target) for processor in [sentencepiece.SentencePieceProcessor(
        model_file=str(path))] for i in range(3, processor.get_piece_size())}
    names = sorted(names)
    draw.shuffle(names)
    vocabulary = {name: i for i, name in enumerate(["</s>", "<unk>"] + names[:-15] + [">>por<<", ">>fra<<", "你", "<pad>"])}
    folder_ = out / "marian"
    folder_.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, folder_ / "source.spm")
    shutil.copy(target, folder_ / "target.spm")
    (folder_ / "vocab.json").write_text(json.dumps(vocabulary))
    marian = MarianTokenizer(source_spm=str(folder_ / "source.spm"), target_spm=str(folder_ / "target.spm"), vocab=str(folder_ / "vocab.json"))
    recorded = cases(marian)
    recorded["target"] = [marian(text_target=text, split_special_tokens=True)["input_ids"] for text in TEXTS]
    save(folder_, recorded, tokenizer_class="MarianTokenizer")


def published_models(out, folder):
    """Firefox's vocabularies, which are not here but wherever the models are: what sentencepiece makes of the lines beside them."""
    for pair in ("enpt", "pten"):
        model = folder / f"firefox-{pair}" / f"vocab.{pair}.spm"
        lines = [line for path in sorted(model.parent.glob("*.txt")) for line in path.read_text(encoding="utf-8").splitlines()]
        processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
        recorded = [{"text": text, "tokens": processor.encode(text)} for text in lines + hard_texts.texts(250, 6)]
        (out / f"firefox-{pair}.json").write_text(compact({"versions": {"sentencepiece": sentencepiece.__version__}, "cases": recorded}))


def main(out, models):
    out.mkdir(parents=True, exist_ok=True)
    (out / "texts.json").write_text(compact({"texts": TEXTS, "pairs": PAIRS}))
    word_piece(out)
    byte_level(out)
    with tempfile.TemporaryDirectory() as temporary:
        sentence_piece(out, pathlib.Path(temporary))
        layouts(out, pathlib.Path(temporary))
        listed(out, pathlib.Path(temporary))
    if models:
        published_models(out, pathlib.Path(models))


main(pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
