"""Which objects an impact calls new, changed, gone or kept."""

from __future__ import annotations

import pytest

from cantata.core.impact import compare_manifests
from cantata.core.model.objects import Manifest
from cantata.core.model.plans import Action


def thing(kind: str, name: str = "x", group: str = "v1", **more: object) -> Manifest:
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **more}


def naming(kind: str, config: str, group: str = "apps/v1") -> Manifest:
    """A workload whose pods take a ConfigMap."""
    pods = {"spec": {"containers": [{"name": "main", "envFrom": [{"configMapRef": {"name": config}}]}]}}
    inner = {"template": pods}
    spec = {"jobTemplate": {"spec": inner}} if kind == "CronJob" else inner
    return thing(kind, "web", group, spec=spec)


def told(old: list[Manifest], new: list[Manifest]) -> dict[str, Action]:
    return {f"{plan.key.kind} {plan.key.name}": plan.action for plan in compare_manifests(old, new)}


def test_new_changed_and_gone() -> None:
    old = [thing("ConfigMap", "a", data={"x": "1"}), thing("ConfigMap", "b"), thing("Service", "c")]
    new = [thing("ConfigMap", "a", data={"x": "2"}), thing("ConfigMap", "b"), thing("Service", "d")]
    assert told(old, new) == {
        "ConfigMap a": Action.UPDATE,
        "Service d": Action.CREATE,
        "Service c": Action.DELETE,
    }


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_config_that_the_history_names_stays(kind: str) -> None:
    old = [thing("ConfigMap", "config-1"), thing("Secret", "other"), naming(kind, "config-1")]
    new = [thing("ConfigMap", "config-2"), naming(kind, "config-2")]
    assert told(old, new) == {
        "ConfigMap config-2": Action.CREATE,
        f"{kind} web": Action.UPDATE,
        "Secret other": Action.DELETE,
    }
    assert told(old, []) == {f"{kind} web": Action.DELETE, "Secret other": Action.DELETE}


def test_a_cron_job_has_no_history() -> None:
    old = [thing("ConfigMap", "config-1"), naming("CronJob", "config-1", "batch/v1")]
    assert told(old, [])["ConfigMap config-1"] is Action.DELETE


def test_what_is_precious_or_to_be_kept_stays() -> None:
    kept = thing("ConfigMap", "kept")
    kept["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    assert told([thing("PersistentVolumeClaim", "data"), kept], []) == {
        "PersistentVolumeClaim data": Action.KEEP,
        "ConfigMap kept": Action.KEEP,
    }
