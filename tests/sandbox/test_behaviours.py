"""The annotation `sandbox.cantata.dev/behaviour` lets pods fail in the ways that pods fail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Kubectl

pytestmark = pytest.mark.sandbox

STATE = ".status.containerStatuses[0].state"


def template(behaviour: str, **annotations: str) -> dict[str, Any]:
    marks = {f"sandbox.cantata.dev/{name}": value for name, value in annotations.items()}
    return {
        "metadata": {
            "labels": {"app": "app"},
            "annotations": {"sandbox.cantata.dev/behaviour": behaviour} | marks,
        },
        "spec": {"containers": [{"name": "main", "image": "example/app:1"}]},
    }


def deployment(behaviour: str, **annotations: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app"},
        "spec": {
            "selector": {"matchLabels": {"app": "app"}},
            "template": template(behaviour, **annotations),
        },
    }


def job(behaviour: str) -> dict[str, Any]:
    failing = template(behaviour)
    failing["spec"]["restartPolicy"] = "Never"
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "app"},
        "spec": {"backoffLimit": 0, "template": failing},
    }


def wait_for_pod(kubectl: Kubectl, condition: str) -> dict[str, Any]:
    kubectl("wait", "pod", "--selector=app=app", "--for=create", "--timeout=30s")
    kubectl("wait", "pod", "--selector=app=app", f"--for={condition}", "--timeout=30s")
    return kubectl.pod("app")


def readiness(pod: dict[str, Any]) -> str:
    (ready,) = (c["status"] for c in pod["status"]["conditions"] if c["type"] == "Ready")
    return str(ready)


def test_slow_pods_are_ready_after_their_delay(kubectl: Kubectl) -> None:
    kubectl.apply(deployment("slow", delay="3s"))
    pod = wait_for_pod(kubectl, "condition=Ready")
    since = {c["type"]: datetime.fromisoformat(c["lastTransitionTime"]) for c in pod["status"]["conditions"]}
    # Kubernetes keeps whole seconds.
    assert since["Ready"] - since["PodScheduled"] >= timedelta(seconds=2)


def test_image_pull_errors(kubectl: Kubectl) -> None:
    kubectl.apply(deployment("image-pull-error"))
    wait_for_pod(kubectl, f"jsonpath={{{STATE}.waiting.reason}}=ErrImagePull")
    pod = wait_for_pod(kubectl, f"jsonpath={{{STATE}.waiting.reason}}=ImagePullBackOff")
    assert pod["status"]["phase"] == "Pending"
    assert readiness(pod) == "False"


def test_a_container_waits_for_the_reason_that_is_asked_for(kubectl: Kubectl) -> None:
    kubectl.apply(deployment("waiting", reason="RunContainerError", message="no such program"))
    pod = wait_for_pod(kubectl, f"jsonpath={{{STATE}.waiting.reason}}=RunContainerError")
    (status,) = pod["status"]["containerStatuses"]
    assert status["state"]["waiting"]["message"] == "no such program"
    assert pod["status"]["phase"] == "Pending"
    assert readiness(pod) == "False"


def test_a_probe_fails_by_an_event(kubectl: Kubectl) -> None:
    kubectl.apply(deployment("probe-fail"))
    pod = wait_for_pod(kubectl, "condition=sandbox.cantata.dev/ProbeFailed")
    assert pod["status"]["phase"] == "Running"
    assert readiness(pod) == "False"
    name = pod["metadata"]["name"]
    told = kubectl(
        "get",
        "events",
        f"--field-selector=type=Warning,involvedObject.name={name}",
        "-o",
        "jsonpath={..message}",
    )
    assert "Readiness probe failed" in told


def test_a_claim_stays_pending_on_request(kubectl: Kubectl) -> None:
    for name, behaviour in (("held", {"sandbox.cantata.dev/behaviour": "pending"}), ("bound", {})):
        kubectl.apply(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": name, "annotations": behaviour},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}},
                },
            }
        )
    kubectl("wait", "pvc", "bound", "--for=jsonpath={.status.phase}=Bound", "--timeout=30s")
    assert kubectl("get", "pvc", "held", "-o", "jsonpath={.status.phase}").strip() == "Pending"


@pytest.mark.parametrize(
    ("behaviour", "code", "reason"), [("crash-loop", 1, "Error"), ("oom", 137, "OOMKilled")]
)
def test_containers_that_crash_are_restarted_again_and_again(
    kubectl: Kubectl, behaviour: str, code: int, reason: str
) -> None:
    kubectl.apply(deployment(behaviour, delay="2s"))
    pod = wait_for_pod(kubectl, f"jsonpath={{{STATE}.waiting.reason}}=CrashLoopBackOff")
    (container,) = pod["status"]["containerStatuses"]
    assert container["restartCount"] == 1
    assert container["lastState"]["terminated"]["exitCode"] == code
    assert container["lastState"]["terminated"]["reason"] == reason
    assert readiness(pod) == "False"
    again = wait_for_pod(kubectl, "jsonpath={.status.containerStatuses[0].restartCount}=2")
    assert again["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == code


def test_unschedulable_pods(kubectl: Kubectl) -> None:
    kubectl.apply(deployment("unschedulable"))
    pod = wait_for_pod(kubectl, "condition=PodScheduled=False")
    assert pod["status"]["phase"] == "Pending"
    assert pod["status"]["conditions"][0]["reason"] == "Unschedulable"
    assert "sandbox.cantata.dev/behaviour" in pod["status"]["conditions"][0]["message"]


def test_pods_that_run_and_never_get_ready(kubectl: Kubectl) -> None:
    kubectl.apply(deployment("never-ready"))
    pod = wait_for_pod(kubectl, "jsonpath={.status.phase}=Running")
    assert readiness(pod) == "False"
    assert "running" in pod["status"]["containerStatuses"][0]["state"]


@pytest.mark.parametrize(("behaviour", "reason"), [("job-fail", "Error"), ("oom", "OOMKilled")])
def test_jobs_fail(kubectl: Kubectl, behaviour: str, reason: str) -> None:
    kubectl.apply(job(behaviour))
    kubectl.wait("job/app", "condition=Failed")
    status = kubectl.pod("app")["status"]
    assert status["phase"] == "Failed"
    assert status["containerStatuses"][0]["state"]["terminated"]["reason"] == reason


def test_a_behaviour_ends_with_the_annotation(kubectl: Kubectl) -> None:
    kubectl.apply(deployment("image-pull-error"))
    wait_for_pod(kubectl, f"jsonpath={{{STATE}.waiting.reason}}=ErrImagePull")
    kubectl.apply(deployment("none"))
    kubectl("rollout", "status", "deployment/app", "--timeout=30s")
