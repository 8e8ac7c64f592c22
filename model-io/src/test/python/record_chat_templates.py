"""Records what Transformers makes of chat templates: python record_chat_templates.py RESOURCES/chat_templates

families.json there holds the models' own templates. Besides them, the constructs below and seeded mixtures of tags and white
space are rendered with the same Jinja2 environment. Errors are recorded as such; the time is fixed.
"""
import datetime
import json
import pathlib
import random
import sys

import jinja2
import transformers
from transformers.utils.chat_template_utils import _compile_jinja_template

NOW = datetime.datetime(2024, 9, 5, 7, 8, 9)
CHATS = {
    "one": [("user", "Hi there")],
    "system": [("system", "  Be brief. \n"), ("user", "Why is the <sky> \"blue\"?\n")],
    "turns": [("user", "a"), ("assistant", " b \n"), ("user", "c's {{ x }} {% y %} \\n \u00e9\U0001f600")],
    "thinking": [("system", "S"), ("user", "a"), ("assistant", "<think>\nhm\n</think>\n\nb"), ("user", "c"), ("assistant", "d")],
    "out of order": [("assistant", "x"), ("assistant", "y")],
    "many": [("system", "Rules")] + [(("user", "assistant")[i % 2], f"turn {i}\n\n") for i in range(9)],
}
CONSTRUCTS = r"""
{{ messages[0].role }}{{ messages[-1]['content'] }}{{ messages[0]['nothing'] }}{{ nothing }}
{% for m in messages[1:] %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ m.role }} {% endfor %}
{% for m in messages[::-1] %}{{ m.content }}{{ loop.revindex }}{{ loop.revindex0 }},{% endfor %}
{% for m in messages if m.role == 'user' %}{{ loop.length }}{{ m.content|trim }}{% else %}none{% endfor %}
{% for m in messages %}{{ loop.previtem.role if not loop.first else '-' }}>{{ loop.nextitem.role if not loop.last else '-' }} {% endfor %}
{% for m in messages %}{% if loop.index == 2 %}{% continue %}{% endif %}{% if loop.index > 3 %}{% break %}{% endif %}{{ loop.index }}{% endfor %}
{% for a, b in {'x': 1, 'y': [2, 'z']}.items() %}{{ a }}={{ b }};{% endfor %}
{% for x in [] %}a{% else %}empty{% endfor %}{% for x in nothing %}a{% endfor %}{% for c in 'a\u00e9b' %}{{ c }}.{% endfor %}
{% set ns = namespace(n=messages|length - 1, found=false) %}{% for m in messages %}{% set ns.n = ns.n + 10 %}{% endfor %}{{ ns.n }}{{ ns.found }}
{% set x = 1 %}{% for m in messages %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}
{% set x %}a {{ 1 + 1 }} b{% endset %}[{{ x }}]
{% set a, b = 1, 'two' %}{{ a }}{{ b }}
{% if x is defined %}1{% else %}2{% endif %}{% if not x is defined %}3{% endif %}{% if x is not defined %}4{% endif %}{% if not x %}5{% endif %}
{% if messages is iterable and messages is not string and messages is not mapping %}list{% endif %}{{ messages[0] is mapping }}{{ 'a' is string }}
{{ none is none }}{{ 1 is number }}{{ true is boolean }}{{ 3 is odd }}{{ 4 is divisibleby 2 }}{{ 1 is integer }}{{ 1.0 is float }}{{ 'a' is in ['a'] }}{{ 1 is eq 1 }}
{{ 1 if true else 2 }}{{ 1 if false }}{{ 'a' if false else 'b' if false else 'c' }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.5 ~ [1, 'b'] }}{{ 'a' + 'b' }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ -2 ** 2 }} {{ 7.5 % 2 }}
{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 'a' < 'b' }}{{ 1 == 1.0 }}{{ 1 == true }}{{ 'a' != 'b' }}{{ [1, 2] == [1, 2] }}{{ not 1 == 2 }}
{{ 'b' in 'abc' }}{{ 'z' not in 'abc' }}{{ 1 in [1] }}{{ 'role' in messages[0] }}{{ not 'x' in 'abc' }}{{ 'x' in nothing }}
{{ 1 and 2 }}{{ 0 or 'x' }}{{ '' and 1 }}{{ not '' }}{{ 1 or nothing.a }}{{ true and not false or false }}
{{ '  x '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ '\n\na\n'.lstrip('\n') }}|{{ 'a\n\n'.rstrip('\n') }}|{{ '\u00a0 a\u2003'.strip() }}|
{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'c')) }}{{ 'a,b,,c'.split(',') }}{{ ' a  b '.split() }}{{ 'a,b,c'.split(',', 1) }}{{ 'a,b,c'.rsplit(',', 1) }}
{{ 'a</think>b</think>c'.split('</think>')[-1] }}{{ 'a</think>b'.split('</think>')[0].rstrip('\n').split('<think>')[-1] }}
{{ 'hello wORLD it\'s'.title() }}{{ 'hello WORLD'|title }}{{ 'hELLO'.capitalize() }}{{ 'a-b (c) d\'e'|title }}{{ 'aB'.upper() }}{{ 'aB'|lower }}
{{ 'aXbXc'.replace('X', '--') }}{{ 'aXbXc'|replace('X', '', 1) }}{{ 'abcabc'.find('c') }}{{ 'abcabc'.rfind('x') }}{{ 'abcabc'.count('bc') }}{{ ','.join(['a', 'b']) }}
{{ 'a\nb\n\nc\n'.splitlines() }}{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ '12'.isdigit() }}{{ 'a1'.isalpha() }}{{ ' '.isspace() }}{{ 'AB'.isupper() }}
{{ 'h\u00e9\U0001f600llo'[1] }}{{ 'h\u00e9\U0001f600llo'[2:4] }}{{ 'h\u00e9\U0001f600llo'|length }}{{ 'hello'[-3:] }}{{ 'hello'[::-1] }}{{ 'hello'[4:1:-2] }}{{ 'hello'[10:] }}{{ 'hello'[-10:2] }}
{{ [1, 2, 3][1:] }}{{ [1, 2, 3][:-1] }}{{ [1, 2, 3][::2] }}{{ [1, 2, 3][5] }}{{ [1, 2, 3][-1] }}{{ (1, 2) }}{{ (1,) }}{{ () }}{{ {} }}{{ {'a': [1, {'b': none}]} }}
{{ {'b': 1, 'a': "x\"y'\n<\u00e9\U0001f600>"} | tojson }}{{ [1, 2.5, true, none, 'a', [], {}] | tojson }}
{{ {'b': [1, {'c': 2}], 'a': []} | tojson(indent=4) }}{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}{{ '\u00e9' | tojson(ensure_ascii=true) }}{{ [1, 2] | tojson(separators=(',', ':')) }}
{{ messages | tojson }}{{ messages[0] | tojson(indent=2) }}
{{ messages | map(attribute='role') | join(', ') }}{{ ['a', 'b'] | map('upper') | list }}{{ messages | selectattr('role', 'equalto', 'user') | list | length }}
{{ messages | rejectattr('role', '==', 'user') | map(attribute='role') | list }}{{ [1, 2, 3, 4] | select('odd') | list }}{{ [0, 1, '', 'a'] | select | list }}{{ [1, 2] | reject('eq', 1) | list }}
{{ [3, 1, 2] | sort }}{{ ['b', 'A', 'c'] | sort }}{{ [3, 1] | sort(reverse=true) }}{{ [1, 2, 1, 'a', 'A'] | unique | list }}{{ [1, 2] | sum }}{{ [1, 3, 2] | max }}{{ ['b', 'a'] | min }}
{{ nothing | default('d') }}{{ '' | default('d') }}{{ '' | default('d', true) }}{{ none | d('x') }}{{ [1, 2] | first }}{{ [1, 2] | last }}{{ [] | first }}{{ 'abc' | first }}
{{ '42' | int }}{{ 'x' | int }}{{ 'x' | int(7) }}{{ '3.9' | int }}{{ 3.7 | int }}{{ '2.5' | float }}{{ -3 | abs }}{{ 2.567 | round(2) }}{{ 2.5 | round }}{{ 7 | string + 'a' }}{{ 3.2 | round(0, 'ceil') }}
{{ 'a\nb\n\nc' | indent }}{{ 'a\nb' | indent(2, true) }}{{ 'a\n\nb' | indent(2, blank=true) }}{{ 'abc' | reverse }}{{ [1, 2] | reverse | list }}{{ 'ab' | list }}
{{ {'b': 2, 'A': 1} | dictsort }}{{ {'a': 1} | items | list }}{{ {'a': 1}.get('a') }}{{ {'a': 1}.get('b') }}{{ {'a': 1}.get('b', 3) }}{{ {'a': 1}.keys() | list }}{{ {'a': 1}.values() | list }}
{{ dict(a=1, b='x') }}{{ range(3) | list }}{{ range(5, 1, -2) | list }}{% for i in range(2, 4) %}{{ i }}{% endfor %}
{{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1e20 }} {{ 1e-7 }} {{ 100000.0 * 1000 }} {{ 1.5e16 }} {{ 3 * 'ab' }} {{ 10 / 4 }} {{ 1_000 }}
{% macro m(a, b='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{% set c = 1 %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}{{ m() }}
{% macro fact(n) %}{% if n > 1 %}{{ n }}*{{ fact(n - 1) }}{% else %}1{% endif %}{% endmacro %}{{ fact(5) }}
{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S %B %A %a %y %I %p %j %-d %%') }}{{ strftime_now is defined }}
{% generation %}said{% endgeneration %}{# a comment {{ x }} #}{% raw %}{{ raw }} {% x %}{% endraw %}
{{ bos_token }}{{ eos_token }}{{ tools is none }}{{ documents }}{{ add_generation_prompt }}{{ add_generation_prompt is defined }}
{{ "a" "b" 'c' }}{{ '\x41\u0042\t\'\"\\ \q' }}{{ "it's" }}{{ ["it's", 'say "x"', "both ' and \""] }}{{ '\U0001f600' }}
{{ loop is defined }}{{ messages[0].content.nothing is defined }}{{ messages[0]['content']['x'] is undefined }}
{{ messages[messages|length - 1].role }}{{ (messages | length) % 2 == 1 }}{{ messages[0].content | length > 1 and true }}
{% if messages[0]['role'] == 'system' %}{% set system = messages[0].content %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{{ rest | length }}{{ system is defined }}
{{ raise_exception('No ' ~ messages|length) }}
{{ nothing.attribute }}
{{ nothing + 1 }}
{{ 'a' + 1 }}
{{ 1 + none }}
{{ 'a' ~ nothing }}{{ nothing | length }}{{ nothing == nothing }}{{ nothing or 'x' }}{{ nothing | upper }}|{{ nothing | trim }}
{{ 1 / 0 }}
{{ none['a'] }}{{ none.a }}
{{ 'a'.nothing() }}
{{ messages.append(1) }}
{{ 1 | nothing }}
{% nothing %}
{% if true %}
{{ 'a
{{ 1 is nothing }}
{% for x in 1 %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{{ -messages|length }}
{{ range(3)[1] }}{{ [[1, 2], [3]][0][1] }}{{ {'a': {'b': 2}}.a.b }}{{ {1: 'x'}[1] }}{{ {'items': 5}['items'] }}
{{ - 3 + 5 }}{{ -2|abs }}{{ not true }}{{ +3 }}{{ 2 - -2 }}
{{ 'a' if messages | length > 1 else 'b' }}{{ ('a' if false else 'b') ~ 'c' }}{{ [1, 2, 3,] }}{{ 'x' * 3 }}
{% if 'a' in ['a', 'b'] and not ('c' in 'abd') %}yes{% elif true %}no{% else %}never{% endif %}
{%- if true -%}  trimmed  {%- endif -%}   x
""".strip("\n").split("\n")
PIECES = ["a", " ", "  ", "\n", "\n\n", "\t", "{% if true %}", "{%- if true %}", "{% if true -%}", "{%+ if true +%}", "{{ 1 }}",
          "{{- 1 }}", "{{ 1 -}}", "{# c #}", "{#- c #}", "{# c -#}", "{% set x = 1 %}", "{%- set x = 1 -%}", "{% raw %} r\n{% endraw %}",
          "{%- raw -%} r {%- endraw -%}", "\r\n", "b\n", "{%+ set y = 2 %}", "{% set y = 2 +%}"]


def spaced(seed, count):
    draw = random.Random(seed)
    for _ in range(count):
        parts, open_ifs = [], 0
        for _ in range(draw.randint(2, 12)):
            part = draw.choice(PIECES)
            open_ifs += "if" in part
            parts.append(part)
            if open_ifs and draw.random() < 0.4:
                parts.append(draw.choice(["{% endif %}", "{%- endif %}", "{% endif -%}"]))
                open_ifs -= 1
        yield "".join(parts) + "{% endif %}" * open_ifs


def render(template, chat, generate):
    messages = [{"role": role, "content": content} for role, content in CHATS[chat]]
    try:
        return {"text": _compile_jinja_template(template).render(
            messages=messages, add_generation_prompt=generate, bos_token="<s>", eos_token="</s>", tools=None, documents=None,
            strftime_now=lambda form: NOW.strftime(form))}
    except (jinja2.TemplateError, TypeError, ZeroDivisionError, ValueError, KeyError) as error:
        return {"error": str(error)}


def main(folder):
    cases = []
    families = json.loads((folder / "families.json").read_text())["templates"]
    for name, template in families.items():
        for chat in CHATS:
            for generate in (True, False):
                cases.append({"family": name, "chat": chat, "generate": generate, **render(template, chat, generate)})
    for template in CONSTRUCTS + list(spaced(7, 400)):
        cases.append({"template": template, "chat": "turns", "generate": True, **render(template, "turns", True)})
    chats = {name: [{"role": role, "content": content} for role, content in chat] for name, chat in CHATS.items()}
    head = json.dumps({"versions": {"transformers": transformers.__version__, "jinja2": jinja2.__version__},
                       "now": NOW.isoformat(), "chats": chats})
    (folder / "cases.json").write_text(
        head[:-1] + ',\n"cases":[\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n")
    print(len(cases), "cases,", sum("error" in case for case in cases), "errors")


main(pathlib.Path(sys.argv[1]))
