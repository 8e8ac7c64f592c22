"""Records how Transformers tells tools and calls through chat templates: python record_tool_templates.py RESOURCES/chat_templates

families.json there holds the models' own templates, tool_templates.json small ones in the ways of other families. Each is rendered
with tools and conversations below as apply_chat_template does it. Errors are recorded as such; the time is fixed.
"""
import datetime
import json
import pathlib
import sys

import jinja2
import transformers
from transformers.utils.chat_template_utils import render_jinja_template

NOW = datetime.datetime(2024, 9, 5, 7, 8, 9)
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "The weather of a place: \"now\" & <soon>, \u00e9t\u00e9 \U0001f600.",
           "parameters": {"type": "object", "properties": {
               "city": {"type": "string", "description": "Where,\nsuch as K\u00f6ln"},
               "days": {"type": "integer", "minimum": 1, "maximum": 1.5e1, "default": 3},
               "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "required": ["city"]}}}
BARE = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}
ODD = {"type": "function", "function": {"parameters": {"$defs": {"p": {"type": ["number", "null"]}}, "type": "object", "properties": {
    "<|im_end|>": {"$ref": "#/$defs/p"}, "a/b": {"type": "array", "items": {"type": "boolean"}, "default": []}}, "additionalProperties": False},
    "name": "odd-one.2", "description": "", "strict": True}}
TOOLS = {"none": None, "one": [WEATHER], "three": [WEATHER, BARE, ODD]}


def call(name, arguments, id="a1B2c3D4e"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(answered, content):
    return {"role": "tool", "content": content, "tool_call_id": answered["id"], "name": answered["function"]["name"]}


ONE = call("get_weather", {"city": "K\u00f6ln \"<b>\"", "days": 2, "wind": 1.5, "deep": {"a": [1, None, True, {}], "b": "x\ny"}})
TWO = call("now", {}, "f5G6h7I8j")
CHATS = {
    "question": [{"role": "user", "content": "How is the weather?"}],
    "system": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
    "call": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "", "tool_calls": [ONE]},
             result(ONE, "{\"temperature\": 21.5}"), {"role": "assistant", "content": "21.5 degrees."}, {"role": "user", "content": "Thanks"}],
    "last": [{"role": "system", "content": "S"}, {"role": "user", "content": "Weather?"},
             {"role": "assistant", "content": "I look.", "tool_calls": [ONE]}, result(ONE, "fine")],
    "two": [{"role": "user", "content": "Both?"}, {"role": "assistant", "content": "", "tool_calls": [ONE, TWO]},
            result(ONE, "fine"), result(TWO, "12:00\n")],
}


class FixedTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(*NOW.timetuple()[:6])


def render(template, tools, chat, generate):
    try:
        texts, _ = render_jinja_template([chat], tools=tools, chat_template=template, add_generation_prompt=generate,
                                         bos_token="<s>", eos_token="</s>")
        return {"text": texts[0]}
    except (jinja2.TemplateError, TypeError, ZeroDivisionError, ValueError, KeyError, IndexError) as error:
        return {"error": str(error)}


def cases(templates):
    transformers.utils.chat_template_utils.datetime = FixedTime
    for name, template in templates.items():
        for tools in TOOLS:
            for chat in CHATS:
                for generate in (True, False):
                    yield {"template": name, "tools": tools, "chat": chat, "generate": generate,
                           **render(template, TOOLS[tools], CHATS[chat], generate)}


def main(folder):
    families = json.loads((folder / "families.json").read_text())["templates"]
    own = json.loads((folder / "tool_templates.json").read_text())["templates"]
    chosen = {name: template for name, template in families.items() if "tools" in template} | own
    recorded = list(cases(chosen))
    head = json.dumps({"versions": {"transformers": transformers.__version__, "jinja2": jinja2.__version__},
                       "now": NOW.isoformat(), "tools": TOOLS, "chats": CHATS})
    (folder / "tool_cases.json").write_text(
        head[:-1] + ',\n"cases":[\n' + ",\n".join(json.dumps(case) for case in recorded) + "\n]}\n")
    print(len(recorded), "cases,", sum("error" in case for case in recorded), "errors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
