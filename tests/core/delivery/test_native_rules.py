"""What the design promises of native references to the config, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.delivery.small import (
    NAME,
    PLACES,
    app,
    data,
    key_variable,
    names,
    one,
    pod_of,
    rules,
    run,
    workload,
)

from cantata.core.delivery import Delivered
from cantata.core.model.findings import Severity
from cantata.core.model.objects import Manifest, ObjectKey


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
