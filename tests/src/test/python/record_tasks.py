"""Saves tiny random models as Transformers and sentence-transformers publish theirs, one folder for each task, with what Transformers makes
of some texts and pictures beside them in expected.json.

    python record_tasks.py OUTPUT_FOLDER [KIND...]

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0 (what is from "one_label" on: 5.24.0) and Pillow 11.3; Pillow 13 makes some pictures lower before it makes them
narrower, which moves bytes by one. Labels, entities and pictures come from Transformers' pipelines and processors. Its pipeline for
extractive question answering is no longer part of Transformers; answers are computed here as it computed them: shares of starts and ends
over the context's tokens of each window and its first, which says that there is no answer, the largest product of a span of at most 15 tokens,
which grows to whole words where "words" are recorded.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
import transformers
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import pipeline

from record_encoders import randomise

SEED = 20260815
TEXTS = ["A cat sat on the mat.", "x", "Ada Lovelace was born in London, 1815!", "naïve café — Zürich's 24°", "the the the the"]
LONG = ("Ada went to Paris. " * 3 + "In London, Charles built an engine of 1000 wheels. " + "It rained for days; nobody came. " * 2
        + "Then Zoe wrote a letter to Ada.")


def tokenizer():
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789")
    words = ["the", "cat", "sat", "on", "mat", "ada", "london", "paris", "was", "born", "in", "went", "to", "##ed", "##ing", "##lace", "love"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(".,!?;'") + letters + ["##" + l for l in letters] + words
    made = Tokenizer(models.WordPiece({token: i for i, token in enumerate(vocabulary)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return transformers.BertTokenizer(tokenizer_object=made, vocab={token: i for i, token in enumerate(vocabulary)}, do_lower_case=True,
                                      pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")


def save(folder, model, processor, expected):
    folder.mkdir(parents=True, exist_ok=True)
    model.float().save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")
    print(folder.name, sum(f.stat().st_size for f in folder.iterdir()), "bytes")


def random(model):
    torch.manual_seed(SEED)
    model = model.double().eval()
    randomise(model, torch.Generator().manual_seed(SEED))
    return model


def config(tokens, **more):
    return transformers.BertConfig(vocab_size=len(tokens), hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=3,
                                   max_position_embeddings=64, pad_token_id=0, **more)


def vectors(model, tokens, texts):
    made = []
    for text in texts:
        with torch.no_grad():
            mean = model(**tokens(text, return_tensors="pt")).last_hidden_state[0].mean(0)
        made.append((mean / mean.norm()).tolist())
    return made


def embedder(root, tokens):
    model = random(transformers.BertModel(config(tokens)))
    folder = root / "embedder"
    save(folder, model, tokens, {"texts": TEXTS, "vectors": vectors(model.double(), tokens, TEXTS),
                                 "tokens": [len(tokens(text)["input_ids"]) for text in TEXTS],
                                 "queries": vectors(model.double(), tokens, ["ask: " + text for text in TEXTS])})
    (folder / "modules.json").write_text(json.dumps([
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}], indent=1) + "\n")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(
        {"word_embedding_dimension": 24, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}) + "\n")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 32, "do_lower_case": False}) + "\n")
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": {"query": "ask: ", "document": ""}}) + "\n")


def labels(root, tokens):
    names = {0: "calm", 1: "angry", 2: "glad"}
    for name, problem in (("classifier", "single_label_classification"), ("multi-label", "multi_label_classification")):
        model = random(transformers.BertForSequenceClassification(config(tokens, id2label=names, problem_type=problem)))
        made = pipeline("text-classification", model=model, tokenizer=tokens, top_k=None)(TEXTS)
        save(root / name, model, tokens, {"texts": TEXTS, "results": made})


def entities(root, tokens):
    names = {0: "O", 1: "B-LOC", 2: "I-LOC", 3: "B-PER", 4: "I-PER"}
    model = random(transformers.BertForTokenClassification(config(tokens, id2label=names)))
    made = pipeline("token-classification", model=model, tokenizer=tokens, aggregation_strategy="first")(TEXTS)
    save(root / "entities", model, tokens, {"texts": TEXTS, "results": [[
        {"label": one["entity_group"], "score": float(one["score"]), "start": one["start"], "end": one["end"]} for one in text] for text in made]})


def reranker(root, tokens):
    model = random(transformers.BertForSequenceClassification(config(tokens, num_labels=1)))
    with torch.no_grad():
        scores = [model(**tokens("Who was born?", text, return_tensors="pt")).logits[0, 0].item() for text in TEXTS]
    save(root / "reranker", model, tokens, {"query": "Who was born?", "texts": TEXTS, "scores": scores})


def best_span(model, tokens, question, context):
    length = 64
    found = (-1.0, 0, 0, 0)
    windows = tokens(question, context, truncation="only_second", max_length=length, stride=min(length // 2, 128),
                     return_overflowing_tokens=True, return_offsets_mapping=True)
    for window in range(len(windows["input_ids"])):
        given = {key: torch.tensor([windows[key][window]]) for key in ("input_ids", "token_type_ids", "attention_mask")}
        with torch.no_grad():
            result = model(**given)
        inside = numpy.array([sequence == 1 for sequence in windows.sequence_ids(window)])
        weighs = inside.copy()
        weighs[0] = True  # the place of no answer
        shares = [numpy.where(weighs, numpy.exp(logits - logits[weighs].max()), 0) for logits in
                  (result.start_logits[0].numpy(), result.end_logits[0].numpy())]
        shares = [numpy.where(inside, share / share.sum(), 0) for share in shares]
        for start in numpy.flatnonzero(inside):
            for end in range(start, min(start + 15, len(inside))):
                found = max(found, (float(shares[0][start] * shares[1][end]), window, int(start), end))
    score, window, start, end = found
    words = [windows.word_to_chars(window, windows.token_to_word(window, token), sequence_index=1) for token in (start, end)]
    return {"question": question, "windows": len(windows["input_ids"]), "score": score, "start": windows["offset_mapping"][window][start][0],
            "end": windows["offset_mapping"][window][end][1], "words": [words[0][0], words[1][1]]}


def answers(root, tokens):
    model = random(transformers.BertForQuestionAnswering(config(tokens)))
    results = [best_span(model, tokens, question, LONG) for question in ("Who wrote?", "Where did Ada go to in the end of the day?")]
    for result in results:
        del result["words"]
    save(root / "answers", model, tokens, {"context": LONG, "results": results})


def pictures(root):
    generator = numpy.random.default_rng(SEED)
    form = dict(hidden_size=24, intermediate_size=36, num_hidden_layers=1, num_attention_heads=3, image_size=24, patch_size=8,
                id2label={0: "cat", 1: "dog", 2: "hat"})
    processors_of = {
        "pictures": transformers.ViTImageProcessorPil(size={"height": 24, "width": 24}),
        "pictures-cropped": transformers.DeiTImageProcessorPil(size={"height": 29, "width": 29}, crop_size={"height": 24, "width": 24},
                                                               image_mean=[0.48, 0.45, 0.4], image_std=[0.22, 0.23, 0.24])}
    images = {}
    for name, (height, width), mode in (("tall", (61, 37), "RGB"), ("wide", (13, 50), "RGB"), ("small", (7, 9), "RGB"), ("grey", (33, 40), "L"),
                                        ("clear", (30, 31), "RGBA"), ("same", (24, 24), "RGB")):
        size = (height, width) if mode == "L" else (height, width, len(mode))
        smooth = numpy.linspace(0, 200, width)[None, :] + numpy.linspace(0, 55, height)[:, None]
        noise = generator.integers(0, 90, size)
        images[name] = Image.fromarray(numpy.clip((smooth if mode == "L" else smooth[..., None]) * 0.7 + noise, 0, 255).astype(numpy.uint8))
    for name, processor in processors_of.items():
        folder = root / name
        model = random(transformers.ViTForImageClassification(transformers.ViTConfig(**form)))
        results = []
        for image in images.values():
            pixels = torch.from_numpy(numpy.asarray(processor(image.convert("RGB"), return_tensors="np")["pixel_values"])).double()
            with torch.no_grad():
                shares = model(pixels).logits[0].softmax(0)
            results.append({"pixels": [round(value, 6) for value in pixels.flatten().tolist()],
                            "results": [{"label": form["id2label"][i], "score": shares[i].item()} for i in range(3)]})
        save(folder, model, processor, dict(zip(images, results)))
        if name == "pictures":
            for kind, image in images.items():
                image.save(folder / f"{kind}.png")


def one_label(root, tokens):
    """A sigmoid, since nothing says what kind of problem it is."""
    model = random(transformers.BertForSequenceClassification(config(tokens, num_labels=1)))
    texts = [*TEXTS, "", " "]
    made = pipeline("text-classification", model=model, tokenizer=tokens, top_k=None)(texts)
    save(root / "one-label", model, tokens, {"texts": texts, "results": made})


SCRIPTS = ["张三住在北京，李四去上海工作。", "王小明喜欢苹果公司的产品 😀 ok", "नमस्ते दिल्ली में रहते हैं", "เขาไปกรุงเทพ ไทย", "គាត់រស់នៅភ្នំពេញ", "東京タワーへ行く。", "São 北京 é"]


def scripts_tokenizer():
    """Most pieces are a character, and every third character is known only at the beginning of a word or only within one."""
    characters = sorted({c for text in SCRIPTS for c in text if not c.isspace() and c != "😀"} | set("abcdefghijklmnopqrstuvwxyz"))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + characters + ["##" + c for i, c in enumerate(characters) if i % 9]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    return transformers.BertTokenizer(vocab=vocabulary, do_lower_case=False)


def scripts(root, tokens):
    """Entities and answers in scripts without spaces between words, and in one with vowel signs: words are the tokenizer's."""
    tokens = scripts_tokenizer()
    names = {0: "I-LOC", 1: "B-LOC", 2: "B-ORG", 3: "B-PER", 4: "O"}
    model = random(transformers.BertForTokenClassification(config(tokens, id2label=names)))
    made = pipeline("token-classification", model=model, tokenizer=tokens, aggregation_strategy="first")(SCRIPTS)
    save(root / "entities-scripts", model, tokens, {"texts": SCRIPTS, "results": [[
        {"label": one["entity_group"], "score": float(one["score"]), "start": one["start"], "end": one["end"]} for one in text] for text in made]})
    model = random(transformers.BertForQuestionAnswering(config(tokens)))
    context = " ".join(SCRIPTS)
    save(root / "answers-scripts", model, tokens, {"context": context, "results": [best_span(model, tokens, question, context)
                                                                                   for question in ("ok", "北京", "भाषा में", "กรุงเทพ")]})


def no_answer(root, tokens):
    """A model that is sure there is no answer: its head looks for what the first token's row has and the others have not."""
    model = random(transformers.BertForQuestionAnswering(config(tokens)))
    context = "A cat sat on the mat. Ada went to London."
    question = "Where was Zoe born?"
    with torch.no_grad():
        rows = model.bert(**tokens(question, context, return_tensors="pt")).last_hidden_state[0]
        direction = rows[0] - rows[1:].mean(0)
        model.qa_outputs.weight += 9 * direction / (direction @ direction)
    save(root / "no-answer", model, tokens, {"context": context, "results": [best_span(model, tokens, question, context)]})


KINDS = {"embedder": embedder, "labels": labels, "entities": entities, "reranker": reranker, "answers": answers,
         "pictures": lambda root, tokens: pictures(root), "one_label": one_label, "scripts": scripts, "no_answer": no_answer}


def main(root, kinds):
    tokens = tokenizer()
    for kind in kinds or KINDS:
        KINDS[kind](root, tokens)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
