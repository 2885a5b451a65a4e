"""What the design promises of injected config, rule by rule."""

from __future__ import annotations

from tests.core.delivery.small import LEVEL, NAME, app, data, one, pod_of, rules, run, workload

from cantata.core.delivery import Entry
from cantata.core.model.findings import Severity
from cantata.core.model.templates import DeliverAs, Delivery, UpdateMode
from cantata.core.values import LayerKind, Origin


def test_injection_goes_to_the_own_containers_and_the_chart_wins() -> None:
    own = {"name": "DB_HOST", "value": "elsewhere"}
    pod = {**one(env=[own]), "initContainers": [{"name": "init"}]}

    delivered = run(workload(pod), deliveries=[Delivery(as_=DeliverAs.ENV, keys=("db",))])

    assert [item["name"] for item in app(delivered)["env"]] == ["DB_PASSWORD", "DB_PORT", "DB_HOST"]
    assert pod_of(delivered)["initContainers"] == [{"name": "init"}]
    assert rules(delivered) == ["env-shadowed"]
    assert delivered.used == ("db.password", "db.port")


def test_injection_does_not_override_a_source_that_the_chart_renders() -> None:
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own"}, "data": {"DB_HOST": "x"}}
    manifest = workload(one(envFrom=[{"configMapRef": {"name": "own"}}]))

    delivered = run(manifest, own, deliveries=[Delivery(as_=DeliverAs.ENV, keys=("db.host",))])

    assert delivered.manifests == (manifest, own)
    assert rules(delivered) == ["env-shadowed"]


def test_containers_are_named() -> None:
    pod = {**one(), "initContainers": [{"name": "init"}]}
    delivery = Delivery(as_=DeliverAs.ENV, keys=("logLevel",), containers=("init", "gone"))

    delivered = run(workload(pod), deliveries=[delivery])

    assert "env" not in app(delivered)
    assert pod_of(delivered)["initContainers"][0]["env"][0]["name"] == "LOG_LEVEL"
    assert [(finding.rule, finding.severity) for finding in delivered.findings] == [
        ("unknown-container", Severity.ERROR)
    ]


def test_names_that_are_none_and_names_that_collide() -> None:
    entries = [
        Entry(("1st",), "a", "a"),
        Entry(("a", "b"), "first", "first"),
        Entry(("a-b",), "second", "second"),
    ]

    delivered = run(workload(one()), entries=entries, deliveries=[Delivery(as_=DeliverAs.ENV)])

    assert sorted(rules(delivered)) == ["env-collision", "invalid-env-name"]
    assert delivered.used == ("a.b",)
    assert data(delivered) == {"ConfigMap": {"a.b": "first"}}


def test_a_key_that_is_asked_for_by_its_name_is_no_warning() -> None:
    origin = Origin(LayerKind.CONFIG, "config shop@1", 7)
    entries = [
        Entry(("a", "b"), "first", "first"),
        Entry(("a-b",), "second", "second", origin=origin),
        Entry(("1st",), "third", "third", origin=origin),
    ]
    deliveries = [Delivery(as_=DeliverAs.ENV, keys=("a", "a-b", "1st"))]

    delivered = run(workload(one()), entries=entries, deliveries=deliveries)

    assert {(each.rule, each.severity, each.file, each.line, each.key) for each in delivered.findings} == {
        ("env-collision", Severity.ERROR, "config shop@1", 7, "a-b"),
        ("invalid-env-name", Severity.ERROR, "config shop@1", 7, "1st"),
    }


def test_a_leaf_is_mounted_alone_as_it_is() -> None:
    delivery = Delivery(as_=DeliverAs.FILE, mount_path="/etc/app/level", key="logLevel", format="yaml")

    delivered = run(workload(one()), deliveries=[delivery])

    (mount,) = app(delivered)["volumeMounts"]
    (volume,) = pod_of(delivered)["volumes"]
    assert mount == {
        "name": volume["name"],
        "mountPath": "/etc/app/level",
        "subPath": "level",
        "readOnly": True,
    }
    assert volume["configMap"]["items"] == [{"key": "logLevel", "path": "level"}]
    assert data(delivered) == {"ConfigMap": {"logLevel": "info"}}


def test_a_subtree_with_a_secret_is_one_secret_file() -> None:
    delivery = Delivery(as_=DeliverAs.FILE, mount_path="/etc/app/db.yaml", key="db", format="yaml")

    delivered = run(workload(one()), deliveries=[delivery])

    assert data(delivered) == {"Secret": {"db..yaml": "host: postgres\npassword: s3cret\nport: 5432\n"}}
    assert delivered.used == ("db.host", "db.password", "db.port")
    assert "s3cret" not in repr(delivered.findings)


def test_a_folder_in_place_is_mutable_and_keeps_its_name() -> None:
    delivery = Delivery(
        as_=DeliverAs.FILE,
        mount_path="/etc/app",
        directory=True,
        keys=("logLevel",),
        update=UpdateMode.IN_PLACE,
    )

    delivered = run(workload(one()), deliveries=[delivery])

    (config,) = delivered.objects
    assert config["metadata"]["name"] == "shop-web-config"
    assert "immutable" not in config
    assert "subPath" not in app(delivered)["volumeMounts"][0]


def test_a_mount_of_the_chart_wins() -> None:
    manifest = workload(one(volumeMounts=[{"name": "own", "mountPath": "/etc/app/"}]))
    delivery = Delivery(as_=DeliverAs.FILE, mount_path="/etc/app", directory=True)

    delivered = run(manifest, deliveries=[delivery])

    assert delivered.manifests == (manifest,)
    assert delivered.objects == ()
    assert rules(delivered) == ["mount-shadowed"]


def test_a_delivery_of_nothing_is_an_error() -> None:
    deliveries = [
        Delivery(as_=DeliverAs.ENV, keys=("cache",)),
        Delivery(as_=DeliverAs.FILE, mount_path="/etc/x", key="gone"),
        Delivery(as_=DeliverAs.FILE, mount_path="/etc/y", key="no", format="json"),
    ]

    delivered = run(workload(one()), deliveries=deliveries)

    assert [(finding.rule, finding.key) for finding in delivered.findings] == [
        ("missing-key", "cache"),
        ("missing-key", "gone"),
        ("missing-key", "no"),
    ]


def test_a_key_that_no_object_can_have_is_left_out_with_a_finding() -> None:
    entries = [Entry(("labels", "kubernetes.io/arch"), "arm", "arm"), LEVEL]

    delivered = run(workload(one(envFrom=[{"configMapRef": {"name": NAME}}])), entries=entries)

    assert delivered.used == ("logLevel",)
    assert rules(delivered) == ["invalid-key"]
