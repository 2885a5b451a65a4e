"""What carries a key."""

from __future__ import annotations

import pytest
from tests.core.where.conftest import OWNER, config_map, name_of, pod_spec, recorded, workload

from cantata.core.delivery.subtrees import holds, subtree_name
from cantata.core.model.objects import Manifest
from cantata.core.model.parity import EnvironmentRendering, FileRendering
from cantata.core.model.variables import ChartVariables, Read, ReadHow, Spot, TemplateReads
from cantata.core.model.where import KeyEntry, Line
from cantata.core.services import SHARED
from cantata.core.where import Carried, Owner, carried, carried_by_hooks, template_lines


@pytest.mark.parametrize(
    ("entry", "key", "held"),
    [
        ("db.host", "db.host", True),
        ("db.host", "db", False),
        ("db..json", "db.host", True),
        ("db..json", "db", False),
        ("db..json", "dbx.host", False),
        ("db...yaml", "db.host", True),
        ("config...yaml", "db.host", True),
        ("config..yaml", "db.host", False),
        ("config..yaml", "config.host", True),
        ("db..xml", "db.host", False),
    ],
)
def test_an_entry_holds_its_key_or_a_subtree_with_it(entry: str, key: str, held: bool) -> None:
    assert holds(entry, key) is held


@pytest.mark.parametrize("key", ["", "db", "db.inner"])
@pytest.mark.parametrize("format_", ["yaml", "json", "properties", "dotenv"])
def test_names_of_subtrees_are_read_back(key: str, format_: str) -> None:
    leaf = f"{key}.host".lstrip(".")
    assert holds(subtree_name(key, format_, ()), leaf)
    assert holds(subtree_name(key, format_, (f"{key or 'config.'}..{format_}",)), leaf)


OWN = config_map(name_of("new"), {"greeting": "a", "other": "b"})
OWNED: dict[str, tuple[Owner, Manifest, bool]] = {
    "hashed": (OWNER, OWN, True),
    "in place": (OWNER, config_map("shop-web-config", {}, immutable=False), True),
    "a secret": (OWNER, config_map("shop-web-secret-aaaaaaaaaa", {}, kind="Secret"), True),
    "the chart's": (OWNER, config_map("shop-web-settings", {}), False),
    "the chart's, alike": (OWNER, config_map("shop-web-config-extra", {}), False),
    "another service's": (OWNER, config_map("shop-db-config-aaaaaaaaaa", {}), False),
    "the config's name": (OWNER, config_map("shop-config", {}, immutable=False), False),
    "the config's name, shared": (
        Owner("shop", SHARED, "shop-config"), config_map("shop-config", {}, immutable=False), True,
    ),
    "a custom kind": (OWNER, {**OWN, "apiVersion": "x.dev/v1"}, False),
}  # fmt: skip


@pytest.mark.parametrize(("owner", "manifest", "owned"), OWNED.values(), ids=OWNED)
def test_only_objects_of_the_service_count(owner: Owner, manifest: Manifest, owned: bool) -> None:
    assert owner.owns(manifest) is owned


def test_entries_variables_and_files_of_a_service() -> None:
    spec = pod_spec(name_of("new"))
    item = {"key": "greeting", "path": "greeting.txt"}
    spec["volumes"] = [{"name": "v", "configMap": {"name": name_of("new"), "items": [item]}}]
    spec["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": "/etc/shop"}]
    made = recorded(1, OWN, config_map("shop-web-extra", {"greeting": "x"}), workload(spec))
    assert carried(OWNER, made.version, made.manifests, "greeting") == Carried(
        entries=(KeyEntry("ConfigMap", name_of("new"), "greeting"),),
        environment=(EnvironmentRendering("main", "GREETING"),),
        files=(FileRendering("main", "/etc/shop/greeting.txt"),),
    )
    assert carried(OWNER, made.version, made.manifests, "other") == Carried(), "it was not delivered"


def test_hooks_have_objects_of_their_own() -> None:
    spec = pod_spec("shop-migrate.hook-config")
    hook = {**workload(spec, "Job"), "metadata": {"name": "migrate"}}
    own = config_map("shop-migrate.hook-config", {"greeting": "a"}, immutable=False)
    found = carried_by_hooks("shop", [own, hook], "greeting")
    assert found.entries == (KeyEntry("ConfigMap", "shop-migrate.hook-config", "greeting", in_place=True),)
    assert found.environment == (EnvironmentRendering("main", "GREETING"),)


def test_lines_read_the_key_or_what_holds_it() -> None:
    reads = (
        Read(("db", "host"), ReadHow.VALUE, (Spot("c/templates/a.yaml", 1),)),
        Read(("db",), ReadHow.VALUE, (Spot("c/templates/a.yaml", 2),)),
        Read(
            ("db", "host"), ReadHow.PRESENCE, (Spot("c/templates/a.yaml", 3), Spot("c/templates/a.yaml", 1))
        ),
        Read(("db",), ReadHow.PRESENCE, (Spot("c/templates/a.yaml", 6),)),
        Read(("db", "port"), ReadHow.VALUE, (Spot("c/templates/a.yaml", 4),)),
        Read((), ReadHow.PRESENCE, (Spot("c/templates/a.yaml", 5),)),
    )
    templates = (TemplateReads("c/templates/a.yaml", reads), TemplateReads("c/templates/b.yaml"))
    found = template_lines(ChartVariables("", templates), ("db", "host"))
    file = "c/templates/a.yaml"
    assert found == {
        file: (
            Line(file, 1, ReadHow.VALUE),
            Line(file, 2, ReadHow.VALUE),
            Line(file, 3, ReadHow.PRESENCE),
        )
    }
