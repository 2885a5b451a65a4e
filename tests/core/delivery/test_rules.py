"""What the design promises of delivery, rule by rule, on small manifests."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from cantata.core.config import SecretText
from cantata.core.delivery import Delivered, Entry, deliver
from cantata.core.model.findings import Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import DeliverAs, Delivery, UpdateMode
from cantata.core.stamp import pod_spec
from cantata.core.values import LayerKind, Origin

NAME = "shop-config"
HOST = Entry(("db", "host"), "postgres", "postgres")
PORT = Entry(("db", "port"), "5432", 5432)
PASSWORD = Entry(("db", "password"), SecretText("s3cret"), SecretText("s3cret"))
LEVEL = Entry(("logLevel",), "info", "info")
CONFIG = (HOST, PASSWORD, PORT, LEVEL)

PLACES = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "Pod": "v1",
}


def keyed_hash(content: bytes) -> str:
    return hashlib.blake2b(content, key=b"key", digest_size=16).hexdigest()


def workload(pod: dict[str, Any], kind: str = "Deployment", name: str = "web") -> Manifest:
    spec: dict[str, Any] = {"template": {"spec": pod}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    if kind == "Pod":
        spec = pod
    metadata = {"name": name, "namespace": "dev"}
    return {"apiVersion": PLACES[kind], "kind": kind, "metadata": metadata, "spec": spec}


def one(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "app", **container}]}


def key_variable(name: str, key: str, field: str = "configMapKeyRef", **more: Any) -> dict[str, Any]:
    return {"name": name, "valueFrom": {field: {"name": NAME, "key": key, **more}}}


def run(
    *manifests: Manifest,
    entries: Sequence[Entry] = CONFIG,
    deliveries: Sequence[Delivery] = (),
    name: str = NAME,
    service: str = "web",
    release: str = "shop",
    rendered: Sequence[ObjectKey] = (),
) -> Delivered:
    before = copy.deepcopy(manifests)
    delivered = deliver(
        service,
        manifests,
        config_name=name,
        entries=entries,
        deliveries=deliveries,
        release=release,
        namespace="dev",
        keyed_hash=keyed_hash,
        rendered=rendered,
    )
    assert manifests == before, "inputs are never changed"
    return delivered


def pod_of(delivered: Delivered, index: int = 0) -> Manifest:
    pod = pod_spec(delivered.manifests[index])
    assert pod is not None
    return pod


def app(delivered: Delivered) -> Manifest:
    container: Manifest = pod_of(delivered)["containers"][0]
    return container


def data(delivered: Delivered) -> dict[str, dict[str, str]]:
    """The content of the objects by kind, in clear."""
    found = {}
    for manifest in delivered.objects:
        content = manifest["data"]
        if manifest["kind"] == "Secret":
            content = {key: base64.b64decode(text).decode() for key, text in content.items()}
        found[manifest["kind"]] = content
    return found


def names(delivered: Delivered) -> dict[str, str]:
    return {manifest["kind"]: manifest["metadata"]["name"] for manifest in delivered.objects}


def rules(delivered: Delivered) -> list[str]:
    return [finding.rule for finding in delivered.findings]


# --- native references -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("field", ["containers", "initContainers", "ephemeralContainers"])
def test_a_key_reference_is_rewritten_in_every_pod_template(kind: str, field: str) -> None:
    pod: dict[str, Any] = {"containers": [{"name": "other"}]}
    pod[field] = [{"name": "app", "env": [key_variable("HOST", "db.host")]}]

    delivered = run(workload(pod, kind))

    assert data(delivered) == {"ConfigMap": {"db.host": "postgres"}}
    assert delivered.used == ("db.host",)
    reference = pod_of(delivered)[field][0]["env"][0]["valueFrom"]["configMapKeyRef"]
    assert reference == {"name": names(delivered)["ConfigMap"], "key": "db.host"}


def test_a_reference_becomes_one_to_the_kind_that_holds_the_key() -> None:
    delivered = run(
        workload(
            one(
                env=[key_variable("PASSWORD", "db.password"), key_variable("HOST", "db.host", "secretKeyRef")]
            )
        )
    )

    password, host = app(delivered)["env"]
    assert password["valueFrom"] == {
        "secretKeyRef": {"name": names(delivered)["Secret"], "key": "db.password"}
    }
    assert host["valueFrom"] == {"configMapKeyRef": {"name": names(delivered)["ConfigMap"], "key": "db.host"}}
    assert data(delivered) == {"ConfigMap": {"db.host": "postgres"}, "Secret": {"db.password": "s3cret"}}


def test_the_objects_are_immutable_and_named_by_service_and_content() -> None:
    config, secret = run(
        workload(one(env=[key_variable("P", "db.password"), key_variable("H", "db.host")]))
    ).objects

    assert config["immutable"] is secret["immutable"] is True
    assert secret["type"] == "Opaque"
    assert config["metadata"]["namespace"] == secret["metadata"]["namespace"] == "dev"
    for manifest, word in ((config, "config"), (secret, "secret")):
        head, _, digest = manifest["metadata"]["name"].rpartition("-")
        assert head == f"shop-web-{word}"
        assert len(digest) == 10


def test_long_names_fit_and_stay_apart() -> None:
    manifest = workload(one(env=[key_variable("P", "db.password"), key_variable("H", "db.host")]))

    made = [run(manifest, release="r" * 53, service="s" * 40 + end) for end in "ab"]

    found = [name for delivered in made for name in names(delivered).values()]
    assert len(set(found)) == 4
    assert all(len(name) <= 63 for name in found)


def test_env_from_becomes_upper_snake_variables_before_the_charts_own() -> None:
    source = {"prefix": "SHOP_", "configMapRef": {"name": NAME}}
    own = {"name": "URL", "value": "http://$(SHOP_DB_HOST)"}

    delivered = run(workload(one(envFrom=[source], env=[own])))

    container = app(delivered)
    assert "envFrom" not in container
    assert [item["name"] for item in container["env"]] == [
        "SHOP_DB_HOST",
        "SHOP_DB_PASSWORD",
        "SHOP_DB_PORT",
        "SHOP_LOG_LEVEL",
        "URL",
    ]
    assert container["env"][1]["valueFrom"]["secretKeyRef"]["key"] == "db.password"


def test_env_from_of_the_secret_takes_only_secrets() -> None:
    delivered = run(workload(one(envFrom=[{"secretRef": {"name": NAME}}])))

    assert [item["name"] for item in app(delivered)["env"]] == ["DB_PASSWORD"]
    assert delivered.used == ("db.password",)


def test_what_the_chart_sets_wins_over_env_from_with_a_finding() -> None:
    own = {"name": "DB_HOST", "value": "elsewhere"}

    delivered = run(workload(one(envFrom=[{"configMapRef": {"name": NAME}}], env=[own])))

    assert [item for item in app(delivered)["env"] if item["name"] == "DB_HOST"] == [own]
    assert rules(delivered) == ["env-shadowed"]
    assert "db.host" not in delivered.used


def test_the_same_entry_twice_is_no_finding() -> None:
    own = key_variable("DB_HOST", "db.host")

    delivered = run(workload(one(envFrom=[{"configMapRef": {"name": NAME}}], env=[own])))

    assert delivered.findings == ()
    assert len([item for item in app(delivered)["env"] if item["name"] == "DB_HOST"]) == 1


def test_other_sources_stay() -> None:
    other = {"configMapRef": {"name": "other"}}

    delivered = run(workload(one(envFrom=[other, {"configMapRef": {"name": NAME}}])))

    assert app(delivered)["envFrom"] == [other]


def test_a_volume_where_both_kinds_meet_becomes_projected() -> None:
    volume = {"name": "config", "configMap": {"name": NAME, "defaultMode": 0o440}}

    delivered = run(workload({**one(), "volumes": [volume]}))

    (made,) = pod_of(delivered)["volumes"]
    assert set(made) == {"name", "projected"}
    assert made["projected"]["defaultMode"] == 0o440
    config, secret = (next(iter(source.values())) for source in made["projected"]["sources"])
    assert [item["path"] for item in config["items"]] == ["db.host", "db.port", "logLevel"]
    assert secret == {
        "name": names(delivered)["Secret"],
        "items": [{"key": "db.password", "path": "db.password"}],
    }


def test_items_keep_their_path_and_mode() -> None:
    items = [{"key": "logLevel", "path": "log/level", "mode": 0o400}]

    delivered = run(
        workload({**one(), "volumes": [{"name": "c", "configMap": {"name": NAME, "items": items}}]})
    )

    assert pod_of(delivered)["volumes"] == [
        {"name": "c", "configMap": {"name": names(delivered)["ConfigMap"], "items": items}}
    ]


def test_a_secret_volume_with_a_plain_key_becomes_a_config_map_volume() -> None:
    volume = {"name": "c", "secret": {"secretName": NAME, "items": [{"key": "db.host", "path": "host"}]}}

    delivered = run(workload({**one(), "volumes": [volume]}))

    assert set(pod_of(delivered)["volumes"][0]) == {"name", "configMap"}


def test_projected_sources_are_rewritten_in_place() -> None:
    token = {"serviceAccountToken": {"path": "token"}}
    sources = [token, {"configMap": {"name": NAME, "items": [{"key": "logLevel", "path": "level"}]}}]

    delivered = run(workload({**one(), "volumes": [{"name": "c", "projected": {"sources": sources}}]}))

    made = pod_of(delivered)["volumes"][0]["projected"]["sources"]
    assert made[0] == token
    assert made[1]["configMap"]["name"] == names(delivered)["ConfigMap"]


@pytest.mark.parametrize("key", ["db.hots", "db", ""])
def test_a_missing_key_is_an_error_and_left_alone(key: str) -> None:
    variable = key_variable("X", key)
    volume = {"name": "c", "configMap": {"name": NAME, "items": [{"key": key, "path": "x"}]}}
    manifest = workload({**one(env=[variable]), "volumes": [volume]})

    delivered = run(manifest)

    assert delivered.manifests == (manifest,)
    assert {(finding.rule, finding.severity, finding.key) for finding in delivered.findings} == {
        ("missing-key", Severity.ERROR, key)
    }


def test_an_optional_key_may_be_missing() -> None:
    delivered = run(workload(one(env=[key_variable("X", "absent", optional=True)])))

    assert delivered.findings == ()
    assert delivered.objects == ()


def test_references_to_what_the_chart_renders_stay_with_a_finding() -> None:
    own = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": "dev"},
        "data": {"db.host": "x"},
    }
    manifest = workload(one(env=[key_variable("HOST", "db.host")]))

    delivered = run(own, manifest)

    assert delivered.manifests == (own, manifest)
    assert delivered.objects == delivered.shared == ()
    assert rules(delivered) == ["config-rendered-by-chart"]


def test_the_object_may_be_rendered_for_another_service() -> None:
    manifest = workload(one(env=[key_variable("HOST", "db.host")]))

    delivered = run(manifest, rendered=[ObjectKey("", "ConfigMap", "dev", NAME)])

    assert delivered.manifests == (manifest,)
    assert rules(delivered) == ["config-rendered-by-chart"]


def test_without_a_config_name_nothing_is_native() -> None:
    manifest = workload(one(env=[key_variable("HOST", "db.host")]))

    delivered = run(manifest, name="")

    assert delivered == Delivered(manifests=(manifest,))


def test_a_service_without_config_comes_back_as_it_is() -> None:
    manifest = workload(one(env=[{"name": "A", "value": "b"}], envFrom=[{"configMapRef": {"name": "other"}}]))

    assert run(manifest) == Delivered(manifests=(manifest,))


@pytest.mark.parametrize(
    "manifest",
    [
        workload(one(args=["--config-map", NAME])),
        workload(one(command=["run", f"--from={NAME}"])),
        workload(one(env=[{"name": "CONFIG", "value": f"dev/{NAME}"}])),
        {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"config": NAME}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "t", "annotations": {"a": NAME}}},
    ],
)
def test_the_name_elsewhere_keeps_a_plain_object_without_secrets(manifest: Manifest) -> None:
    delivered = run(manifest)

    (kept,) = delivered.shared
    assert (kept["kind"], kept["metadata"]) == ("ConfigMap", {"name": NAME, "namespace": "dev"})
    assert kept["data"] == {"db.host": "postgres", "db.port": "5432", "logLevel": "info"}
    assert "immutable" not in kept
    assert rules(delivered) == ["config-name-elsewhere"]


def test_other_uses_of_the_same_word_keep_nothing() -> None:
    pod = {
        "containers": [{"name": NAME, "args": [f"{NAME}-old"], "volumeMounts": [{"name": NAME}]}],
        "volumes": [{"name": NAME, "configMap": {"name": NAME}}],
    }

    assert run(workload(pod, name=NAME)).shared == ()


# --- deliveries --------------------------------------------------------------------------------------------


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
