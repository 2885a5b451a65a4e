"""What a template file does not list never changes what it renders: over all charts at hand.

The charts are rendered with random values, then with one path changed. Files that the change does not reach
must render to the same objects, hooks and notes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import Rendered, YamlDocument
from cantata.core.model.variables import ChartVariables
from cantata.core.values import Layer, LayerKind, Leaf, effective
from cantata.core.variables import changes, files_reached
from cantata.errors import CantataError

Values = dict[str, Any]
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
        if each.default not in (msgspec.UNSET, None):
            put(defaults, each.path, each.default)
    return defaults


def leaves_of(defaults: Values, values: Values) -> tuple[Leaf, ...]:
    def layer(kind: LayerKind, content: Values) -> Layer:
        return Layer(kind, kind, YamlDocument(msgspec.Raw(msgspec.json.encode(content))))

    return effective([layer(LayerKind.CHART, defaults), layer(LayerKind.CONFIG, values)]).leaves


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
        old, new = leaves_of(defaults, values), leaves_of(defaults, changed)
        reached = files_reached(variables, changes(old, new), old, new)
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


def shop_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "examples" / "shop"


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
