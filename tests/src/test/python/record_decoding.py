"""Records what Transformers' searches give with each setting of generation_config.json, for a tiny random encoder-decoder and a decoder
saved as folders.

    python record_decoding.py OUTPUT_FOLDER

Each folder gets the model and expected.json: a list of cases, each the settings as generation_config.json has them, the tokens given, and the
sequences found, best first, with their scores where there is a beam.

Recorded with Python 3.11, torch 2.15.0, transformers 5.24.0.
"""

import json
import sys
from pathlib import Path

import torch
import transformers as t

SEED = 20260909
SETTINGS = {
    "plain": {},
    "new_tokens": dict(max_new_tokens=7, min_new_tokens=5),
    "lengths": dict(max_length=14, min_length=9),
    "repetition": dict(repetition_penalty=1.7),
    "repetition_below": dict(repetition_penalty=0.8),
    "encoder_repetition": dict(encoder_repetition_penalty=1.6),
    "ngrams": dict(no_repeat_ngram_size=2),
    "ngrams_of_one": dict(no_repeat_ngram_size=1),
    "encoder_ngrams": dict(encoder_no_repeat_ngram_size=2),
    "encoder_ngrams_of_one": dict(encoder_no_repeat_ngram_size=1),
    "suppress": dict(suppress_tokens=[]),
    "begin_suppress": dict(begin_suppress_tokens=[]),
    "bad_words": dict(bad_words_ids=[]),
    "bias": dict(sequence_bias=[]),
    "decay": dict(exponential_decay_length_penalty=[3, 1.4]),
    "forced": dict(forced_bos_token_id=7, forced_eos_token_id=[3, 2], begin_suppress_tokens=[9]),
    "invalid": dict(remove_invalid_values=True, min_new_tokens=4),
    "renormalize": dict(renormalize_logits=True, repetition_penalty=1.3, no_repeat_ngram_size=2),
    "ends": dict(eos_token_id=[2, 5, 11, 17]),
    "together": dict(repetition_penalty=1.2, no_repeat_ngram_size=3, min_new_tokens=3, max_new_tokens=9, suppress_tokens=[4],
                     encoder_repetition_penalty=1.1, exponential_decay_length_penalty=[2, 1.2], bad_words_ids=[[6, 7], [12]]),
}
SEARCHES = [{}, dict(num_beams=3, length_penalty=0.7), dict(num_beams=4, early_stopping="never", length_penalty=1.2)]


def model(config, kind):
    generator = torch.Generator().manual_seed(SEED)
    made = kind.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            norm = "norm" in name or "ln_" in name
            weight.copy_((1.0 if norm and name.endswith("weight") else 0.0) + (0.3 if weight.dim() == 1 else 0.6) * noise)
    return made


def search(made, tokens, settings, best):
    base = dict(pad_token_id=1, eos_token_id=2, max_length=20) | ({"decoder_start_token_id": 2} if made.config.is_encoder_decoder else {})
    all_settings = base | settings
    made.generation_config = t.GenerationConfig()
    begin = 1 if made.config.is_encoder_decoder else len(tokens)
    result = made.generate(torch.tensor([tokens]), attention_mask=torch.ones(1, len(tokens), dtype=torch.long),
                           generation_config=t.GenerationConfig(**all_settings, num_return_sequences=best), return_dict_in_generate=True,
                           output_scores=True)
    ends = all_settings["eos_token_id"] if isinstance(all_settings["eos_token_id"], list) else [all_settings["eos_token_id"]]
    found = []
    for row in result.sequences.tolist():
        row = row[begin:]
        stop = next((i for i, token in enumerate(row) if token in ends), len(row))
        found.append(row[:stop])
    scores = result.sequences_scores.tolist() if "num_beams" in settings else []
    return all_settings, found, scores


def record(folder, made, searches):
    folder.mkdir(parents=True, exist_ok=True)
    made.save_pretrained(folder)
    made.double()  # float32 is up to 4e-5 off in a score
    generator = torch.Generator().manual_seed(SEED)
    prompts = [torch.randint(3, 40, (length,), generator=generator).tolist() for length in (6, 1, 4)]
    cases = []
    for prompt in prompts:
        for how in searches:
            plain = search(made, prompt, how, 1)[1][0]
            for name, settings in SETTINGS.items():
                settings = dict(settings)
                if name in ("suppress", "begin_suppress"):
                    settings = {f"{name}_tokens": plain[:2] or [3]}
                elif name == "bad_words":
                    settings = dict(bad_words_ids=[plain[1:3] or [3], plain[:1] or [4], [2]])
                elif name == "bias":
                    settings = dict(sequence_bias=[[plain[:1] or [3], -2.5], [plain[1:3] or [4], -3.0], [[8], 1.5]])
                elif name == "forced" and "num_beams" in how:
                    settings["forced_eos_token_id"] = [3]  # of two, whose sums are equal, a beam takes either first
                best = how.get("num_beams", 1)
                all_settings, found, scores = search(made, prompt, how | settings, best)
                cases.append(dict(name=name, settings=all_settings, tokens=prompt, found=found, scores=scores))
    (folder / "generation_config.json").unlink()
    (folder / "expected.json").write_text(json.dumps(cases, separators=(",", ":")).replace("},{", "},\n{") + "\n")
    for path in folder.iterdir():
        path.chmod(0o644)
    plain = {json.dumps(case["found"]) for case in cases}
    print(f"{folder.name}: {len(cases)} cases, {len(plain)} different")


def main(folder):
    small = dict(d_model=24, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
                 decoder_ffn_dim=32, max_position_embeddings=40, vocab_size=47, decoder_start_token_id=2, bos_token_id=0, pad_token_id=1,
                 eos_token_id=2, forced_eos_token_id=None)
    record(folder / "bart", model(t.BartConfig(**small), t.AutoModelForSeq2SeqLM), SEARCHES)
    record(folder / "llama", model(t.LlamaConfig(vocab_size=41, hidden_size=24, intermediate_size=36, num_hidden_layers=2, num_attention_heads=2,
                                                 num_key_value_heads=1, max_position_embeddings=40, bos_token_id=1, eos_token_id=2),
                                   t.AutoModelForCausalLM), SEARCHES)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
