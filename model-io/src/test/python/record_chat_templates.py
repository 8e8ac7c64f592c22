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
{{ '{} {}'.format('a', 1) }}{{ '{1}{0}{1}'.format('a', 'b') }}{{ '{a}-{b!r}-{{}}'.format(a='x', b="it's") }}{{ '{:>5}|{:<5}|{:^5}|{:*^7}|'.format('a', 'b', 'c', 'd') }}
{{ '{:5}|{:05}|{:+d}|{:,}|{:_}|{:x}|{:#X}|{:o}|{:b}|{:#b}|{:c}'.format(42, 42, 42, 1234567, 1234567, 255, 255, 8, 5, 5, 65) }}
{{ '{:.2f}|{:8.3f}|{:e}|{:.0e}|{:g}|{:g}|{:g}|{:%}|{:.1%}|{:,.2f}|{:+.1f}|{:08.2f}'.format(3.14159, 2.5, 12345.678, 12345.678, 0.00001, 1e20, 100000.0, 0.25, 0.125, 1234567.891, 2.25, -3.14159) }}
{{ '{}|{:5}|{:.3}|{:.3}|{:10}|{:.1f}|{:G}|{:#.3g}|{:012,.1f}'.format(1.5, 1.5, 1234.5678, 2.0, 1e20, 7, 1e-10, 1.0, 12345.67) }}
{{ '{}{}{}{}{}'.format(none, true, [1, 'a'], {'a': 1}, nothing) }}{{ '{:5}|{:d}'.format(true, true) }}{{ '{:.2}|{:5.1}|'.format('abc', 'xyz') }}
{{ '{0.role}{0[content]}{1[0]}{1[1][x]}'.format(messages[0], ['p', {'x': 'q'}]) }}{{ '{:{}}|{:{w}.{p}f}'.format('a', 4, 2.345, w=8, p=2) }}{{ '{!s:>4}{!r:>6}{!a}'.format('\u00e9', 'b', '\u00e9\U0001f600') }}
{{ '{} {1}'.format(1, 2) }}
{{ '{}'.format() }}
{{ '{a}'.format(b=1) }}
{{ '{'.format(1) }}
{{ '}'.format(1) }}
{{ '{:d}'.format('a') }}
{{ '{:s}'.format(1) }}
{{ '{:.2d}'.format(1) }}
{{ '{:5}'.format(none) }}
{{ '{:z9q}'.format(1) }}
{{ '%s and %s' % ('a', 1) }}{{ '%s' % 'a' }}{{ '%d%%' % 7 }}{{ '%5s|%-5s|%05d|%+d|% d' % ('a', 'b', 42, 42, 42) }}{{ '%.2f|%8.3f|%e|%g|%x|%X|%o|%#x|%c|%c' % (3.14159, 2.5, 12345.678, 0.0001, 255, 255, 8, 255, 65, 'z') }}
{{ '%(a)s-%(b)03d' % {'a': 'x', 'b': 7} }}{{ '%r|%s|%.2s|%*d' % ("it's", [1, 'a'], 'abc', 5, 42) }}{{ '%d|%i' % (3.9, -3.9) }}{{ '%.3d' % 5 }}{{ '%s' % none }}{{ '%s' % [1] }}{{ 'a' % {} }}{{ 'a' % [] }}
{{ '%s' % ('a', 'b') }}
{{ '%s %s' % 'a' }}
{{ '%d' % 'a' }}
{{ 'a' % 'b' }}
{{ '%y' % 1 }}
{{ '%s, %s!' | format('Hello', 'you') }}{{ '%(x)s' | format(x=1) }}
{{ '<a>' | safe }}{{ '<a>' | e }}{{ '<a & "b\'>' | escape }}{{ '<a>' | e | e }}{{ '<a>' | e | forceescape }}{{ ('<a>' | safe) + '<b>' }}{{ '<b>' + ('<a>' | safe) }}{{ ('<a>' | safe) ~ '<b>' }}
{{ ('<a>' | safe).upper() + '&' }}{{ ('<a>' | safe) * 2 + '<' }}{{ ('<a>' | safe)[0] + '<' }}{{ ('<%s>' | safe) % '<x>' }}{{ ('<{}>' | safe).format('<x>') }}{{ ('<{}>' | safe).format('<x>' | safe) }}
{{ ('<a>' | safe | upper) + '<' }}{{ ('<a>' | safe | trim) + '<' }}{{ ('<a>' | safe).replace('a', '<') }}{{ '<a>' | safe | replace('a', '<') + '<' }}{{ ('<' | safe).join(['<', '>']) }}{{ ['<', '>' | safe] | join('<') }}
{{ ('<a> <b>' | safe).split()[0] + '<' }}{{ ('<a>' | safe).strip('<') + '<' }}{{ ('<a>' | safe | string) + '<' }}{{ ('<a>' | safe) == '<a>' }}{{ '<a>' | safe is string }}{{ '<a>' | safe is escaped }}{{ '<a>' is escaped }}{{ ['<' | safe] }}{{ '<a>' | safe | length }}
{{ ('<a>' | safe | capitalize) + '<' }}{{ ('<a>' | safe | lower) + '<' }}{{ ('<a>' | safe | title) + '<' }}{{ ('<a>\nb' | safe | indent) + '<' }}{{ ('<' | safe) in '<a' }}{{ {'<': 1}['<' | safe] }}{{ ('ab' | safe | reverse) + '<' }}{{ ('ab' | safe | first) + '<' }}
{% set x %}{{ '<' | safe }}{% endset %}{{ x + '<' }}{% macro m() %}{{ '<' | safe }}{% endmacro %}{{ m() + '<' }}
{{ nothing | select | list }}{{ none | select('odd') | list }}{{ nothing | reject('x') | list }}{{ nothing | map('upper') | list }}{{ none | map(attribute='a') | list }}{{ nothing | selectattr('a') | list }}{{ none | rejectattr('a', 'eq', 1) | list }}{{ '' | map('nofilter') | list }}{{ 0 | select | list }}
{{ nothing | map('upper') | join }}{% for x in nothing | selectattr('role', 'equalto', 'user') %}{{ x }}{% else %}none{% endfor %}
{{ 1 | select | list }}
{{ [1] | map('nofilter') | list }}
{{ [1] | select('notest') | list }}
{% if false %}{{ 1 | nofilter }}{{ 1 is notest }}{% elif 1 is odd %}{{ 2 }}{% else %}{{ 1 | nofilter }}{% endif %}
{% if true %}{{ 1 | nofilter }}{% endif %}
{% if false %}{% if true %}{{ 1 | nofilter }}{% endif %}{% set x = 1 | nofilter %}{% else %}ok{% endif %}
{% if false %}{% for x in [1] %}{{ x | nofilter }}{% endfor %}{% endif %}ok
{% if false %}{% for x in [1] | nofilter %}{{ x }}{% endfor %}{% endif %}ok
{% if false %}{% for x in [1] if x is notest %}{{ x }}{% endfor %}{% endif %}ok
{% if false %}{% for x in [1] %}{{ 1 if true else x | nofilter }}{% endfor %}{% endif %}ok
{% if false %}{% set x %}{{ 1 | nofilter }}{% endset %}{% endif %}ok
{% if false %}{% macro m() %}{{ 1 | nofilter }}{% endmacro %}{% endif %}ok
{% macro m() %}{{ 1 is notest }}{% endmacro %}ok
{% macro m() %}{% if false %}{{ 1 is notest }}{% endif %}ok{% endmacro %}{{ m() }}
{% for x in [] %}{{ x | nofilter }}{% endfor %}ok
{% for x in [] %}{% if x %}{{ x | nofilter }}{% endif %}{% endfor %}ok
{% if 1 is notest %}{% endif %}ok
{% if true or 1 is notest %}ok{% endif %}
{% if false %}{% elif 1 | nofilter %}{% endif %}ok
{{ 1 if true else (2 | nofilter) }}{{ (2 | nofilter) if false else 3 }}{{ 4 if true or 1 is notest else 5 }}
{{ (1 if true else 2) ~ (3 | nofilter) }}
{% set x = 1 | nofilter if false else 2 %}{{ x }}
{{ [1, 2] | batch(2) | list }}{{ [1, 2, 3] | batch(2, 'x') | list }}{{ messages[0] | attr('role') }}{{ 'a b  c' | wordcount }}{{ 'upper' is filter }}{{ 'nofilter' is filter }}{{ 'odd' is test }}{{ 'notest' is test }}
{{ 'a-b-c'.partition('-') }}{{ 'a-b-c'.rpartition('-') }}{{ 'abc'.partition('x') }}{{ 'abc'.index('c') }}{{ 'abcabc'.rindex('b') }}{{ 'a b c'.replace(' ', '') }}{{ 'abc'.replace('', '-') }}{{ 'abc'.replace('', '-', 2) }}
{{ 'abc'.index('x') }}
{{ {[1]: 2} }}
{{ [1] in {'a': 1} }}
{{ dict({'a': 1}, b=2) }}{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}
{{ 'aaa' in 'aaaaab' }}{{ ('ab' * 40 ~ 'c') in ('ab' * 100 ~ 'c') }}{{ ('ab' * 100 ~ 'c').find('ab' * 40 ~ 'c') }}{{ ('ab' * 100).rfind('ab' * 40) }}{{ ('ab' * 100).count('ab' * 30) }}
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
    except (jinja2.TemplateError, TypeError, ZeroDivisionError, ValueError, KeyError, IndexError) as error:
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
