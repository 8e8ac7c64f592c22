"""Byte-level BPE vocabularies of the demonstration models, and their place in a GGUF file.

Words are split as the pre-tokenizer "smollm" of llama.cpp does: first every
digit by itself, then GPT-2's rule.  A digit is therefore always one token.
"""

import gguf
import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

PRE_TOKENIZER = "smollm"


def configured(tokenizer):
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{N}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train(texts, size, special_tokens):
    """Returns a tokenizer of `size` tokens; the special ones come first, in their order."""
    tokenizer = configured(tokenizers.Tokenizer(models.BPE()))
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(special_tokens),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != size:
        raise SystemExit(f"the texts give {tokenizer.get_vocab_size()} tokens, not {size}")
    return tokenizer


def write(writer, vocabulary, special_tokens):
    """Writes the "model" part of a saved tokenizer.json under tokenizer.ggml.*."""
    tokens = sorted(vocabulary["vocab"], key=vocabulary["vocab"].get)
    types = [gguf.TokenType.CONTROL if t in special_tokens else gguf.TokenType.NORMAL for t in tokens]
    # Depending on its version, the tokenizer file holds merges as pairs or as text.
    merges = [m if isinstance(m, str) else " ".join(m) for m in vocabulary["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)


def read(reader):
    """The tokenizer of a GGUF file that `write` wrote."""
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    merges = [tuple(m.split(" ")) for m in reader.get_field("tokenizer.ggml.merges").contents()]
    types = reader.get_field("tokenizer.ggml.token_type").contents()
    tokenizer = configured(tokenizers.Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges)))
    tokenizer.add_special_tokens([t for t, kind in zip(tokens, types) if kind == gguf.TokenType.CONTROL])
    return tokenizer
