"""Services come to a template, leave it and change their names; comments and order stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cantata.core.authoring import (
    AddedService,
    EditedFiles,
    ServiceFilesUnknown,
    ServiceImageInvalid,
    ServiceNameUnfit,
    ServiceNeeded,
    ServiceTaken,
    TemplateFileUnreadable,
    WorkloadKind,
    add_service,
    new_template,
    remove_service,
    rename_service,
)
from cantata.core.model.errors import NameInvalid, ServiceNotFound
from cantata.core.model.templates import Condition
from cantata.errors import CantataError, Place

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"

Files = dict[str, bytes]


def files(texts: Mapping[str, str]) -> Files:
    return {path: text.encode() for path, text in texts.items()}


def skeleton(*services: str) -> Files:
    return files(new_template("shop", services))


def shop() -> Files:
    """The example, without what is no part of the chart."""
    every = (path for path in SHOP.rglob("*") if path.is_file() and path.parent.name != "configs")
    return {path.relative_to(SHOP).as_posix(): path.read_bytes() for path in every}


def changed(before: Files, edited: EditedFiles) -> dict[str, str | None]:
    """The files that came, went (None) or changed."""
    paths = {*before, *edited.files}
    return {
        path: edited.files[path].decode() if path in edited.files else None
        for path in sorted(paths)
        if before.get(path) != edited.files.get(path)
    }


LAYOUT = "layout: file\nservices:\n"
FOUND = "services: { web: { dependsOn: { db: ready } }, db: {} }\n"
CHART = {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n"}

SPEC_CASES: dict[str, tuple[str, Callable[[Files], EditedFiles], str]] = {
    "added last": (
        f"{LAYOUT}  web: {{}} # pages\n# end\n",
        lambda before: add_service(before, AddedService("db")),
        f"{LAYOUT}  web: {{}} # pages\n  db: {{}}\n# end\n",
    ),
    "added with what it waits for": (
        f"{LAYOUT}  web: {{}}\n",
        lambda before: add_service(before, AddedService("db", depends_on={"web": Condition.STARTED})),
        f"{LAYOUT}  web: {{}}\n  db:\n    dependsOn: {{ web: started }}\n",
    ),
    "added in brackets": (
        "layout: file\nservices: { web: {} }\n",
        lambda before: add_service(before, AddedService("db")),
        "layout: file\nservices: { web: {}, db: {} }\n",
    ),
    "added to analysis": (
        "services:\n  web: { files: [web.yaml] }\n",
        lambda before: add_service(before, AddedService("db")),
        "services:\n  web: { files: [web.yaml] }\n  db:\n    files: [db.yaml]\n",
    ),
    "added to nothing": (
        "",
        lambda before: add_service(before, AddedService("db")),
        "services:\n  db:\n    files: [db.yaml]\n",
    ),
    "added where another one was": (
        f"{LAYOUT}  web:\n    renamedFrom: db\n",
        lambda before: add_service(before, AddedService("db")),
        f"{LAYOUT}  web: {{}}\n  db: {{}}\n",
    ),
    "added under a word that YAML knows": (
        f"{LAYOUT}  web: {{}}\n",
        lambda before: add_service(before, AddedService("on")),
        f'{LAYOUT}  web: {{}}\n  "on": {{}}\n',
    ),
    "added where analysis finds what it waits for": (
        "",
        lambda before: add_service(before, AddedService("db", depends_on={"found": Condition.READY})),
        "services:\n  db:\n    files: [db.yaml]\n    dependsOn: { found: ready }\n",
    ),
    "removed with its comment": (
        f"{LAYOUT}  api: {{}}\n\n  # the pages\n  # of all\n  web: {{}} # here\n\n  # the rest\n  db: {{}}\n",
        lambda before: remove_service(before, "web"),
        f"{LAYOUT}  api: {{}}\n\n  # the rest\n  db: {{}}\n",
    ),
    "removed below a comment of several": (
        f"{LAYOUT}  # these two\n  web: {{}}\n  db: {{}}\n",
        lambda before: remove_service(before, "web"),
        f"{LAYOUT}  # these two\n  db: {{}}\n",
    ),
    "removed in brackets": (
        "layout: file\nservices: { api: {}, web: { dependsOn: [api] } }\n",
        lambda before: remove_service(before, "web"),
        "layout: file\nservices: { api: {} }\n",
    ),
    "removed last": (
        f"{LAYOUT}  web: {{}}\n",
        lambda before: remove_service(before, "web"),
        "layout: file\nservices: {}\n",
    ),
    "renamed": (
        f"{LAYOUT}  web: {{}} # pages\n  db:\n    dependsOn: {{ web: ready }} # why\n",
        lambda before: rename_service(before, "web", "front"),
        f"{LAYOUT}  front: # pages\n    renamedFrom: web\n  db:\n    dependsOn: {{ front: ready }} # why\n",
    ),
    "renamed where it is listed": (
        f"{LAYOUT}  web:\n"
        '  a: { dependsOn: [web, "db:started"] }\n  b:\n    dependsOn:\n      - "web:started"\n',
        lambda before: rename_service(before, "web", "front"),
        f"{LAYOUT}  front:\n    renamedFrom: web\n"
        '  a: { dependsOn: [front, "db:started"] }\n  b:\n    dependsOn:\n      - "front:started"\n',
    ),
    "renamed in the long form": (
        f"{LAYOUT}  web: {{}}\n  webhook: {{}}\n"
        "  a:\n    dependsOn:\n      webhook: {}\n      web: { condition: ready }\n",
        lambda before: rename_service(before, "web", "front"),
        f"{LAYOUT}  front:\n    renamedFrom: web\n  webhook: {{}}\n"
        "  a:\n    dependsOn:\n      webhook: {}\n      front: { condition: ready }\n",
    ),
    "renamed again": (
        f"{LAYOUT}  web:\n    renamedFrom: old # then\n",
        lambda before: rename_service(before, "web", "front"),
        f"{LAYOUT}  front:\n    renamedFrom: [web, old] # then\n",
    ),
    "renamed back": (
        f"{LAYOUT}  web: {{ renamedFrom: front }}\n",
        lambda before: rename_service(before, "web", "front"),
        f"{LAYOUT}  front: {{ renamedFrom: [web, front] }}\n",
    ),
    "renamed to what another one was long ago": (
        f"{LAYOUT}  web: {{}}\n  api: {{ renamedFrom: [back, front, old] }}\n",
        lambda before: rename_service(before, "web", "front"),
        f"{LAYOUT}  front:\n    renamedFrom: web\n  api: {{ renamedFrom: [back, old] }}\n",
    ),
    "renamed to what another one was": (
        f"{LAYOUT}  web: {{}}\n  api: {{ renamedFrom: front }}\n",
        lambda before: rename_service(before, "web", "front"),
        f"{LAYOUT}  front:\n    renamedFrom: web\n  api: {{}}\n",
    ),
    "renamed without a word of its own": (
        "layout: file\n",
        lambda before: rename_service(before, "web", "front"),
        "layout: file\nservices:\n  front:\n    renamedFrom: web\n",
    ),
    "renamed by analysis, found by its file": (
        "",
        lambda before: rename_service(before, "web", "front"),
        "services:\n  front:\n    renamedFrom: web\n    files: [front.yaml]\n",
    ),
    "renamed with its files": (
        'services:\n  web: { files: ["pages-*.yaml"] }\n',
        lambda before: rename_service(before, "web", "front"),
        'services:\n  front: { files: ["pages-*.yaml", front.yaml], renamedFrom: web }\n',
    ),
    "keys that are delivered": (
        f'{LAYOUT}  web:\n    delivery:\n      - {{ as: env, keys: [web, webhook, "web.port"] }}\n'
        "      - { as: file, mountPath: /a, key: web.routes, format: yaml }\n",
        lambda before: rename_service(before, "web", "front"),
        f'{LAYOUT}  front:\n    delivery:\n      - {{ as: env, keys: [front, webhook, "front.port"] }}\n'
        "      - { as: file, mountPath: /a, key: front.routes, format: yaml }\n    renamedFrom: web\n",
    ),
    "keys that are kept": (
        f"{LAYOUT}  web:\n    delivery:\n      - {{ as: env, keys: [web] }}\n",
        lambda before: rename_service(before, "web", "front", keep_values=True),
        f"{LAYOUT}  front:\n    delivery:\n      - {{ as: env, keys: [web] }}\n    renamedFrom: web\n",
    ),
}


@pytest.mark.parametrize("name", SPEC_CASES)
def test_what_becomes_of_cantata_yaml(name: str) -> None:
    text, edit, expected = SPEC_CASES[name]
    given = {
        **CHART,
        "values.yaml": "web: { port: 1 }\n",
        "templates/web.yaml": "a: {{ .Values.web.port }}\n",
    }
    edited = edit(files({**given, "cantata.yaml": text}))
    assert edited.files["cantata.yaml"].decode() == expected


VALUES = """\
# All of it.
logLevel: info

# -- The pages
web:
  port: 1 # here

# The data
db: { size: 1 }
"""


def with_values(values: str, **templates: str) -> Files:
    paths = {f"templates/{name}.yaml": text for name, text in templates.items()}
    return files({**CHART, "cantata.yaml": "layout: file\n", "values.yaml": values, **paths})


def test_a_section_goes_with_its_service() -> None:
    before = with_values(VALUES, web="a: {{ .Values.web.port }}", db="a: {{ .Values.db.size }}")
    edited = remove_service(before, "web")
    assert changed(before, edited) == {
        "templates/web.yaml": None,
        "values.yaml": "# All of it.\nlogLevel: info\n\n# The data\ndb: { size: 1 }\n",
    }
    assert changed(before, remove_service(before, "db"))["values.yaml"] == VALUES.partition("\n# The data")[0]


@pytest.mark.parametrize(
    "reading",
    [
        "{{ .Values.web.port }}",
        '{{ index $.Values "web" }}',
        "{ name: c, key: web.port }",
        "{{ $.Values.web }}",
    ],
)
def test_a_section_that_others_read_stays(reading: str) -> None:
    before = with_values(VALUES, web="a: 1", db=reading)
    edited = remove_service(before, "web")
    assert changed(before, edited) == {"templates/web.yaml": None}
    assert edited.notes == ("values.yaml keeps web: templates/db.yaml reads it",)


def test_a_section_changes_its_name_wherever_it_is_read() -> None:
    schema = '{\n  "properties": {"web": {}, "db": {}},\n  "required": ["db", "web"]\n}\n'
    before = with_values(
        VALUES,
        web='{{ .Values.web.port }} {{ $.Values.web }} {{ index .Values "web" "x" }} {{ .Values.webhook }}',
        db="{{ .Values.db.web }} {{ .Values.web }} { key: web.port } # web\n",
    )
    before["values.schema.json"] = schema.encode()
    edited = rename_service(before, "web", "front-end")
    assert changed(before, edited) == {
        "cantata.yaml": "layout: file\nservices:\n  front-end:\n    renamedFrom: web\n",
        "templates/web.yaml": None,
        "templates/front-end.yaml": "{{ .Values.frontEnd.port }} {{ $.Values.frontEnd }} "
        '{{ index .Values "frontEnd" "x" }} {{ .Values.webhook }}',
        "templates/db.yaml": "{{ .Values.db.web }} {{ .Values.frontEnd }} { key: frontEnd.port } # web\n",
        "values.yaml": VALUES.replace("web:", "frontEnd:"),
        "values.schema.json": schema.replace('"web"', '"frontEnd"'),
    }
    assert edited.notes == (
        "values.yaml: web is called frontEnd now; configs that set keys below web must follow",
    )


def test_a_section_can_be_kept() -> None:
    before = with_values(VALUES, web="a: {{ .Values.web.port }}")
    edited = rename_service(before, "web", "front", keep_values=True)
    assert changed(before, edited) == {
        "cantata.yaml": "layout: file\nservices:\n  front:\n    renamedFrom: web\n",
        "templates/web.yaml": None,
        "templates/front.yaml": "a: {{ .Values.web.port }}",
    }


def test_a_folder_of_files_moves() -> None:
    before = with_values(VALUES, **{"web/a": "a: 1", "web/b": "b: 1", "web-b": "c: 1"})
    edited = rename_service(before, "web", "front")
    assert {path for path in edited.files if path.startswith("templates")} == {
        "templates/front/a.yaml",
        "templates/front/b.yaml",
        "templates/web-b.yaml",
    }
    assert "templates/web-b.yaml" in remove_service(before, "web").files


def test_annotations_follow() -> None:
    text = (
        "metadata:\n  annotations:\n"
        '    cantata.dev/depends-on: "api, web:ready, webhook"\n'
        "    cantata.dev/service: web\n    other: web\n"
    )
    before = with_values(VALUES, web="a: 1", db=text)
    renamed = rename_service(before, "web", "front").files["templates/db.yaml"].decode()
    assert renamed == text.replace("web:ready", "front:ready").replace("service: web", "service: front")
    with pytest.raises(ServiceNeeded) as refused:
        remove_service(before, "web")
    assert refused.value.details[0].place == Place("templates/db.yaml", 3)


def test_who_depends_on_it_is_named() -> None:
    with pytest.raises(ServiceNeeded) as refused:
        remove_service(shop(), "migrate")
    assert refused.value.message == "service migrate is needed by catalog, orders, report"
    assert [detail.place.line for detail in refused.value.details] == [23, 25, 27]


REFUSED: dict[str, tuple[Callable[[], object], type[CantataError]]] = {
    "no name": (lambda: add_service(skeleton("web"), AddedService("Web")), ServiceNameUnfit),
    "shared": (lambda: add_service(skeleton("web"), AddedService("shared")), ServiceNameUnfit),
    "global": (lambda: rename_service(skeleton("web"), "web", "global"), ServiceNameUnfit),
    "a service": (lambda: add_service(skeleton("web"), AddedService("web")), ServiceTaken),
    "another service": (lambda: rename_service(skeleton("web", "api"), "web", "api"), ServiceTaken),
    "itself": (lambda: rename_service(skeleton("web"), "web", "web"), ServiceTaken),
    "a key": (lambda: add_service(skeleton("web"), AddedService("settings")), ServiceTaken),
    "a key by rename": (lambda: rename_service(skeleton("web"), "web", "settings"), ServiceTaken),
    "a subchart": (
        lambda: add_service(
            files({**CHART, "Chart.yaml": "dependencies: [{ name: redis, alias: cache }]"}),
            AddedService("cache"),
        ),
        ServiceTaken,
    ),
    "unknown": (lambda: remove_service(skeleton("web"), "wbe"), ServiceNotFound),
    "unknown by rename": (lambda: rename_service(skeleton("web"), "wbe", "front"), ServiceNotFound),
    "waits for nobody": (
        lambda: add_service(skeleton("web"), AddedService("api", depends_on={"db": Condition.READY})),
        ServiceNotFound,
    ),
    "no image": (
        lambda: add_service(skeleton("web"), AddedService("api", image="a\nb")),
        ServiceImageInvalid,
    ),
    "found by analysis": (
        lambda: rename_service(files({**CHART, "cantata.yaml": FOUND}), "db", "data"),
        ServiceFilesUnknown,
    ),
    "found by analysis, without a word": (
        lambda: remove_service(files({**CHART, "templates/a.yaml": ""}), "web"),
        ServiceFilesUnknown,
    ),
    "broken": (
        lambda: add_service(files({"cantata.yaml": "services: [\n"}), AddedService("web")),
        TemplateFileUnreadable,
    ),
    "no map": (
        lambda: add_service(files({"cantata.yaml": "services: [a]\n"}), AddedService("web")),
        TemplateFileUnreadable,
    ),
    "no text": (
        lambda: add_service({"cantata.yaml": b"\xff\xfe"}, AddedService("web")),
        TemplateFileUnreadable,
    ),
    "shared by an anchor": (
        lambda: remove_service(
            files(
                {**CHART, "cantata.yaml": f"{LAYOUT}  web: &w {{}}\n  api: *w\n", "templates/web.yaml": ""}
            ),
            "web",
        ),
        TemplateFileUnreadable,
    ),
    "one name twice": (lambda: new_template("shop", ("web", "web")), ServiceTaken),
    "one section twice": (lambda: new_template("shop", ("log-agent", "log--agent")), ServiceTaken),
    "no name of a template": (lambda: new_template("Shop"), NameInvalid),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    act, kind = REFUSED[name]
    with pytest.raises(kind):
        act()


@pytest.mark.parametrize("kind", WorkloadKind)
@pytest.mark.parametrize(
    "before", [skeleton("web"), skeleton("api", "web"), shop()], ids=["one", "two", "shop"]
)
def test_what_is_added_can_be_removed_again(before: Files, kind: WorkloadKind) -> None:
    added = add_service(before, AddedService("extra-one", kind, depends_on={"web": Condition.READY}))
    came = changed(before, added)
    assert came.keys() - {"values.schema.json"} == {"cantata.yaml", "templates/extra-one.yaml", "values.yaml"}
    assert changed(before, remove_service(added.files, "extra-one")) == {}


@pytest.mark.parametrize("before", [skeleton("api", "web"), shop()], ids=["skeleton", "shop"])
def test_what_is_renamed_can_be_renamed_back(before: Files) -> None:
    """But for `renamedFrom`."""
    renamed = rename_service(before, "web", "front-end")
    assert renamed.files != before
    again = changed(before, rename_service(renamed.files, "front-end", "web"))
    assert again.keys() == {"cantata.yaml"}
    lines = (again["cantata.yaml"] or "").splitlines()
    assert [line for line in lines if "renamedFrom" not in line] == before[
        "cantata.yaml"
    ].decode().splitlines()


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    before = with_values("\ufeff# top\r\nweb:\r\n  port: 1\r\n", web="a: 1")
    before["cantata.yaml"] = b"\xef\xbb\xbflayout: file\r\nservices:\r\n  web: {}\r\n"
    edited = rename_service(before, "web", "front")
    assert edited.files["values.yaml"] == "\ufeff# top\r\nfront:\r\n  port: 1\r\n".encode()
    assert edited.files["cantata.yaml"] == (
        b"\xef\xbb\xbflayout: file\r\nservices:\r\n  front:\r\n    renamedFrom: web\r\n"
    )
