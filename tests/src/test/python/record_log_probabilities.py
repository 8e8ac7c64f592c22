"""Records the raw logits' log-probabilities that Transformers gives for prompts and greedy answers, on the decoder of record_decoding.py.

    python record_log_probabilities.py FOLDER_OF_THE_DECODER

Writes log-probabilities.json into the folder: a list of cases, each the settings as generation_config.json has them, the tokens given, the answer,
and of the prompt (from its second token on) and of the answer for each token its log-probability and the five most likely tokens with theirs.
What is recorded are output_logits, which no logits processor has changed.

Recorded with Python 3.11, torch 2.15.0, transformers 5.24.0.
"""

import json
import sys
from pathlib import Path

import torch
import transformers as t

SETTINGS = [{}, dict(repetition_penalty=1.9), dict(no_repeat_ngram_size=1, suppress_tokens=[4, 9]),
            dict(min_new_tokens=6, bad_words_ids=[[7], [12]], encoder_repetition_penalty=1.6)]
TOP = 5


def row(logits, token):
    probabilities = torch.log_softmax(logits, -1)
    best = torch.topk(probabilities, TOP)
    return dict(id=token, logprob=probabilities[token].item(), top=best.indices.tolist(), top_logprobs=best.values.tolist())


def main(folder):
    made = t.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval().double()
    generator = torch.Generator().manual_seed(20261129)
    cases = []
    for length in (1, 3, 11):
        prompt = torch.randint(3, 40, (length,), generator=generator).tolist()
        for settings in SETTINGS:
            made.generation_config = t.GenerationConfig()
            all_settings = dict(pad_token_id=1, eos_token_id=2, max_new_tokens=9) | settings
            with torch.no_grad():
                before = made(torch.tensor([prompt])).logits[0]
                result = made.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, length, dtype=torch.long),
                                       generation_config=t.GenerationConfig(**all_settings), return_dict_in_generate=True, output_logits=True)
            answer = result.sequences[0, length:].tolist()
            answer = answer[:answer.index(2)] if 2 in answer else answer
            cases.append(dict(settings=all_settings, tokens=prompt, answer=answer,
                              prompt=[row(before[i], prompt[i + 1]) for i in range(length - 1)],
                              found=[row(result.logits[i][0], token) for i, token in enumerate(answer)]))
    text = json.dumps(cases, separators=(",", ":")).replace("},{\"settings", "},\n{\"settings")
    (folder / "log-probabilities.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
