"""Hooks take the config natively, too."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.core.delivery.small import CONFIG, NAME, key_variable, keyed_hash, one, workload

from cantata.core.delivery import deliver_hooks
from cantata.core.model.charts import Hook, RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import Manifest, ObjectKey


def run(*hooks: RenderedObject, **given: Any) -> tuple[tuple[RenderedObject, ...], tuple[Finding, ...]]:
    options = {"config_name": NAME, "entries": CONFIG, "release": "shop", "namespace": "dev", **given}
    return deliver_hooks(hooks, keyed_hash=keyed_hash, **options)


def hook(manifest: Manifest, weight: int = 0, *policies: str) -> RenderedObject:
    return RenderedObject("shop/templates/hook.yaml", 0, manifest, Hook(("pre-install",), weight, policies))


def test_a_hook_gets_objects_of_its_own_that_are_made_before_it() -> None:
    pod = one(env=[key_variable("HOST", "db.host"), key_variable("PASSWORD", "db.password")])

    (config, secret, job), findings = run(hook(workload(pod, "Job", "migrate"), 5, "hook-succeeded"))

    assert findings == ()
    assert (config.manifest["data"], config.manifest["metadata"]["name"]) == (
        {"db.host": "postgres"},
        "shop-migrate.hook-config",
    )
    assert base64.b64decode(secret.manifest["data"]["db.password"]) == b"s3cret"
    assert "immutable" not in config.manifest
    assert config.hook == secret.hook == Hook(("pre-install",), 4, ("before-hook-creation",))
    host, password = job.manifest["spec"]["template"]["spec"]["containers"][0]["env"]
    assert host["valueFrom"]["configMapKeyRef"]["name"] == config.manifest["metadata"]["name"]
    assert password["valueFrom"]["secretKeyRef"]["name"] == secret.manifest["metadata"]["name"]


@pytest.mark.parametrize("kept", [workload(one(args=[NAME]), "Job"), workload(one(), "Job")])
def test_a_hook_without_references_comes_back_as_it_is(kept: Manifest) -> None:
    assert run(hook(kept)) == ((hook(kept),), ())


def test_a_missing_key_of_a_hook_is_an_error_of_no_service() -> None:
    _, (finding,) = run(hook(workload(one(env=[key_variable("X", "gone")]), "Job", "migrate")))

    assert (finding.rule, finding.service, finding.key) == ("missing-key", "", "gone")
    assert "Job migrate" in finding.message


def test_a_config_that_is_a_hook_of_the_chart_stays_the_charts() -> None:
    manifest = workload(one(env=[key_variable("HOST", "db.host")]), "Job")

    (same,), (finding,) = run(hook(manifest), rendered=[ObjectKey("", "ConfigMap", "dev", NAME)])

    assert same.manifest == manifest
    assert finding.rule == "config-rendered-by-chart"
