"""What the worker says of the values that templates read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from cantata.core.model.variables import ChartVariables, ReadHow, Spot, TemplateReads
from cantata.ports import Renderer
from cantata.render import RenderPool, TemplateFailed

Find = Callable[[Mapping[str, str]], Any]

SUBCHARTS = {
    "Chart.yaml": """
apiVersion: v2
name: shop
version: 1.0.0
dependencies:
  - {name: db, version: 1.0.0, alias: main, condition: "main.on,all.on", tags: [stores]}
  - {name: db, version: 1.0.0, alias: spare}
  - {name: lib, version: 1.0.0, import-values: [data]}
""",
    "values.yaml": "main: {size: 2}\nglobal: {zone: a}\n",
    "templates/web.yaml": "{{.Values.main.size}}{{.Subcharts.spare.Values.size}}{{.Values.imported}}",
    "templates/plain.yaml": "{{.Values.plain}}",
    "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "charts/db/values.yaml": "# -- How large\nsize: 1\n",
    "charts/db/templates/db.yaml": "{{.Values.size}}{{.Values.global.zone}}",
    "charts/db/templates/all.yaml": "{{toYaml .Values}}",
    "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n",
    "charts/lib/values.yaml": "exports: {data: {imported: yes please}}\n",
}


@pytest.fixture
def find(pool: RenderPool, pack: Callable[[Mapping[str, str]], bytes], loaded: Any) -> Find:
    renderer: Renderer = pool

    async def find_variables(files: Mapping[str, str]) -> ChartVariables:
        rendering = await loaded(pack(files))
        return await renderer.variables(rendering.chart.digest, rendering.fetch)

    return find_variables


def _paths(template: TemplateReads) -> list[str]:
    return [".".join(read.path) + ("?" if read.how is ReadHow.PRESENCE else "") for read in template.reads]


async def test_paths_are_those_of_the_top_level_chart(find: Find) -> None:
    found = await find(SUBCHARTS)
    optional = ["all.on", "main.on", "tags.stores"]
    assert {template.path: sorted(_paths(template)) for template in found.templates} == {
        "shop/templates/web.yaml": sorted(["imported", "main.size", "spare.size", *optional]),
        "shop/templates/plain.yaml": ["plain"],
        "shop/charts/main/templates/db.yaml": sorted(
            ["global.zone", "main.global.zone", "main.size", *optional]
        ),
        "shop/charts/main/templates/all.yaml": sorted(["global", "main", *optional]),
        "shop/charts/spare/templates/db.yaml": ["global.zone", "spare.global.zone", "spare.size"],
        "shop/charts/spare/templates/all.yaml": ["global", "spare"],
    }
    assert found.mutates == ()


async def test_values_of_subcharts_and_imported_ones_are_described(find: Find) -> None:
    found = await find(SUBCHARTS)
    described = {each.key: (each.default, each.description, each.file, each.line) for each in found.values}
    assert described == {
        "global.zone": ("a", "", "shop/values.yaml", 2),
        "imported": ("yes please", "", "", 0),
        "lib.exports.data.imported": ("yes please", "", "shop/charts/lib/values.yaml", 1),
        "main.size": (2, "How large", "shop/values.yaml", 1),
        "spare.size": (1, "How large", "shop/charts/spare/values.yaml", 2),
    }


DOCUMENTED = """\
# -- The image
# and its tag
image:
  # -- (string) Which one
  # @default -- the chart's version
  tag: ""
  # no comment in the convention
  pull: Always
# image.other -- Named in the comment
other: [1, {a: b}]

count: 3
ratio: 0.5
nothing:
empty: {}
"""
SCHEMA = """{"properties": {
  "count": {"type": ["integer", "null"], "title": "Count", "description": "How many"},
  "image": {"$ref": "#/$defs/image"}, "extra": {"type": "string", "description": "Only here"}},
  "$defs": {"image": {"type": "object", "properties": {"pull": {"type": "string", "title": "When"}}}}}"""


async def test_values_have_types_comments_and_titles(find: Find) -> None:
    found = await find({"values.yaml": DOCUMENTED, "values.schema.json": SCHEMA})
    described = {
        each.key: (
            each.type,
            None if each.default is msgspec.UNSET else each.default,
            " / ".join(filter(None, (each.title, each.description))),
            each.line,
        )
        for each in found.values
    }
    assert described == {
        "count": ("integer|null", 3, "Count / How many", 12),
        "empty": ("object", {}, "", 15),
        "extra": ("string", None, "Only here", 0),
        "image": ("object", None, "The image and its tag", 3),
        "image.pull": ("string", "Always", "When", 8),
        "image.tag": ("string", "", "Which one", 6),
        "nothing": ("null", None, "", 14),
        "other": ("array", [1, {"a": "b"}], "Named in the comment", 10),
        "ratio": ("number", 0.5, "", 13),
    }


async def test_reads_have_their_lines_and_defaults(find: Find) -> None:
    found = await find(
        {
            "templates/_helpers.tpl": '\n{{- define "port" -}}\n{{ .port | default 80 }}\n{{- end -}}\n',
            "templates/web.yaml": 'a: {{ include "port" .Values.web }}\nb: {{ required "x" .Values.b }}\n'
            "c: {{ .Values.web.port }}\n",
        }
    )
    web, port = found.templates[0].reads[1], found.templates[0].reads[0]
    assert (port.path, port.required) == (("b",), True)
    assert (web.path, web.how, web.default) == (("web", "port"), ReadHow.VALUE, 80)
    assert web.places == (
        Spot("shop/templates/_helpers.tpl", 3),
        Spot("shop/templates/web.yaml", 3),
    )


async def test_a_file_that_reads_changed_values_reads_what_the_changing_file_reads(find: Find) -> None:
    found = await find(
        {
            "templates/a.yaml": '{{if .Values.x}}{{$_ := set .Values.deep "key" .Values.y}}{{end}}',
            "templates/b.yaml": "{{.Values.deep.key}}",
            "templates/c.yaml": "{{.Values.deep.other}}",
            "templates/d.yaml": '{{$_ := set $ "mine" .Values.z}}',
            "templates/e.yaml": "{{.mine}}",
        }
    )
    reads = {template.path[-6]: _paths(template) for template in found.templates}
    assert reads == {
        "a": ["x?", "y"],
        "b": ["deep.key", "x?", "y"],
        "c": ["deep.other"],
        "d": ["z"],
        "e": ["z"],
    }
    assert found.mutates == (Spot("shop/templates/a.yaml", 1), Spot("shop/templates/d.yaml", 1))


async def test_what_cannot_be_followed_is_said(find: Find) -> None:
    found = await find({"templates/a.yaml": "{{.Values.x}}\n{{index .Values.map .Values.key}}"})
    (template,) = found.templates
    assert _paths(template) == ["key", "map", "x"]
    ((unknown),) = template.unknown
    assert (unknown.line, unknown.path, unknown.reason) == (2, ("map",), "the key is computed")


async def test_a_template_that_is_none_is_an_error_with_its_place(find: Find) -> None:
    with pytest.raises(TemplateFailed) as caught:
        await find({"templates/a.yaml": "a\n{{ if }}"})
    assert (caught.value.place.file, caught.value.place.line) == ("shop/templates/a.yaml", 2)


WIDE = "".join(
    f'{{{{define "t{n}"}}}}{{{{include "t{n + 1}" (list . "l")}}}}{{{{include "t{n + 1}" (list . "r")}}}}'
    "{{end}}"
    for n in range(60)
)
HOSTILE = {
    "endless recursion": '{{define "x"}}{{include "x" (dict "a" . "b" .Values)}}{{end}}{{include "x" .}}',
    "a map that holds itself": '{{$d := dict "v" .Values.a}}{{$_ := set $d "d" $d}}{{toYaml $d}}'
    '{{include "y" $d}}{{define "y"}}{{include "y" .d}}{{end}}',
    "growing lists": "{{$l := list .Values.a}}{{range $.Values.b}}{{$l = list $l $l}}{{end}}{{toYaml $l}}",
    "many templates": WIDE + '{{include "t0" .Values.a}}{{.Values.b}}',
    "nested loops": "{{$x := .Values.a}}"
    + "{{range .Values.b}}{{$x = list $x}}" * 12
    + "{{end}}" * 12
    + "{{$x}}",
    "texts in texts": "{{tpl .Values.text .}}{{.Values.a}}{{.Values.b}}",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_templates_end_and_leave_nothing_out(name: str, find: Find) -> None:
    text = "text: '{{ tpl .Values.text . }}{{ tpl (list .Values.text | join .Values.text) . }}'\n"
    found = await find({"templates/a.yaml": HOSTILE[name], "values.yaml": text})
    (template,) = found.templates
    read = {read.path[:1] for read in template.reads}
    assert () in read or {("a",)} <= read
