"""What the command line makes of values: YAML, tables, packed charts, plans."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.live import Live

from cantata.cli.chart_archive import ChartUnreadable, read_chart
from cantata.cli.inputs import ArgumentInvalid, parse_pinned, parse_template
from cantata.cli.operation import path_lines
from cantata.cli.output import age, fitted, print_table
from cantata.cli.parity_text import print_parity
from cantata.cli.plan_text import plan_lines
from cantata.cli.progress import Lines, LiveTree
from cantata.cli.yaml_text import yaml_text
from cantata.contract.applications import ApplicationInfo, ApplicationStatusInfo, ServiceStatusInfo
from cantata.contract.helm_ignore import ignored, parse_ignore
from cantata.contract.operations import CriticalPathInfo, PathLinkInfo
from cantata.contract.parity import (
    EnvironmentInfo,
    FileInfo,
    FlagInfo,
    KeyParityInfo,
    ParityInfo,
    ServiceParityInfo,
    VariableInfo,
)
from cantata.contract.plans import (
    FieldChangeInfo,
    FoldedInfo,
    ObjectInfo,
    ObjectPlanInfo,
    PlanInfo,
    ServicePlanInfo,
    ValueChangeInfo,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_another_reader_of_yaml_reads_the_same(value: Any) -> None:
    assert yaml.safe_load(yaml_text(value)) == value


def test_yaml_looks_as_people_write_it() -> None:
    value = {"items": [{"name": "web", "tags": [], "on": {"a b": 1}}, [1, [2]]], "text": 'say "no"'}
    assert yaml_text(value) == (
        'items:\n  - name: "web"\n    tags: []\n    "on":\n      "a b": 1\n  - - 1\n    - - 2\n'
        'text: "say \\"no\\""\n'
    )


@pytest.mark.parametrize(("text", "pinned"), [("shop", ("shop", None)), ("shop@3", ("shop", 3))])
def test_a_pin(text: str, pinned: tuple[str, int | None]) -> None:
    assert parse_pinned(text) == pinned


@pytest.mark.parametrize(
    ("text", "version"), [("shop", None), ("shop@3", 3), ("shop@1.2.0", "1.2.0"), ("shop@v1", "v1")]
)
def test_a_version_of_a_template(text: str, version: int | str | None) -> None:
    assert parse_template(text) == ("shop", version)
    for wrong in ("", "@3", "shop@"):
        with pytest.raises(ArgumentInvalid):
            parse_template(wrong)


@pytest.mark.parametrize("text", ["", "@3", "shop@", "shop@x", "shop@0", "shop@-1", "shop@1@2"])
def test_what_is_no_pin(text: str) -> None:
    with pytest.raises(ArgumentInvalid):
        parse_pinned(text)


def test_a_table_in_a_pipe_is_neither_cut_nor_coloured(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "state"], [["a" * 200, "ready"], ["b", ""]])
    assert capsys.readouterr().out == f"{'NAME':<200}  STATE\n{'a' * 200}  ready\nb\n"


def test_on_a_terminal_the_widest_columns_are_cut() -> None:
    heads = ["SERVICE", "STATE", "IMAGE", "MESSAGE"]
    row = ["web", "ready", "registry.example.com/shop/web:1.4.0", "waits for catalog to be ready"]
    (cut,) = fitted(heads, [row], 60)
    assert len("  ".join(cut)) == 60 - len("SERVICE") + len("web")
    assert cut == ["web", "ready", "…e.com/shop/web:1.4.0", "waits for catalog to…"]
    assert fitted(heads, [row], 200) == [row]
    assert [len(cell) for cell in fitted(heads, [row], 1)[0]] == [3, 5, 12, 12], "and never to nothing"


@pytest.mark.parametrize(
    ("at", "told"),
    {
        "2026-11-28T12:00:00.500Z": "0s ago",
        "2026-11-28T11:59:01Z": "59s ago",
        "2026-11-28T11:50:00Z": "10m ago",
        "2026-11-27T12:00:01Z": "23h ago",
        "2026-11-20T12:00:00Z": "8d ago",
        "2026-09-28T12:00:00Z": "2026-09-28",
        "": "",
    }.items(),
)
def test_tables_tell_ages(at: str, told: str) -> None:
    assert age(at, datetime(2026, 11, 28, 12, tzinfo=UTC)) == told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "templates" / "orders").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (folder / "templates" / "orders" / "web.yaml").write_text("a: 1\n")
    (folder / ".helmignore").write_text("*.bak\n")
    return folder


def names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return opened.getnames()


def test_a_folder_is_packed_and_links_are_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "secret").symlink_to("/etc/passwd")
    (folder / "templates" / "up").symlink_to("..")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x")
    assert names(read_chart(folder)) == [
        "shop/.helmignore",
        "shop/Chart.yaml",
        "shop/templates/orders/web.yaml",
    ]
    assert capsys.readouterr().err.count("left out, a link") == 2


SHOP = Path(__file__).parents[2] / "examples" / "shop"


def test_what_helm_ignores_is_not_packed(folder: Path) -> None:
    (folder / "templates" / "orders" / "web.yaml.bak").write_text("{{ broken")
    (folder / "templates" / ".web.yaml.swp").write_text("x")
    assert names(read_chart(folder)) == [
        "shop/.helmignore",
        "shop/Chart.yaml",
        "shop/templates/orders/web.yaml",
    ]


def test_configs_beside_the_example_stay_here() -> None:
    assert list((SHOP / "configs").iterdir())
    packed = names(read_chart(SHOP))
    assert "shop/Chart.yaml" in packed
    assert not [name for name in packed if "/configs/" in name]


IGNORED = [
    ("helm.txt", "helm.txt", False, True),
    ("helm.*", "deep/helm.txt", False, True),
    ("/cargo/*.txt", "cargo/a.txt", False, True),
    ("/cargo/*.txt", "mast/cargo/a.txt", False, False),
    ("cargo/*.txt", "mast/cargo/a.txt", False, False),
    ("*.txt", "a/b.txt", False, True),
    ("a*b", "a/b", False, False),
    ("cargo/", "cargo", True, True),
    ("cargo/", "cargo", False, False),
    ("deep/cargo/", "deep/cargo", True, True),
    ("m?st", "mast", True, True),
    ("[a-c].md", "b.md", False, True),
    ("[^a-c].md", "b.md", False, False),
    (r"\*.md", "*.md", False, True),
    (r"\*.md", "a.md", False, False),
    ("# helm.txt", "helm.txt", False, False),
    ("!helm.txt", "helm.txt", False, False),
    ("!helm.txt", "tiller.txt", False, True),
    ("", "templates/.hidden", False, True),
    ("", ".hidden", False, False),
]
"""As `helm.sh/helm/v4/pkg/ignore` answers."""


@pytest.mark.parametrize(("rule", "path", "is_folder", "expected"), IGNORED)
def test_a_rule_of_helmignore(rule: str, path: str, is_folder: bool, expected: bool) -> None:
    assert ignored(parse_ignore(rule), path, is_folder=is_folder) is expected


@pytest.mark.parametrize("rule", ["a/**", "[a", "a\\"])
def test_a_rule_that_helm_refuses_is_named_by_its_line(folder: Path, rule: str) -> None:
    (folder / ".helmignore").write_text(f"# one\n{rule}\n")
    with pytest.raises(ChartUnreadable, match=r"\.helmignore:2: cannot read"):
        read_chart(folder)


def test_equal_folders_give_equal_bytes(folder: Path) -> None:
    first = read_chart(folder)
    (folder / "Chart.yaml").touch()
    assert read_chart(folder) == first


def test_an_archive_goes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shop.tgz").write_bytes(b"bytes")
    assert read_chart(tmp_path / "shop.tgz") == b"bytes"


def test_what_is_no_chart_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChartUnreadable, match=r"Chart\.yaml"):
        read_chart(tmp_path)
    with pytest.raises(ChartUnreadable, match="no-such"):
        read_chart(tmp_path / "no-such")


def test_a_plan_reads_from_intent_to_fields() -> None:
    key = ObjectInfo("apps", "Deployment", "shop", "web")
    changes = (FieldChangeInfo("spec.replicas", 1, 2), FieldChangeInfo("spec.paused", None, True))
    folded = (FoldedInfo("defaults", 3), FoldedInfo("autoscaler", 1))
    plan = PlanInfo(
        "shop-dev",
        4,
        True,
        (
            ServicePlanInfo(
                "web",
                (ObjectPlanInfo(key, "update", "changed", changes=changes, folded=folded),),
                rolls=True,
            ),
            ServicePlanInfo("db", (ObjectPlanInfo(key, "create", "absent", unverified="no namespace yet"),)),
        ),
        intent=(ValueChangeInfo("replicas", 1, 2), ValueChangeInfo("log.level", None, "debug", ("web",))),
        order=(("db", "other"), ("web",)),
    )
    assert plan_lines(plan) == [
        "what you changed:",
        "  replicas: 1 → 2",
        '  log.level: (absent) → "debug" (web)',
        "service web (pods are replaced)",
        "  ~ update Deployment shop/web",
        "      spec.replicas: 1 → 2",
        "      spec.paused: (absent) → true",
        "service db",
        "  + create Deployment shop/web (unverified)",
        "(not shown: 3 fields set by the API server or a webhook; 1 field left to an autoscaler)",
        "unverified: no namespace yet (1 object)",
        "order: db → web",
    ]


STATUS = ApplicationStatusInfo(
    ApplicationInfo("1", "shop-dev", "shop", None, "dev", None, "default", "shop", "shop"),
    "progressing",
    revision=3,
    services=(
        ServiceStatusInfo("web", "pending", message="waits for db"),
        ServiceStatusInfo("db", "ready", ready=1, desired=1),
    ),
)


def test_a_terminal_shows_a_tree_in_place() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, color_system=None)
    with Live(console=console, auto_refresh=False) as live:
        LiveTree(live).show(STATUS)
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    assert "shop-dev progressing  1/2 services, revision 3" in lines[0]
    assert any("├── web  pending" in line and "waits for db" in line for line in lines)
    assert any("└── db   ready" in line and "1/1" in line for line in lines)


def test_a_pipe_gets_a_line_for_each_change() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.show(STATUS)
    lines.show(STATUS)
    lines.show(msgspec.structs.replace(STATUS, state="ready"))
    said = [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()]
    assert said == [
        "shop-dev/web pending: waits for db",
        "shop-dev/db ready 1/1",
        "shop-dev progressing",
        "shop-dev ready",
    ]


def test_fields_that_change_alike_share_a_line() -> None:
    changes = tuple(FieldChangeInfo(f"env[{name}].name", "config-1", "config-2") for name in "abc")
    key = ObjectInfo("apps", "Deployment", "shop", "web")
    item = ObjectPlanInfo(key=key, action="update", changes=changes)
    plan = PlanInfo(application="shop", revision=2, changed=True, services=(ServicePlanInfo("web", (item,)),))
    told = [line for line in plan_lines(plan) if "config-1" in line]
    assert told == ['      env[a].name: "config-1" → "config-2" (and 2 more fields alike)']


def test_the_three_renderings_of_a_key_stand_in_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    port = KeyParityInfo(
        "db.port",
        "config dev@1",
        3,
        False,
        VariableInfo("number", 5432, "5432"),
        text="05432",
        environment=(EnvironmentInfo("web", "DB_PORT"), EnvironmentInfo("side", "DB_PORT")),
        files=(FileInfo("web", "/etc/all.yaml", "yaml"),),
        flags=(FlagInfo("renamed", "notice", "DB_PORT"), FlagInfo("retyped", "warning", "not the same")),
    )
    idle = KeyParityInfo(
        "idle\x1b", "config dev@1", 4, False, VariableInfo("string", "a", "a\x1b[31m\n"), text="a"
    )
    parity = ParityInfo("shop-dev", (ServiceParityInfo("web", (port, idle)),))
    print_parity(parity)
    table = capsys.readouterr().out.splitlines()
    cells = [cell.strip() for cell in table[1].split("  ") if cell.strip()]
    assert cells == [
        "web", "db.port", "number 5432", "DB_PORT", "/etc/all.yaml (yaml)", "05432", "renamed, retyped"
    ]  # fmt: skip
    assert table[2:] == ["warning: web: db.port: not the same"]
    print_parity(parity, every=True)
    shown = capsys.readouterr().out
    assert "string a\\x1b[31m\\n" in shown
    assert "\x1b" not in shown


def test_a_critical_path_reads_as_a_chain() -> None:
    path = CriticalPathInfo(
        60.0, (PathLinkInfo("db", 0.0, 41.0), PathLinkInfo("web", 41.2, 60.0, "db", "ready", 19.04))
    )
    assert path_lines(path) == [
        "critical path: 60.0 s",
        "  db: 0.0 s to 41.0 s, ready",
        "  web: 41.2 s to 60.0 s, through; waited for db (without this edge: −19.0 s)",
    ]
