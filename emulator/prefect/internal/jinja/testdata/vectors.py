"""What Prefect's own server makes of templates, for vectors_test.go. Run it with a Python that has Prefect in it:

    python vectors.py >vectors.jsonl

A line is [template, line, message] for one that is refused, [template, text] for one that is taken and what it renders to
without any variables, and [template, null, error] for one that is taken and then fails.
"""
import json

from prefect.server.utilities.user_templates import TemplateSecurityError, render_user_template_sync, validate_user_template
from jinja2.exceptions import TemplateSyntaxError

TEMPLATES = r'''
hello
{{ x }}
{{ 1 + 2 * 3 }}|{{ 7 // 2 }}|{{ 7 / 2 }}|{{ 7 % 3 }}|{{ 2 ** 10 }}|{{ -3 }}|{{ +4 }}|{{ 1.5 + 1 }}|{{ 1e3 }}
{{ -7 // 2 }}|{{ -7 % 3 }}|{{ 2 ** -1 }}|{{ 1_000 }}|{{ 0x1F }}|{{ 0b101 }}|{{ 0o17 }}|{{ 1.0 }}|{{ 3.0 * 2 }}
{{ "a" ~ 1 ~ none ~ true }}|{{ 'x' * 3 }}|{{ "a" + "b" }}|{{ [1] + [2] }}
{{ none }}|{{ true }}|{{ False }}|{{ [1, "a", none] }}|{{ {"a": 1} }}|{{ (1, 2) }}|{{ () }}|{{ (1,) }}
{{ 1 < 2 }}|{{ 1 < 2 < 3 }}|{{ 1 == 1.0 }}|{{ "a" != "b" }}|{{ 1 in [1, 2] }}|{{ "x" not in "abc" }}|{{ 2 >= 3 }}
{{ not true }}|{{ true and 0 }}|{{ 0 or "x" }}|{{ 1 if false else 2 }}|{{ 1 if false }}
{{ x.y.z }}|{{ x["y"] }}|{{ x.0 }}|{{ x is defined }}|{{ x is undefined }}|{{ x is not defined }}|{{ x == y }}|{{ x|length }}
{{ [1, 2, 3][0] }}|{{ [1, 2, 3][-1] }}|{{ [1, 2, 3][1:] }}|{{ "abc"[::-1] }}|{{ {"a": {"b": 5}}.a.b }}|{{ {"a": 1}["a"] }}|{{ [1].0 }}
{{ "Hello" | upper }}|{{ "Hello" | lower }}|{{ "a b" | title }}|{{ "hELLO" | capitalize }}|{{ " a " | trim }}|{{ "abc" | length }}|{{ [1,2] | count }}
{{ x | default("d") }}|{{ "" | default("d", true) }}|{{ x | d(1) }}|{{ [1, 2] | join("-") }}|{{ [1, 2] | join }}|{{ "abc" | replace("b", "x") }}
{{ "3" | int }}|{{ "x" | int }}|{{ "x" | int(7) }}|{{ "1.5" | float }}|{{ 1 | string }}|{{ "abc" | list }}|{{ [3, 1] | first }}|{{ [3, 1] | last }}|{{ "abc" | reverse }}
{{ -3 | abs }}|{{ [1, 2] | sum }}|{{ [3, 1, 2] | sort }}|{{ [3, 1] | max }}|{{ [3, 1] | min }}|{{ 2.567 | round(1) }}|{{ {"a": [1, "<"]} | tojson }}
{% if 1 %}yes{% else %}no{% endif %}|{% if x %}yes{% elif 1 %}other{% else %}no{% endif %}
{% for i in [1, 2, 3] %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}|{% for i in range(3) %}{{ loop.index }}{% endfor %}|{% for i in x %}{{ i }}{% else %}none{% endfor %}
{% for k, v in {"a": 1}.items() %}{{ k }}={{ v }}{% endfor %}|{% for i in [1, 2, 3, 4] if i is even %}{{ i }}{% endfor %}
{% set a = 5 %}{{ a + 1 }}|{% set b, c = 1, 2 %}{{ c }}|{% with d = 3 %}{{ d }}{% endwith %}{{ d }}
{% set a %}text{% endset %}{{ a }}|{% filter upper %}abc{% endfilter %}
a {#- comment -#} b|{# {{ x #}|a {{- 1 -}} b|{%- if 1 -%} c {%- endif +%} d
{% raw %}{{ not rendered }}{% endraw %}
{{ "\n\t\x41\u00e9\101" }}|{{ 'it\'s' }}|{{ "a" "b" }}|{{ "\q" }}
{% print 1, 2 %}
{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}
{{ x
{{ x }
{{ }}
{{ x y }}
{{ x. }}
{{ x.1a }}
{{ x | }}
{{ x | nofilter }}
{{ x is notest }}
{{ x is }}
{{ x is defined is defined }}
{{ 1 + }}
{{ (1 }}
{{ (1] }}
{{ [1, 2 }}
{{ 1) }}
{{ {1: 2, } }}
{{ {1 } }}
{{ {1: } }}
{{ [,] }}
{{ f(1, a=2, 3) }}
{{ f(*a, *b) }}
{{ f(**a, b=1) }}
{{ f(a=1, *b) }}
{{ f(1, ) }}
{{ f(, ) }}
{{ "unterminated }}
{{ 'a" }}
{{ ! }}
{{ a ! b }}
{{ é }}
{{ @ }}
{{ a @ b }}
{{ $x }}
{{ 1a }}
{{ ²x }}
{{ "\x4" }}
{{ "\u12" }}
{{ "\U00110000" }}
{{ a[1 }}
{{ a[] }}
{{ a[1, 2] }}
{{ a[:] }}{{ a[1:2:3] }}{{ a[::] }}
{{ not }}
{{ if }}
{{ 1 if }}
{{ 1 if 2 else }}
{{ a in }}
{{ a not b }}
{{ a is not in b }}
{{ a, }}
{{ a,, b }}
{{ a; b }}
{{ = }}
{{ a = 1 }}
{{ {{ a }} }}
{% %}
{% 1 %}
{% if %}
{% if x %}
{% if x %}a{% endfor %}
{% if x %}{% for a in b %}{% endif %}
{% for %}
{% for x %}
{% for x in %}
{% for x in y
{% for x in y %}
{% for 1 in y %}{% endfor %}
{% for true in y %}{% endfor %}
{% for x, 1 in y %}{% endfor %}
{% for x, y in z recursive %}{% endfor %}
{% for x in a if b %}{% endfor %}
{% endfor %}
{% endif %}
{% else %}
{% unknown %}
{% unknown x %}{% endunknown %}
{% set %}
{% set x %}
{% set 1 = 2 %}
{% set x = %}
{% set x.y = 2 %}
{% set x.y.z = 2 %}
{% set x[0] = 2 %}
{% set "a" = 2 %}
{% set none = 2 %}
{% with a = 1, b = 2 %}{% endwith %}
{% with a %}{% endwith %}
{% autoescape true %}{% endautoescape %}
{% block a %}{% endblock %}
{% block a %}{% endblock a %}
{% block a %}{% endblock b %}
{% block a-b %}{% endblock %}
{% block a required %}x{% endblock %}
{% block a required %} {% endblock %}
{% block %}{% endblock %}
{% extends "a" %}
{% include "a" %}
{% include "a" ignore missing with context %}
{% import "a" as b %}
{% import "a" %}
{% from "a" import b as c, d with context %}
{% from "a" import _b %}
{% from "a" import %}
{% from "a" import b, %}
{% macro m %}{% endmacro %}
{% macro m( %}{% endmacro %}
{% macro m(a, b=1, c) %}{% endmacro %}
{% macro true() %}{% endmacro %}
{% call f() %}{% endcall %}
{% call(a) f() %}{% endcall %}
{% call f %}{% endcall %}
{% filter %}{% endfilter %}
{% filter upper|lower %}{% endfilter %}
{% raw %}x
{% raw %}
{% raw x %}
{#
{# x
{# x #
{% if x: %}a{% endif %}
{{ x }}{% if y %}

{{ z }
{% if 1 %}{% if 2 %}{% endif %}
{% for a in b %}{% for c in d %}{% for e in f %}{% endfor %}{% endfor %}{% endfor %}
{% for a in b %}{% for c in d %}{% endfor %}{% endfor %}
{% for a in b %}x{% else %}{% for c in d %}{% for e in f %}{% endfor %}{% endfor %}{% endfor %}
{{ 1 / 0 }}
{{ "a" + 1 }}
{{ range(1000) }}
{{ [1, 2].append(3) }}
{{ x() }}
{{ 01 }}
{{ .5 }}
{{ 1.e }}
{{ 1..2 }}
{{ a.b.c() }}
{{ a**-b }}
{{ -a|abs }}
{{ a~b~c }}
{{ a if b if c }}
}} %} #}
{ { x } }
{{ "a
b" }}
{%- set a = "x" -%} {{ a }} {%- raw -%} y {%- endraw -%} z
'''

EXTRA = [
    "", "a\n", "a\r\nb\r", "{{ x\n\n}}", "\n\n{{ a b }}", "a\n{# x\n\n#}\n{{ }}", "{% for a in b %}{% endfor %}" * 11, "{% for a in b %}{% endfor %}" * 10,
    "{{ 'a\n' }}{{ ! }}", "{%- if x -%}\n\n {%- y %}", "\n\n {{- a b }}", "{{ 'é' ! }}", "{{", "{%", "{#", "{{ ", "{% ", "{% raw %}", "{%raw%}\n{{ x }}\n{%endraw%}{{ ! }}",
    "{{ a\n|\nupper(\n) b }}", "{% if x %}\n{% else %}\n", "{% macro a() %}\n{% if b %}\n",
]


def templates():
    lines = TEMPLATES.strip("\n").split("\n")
    yield from (line for line in lines if line)
    yield from EXTRA


if __name__ == "__main__":
    import logging

    logging.disable(logging.CRITICAL)
    for template in templates():
        try:
            validate_user_template(template)
        except (TemplateSyntaxError, TemplateSecurityError) as error:
            print(json.dumps([template, error.lineno, error.message]))
            continue
        try:
            print(json.dumps([template, render_user_template_sync(template, {})]))
        except Exception as error:
            print(json.dumps([template, None, str(error)]))
