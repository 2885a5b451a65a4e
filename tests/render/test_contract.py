"""What every implementation of the port `Renderer` must do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import Capabilities, ChartDependency, Hook, Numbers, Release
from cantata.errors import Place
from cantata.ports import Renderer
from cantata.render import (
    ChartIncompatible,
    ChartInvalid,
    ManifestInvalid,
    RenderPool,
    RenderRequestInvalid,
    SchemaInvalid,
    TemplateFailed,
    ValuesRejected,
)

Load = Callable[[bytes], Any]


def _config_map(name: str, data: str = "{}") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {data}\n"


@pytest.fixture
def renderer(pool: RenderPool) -> Renderer:
    return pool


@pytest.fixture
def own(own_charts: Any, pack_folder: Callable[[Any], bytes], loaded: Load) -> Callable[[str], Any]:
    """One of our own charts, loaded: `await own("hooks")`."""

    async def load(name: str) -> Any:
        return await loaded(pack_folder(own_charts / "charts" / name))

    return load


CHART_YAML = """
apiVersion: v2
name: shop
version: 1.2.3
appVersion: '7'
kubeVersion: '>=1.20'
description: A shop
home: https://example.org
keywords: [web]
deprecated: true
dependencies:
  - {name: db, version: 1.x, alias: pg, condition: db.on, tags: [a], repository: r}
"""


async def test_version_names_the_engine(renderer: Renderer) -> None:
    version = await renderer.version()
    assert version.helm == "v4.2.4"
    assert version.worker
    assert version.go.startswith("go1.")


async def test_load_reads_what_a_chart_says_of_itself(renderer: Renderer, pack: Callable[..., bytes]) -> None:
    chart = await renderer.load(
        pack(
            {
                "Chart.yaml": CHART_YAML,
                "values.yaml": "# why\nport: 8080 # here\nid: 9007199254740993\n",
                "values.schema.json": "{}",
                "cantata.yaml": "layout: file\n",
                "README.md": "Read me.\n",
                "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
            }
        )
    )
    assert chart.digest.startswith("sha256:")
    assert (chart.name, chart.version, chart.app_version, chart.type) == ("shop", "1.2.3", "7", "application")
    assert (chart.kube_version, chart.home, chart.keywords) == (">=1.20", "https://example.org", ("web",))
    assert chart.deprecated
    assert chart.dependencies == (
        ChartDependency("db", version="1.x", repository="r", condition="db.on", alias="pg", tags=("a",)),
    )
    assert chart.values == {"port": 8080, "id": 9007199254740993}
    assert chart.values_text == "# why\nport: 8080 # here\nid: 9007199254740993\n"
    assert (chart.schema_text, chart.cantata_text, chart.readme) == ("{}", "layout: file\n", "Read me.\n")
    assert " ".join(chart.files) == (
        "Chart.yaml README.md cantata.yaml charts/db/Chart.yaml values.schema.json values.yaml"
    )


async def test_the_digest_does_not_depend_on_the_packing(
    renderer: Renderer, pack: Callable[..., bytes]
) -> None:
    one = await renderer.load(pack({"a.txt": "1", "b.txt": "2"}))
    other = await renderer.load(pack({"b.txt": "2", "a.txt": "1"}))
    changed = await renderer.load(pack({"a.txt": "12", "b.txt": ""}))
    assert one.digest == other.digest
    assert one.digest != changed.digest


async def test_the_archive_is_fetched_only_when_no_worker_has_the_chart(
    worker_program: Any, pack: Callable[..., bytes], loaded: Load
) -> None:
    archive = pack({"templates/x.yaml": _config_map("x")})
    rendering = await loaded(archive)
    await rendering.render()
    assert rendering.fetches == 0
    async with RenderPool(worker_program) as fresh:
        rendering.pool = fresh
        await rendering.render()
        await rendering.render()
    assert rendering.fetches == 1


async def test_equal_inputs_give_equal_results(own: Any) -> None:
    rendering = await own("subcharts")
    first = await rendering.render({"db": {"enabled": True}})
    for _ in range(3):
        assert await rendering.render({"db": {"enabled": True}}) == first


async def test_a_render_leaves_no_trace_in_the_next_one(loaded: Load, pack: Callable[..., bytes]) -> None:
    changes = '{{ $_ := set .Values "seen" true }}{{ $_ := set .Values.deep "seen" true }}'
    data = "{top: {{ .Values.seen | quote }}, deep: {{ .Values.deep.seen | quote }}}"
    files = {
        "values.yaml": "deep: {}\n",
        "templates/x.yaml": _config_map("x", data),
        "templates/y.yaml": changes,
    }
    rendering = await loaded(pack(files))
    for numbers in (Numbers.HELM, Numbers.EXACT):
        first = await rendering.render(numbers=numbers)
        assert await rendering.render(numbers=numbers) == first


async def test_release_and_capabilities_are_those_of_the_request(
    loaded: Load, pack: Callable[..., bytes]
) -> None:
    seen = {
        "name": ".Release.Name",
        "space": ".Release.Namespace",
        "revision": ".Release.Revision",
        "upgrade": ".Release.IsUpgrade",
        "install": ".Release.IsInstall",
        "kube": ".Capabilities.KubeVersion.Version",
        "has": '.Capabilities.APIVersions.Has "x.io/v1/X"',
        "apps": '.Capabilities.APIVersions.Has "apps/v1"',
    }
    data = "{" + ", ".join(f"{key}: {{{{ {what} | quote }}}}" for key, what in seen.items()) + "}"
    rendering = await loaded(pack({"templates/x.yaml": _config_map("x", data)}))
    rendered = await rendering.render(
        release=Release("shop", "prod", revision=7, is_upgrade=True),
        capabilities=Capabilities("v1.31.2", ("v1", "x.io/v1", "x.io/v1/X")),
    )
    assert rendered.objects[0].manifest["data"] == {
        "name": "shop", "space": "prod", "revision": "7", "upgrade": "true", "install": "false",
        "kube": "v1.31.2", "has": "true", "apps": "false",
    }  # fmt: skip


async def test_a_cluster_s_api_versions_are_joined_by_those_of_the_chart_s_crds(own: Any) -> None:
    rendering = await own("crds")
    rendered = await rendering.render(capabilities=Capabilities("v1.36.0", ("v1", "apps/v1")))
    data = rendered.objects[0].manifest["data"]
    assert (data["shop"], data["old"], data["inner"], data["apps"]) == ("true", "false", "true", "true")
    without = await rendering.render(
        {"inner": {"enabled": False}}, capabilities=Capabilities("v1.36.0", ("v1", "apps/v1"))
    )
    assert without.objects[0].manifest["data"]["inner"] == "false"
    assert [found.manifest["metadata"]["name"] for found in rendered.crds] == [
        "shops.example.org", "carts.example.org", "parts.inner.example.org",
    ]  # fmt: skip
    assert [(found.path, found.index) for found in rendered.crds] == [
        ("crds/crds/things.yaml", 0), ("crds/crds/things.yaml", 1), ("crds/charts/inner/crds/inner.yml", 0),
    ]  # fmt: skip


async def test_hooks_are_parsed_and_come_last(own: Any) -> None:
    rendered = await (await own("hooks")).render()
    assert [(found.manifest["kind"], found.path, found.index) for found in rendered.objects] == [
        ("ServiceAccount", "hooks/templates/plain.yaml", 2),
        ("Deployment", "hooks/templates/plain.yaml", 0),
        ("Pod", "hooks/templates/tests/connection.yaml", 0),
        ("Job", "hooks/templates/jobs.yaml", 0),
        ("Job", "hooks/templates/jobs.yaml", 1),
        ("Job", "hooks/templates/jobs.yaml", 2),
    ]
    assert [found.hook for found in rendered.objects] == [
        None,
        None,
        Hook(("test",)),
        Hook(("post-install",)),
        Hook(("pre-delete",), weight=10),
        Hook(("pre-install", "pre-upgrade"), -5, ("before-hook-creation", "hook-succeeded")),
    ]
    assert rendered.warnings == (
        "hooks/templates/jobs.yaml: document 3 is left out: its hook event is unknown",
    )


async def test_only_the_notes_of_the_top_chart_are_shown(own: Any) -> None:
    rendered = await (await own("notes")).render()
    assert rendered.notes == ("Release rel in space, revision 1.\nInstall: true, upgrade: false, by Helm.\n")


async def test_exact_numbers_stay_as_they_are_written(own: Any) -> None:
    rendering = await own("numbers")
    given = {"given": 3000000, "big": 12345678901234567, "ratio": 2.5}
    exact = (await rendering.render(given, numbers=Numbers.EXACT)).objects[0].manifest["data"]
    assert (exact["million"], exact["given"], exact["big"]) == ("1000000", "3000000", "12345678901234567")
    assert (exact["bigger"], exact["negative"], exact["list"]) == (
        "18446744073709551615",
        "-7",
        "[1 2.5 3000000]",
    )
    assert (exact["million.kind"], exact["price.kind"], exact["ratio"]) == ("int64", "float64", "2.5")
    assert (exact["nested"], exact["second"]) == ("map[port:8080 zero:1]", "2")
    helm = (await rendering.render(given)).objects[0].manifest["data"]
    assert (helm["million"], helm["given"], helm["million.kind"]) == ("1e+06", "3e+06", "float64")


async def test_numbers_of_objects_are_exact(own: Any) -> None:
    rendered = await (await own("documents")).render()
    (zebra,) = [found for found in rendered.objects if found.manifest["kind"] == "Zebra"]
    assert zebra.manifest["spec"] == {
        "count": 9007199254740993,
        "ratio": 1.5,
        "max": 18446744073709551615,
        "true": False,
        "when": "2024-01-01",
    }


async def test_lookup_answers_from_what_is_given(own: Any) -> None:
    rendering = await own("lookup")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "existing", "namespace": "space"}}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "node-1"},
        "status": {"capacity": 7000000},
    }
    found = await rendering.render(lookup=({**secret, "data": {"password": "x"}}, node))
    nothing = {"other": "{}", "missing": "{}", "dns": ""}
    assert found.objects[0].manifest["data"] == {
        "password": "x", "count": "1", "kind": "SecretList", "node": "7000000", **nothing,
    }  # fmt: skip
    empty = await rendering.render()
    assert empty.objects[0].manifest["data"] == {
        "password": "none", "count": "0", "kind": "nothing", "node": "0", **nothing,
    }  # fmt: skip


async def test_values_that_break_the_schema_are_named_but_not_printed(own: Any) -> None:
    rendering = await own("schema")
    with pytest.raises(ValuesRejected) as caught:
        await rendering.render({"replicas": "s3cret", "code": "S3CRET", "inner": {"port": 70000}})
    assert {(each.place.key, each.message) for each in caught.value.details} == {
        ("replicas", "got string, want integer"),
        ("code", 'does not match pattern "^[a-z]+$"'),
        ("inner.port", "maximum: got 70,000, want 65,535"),
    }
    assert "3cret" not in str(caught.value).lower()


async def test_a_schema_takes_exact_numbers(own: Any) -> None:
    rendering = await own("schema")
    rendered = await rendering.render({"replicas": 3000000}, numbers=Numbers.EXACT)
    assert rendered.objects[0].manifest["data"] == {"replicas": "3000000"}
    with pytest.raises(ValuesRejected):
        await rendering.render({"replicas": 2.5}, numbers=Numbers.EXACT)


async def test_a_table_in_place_of_a_value_is_a_warning_without_the_value(
    loaded: Load, pack: Callable[..., bytes]
) -> None:
    rendering = await loaded(pack({"values.yaml": "db: {host: s3cret}\n"}))
    rendered = await rendering.render({"db": "s3cret"})
    assert rendered.warnings == ()
    rendered = await rendering.render({"db": {"host": {"name": "s3cret"}}})
    assert all("s3cret" not in warning for warning in rendered.warnings)
    assert len(rendered.warnings) == 1


async def test_a_value_in_place_of_a_subchart_s_values_is_refused_without_the_value(own: Any) -> None:
    with pytest.raises(ValuesRejected, match="type mismatch on db") as caught:
        await (await own("subcharts")).render({"db": "s3cret"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("reference", ["http://127.0.0.1:1/x.json", "file:///etc/passwd", "other.json"])
async def test_a_schema_that_refers_to_the_outside_is_refused(
    reference: str, renderer: Renderer, loaded: Load, pack: Callable[..., bytes]
) -> None:
    schema = f'{{"properties": {{"a": {{"$ref": "{reference}"}}}}}}'
    with pytest.raises(SchemaInvalid, match="are not followed"):
        await renderer.validate(schema.encode(), b"{}")
    rendering = await loaded(pack({"values.schema.json": schema}))
    with pytest.raises(SchemaInvalid) as caught:
        await rendering.render()
    assert caught.value.place.file == "shop/values.schema.json"


async def test_validate_lists_each_violation(renderer: Renderer) -> None:
    schema = (
        b'{"required": ["name"], "properties": {"port": {"type": "integer"}, "db": {"maxProperties": 0}}}'
    )
    assert await renderer.validate(schema, b'{"name": "x", "port": 1}') == ()
    assert set(await renderer.validate(schema, b'{"port": "1", "db": {"a": 1}}')) == {
        "missing property 'name'",
        "port: got string, want integer",
        "db: maxProperties: got 1, want 0",
    }
    with pytest.raises(SchemaInvalid, match="not JSON"):
        await renderer.validate(b"{", b"{}")
    with pytest.raises(SchemaInvalid, match="not valid"):
        await renderer.validate(b'{"type": "nothing"}', b"{}")


X = "shop/templates/x.yaml"
HELPERS = "shop/templates/_helpers.tpl"
NO_FIELD = "can't evaluate field b in type interface {}"

BROKEN_TEMPLATES = {
    "does not parse": ("apiVersion: v1\nx: {{ if }}\n", Place(X, 2), "missing value for if"),
    "unknown function": ("{{ nothing }}", Place(X, 1), 'function "nothing" not defined'),
    "wrong type": ("a: b\nx: {{ .Values.a.b }}", Place(X, 2, 14), NO_FIELD),
    "first line": ("x: {{ .Values.a.b }}", Place(X, 1, 14), NO_FIELD),
    "fail": ('a: 1\n{{ fail "no good" }}', Place(X, 2, 4), "no good"),
    "required": ('{{ required "name it" .Values.name }}', Place(X, 1, 4), "name it"),
    "not closed": ("a: 1\n{{ .Values.a", Place(X, 2), "unclosed action"),
    "helper": ('{{ include "deep" . }}', Place(HELPERS, 3, 11), NO_FIELD),
    "tpl": ("\n{{ tpl .Values.text . }}", Place(X, 2, 4), "a text"),
}


@pytest.mark.parametrize(("template", "place", "message"), BROKEN_TEMPLATES.values(), ids=BROKEN_TEMPLATES)
async def test_a_broken_template_is_placed(
    template: str, place: Place, message: str, loaded: Load, pack: Callable[..., bytes]
) -> None:
    files = {
        "values.yaml": 'a: 1\ntext: "{{ .Values.s3cret | nothing }}"\n',
        "templates/x.yaml": template,
        "templates/_helpers.tpl": '{{ define "deep" }}\n{{- /* one */ -}}\n{{ .Values.a.b }}\n{{ end }}',
    }
    with pytest.raises(TemplateFailed) as caught:
        await (await loaded(pack(files))).render()
    assert (caught.value.place, message in caught.value.message) == (place, True), caught.value
    assert "s3cret" not in str(caught.value)
    assert "cantata" not in str(caught.value).lower()


ALIAS_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

BROKEN_MANIFESTS = {
    "not YAML": ("a: b\n---\nkind: X\n  apiVersion: v1\n", Place(X, 4, 13), "not YAML"),
    "a list": ("- a\n", Place(X, 1), "it is of type array"),
    "no kind": ("\n\napiVersion: v1\n", Place(X), "no kind"),
    "annotation": (
        "apiVersion: v1\nkind: X\nmetadata: {annotations: {a: {b: c}}}\n",
        Place(X),
        "cannot unmarshal object into Go struct field",
    ),
    "alias bomb": (
        ALIAS_BOMB,
        Place(X),
        "excessive aliasing",
    ),
    "deep": ("a: " + "[" * 200 + "]" * 200, Place(X, 1), "deeper than 100"),
}


@pytest.mark.parametrize(("text", "place", "message"), BROKEN_MANIFESTS.values(), ids=BROKEN_MANIFESTS)
async def test_a_broken_manifest_is_placed(
    text: str, place: Place, message: str, loaded: Load, pack: Callable[..., bytes]
) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        await (await loaded(pack({"templates/x.yaml": text}))).render()
    assert message in caught.value.message
    assert caught.value.place.file == place.file
    assert place.line in (0, caught.value.place.line), caught.value.place
    assert place.column in (0, caught.value.place.column), caught.value.place


async def test_a_key_written_twice_is_a_warning_and_the_last_one_counts(
    loaded: Load, pack: Callable[..., bytes]
) -> None:
    text = "# one\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  name: two\n"
    rendered = await (await loaded(pack({"templates/x.yaml": text}))).render()
    assert rendered.objects[0].manifest["metadata"] == {"name": "two"}
    assert rendered.warnings == (
        'shop/templates/x.yaml:7: the key "name" is written twice; the last one counts',
    )


async def test_what_cannot_be_installed_is_refused(loaded: Load, pack: Callable[..., bytes]) -> None:
    library = "apiVersion: v2\nname: shop\nversion: 1.0.0\ntype: library\n"
    with pytest.raises(ChartInvalid, match="library charts are not installable"):
        await (await loaded(pack({"Chart.yaml": library}))).render()
    missing = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{name: db, version: 1.x}]\n"
    with pytest.raises(ChartInvalid, match="missing in charts/: db"):
        await (await loaded(pack({"Chart.yaml": missing}))).render()
    modern = "apiVersion: v2\nname: shop\nversion: 1.0.0\nkubeVersion: '>=1.40'\n"
    with pytest.raises(ChartIncompatible, match=r">=1\.40"):
        await (await loaded(pack({"Chart.yaml": modern}))).render(capabilities=Capabilities("v1.36.3"))


async def test_a_request_that_makes_no_sense_is_refused(loaded: Load, pack: Callable[..., bytes]) -> None:
    rendering = await loaded(pack({}))
    with pytest.raises(RenderRequestInvalid, match="release name"):
        await rendering.render(release=Release("Not A Name", "space"))
    with pytest.raises(RenderRequestInvalid, match="kube version"):
        await rendering.render(capabilities=Capabilities("newest"))
    with pytest.raises(RenderRequestInvalid, match="JSON object"):
        await rendering.render(values=[1])
    with pytest.raises(RenderRequestInvalid):
        await rendering.render(values=msgspec.Raw(b"{"))


async def test_some_files_of_a_render_are_the_same_as_in_the_whole(own: Callable[[str], Any]) -> None:
    rendering = await own("subcharts")
    whole = await rendering.render()
    paths = sorted({item.path for item in whole.objects})
    for path in paths:
        part = await rendering.render(only=[path])
        assert part.objects == tuple(item for item in whole.objects if item.path == path)
        assert part.crds == ()
    assert (await rendering.render(only=[])).objects == ()
