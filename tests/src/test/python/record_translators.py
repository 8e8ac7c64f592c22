"""Records what Hugging Face Transformers computes for a tiny random encoder-decoder of every family.

For each variant: makes the model with seeded random weights, writes it as GGUF with the names of this project's canonical form,
and puts the recordings into the same file, as JSON under the key expected.json: for sources of different lengths the encoder's
hidden states, the logits after given decoder tokens, and what greedy and beam search give with many settings. The original
Transformer and Marian's recurrent decoder have no class in Transformers: they are written down here in plain torch, and their
beam search is Marian's, whose beam shrinks as hypotheses end (Marian 1.9, src/translator/beam_search.cpp).

    python record_translators.py OUTPUT_FOLDER [VARIANT...]

Recorded with Python 3.11, torch 2.15.0, transformers 5.23.0, gguf 0.19.0, in 64-bit floats where Transformers allows it.
"""

import json
import math
import re
import sys
from pathlib import Path

import gguf
import torch
import torch.nn.functional as F
import transformers

SEED = 20260202
LENGTHS = (5, 17, 11, 1)  # tokens of the sources, in this order
MAX_LENGTH = 16  # with the start token

SEARCHES = {
    "greedy": {},
    "greedy_ngrams": dict(no_repeat_ngram_size=2),
    "beam2": dict(num_beams=2, num_return_sequences=2),
    "beam4": dict(num_beams=4, num_return_sequences=4, length_penalty=0.6),
    "never": dict(num_beams=4, num_return_sequences=2, length_penalty=1.3, early_stopping="never"),
    "early": dict(num_beams=3, num_return_sequences=2, early_stopping=True),
    "ngrams": dict(num_beams=3, num_return_sequences=3, no_repeat_ngram_size=2),
    "lengths": dict(num_beams=2, num_return_sequences=2, min_length=7, max_length=10),
    "forced": dict(num_beams=3, num_return_sequences=2, forced_bos_token_id=5, max_length=9),
}


def randomise(named, generator):
    with torch.no_grad():
        for name, weight in named:
            noise = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
            if "norm" in name:
                weight.copy_((0.0 if name.endswith("bias") else 1.0) + 0.3 * noise)
            elif "relative" in name or "rel_b" in name:
                weight.copy_(0.7 * noise)
            elif weight.dim() == 1 or weight.shape[0] == 1:
                weight.copy_(0.3 * noise)
            elif name == "shared.weight":
                weight.copy_(1.0 * noise)  # T5 divides tied logits by the root of the width
            elif "shared" in name or "embed" in name or "token_embd" in name or "lm_head" in name:
                weight.copy_(0.5 * noise)
            else:
                weight.copy_(1.2 * noise / math.sqrt(weight.shape[1]))
            weight.copy_(weight.float().double())  # the file holds 32-bit floats


# --- names ---------------------------------------------------------------------------------------------------------------------

def bart_name(name, pre):
    """The canonical name of a tensor of Marian, BART, mBART, M2M-100; None where the file needs none."""
    whole = {"model.shared.weight": "token_embd.weight", "model.encoder.embed_tokens.weight": "enc.token_embd.weight",
             "model.decoder.embed_tokens.weight": "dec.token_embd.weight"}
    if name in whole:
        return whole[name]
    if name == "final_logits_bias":
        return "output.bias"
    match = re.fullmatch(r"model\.(enc|dec)oder\.(.*)\.(weight|bias)", name)
    if not match:
        return None
    side, inner, kind = match[1] + ".", match[2], match[3]
    whole = {"embed_positions": "position_embd", "layernorm_embedding": "token_embd_norm", "layer_norm": "output_norm"}
    if inner in whole:
        return f"{side}{whole[inner]}.{kind}"
    layer, part = re.fullmatch(r"layers\.(\d+)\.(.*)", inner).groups()
    parts = {"self_attn_layer_norm": "attn_norm" if pre else "attn_output_norm",
             "encoder_attn_layer_norm": "cross_attn_norm" if pre else "cross_attn_output_norm",
             "final_layer_norm": "ffn_norm" if pre else "layer_output_norm", "fc1": "ffn_up", "fc2": "ffn_down"}
    for theirs, ours in (("self_attn", "attn"), ("encoder_attn", "cross_attn")):
        parts |= {f"{theirs}.{p}_proj": f"{ours}_{p[0]}" for p in ("q", "k", "v", "out")}
    return f"{side}blk.{layer}.{parts[part]}.{kind}"


def t5_name(name, _):
    whole = {"shared.weight": "token_embd.weight", "lm_head.weight": "output.weight",
             "encoder.final_layer_norm.weight": "enc.output_norm.weight", "decoder.final_layer_norm.weight": "dec.output_norm.weight"}
    if name in whole or ".block." not in name:
        return whole.get(name)
    side, layer, part, inner = re.fullmatch(r"(enc|dec)oder\.block\.(\d+)\.layer\.(\d)\.(.*)\.weight", name).groups()
    role = "attn" if part == "0" else "cross_attn" if side == "dec" and part == "1" else "ffn"
    inner = inner.replace("SelfAttention.", "").replace("EncDecAttention.", "").replace("DenseReluDense.", "")
    parts = {"layer_norm": f"{role}_norm", "relative_attention_bias": "attn_rel_b", "wi": "ffn_up", "wi_0": "ffn_gate",
             "wi_1": "ffn_up", "wo": "ffn_down"} | {p: f"{role}_{p}" for p in "qkvo"}
    return f"{side}.blk.{layer}.{parts[inner]}.weight"


# --- the two models without a class --------------------------------------------------------------------------------------------

class Plain:
    """Post-norm encoder-decoder in plain torch: weights by their canonical names, a step computes all positions anew.

    recurrent: the decoder's mixer is the SSRU, its first embedding is zeros (Marian); else self-attention (Vaswani et al. 2017)."""

    def __init__(self, recurrent, width, inner, heads, vocabulary, layers):
        self.recurrent, self.width, self.heads, self.vocabulary = recurrent, width, heads, vocabulary
        self.epsilon = 1e-6
        shapes = {"token_embd.weight": (vocabulary, width)}
        if recurrent:
            shapes["output.bias"] = (vocabulary,)
        for side, count in zip(("enc", "dec"), layers):
            for n in range(count):
                block = f"{side}.blk.{n}."
                attentions = (["attn_"] if side == "enc" or not recurrent else []) + (["cross_attn_"] if side == "dec" else [])
                for part in attentions:
                    for p in "qkvo":
                        shapes[f"{block}{part}{p}.weight"] = (width, width)
                        if recurrent:
                            shapes[f"{block}{part}{p}.bias"] = (width,)
                if side == "dec" and recurrent:
                    shapes |= {f"{block}rnn_candidate.weight": (width, width), f"{block}rnn_forget.weight": (width, width),
                               f"{block}rnn_forget.bias": (width,)}
                shapes |= {f"{block}ffn_up.weight": (inner, width), f"{block}ffn_up.bias": (inner,),
                           f"{block}ffn_down.weight": (width, inner), f"{block}ffn_down.bias": (width,)}
                for norm in ["attn_output_norm", "layer_output_norm"] + (["cross_attn_output_norm"] if side == "dec" else []):
                    shapes |= {f"{block}{norm}.weight": (width,), f"{block}{norm}.bias": (width,)}
        self.weights = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
        self.layers = layers

    def linear(self, x, name):
        return F.linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))

    def norm(self, x, name):
        return F.layer_norm(x, (self.width,), self.weights[name + ".weight"], self.weights[name + ".bias"], self.epsilon)

    def attend(self, x, memory, name, mask=None):
        q, k, v = (self.linear(y, name + p).unflatten(-1, (self.heads, -1)).transpose(0, 1) for y, p in ((x, "q"), (memory, "k"), (memory, "v")))
        scores = q @ k.transpose(-1, -2) / math.sqrt(self.width // self.heads)
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        return self.linear((scores.softmax(-1) @ v).transpose(0, 1).flatten(1), name + "o")

    def embed(self, tokens):
        x = math.sqrt(self.width) * self.weights["token_embd.weight"][tokens.clamp(min=0)]
        x[tokens < 0] = 0
        i = torch.arange(self.width // 2, dtype=torch.float64)
        rates = 10000.0 ** -(i / (self.width // 2 - 1) if self.recurrent else 2 * i / self.width)
        angles = torch.outer(torch.arange(len(tokens), dtype=torch.float64), rates)
        places = torch.cat((angles.sin(), angles.cos()), 1) if self.recurrent else torch.stack((angles.sin(), angles.cos()), -1).flatten(1)
        return x + places

    def feed_forward(self, x, block):
        return self.norm(x + self.linear(F.relu(self.linear(x, block + "ffn_up")), block + "ffn_down"), block + "layer_output_norm")

    def encode(self, source):
        x = self.embed(source)
        for n in range(self.layers[0]):
            block = f"enc.blk.{n}."
            x = self.norm(x + self.attend(x, x, block + "attn_"), block + "attn_output_norm")
            x = self.feed_forward(x, block)
        return x

    def unit(self, x, block):
        candidate, forget = self.linear(x, block + "rnn_candidate"), torch.sigmoid(self.linear(x, block + "rnn_forget"))
        state, rows = torch.zeros(self.width, dtype=torch.float64), []
        for row in range(len(x)):
            state = forget[row] * state + (1 - forget[row]) * candidate[row]
            rows.append(F.relu(state))
        return torch.stack(rows)

    def logits(self, memory, tokens):
        x = self.embed(tokens)
        mask = torch.ones(len(tokens), len(tokens), dtype=torch.bool).tril()
        for n in range(self.layers[1]):
            block = f"dec.blk.{n}."
            mixed = self.unit(x, block) if self.recurrent else self.attend(x, x, block + "attn_", mask)
            x = self.norm(x + mixed, block + "attn_output_norm")
            x = self.norm(x + self.attend(x, memory, block + "cross_attn_"), block + "cross_attn_output_norm")
            x = self.feed_forward(x, block)
        return F.linear(x, self.weights["token_embd.weight"], self.weights.get("output.bias"))


def marian_beam(model, source, start, end, beams, penalty, limit, forbidden):
    """Marian's beam search, every step from the start: [(tokens, score)], best first."""
    memory = model.encode(torch.tensor(source))
    live, finished = [([], 0.0)], []
    for step in range(limit):
        every = []
        for tokens, score in live:
            rows = model.logits(memory, torch.tensor([start] + tokens))[-1].float().log_softmax(-1)
            rows[forbidden] = -math.inf
            every += [(score + value, tokens + [token]) for token, value in enumerate(rows.tolist())]
        every.sort(key=lambda one: -one[0])
        best = every[: beams if step == 0 else len(live)]
        live = [(tokens, score) for score, tokens in best if tokens[-1] != end and step + 1 < limit]
        finished += [(tokens, score / len(tokens) ** penalty) for score, tokens in best if tokens[-1] == end or step + 1 == limit]
        if not live:
            break
    return sorted(finished, key=lambda one: -one[1])


# --- recording -----------------------------------------------------------------------------------------------------------------

class Theirs:
    """A model of Transformers behind the calls that are recorded."""

    def __init__(self, config, start, end, pad):
        config._attn_implementation = "eager"
        self.model = transformers.AutoModelForSeq2SeqLM.from_config(config, dtype=torch.float64, attn_implementation="eager").eval()
        self.model.generation_config = transformers.GenerationConfig()  # else what a configuration forces would be added to every search
        self.start, self.end, self.pad = start, end, pad
        self.apart = not getattr(config, "share_encoder_decoder_embeddings", True)
        self.source_vocabulary, self.vocabulary = config.vocab_size, config.decoder_vocab_size if self.apart else config.vocab_size
        self.tied = not hasattr(config, "feed_forward_proj") or config.feed_forward_proj == "relu"
        if not self.tied:
            # Transformers 5 makes the two one, and takes them apart again where a checkpoint (T5 1.1, Flan-T5, mT5) has both
            self.model.lm_head.weight = torch.nn.Parameter(self.model.lm_head.weight.detach().clone())

    def named(self):
        fixed = self.model.config.model_type in ("marian", "pegasus")  # their sines and cosines are a parameter
        return [(n, p) for n, p in self.model.named_parameters() if not (fixed and "embed_positions" in n)] + [(n, b) for n, b in self.model.named_buffers() if n == "final_logits_bias"]

    def hidden(self, source):
        return self.model.get_encoder()(torch.tensor([source])).last_hidden_state[0]

    def logits(self, source, tokens):
        return self.model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([tokens]), use_cache=False).logits[0]

    def search(self, source, options):
        settings = dict(max_length=MAX_LENGTH, num_beams=1, do_sample=False, bad_words_ids=[[self.pad]], decoder_start_token_id=self.start,
                        eos_token_id=self.end, pad_token_id=self.pad) | options
        if "forced_bos_token_id" in settings:
            settings["forced_eos_token_id"] = self.end
        if "forbidden" in settings:
            settings["bad_words_ids"] = [[self.pad]] + [[token] for token in settings.pop("forbidden")]
        result = self.model.generate(torch.tensor([source]), generation_config=transformers.GenerationConfig(**settings),
                                     return_dict_in_generate=True, output_scores=True)
        scores = result.sequences_scores.tolist() if settings["num_beams"] > 1 else [None]
        found = []
        for tokens, score in zip(result.sequences.tolist(), scores):
            tokens = tokens[1:]
            found.append((tokens[: tokens.index(self.end) + 1] if self.end in tokens else tokens, score))
        if settings["num_beams"] == 1:  # Transformers gives greedy search no score: the sum over the length here
            steps = [step.double()[0].float() for step in result.scores]
            logits = self.logits(source, [self.start] + found[0][0]).float().log_softmax(-1)
            found = [(found[0][0], sum(logits[i][t].item() for i, t in enumerate(found[0][0])) / len(steps))]
        return found


class Ours:
    """{@link Plain} behind the same calls."""

    def __init__(self, model, start, end, pad):
        self.model, self.start, self.end, self.pad = model, start, end, pad
        self.source_vocabulary = self.vocabulary = model.vocabulary

    def named(self):
        return list(self.model.weights.items())

    def hidden(self, source):
        return self.model.encode(torch.tensor(source))

    def logits(self, source, tokens):
        return self.model.logits(self.hidden(source), torch.tensor(tokens))

    def search(self, source, options):
        found = marian_beam(self.model, source, self.start, self.end, options.get("num_beams", 1), options.get("length_penalty", 1.0),
                            options.get("max_length", MAX_LENGTH) - 1, [self.pad] + options.get("forbidden", []))
        return found[: options.get("num_return_sequences", 1)]


def marian_searches():
    yield "greedy", {}
    yield "beam2", dict(num_beams=2, num_return_sequences=2)
    yield "beam4", dict(num_beams=4, num_return_sequences=4, length_penalty=0.6)
    yield "short", dict(num_beams=3, num_return_sequences=3, max_length=5)


def choose_sources(subject, generator):
    """Of many random sources those whose searches end soonest, one of each length: what runs to the limit shows little."""
    chosen = []
    for length in LENGTHS:
        best = None
        for _ in range(12):
            source = torch.randint(4, subject.source_vocabulary - 3, (length,), generator=generator).tolist() + [subject.end]
            found = subject.search(source, dict(num_beams=4, num_return_sequences=3))
            lengths = [len(tokens) for tokens, _ in found]
            ended = sum(tokens[-1] == subject.end for tokens, _ in found)
            rating = ended + (len(set(lengths)) - 1) + min(lengths) / 100
            if best is None or rating > best[0]:
                best = rating, source
        chosen.append(best[1])
    return chosen


def lively(subject):
    """Of many random weights those whose searches end at the most different lengths, and some not at all."""
    best = None
    for seed in range(SEED, SEED + 25):
        generator = torch.Generator().manual_seed(seed)
        randomise(subject.named(), generator)
        lengths, ended = set(), 0
        for _ in range(6):
            source = torch.randint(4, subject.source_vocabulary - 3, (8,), generator=generator).tolist() + [subject.end]
            found = subject.search(source, dict(num_beams=4, num_return_sequences=3))
            lengths |= {len(tokens) for tokens, _ in found}
            ended += sum(tokens[-1] == subject.end for tokens, _ in found)
        rating = len(lengths) + (3 if 3 <= ended <= 16 else 0)
        if best is None or rating > best[0]:
            best = rating, seed, len(lengths), ended
    generator = torch.Generator().manual_seed(best[1])
    randomise(subject.named(), generator)
    print(f"seed {best[1]}: {best[2]} lengths, {best[3]} of 18 end")
    return generator


def record(folder, variant, family, subject, keys, tensors):
    with torch.no_grad():
        generator = lively(subject)
    theirs = isinstance(subject, Theirs)
    with torch.no_grad():
        sources = choose_sources(subject, generator)
        recordings = []
        for source in sources:
            tokens = [subject.start] + torch.randint(4, subject.vocabulary - 3, (9,), generator=generator).tolist()
            greedy = subject.search(source, {})[0][0]
            forbidden = sorted(set(greedy[:3]) - {subject.end})
            searches = list((SEARCHES.items() if theirs else marian_searches()))
            searches.append(("forbidden", dict(num_beams=3, num_return_sequences=2, forbidden=forbidden)))
            results = []
            for name, options in searches:
                found = subject.search(source, options)
                results.append(dict(name=name, options=dict(options, max_length=options.get("max_length", MAX_LENGTH)),
                                    sequences=[dict(tokens=t, score=s) for t, s in found]))
            hidden, logits = subject.hidden(source), subject.logits(source, tokens)
            assert torch.isfinite(logits).all()
            recordings.append(dict(source=source, hidden=numbers(hidden), decoder_tokens=tokens, logits=numbers(logits), searches=results))
    ends = [s["tokens"][-1] == subject.end for r in recordings for one in r["searches"] for s in one["sequences"]]
    print(f"{variant}: {sum(ends)} of {len(ends)} sequences end; logits rms {logits.square().mean().sqrt():.2f}")
    path = folder / f"{variant}.gguf"
    writer = gguf.GGUFWriter(path, family)
    writer.add_string("general.name", f"random {variant}")
    for key, value in (keys | {"decoder_start_token_id": subject.start}).items():
        put(writer, f"{family}.{key}", value)
    put(writer, "tokenizer.ggml.eos_token_id", subject.end)
    put(writer, "tokenizer.ggml.padding_token_id", subject.pad)
    put(writer, "generation.forbidden_token_ids", [subject.pad])
    put(writer, "generation.max_length", MAX_LENGTH)
    if not theirs:
        put(writer, "generation.beam_rule", "marian")
    writer.add_string("expected.json", json.dumps(recordings, separators=(",", ":")))
    for name, weight in tensors():
        writer.add_tensor(name, weight.detach().float().contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert path.stat().st_size < 150_000, path.stat().st_size


def numbers(rows):
    return [float(f"{value:.7g}") for value in rows.flatten().tolist()]


def put(writer, key, value):
    match value:
        case bool():
            writer.add_bool(key, value)
        case int():
            writer.add_int32(key, value)
        case float():
            writer.add_float32(key, value)
        case str():
            writer.add_string(key, value)
        case list():
            writer.add_array(key, value)


def renamed(subject, name_of, pre, cut):
    for name, weight in subject.model.state_dict().items():
        ours = name_of(name, pre)
        beside_shared = name.endswith("embed_tokens.weight") and not subject.apart
        if ours is None or beside_shared or ours.endswith("position_embd.weight") and cut is None or subject.tied and name == "lm_head.weight":
            continue
        yield ours, weight[cut:] if ours.endswith("position_embd.weight") else weight.squeeze(0) if ours == "output.bias" else weight


def shared_keys(config):
    return dict(embedding_length=config.d_model, block_count=config.encoder_layers, decoder_block_count=config.decoder_layers,
                context_length=config.max_position_embeddings, feed_forward_length=config.encoder_ffn_dim,
                activation={"swish": "silu"}.get(config.activation_function, config.activation_function)) | {
                "attention.head_count": config.encoder_attention_heads, "attention.layer_norm_epsilon": 1e-5,
                "embedding_scale": math.sqrt(config.d_model) if config.scale_embedding else 1.0}


SMALL = dict(d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=3, encoder_ffn_dim=36,
             decoder_ffn_dim=36, max_position_embeddings=40, vocab_size=47, decoder_start_token_id=2, dropout=0.0)


def bart_like(folder, variant, family, config, start, end, pad, positions, pre=False, cut=None):
    subject = Theirs(config, start, end, pad)
    record(folder, variant, family, subject, shared_keys(config) | positions, lambda: renamed(subject, bart_name, pre, cut))


def t5_like(folder, variant, config):
    subject = Theirs(config, 0, 1, 0)
    keys = dict(embedding_length=config.d_model, block_count=config.num_layers, decoder_block_count=config.num_decoder_layers,
                context_length=40, feed_forward_length=config.d_ff,
                activation={"gelu_new": "gelu_tanh"}.get(config.dense_act_fn, config.dense_act_fn)) | {
                "attention.head_count": config.num_heads, "attention.key_length": config.d_kv,
                "attention.layer_norm_rms_epsilon": config.layer_norm_epsilon,
                "attention.relative_buckets_count": config.relative_attention_num_buckets,
                "attention.relative_max_distance": config.relative_attention_max_distance}
    record(folder, variant, "t5", subject, keys, lambda: renamed(subject, t5_name, True, None))


def plain(folder, variant, family, recurrent, layers):
    width, inner, heads = 24, 36, 3
    model = Plain(recurrent, width, inner, heads, 47, layers)
    subject = Ours(model, -1 if recurrent else 2, 0 if recurrent else 3, 1)
    keys = dict(embedding_length=width, block_count=layers[0], decoder_block_count=layers[1], context_length=40,
                feed_forward_length=inner, activation="relu", embedding_scale=math.sqrt(width), positions="sinusoidal") | {
                "attention.head_count": heads, "attention.layer_norm_epsilon": model.epsilon, "sinusoid.interleaved": not recurrent,
                "sinusoid.inclusive": recurrent}
    record(folder, variant, family, subject, keys, lambda: model.weights.items())


def halves(inclusive, offset):
    return {"positions": "sinusoidal", "sinusoid.interleaved": False, "sinusoid.inclusive": inclusive, "sinusoid.offset": offset}


T5 = dict(vocab_size=47, d_model=24, d_kv=6, d_ff=36, num_layers=2, num_heads=3, relative_attention_num_buckets=8,
          relative_attention_max_distance=12, dropout_rate=0.0)


def variants(folder):
    bart, t5 = transformers.BartConfig, transformers.T5Config
    yield "marian", lambda name: bart_like(folder, name, "marian", transformers.MarianConfig(
        **SMALL | dict(pad_token_id=46, eos_token_id=0, decoder_start_token_id=46), activation_function="swish", scale_embedding=True), 46, 0, 46, halves(False, 0))
    # a vocabulary of the source's, larger than the target's
    yield "marian-apart", lambda name: bart_like(folder, name, "marian", transformers.MarianConfig(
        **SMALL | dict(vocab_size=61, decoder_vocab_size=47, pad_token_id=46, eos_token_id=0, decoder_start_token_id=46), activation_function="swish",
        scale_embedding=True, share_encoder_decoder_embeddings=False), 46, 0, 46, halves(False, 0))
    yield "marian-ssru", lambda name: plain(folder, name, "marian", True, (2, 1))
    yield "transformer", lambda name: plain(folder, name, "transformer", False, (2, 2))
    yield "t5", lambda name: t5_like(folder, name, t5(**T5, feed_forward_proj="relu", tie_word_embeddings=True))
    yield "t5-gated", lambda name: t5_like(folder, name, t5(**T5 | dict(num_decoder_layers=1), feed_forward_proj="gated-gelu",
                                                            tie_word_embeddings=False))
    yield "t5-mt5", lambda name: t5_like(folder, name, transformers.MT5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False))
    yield "bart", lambda name: bart_like(folder, name, "bart", bart(**SMALL, activation_function="gelu"), 2, 2, 1, {}, cut=2)
    yield "bart-mbart", lambda name: bart_like(folder, name, "bart", transformers.MBartConfig(
        **SMALL, activation_function="gelu", scale_embedding=True), 2, 2, 1, {}, pre=True, cut=2)
    yield "m2m100", lambda name: bart_like(folder, name, "m2m100", transformers.M2M100Config(
        **SMALL, activation_function="relu", scale_embedding=True), 2, 2, 1, halves(True, 2), pre=True)
    yield "pegasus", lambda name: bart_like(folder, name, "pegasus", transformers.PegasusConfig(
        **SMALL | dict(pad_token_id=0, eos_token_id=1, decoder_start_token_id=0), activation_function="relu", scale_embedding=True), 0, 1, 0,
        halves(False, 0), pre=True)


def main(folder, wanted):
    folder.mkdir(parents=True, exist_ok=True)
    for variant, make in variants(folder):
        if not wanted or variant in wanted:
            make(variant)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
