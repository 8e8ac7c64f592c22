"""Records which tokens llguidance allows after prefixes of answers, for a small vocabulary of bytes and words.

    pip install llguidance==1.9.1
    python record_answer_forms.py OUT/llguidance.json
"""

import json
import random
import sys

import llguidance

WORDS = ['{"', '":', '",', '"}', '"},', "}}", "]]", "[[", "true", "false", "null", "tr", "12", "00", "1.", ".5", "-1", "e1", "name", "na", "ab", "aa",
         "abc", "\\u", "\\\"", "\u00e9", "\u4e16\u754c", "\u00e9a", "  ", "20", "-0", "()", "((", "))", "x=", "+1", "yes", "no", "not"]
CUTS = ["c3", "61c3", "a9c3", "a961", "22e4b8", "9622", "f09f", "9880", "e4b896e7"]

GRAMMARS = [
    ("regex", r"[a-c]+x?"), ("regex", r"(ab|abc)+d{2,4}"), ("regex", "\u00e9*[^a]\u4e16"), ("regex", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"),
    ("regex", "[\u00e0-\u4e20]{1,3}"), ("regex", "[^\"\\\\]{2,6}"), ("regex", r"(yes|no|not at all|[0-9]{4}-[0-9]{2})"), ("regex", r"((a|aa)b*){1,3}"),
    ("choices", ["yes", "no", "not at all", "nothing", "\u00e9\u00e8"]),
    ("grammar", 'root ::= "(" (root | [a-z]{1,3})* ")"'),
    ("grammar", 'root ::= expr\nexpr ::= term (("+" | "-") term)*\nterm ::= [0-9]+ | "x=" expr | "(" expr ")"'),
    ("json", {"type": "object", "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}, "required": ["n"],
              "additionalProperties": False}),
    ("json", {"type": "array", "items": {"type": "array", "items": {"enum": [1, "ab", None, True]}}}),
    ("json", {"type": "array", "items": {"anyOf": [{"type": "boolean"}, {"type": "string", "maxLength": 3}]}, "minItems": 1, "maxItems": 3}),
    ("json", {"type": "integer", "minimum": 12, "maximum": 2034}),
]


class Bytes:
    """The vocabulary as llguidance wants it."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.eos_token_id = 0
        self.bos_token_id = None

    def __call__(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        return [1 + b for b in data]


def grammar(kind, source):
    if kind == "regex":
        return llguidance.grammar_from("regex", source)
    if kind == "choices":
        return llguidance.grammar_from("lark", "start: " + " | ".join(json.dumps(one, ensure_ascii=False) for one in source))
    if kind == "grammar":
        return llguidance.grammar_from("lark", llguidance.gbnf_to_lark.any_to_lark(source) if hasattr(llguidance.gbnf_to_lark, "any_to_lark")
                                       else llguidance.gbnf_to_lark(source))
    options = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return llguidance.grammar_from("json_schema", json.dumps({**source, "x-guidance": options}))


def allowed(matcher, size):
    bits = matcher.compute_bitmask()
    return [token for token in range(size) if bits[token // 8] >> (token % 8) & 1]


def main(out):
    tokens = [b"\xff<end>"] + [bytes([b]) for b in range(256)] + [w.encode() for w in WORDS] + [bytes.fromhex(c) for c in CUTS]
    tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(Bytes(tokens)))
    size = len(tokens)  # \xff marks a special token
    draws = random.Random(1)
    cases = []
    for kind, source in GRAMMARS:
        compiled = grammar(kind, source)
        steps = []
        for _ in range(6):
            matcher = llguidance.LLMatcher(tokenizer, compiled)
            prefix = []
            for _ in range(8):
                if matcher.get_error():
                    raise SystemExit(f"{kind} {source}: {matcher.get_error()}")
                forced = matcher.compute_ff_bytes()  # then its mask holds one way to write them only
                mask = allowed(matcher, size)
                if not forced:
                    steps.append([prefix[:], mask])
                choices = [t for t in mask if t != 0]
                if not choices:
                    break
                longer = [t for t in choices if t > 256]
                token = draws.choice(longer if longer and draws.random() < 0.6 else choices)
                prefix.append(token)
                matcher.consume_token(token)
        cases.append({"kind": kind, "source": source, "steps": [list(x) for x in {json.dumps(s[0]): s for s in steps}.values()]})
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"llguidance": llguidance.__version__, "tokens": [t.hex() for t in tokens], "cases": cases}, file, ensure_ascii=True,
                  separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1])
