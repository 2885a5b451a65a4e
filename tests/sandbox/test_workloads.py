"""Each kind of workload behaves on the sandbox as on a cluster with real nodes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Kubectl

pytestmark = pytest.mark.sandbox


def pod_template(app: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": app}},
        "spec": {"containers": [{"name": "main", "image": "example/app:1"}], **spec},
    }


def workload(kind: str, name: str, template: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **spec},
    }


def job(name: str, **spec: Any) -> dict[str, Any]:
    template = pod_template(name, restartPolicy="Never")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": template, **spec},
    }


def service(name: str, app: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80}], **spec},
    }


def claim(name: str, **spec: Any) -> dict[str, Any]:
    asks = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"metadata": {"name": name}, "spec": asks | spec}


def test_a_deployment_becomes_available_and_its_service_has_endpoints(kubectl: Kubectl) -> None:
    template = pod_template(
        "web",
        initContainers=[
            {"name": "prepare", "image": "example/prepare:1"},
            {"name": "proxy", "image": "example/proxy:1", "restartPolicy": "Always"},
        ],
    )
    kubectl.apply(workload("Deployment", "web", template, replicas=1), service("web", "web"))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")

    status = kubectl.pod("web")["status"]
    assert status["phase"] == "Running"
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "PodScheduled": "True",
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "ContainersReady": "True",
        "Ready": "True",
    }
    prepare, proxy = status["initContainerStatuses"]
    assert prepare["state"]["terminated"]["reason"] == "Completed"
    assert "running" in proxy["state"]
    slices = ("endpointslices", "--selector=kubernetes.io/service-name=web")
    kubectl("wait", *slices, "--for=jsonpath={.endpoints[0].conditions.ready}=true", "--timeout=30s")
    address = "jsonpath={.items[0].endpoints[0].addresses[0]}"
    assert kubectl("get", *slices, f"--output={address}") == status["podIP"]


def test_a_rolling_update_replaces_every_pod(kubectl: Kubectl) -> None:
    template = pod_template("web")
    kubectl.apply(workload("Deployment", "web", template, replicas=2))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    template["spec"]["containers"][0]["image"] = "example/app:2"
    kubectl.apply(workload("Deployment", "web", template, replicas=2))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    images = "jsonpath={.items[*].spec.containers[*].image}"
    assert set(kubectl("get", "pods", f"--output={images}").split()) == {"example/app:2"}


def test_a_stateful_set_gets_a_volume_of_every_class(kubectl: Kubectl) -> None:
    claims = [
        claim("default-class"),
        claim("unknown-class", storageClassName="fast-ssd"),
        claim("no-class", storageClassName=""),
    ]
    spec = {"serviceName": "db", "replicas": 2, "volumeClaimTemplates": claims}
    kubectl.apply(
        service("db", "db", clusterIP="None"), workload("StatefulSet", "db", pod_template("db"), **spec)
    )
    kubectl("rollout", "status", "statefulset/db", "--timeout=30s")

    bound = kubectl.json("get", "persistentvolumeclaims")["items"]
    assert {item["status"]["phase"] for item in bound} == {"Bound"}
    classes = {item["metadata"]["name"]: item["spec"]["storageClassName"] for item in bound}
    assert classes == {
        f"{name}-db-{number}": kind
        for number in (0, 1)
        for name, kind in {"default-class": "standard", "unknown-class": "fast-ssd", "no-class": ""}.items()
    }


def test_a_deleted_claim_takes_its_volume_along(kubectl: Kubectl) -> None:
    kubectl.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim"} | claim("data"))
    kubectl.wait("persistentvolumeclaim/data", "jsonpath={.status.phase}=Bound")
    volume = kubectl("get", "persistentvolumeclaim/data", "--output=jsonpath={.spec.volumeName}")
    kubectl("delete", "persistentvolumeclaim/data", "--timeout=30s")
    kubectl.wait(f"persistentvolume/{volume}", "delete")


def test_a_daemon_set_runs_on_every_node(kubectl: Kubectl) -> None:
    kubectl.apply(workload("DaemonSet", "agent", pod_template("agent")))
    kubectl("rollout", "status", "daemonset/agent", "--timeout=30s")
    nodes = "jsonpath={.items[*].spec.nodeName}"
    assert sorted(kubectl("get", "pods", f"--output={nodes}").split()) == ["node-1", "node-2", "node-3"]


def test_a_job_completes(kubectl: Kubectl) -> None:
    kubectl.apply(job("migrate", completions=2, parallelism=2))
    kubectl.wait("job/migrate", "condition=Complete")
    assert kubectl.json("get", "job/migrate")["status"]["succeeded"] == 2


def test_a_cron_job_starts_a_job_when_it_is_due(kubectl: Kubectl) -> None:
    cron = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "report"},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job("report")["spec"]}},
    }
    kubectl.apply(cron)
    # It is due at once when its last run was more than a year ago.
    last = '{"status": {"lastScheduleTime": "2024-06-01T00:00:00Z"}}'
    kubectl("patch", "cronjob/report", "--subresource=status", "--type=merge", f"--patch={last}")
    kubectl.wait("cronjob/report", "jsonpath={.status.lastSuccessfulTime}")


def test_a_bare_pod_that_is_not_to_be_restarted_completes(kubectl: Kubectl) -> None:
    kubectl("run", "check", "--image=example/check:1", "--restart=Never")
    kubectl.wait("pod/check", "jsonpath={.status.phase}=Succeeded")


def test_load_balancers_and_ingresses_get_addresses(kubectl: Kubectl) -> None:
    backend = {"service": {"name": "one", "port": {"number": 80}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "edge"},
        "spec": {"defaultBackend": backend},
    }
    kubectl.apply(
        service("one", "web", type="LoadBalancer"), service("two", "web", type="LoadBalancer"), ingress
    )
    address = "jsonpath={.status.loadBalancer.ingress[0].ip}"
    for thing in "service/one", "service/two", "ingress/edge":
        kubectl.wait(thing, address)
    addresses = {
        kubectl("get", thing, f"--output={address}")
        for thing in ("service/one", "service/two", "ingress/edge")
    }
    assert len(addresses) == 3


def test_a_pod_that_asks_for_more_than_any_node_has_is_not_scheduled(kubectl: Kubectl) -> None:
    template = pod_template("huge")
    template["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "100"}}
    kubectl.apply(workload("Deployment", "huge", template))
    kubectl.wait("deployment/huge", "jsonpath={.status.unavailableReplicas}=1")
    kubectl("wait", "pod", "--selector=app=huge", "--for=condition=PodScheduled=False", "--timeout=30s")
    (condition,) = kubectl.pod("huge")["status"]["conditions"]
    assert condition["reason"] == "Unschedulable"
    assert "Insufficient cpu" in condition["message"]


def test_a_deleted_namespace_goes_with_everything_in_it(kubectl: Kubectl) -> None:
    other = f"{kubectl.namespace}-other"
    kubectl("create", "namespace", other)
    web = workload("Deployment", "web", pod_template("web", terminationGracePeriodSeconds=0))
    kubectl(f"--namespace={other}", "apply", "--filename=-", text=json.dumps(web))
    kubectl(f"--namespace={other}", "rollout", "status", "deployment/web", "--timeout=30s")
    kubectl("delete", "namespace", other, "--timeout=30s")
    assert "NotFound" in kubectl.refusal("get", "namespace", other)


def test_pods_have_log_lines(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=example/app:1")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "listening" in kubectl("logs", "deployment/web").splitlines()
    assert len(kubectl("logs", "deployment/web", "--tail=2").splitlines()) == 2
    assert "fatal" in kubectl("logs", "deployment/web", "--previous")
