"""What a template file does not list never changes what it renders: over all charts at hand.

The charts are rendered with random values, then with one path changed. Files that the change does not reach
must render to the same objects, hooks and notes.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import Rendered, RenderedObject, YamlDocument
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import TemplateSpec
from cantata.core.model.variables import ChartVariables, Read, TemplateReads
from cantata.core.services import Split, split
from cantata.core.stamp import place
from cantata.core.values import Effective, Layer, LayerKind, effective
from cantata.core.variables import changes, files_of, files_reached, opened, owners, used_by
from cantata.core.variables.reach import reaches
from cantata.errors import CantataError

Values = dict[str, Any]
CLUSTER_SCOPED = {"apiregistration.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io"}
"""Groups whose kinds live in no namespace; what others miss only makes more of one service."""

ROUNDS = 40
"""Changes for each chart."""


class Walk:
    """Random values for one chart, from a seed."""

    def __init__(self, variables: ChartVariables, seed: int) -> None:
        self._random = random.Random(seed)
        self._defaults = {each.path: each.default for each in variables.values}
        read = {read.path for template in variables.templates for read in template.reads}
        self._paths = sorted(path for path in {*self._defaults, *read, ("extra",)} if path)
        self._switches = [path for path in self._paths if isinstance(self._defaults.get(path), bool)]

    def values(self) -> Values:
        """Some switches turned, so that other parts of the chart come to light."""
        values: Values = {}
        for path in self._random.sample(self._switches, min(len(self._switches), self._random.randint(0, 4))):
            put(values, path, not self._defaults[path])
        return values

    def change(self, values: Values) -> Values:
        """The same values with one path set to something else, or deleted."""
        path = self._random.choice(self._paths)
        if self._random.random() < 0.2:
            path = (*path[:-1], self._random.choice([path[-1] + "2", "extra"]))
        changed: Values = msgspec.json.decode(msgspec.json.encode(values))
        put(changed, path, self._other(self._defaults.get(path)))
        return changed

    def _other(self, value: Any) -> Any:
        anything = ["other", 7, True, None, [], {}, ["a"], {"extra": "b"}, [{"name": "c"}]]
        if self._random.random() < 0.3:
            return self._random.choice(anything)
        match value:
            case bool():
                return not value
            case int() | float():
                return value + 1
            case str():
                return value + "x"
            case list():
                return [*value, self._random.choice(["more", {"name": "more"}])]
            case dict():
                return {"more": "of it"}
        return self._random.choice(anything)


def put(values: Values, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    values[path[-1]] = value


def defaults_of(variables: ChartVariables) -> Values:
    """What the chart and its subcharts set, as one document."""
    defaults: Values = {}
    for each in variables.values:
        if each.default is not msgspec.UNSET and each.default is not None:
            put(defaults, each.path, each.default)
    return defaults


def merged(defaults: Values, values: Values) -> Effective:
    def layer(kind: LayerKind, content: Values) -> Layer:
        return Layer(kind, kind, YamlDocument(msgspec.Raw(msgspec.json.encode(content))))

    return effective([layer(LayerKind.CHART, defaults), layer(LayerKind.CONFIG, values)])


def by_file(rendered: Rendered) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in rendered.objects:
        found.setdefault(item.path, []).append(item)
    return found


def notes_of(chart: str) -> str:
    return f"{chart}/templates/NOTES.txt"


async def broken_promises(
    rendering: Any, variables: ChartVariables, seed: int, rounds: int
) -> tuple[list[str], int]:
    """The files that changed though nothing reached them, and how many pairs of renders were compared."""
    walk, defaults = Walk(variables, seed), defaults_of(variables)
    broken, compared = [], 0
    notes = notes_of(rendering.chart.name)
    for _ in range(rounds):
        values = walk.values()
        changed = walk.change(values)
        try:
            before, after = await rendering.render(values), await rendering.render(changed)
        except CantataError:
            continue  # Values that the chart refuses.
        compared += 1
        reached = files_reached(variables, merged(defaults, values), merged(defaults, changed))
        was, now = by_file(before), by_file(after)
        files = sorted(was.keys() | now.keys())
        moved = [path for path in files if was.get(path) != now.get(path)]
        if before.notes != after.notes:
            moved.append(notes)
        broken += [f"{path}: {values} -> {changed}" for path in moved if path not in reached]
    return broken, compared


@pytest.fixture
def check(loaded: Callable[[bytes], Any]) -> Callable[..., Any]:
    async def check_chart(archive: bytes, seed: int = 4, rounds: int = ROUNDS) -> int:
        rendering = await loaded(archive)
        variables = await rendering.pool.variables(rendering.chart.digest, rendering.fetch)
        broken, compared = await broken_promises(rendering, variables, seed, rounds)
        assert not broken, "\n".join(broken[:5])
        return compared

    return check_chart


async def test_of_the_chart_that_helm_creates(
    helm: Path, tmp_path: Path, pack_folder: Any, check: Any
) -> None:
    environment = {"HOME": str(tmp_path), "KUBECONFIG": os.devnull}
    folder = tmp_path / "demo"
    subprocess.run([helm, "create", folder], env=environment, check=True, capture_output=True)  # noqa: ASYNC221
    assert await check(pack_folder(folder)) > ROUNDS // 4


TRICKY = (Path(__file__).parent / "tricky_templates.txt").read_text().splitlines()
"""Each a template file; together they change values and contexts under each other."""

TRICKY_HELPERS = (
    '{{ define "one" }}{{ .Values.b | toJson }}{{ end }}{{ define "two" }}{{ .Values.c | toJson }}{{ end }}'
    '{{ define "pair" }}{{ index . 1 | toJson }}{{ (index . 0).Values.m.x | toJson }}{{ end }}'
)
TRICKY_VALUES = """
a: 1
b: two
c: [3]
m: {x: 1, y: {z: 2}}
o: {x: 4, w: null}
text: "{{ .x | toJson }}{{ $.Values.a | toJson }}"
"""


async def test_of_tricky_templates(pack: Any, check: Any) -> None:
    files = {"values.yaml": TRICKY_VALUES, "templates/_helpers.tpl": TRICKY_HELPERS}
    for number, text in enumerate(TRICKY):
        head = f"apiVersion: v1\nkind: T{number}\nmetadata: {{name: t}}\nout: |-\n  "
        files[f"templates/t{number:02}.yaml"] = head + text
    for seed in range(3):
        assert await check(pack(files), seed=seed, rounds=150) > 30
    for number, text in enumerate(TRICKY):
        alone = {name: files[name] for name in ("values.yaml", "templates/_helpers.tpl")}
        alone["templates/a.yaml"] = f"apiVersion: v1\nkind: T\nmetadata: {{name: t}}\nout: |-\n  {text}"
        assert await check(pack(alone), seed=number, rounds=ROUNDS), text


def shop_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "examples" / "shop"


async def test_a_service_stays_as_it_is_unless_its_list_is_reached(
    public_charts: list[Path], pack_folder: Any, loaded: Any
) -> None:
    """The same by service, with the lists that people see."""
    archives = {archive.name: archive.read_bytes() for archive in public_charts}
    for name, content in {"shop": pack_folder(shop_folder()), **archives}.items():
        rendering = await loaded(content)
        variables = await rendering.pool.variables(rendering.chart.digest, rendering.fetch)
        walk, defaults = Walk(variables, 3), defaults_of(variables)
        kept = 0
        for _ in range(ROUNDS // 2):
            values = walk.values()
            changed = walk.change(values)
            try:
                before, after = await rendering.render(values), await rendering.render(changed)
            except CantataError:
                continue
            old, new = merged(defaults, values), merged(defaults, changed)
            found = changes(old, new, variables)
            now = {ObjectKey.of(item.manifest): item.manifest for item in placed(after)}
            parts = split_of(rendering, before)
            owned = owners(variables, parts, TemplateSpec())
            for service, items in parts.services.items():
                uses, _ = used_by(variables, files_of(owned, service), old.leaves)
                reads = [Read(use.path, use.how, dynamic=use.dynamic) for use in uses]
                if any(reaches(change, read) for change in found for read in reads):
                    continue
                if opened(TemplateReads("", tuple(reads)), new.leaves):
                    continue
                kept += 1
                for item in items:
                    assert now[ObjectKey.of(item.manifest)] == item.manifest, (name, service, values, changed)
        assert kept, name


def placed(rendered: Rendered) -> tuple[RenderedObject, ...]:
    return place(rendered.objects, "space", lambda group, _kind: group not in CLUSTER_SCOPED)


def split_of(rendering: Any, rendered: Rendered) -> Split:
    names = {"chart": rendering.chart.name, "release": "rel", "namespace": "space"}
    return split(placed(rendered), TemplateSpec(), **names, frozen={})


async def test_of_public_charts(public_charts: list[Path], check: Any) -> None:
    for number, archive in enumerate(public_charts):
        content = archive.read_bytes()
        assert await check(content, seed=number) > ROUNDS // 4, archive.name


async def test_of_our_own_charts(own_charts: Path, pack_folder: Any, check: Any) -> None:
    for number, folder in enumerate(sorted((own_charts / "charts").iterdir())):
        if folder.name != "tape":  # Random functions without a tape give something else each time.
            await check(pack_folder(folder), seed=number)


async def test_of_the_shop(pack_folder: Any, check: Any) -> None:
    assert await check(pack_folder(shop_folder())) > ROUNDS // 4


def without(variables: ChartVariables) -> Iterator[ChartVariables]:
    """The same with one read left out at a time."""
    for template in variables.templates:
        for read in template.reads:
            kept = tuple(each for each in template.reads if each is not read)
            less = msgspec.structs.replace(template, reads=kept)
            templates = tuple(less if each is template else each for each in variables.templates)
            yield msgspec.structs.replace(variables, templates=templates)


async def test_a_read_that_is_left_out_is_noticed(loaded: Any, pack: Any) -> None:
    """The check itself can fail: without any one of these reads it does."""
    files = {
        "values.yaml": "a: {b: 1}\nname: x\nflag: true\nlist: [1]\n",
        "templates/a.yaml": "kind: A\napiVersion: v1\na: {{.Values.name}}\nb: {{.Values.a.b}}\n",
        "templates/b.yaml": "kind: B\napiVersion: v1\nflag: {{if .Values.flag}}a{{end}}\n"
        "list: {{range .Values.list}}x{{end}}\n",
    }
    rendering = await loaded(pack(files))
    variables = await rendering.pool.variables(rendering.chart.digest, rendering.fetch)
    blind = list(without(variables))
    assert len(blind) == 4
    assert (await broken_promises(rendering, variables, 1, 60))[0] == []
    for each in blind:
        assert (await broken_promises(rendering, each, 1, 60))[0]
