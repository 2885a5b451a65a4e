from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.adjust import AdjustmentImpossible, DependencyUndeployed, adjust, deployed_graph
from cantata.core.adjust.workloads import RESTARTED_AT
from cantata.core.model.adjustments import UNADJUSTED, Adjustments, Patch, PatchType
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import Condition
from cantata.core.stamp import pod_template

AT = "2026-11-28T10:00:00Z"


def manifest(kind: str, name: str = "web", group: str = "apps", **spec: Any) -> Manifest:
    version = f"{group}/v1" if group else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}
DEPLOYMENT = manifest("Deployment", replicas=2, template=TEMPLATE)
STATEFUL_SET = manifest("StatefulSet", replicas=2, template=TEMPLATE)
REPLICA_SET = manifest("ReplicaSet", template=TEMPLATE)
DAEMON_SET = manifest("DaemonSet", template=TEMPLATE)
CONTROLLER = manifest("ReplicationController", group="", replicas=1, template=TEMPLATE)
CRON_JOB = manifest("CronJob", group="batch", schedule="* * * * *")
JOB = manifest("Job", group="batch", template=TEMPLATE)
POD = manifest("Pod", group="", containers=[])
SERVICE = manifest("Service", group="", ports=[])
SCALER = manifest(
    "HorizontalPodAutoscaler", group="autoscaling", scaleTargetRef={"kind": "Deployment", "name": "web"}
)
KEDA = manifest("ScaledObject", group="keda.sh", scaleTargetRef={"name": "web"})
EVERYTHING = [
    DEPLOYMENT,
    STATEFUL_SET,
    REPLICA_SET,
    DAEMON_SET,
    CONTROLLER,
    CRON_JOB,
    JOB,
    POD,
    SERVICE,
    SCALER,
]


def spec(adjusted: tuple[Manifest, ...], field: str) -> list[Any]:
    return [each["spec"].get(field) for each in adjusted]


@given(st.lists(st.sampled_from(EVERYTHING)))
def test_who_asks_for_nothing_changes_nothing(manifests: list[Manifest]) -> None:
    assert adjust(manifests, UNADJUSTED, "web") == tuple(manifests)


@pytest.mark.parametrize("workload", [DEPLOYMENT, STATEFUL_SET, REPLICA_SET, CONTROLLER])
def test_what_has_replicas_is_scaled_and_paused(workload: Manifest) -> None:
    before = copy.deepcopy(workload)
    assert spec(adjust([SERVICE, workload], Adjustments(replicas=5), "web"), "replicas") == [None, 5]
    assert spec(adjust([workload], Adjustments(replicas=5, paused=True), "web"), "replicas") == [0]
    assert workload == before


@pytest.mark.parametrize("workload", [CRON_JOB, JOB])
def test_what_has_a_schedule_or_an_end_is_suspended(workload: Manifest) -> None:
    assert spec(adjust([workload], Adjustments(paused=True), "web"), "suspend") == [True]


@pytest.mark.parametrize("workload", [DEPLOYMENT, STATEFUL_SET, DAEMON_SET])
def test_a_restart_is_an_annotation_of_the_pod_template_alone(workload: Manifest) -> None:
    (restarted,) = adjust([workload], Adjustments(restarted_at=AT), "web")
    template = pod_template(restarted)
    assert template is not None
    assert template["metadata"] == {"labels": {"app": "web"}, "annotations": {RESTARTED_AT: AT}}
    template["metadata"].pop("annotations")
    assert restarted == workload


def test_an_undeployed_service_wants_no_object_whatever_else_is_asked() -> None:
    assert adjust(EVERYTHING, Adjustments(undeployed=True, replicas=3), "web") == ()


@pytest.mark.parametrize(
    ("manifests", "wanted", "words"),
    [
        (
            [DAEMON_SET],
            Adjustments(replicas=1),
            "cannot be scaled: that is not possible with DaemonSet.apps web",
        ),
        (
            [DAEMON_SET],
            Adjustments(paused=True),
            "cannot be paused: that is not possible with DaemonSet.apps web",
        ),
        ([DEPLOYMENT, DAEMON_SET], Adjustments(paused=True), "DaemonSet.apps web"),
        ([POD], Adjustments(paused=True), "Pod web"),
        ([SERVICE], Adjustments(paused=True), "it has no workload"),
        ([SERVICE], Adjustments(replicas=1), "it has no workload"),
        ([CRON_JOB], Adjustments(replicas=1), "CronJob.batch web"),
        ([JOB], Adjustments(restarted_at=AT), "cannot be restarted"),
        (
            [DEPLOYMENT, STATEFUL_SET],
            Adjustments(replicas=1),
            "several workloads: Deployment.apps web, Stateful",
        ),
        ([DEPLOYMENT, SCALER], Adjustments(replicas=1), "HorizontalPodAutoscaler.autoscaling web sets"),
        ([DEPLOYMENT, KEDA], Adjustments(replicas=1), "ScaledObject.keda.sh web sets"),
    ],
)
def test_what_cannot_be_asked(manifests: list[Manifest], wanted: Adjustments, words: str) -> None:
    with pytest.raises(AdjustmentImpossible) as refused:
        adjust(manifests, wanted, "web")
    assert words in refused.value.message
    assert refused.value.subject == "service web"


def test_a_service_with_an_autoscaler_can_be_paused() -> None:
    assert spec(adjust([DEPLOYMENT, SCALER], Adjustments(paused=True), "web"), "replicas") == [0, None]


def test_an_autoscaler_of_another_workload_does_not_count() -> None:
    other = msgspec.json.decode(msgspec.json.encode(SCALER).replace(b'"web"', b'"other"'))
    assert spec(adjust([DEPLOYMENT, other], Adjustments(replicas=4), "web"), "replicas") == [4, None]


def test_a_patch_does_not_undo_what_was_asked_for_by_name() -> None:
    patch = Patch(PatchType.STRATEGIC, {"spec": {"replicas": 7}})
    (paused,) = adjust([DEPLOYMENT], Adjustments(paused=True, patches=(patch,)), "web")
    assert paused["spec"]["replicas"] == 0
    assert adjust([DEPLOYMENT], Adjustments(patches=(patch,)), "web")[0]["spec"]["replicas"] == 7


class Part(msgspec.Struct, frozen=True):
    kind: str = "Deployment"
    depends_on: dict[str, Condition] = {}
    adjustments: Adjustments = UNADJUSTED


GONE = Adjustments(undeployed=True)
READY = Condition.READY


def test_the_graph_is_of_the_deployed_services() -> None:
    graph = deployed_graph({"db": Part(), "web": Part(depends_on={"db": READY}, adjustments=GONE)})
    assert graph.order == ("db",)


def test_no_service_is_deployed_without_what_it_depends_on() -> None:
    with pytest.raises(DependencyUndeployed) as refused:
        deployed_graph({"db": Part(adjustments=GONE), "web": Part(depends_on={"db": READY})})
    assert refused.value.message == "service web depends on db, which would not be deployed"
