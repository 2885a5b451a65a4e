from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.config import MASK
from cantata.core.diff.drift import Drifted, drift
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata
from cantata.core.model.plans import FieldDrift, Folded, FoldReason, ForeignField

OURS = "cantata:a1"
THEN, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"

WANTED: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "replicas": 2,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "web:1",
                        "args": ["-v"],
                        "env": [{"name": "A", "value": "1"}],
                        "ports": [{"containerPort": 80}],
                    }
                ]
            }
        },
    },
}
CONTAINER: Manifest = {
    ".": {},
    "f:name": {},
    "f:image": {},
    "f:args": {},
    "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}},
    "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
}


def pod(container: Any) -> Any:
    return {"f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': container}}}}


MINE = {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:replicas": {}, **pod(CONTAINER)}}


def entry(manager: str, fields: Any, subresource: str = "", at: str = NOW) -> Any:
    return {
        "manager": manager,
        "operation": "Apply" if manager == OURS else "Update",
        "subresource": subresource,
        "time": at,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def live(change: Any = None, *others: Any, mine: Any = MINE) -> LiveObject:
    """The object as the API server has it after our apply, then changed."""
    found = copy.deepcopy(WANTED)
    found["metadata"] |= {"uid": "u", "resourceVersion": "7", "generation": 2}
    found["spec"] |= {"revisionHistoryLimit": 10, "strategy": {"type": "RollingUpdate"}}
    found["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst"
    container = found["spec"]["template"]["spec"]["containers"][0]
    container |= {"imagePullPolicy": "Always"}
    container["ports"][0]["protocol"] = "TCP"
    found["status"] = {"readyReplicas": 2}
    if change is not None:
        change(found, container)
    managed = [entry(OURS, mine, at=THEN), *others]
    found["metadata"]["managedFields"] = managed
    metadata = msgspec.convert(found["metadata"], Metadata)
    return LiveObject(GVK.of(found), metadata, msgspec.json.encode(found))


def counts(found: Drifted) -> dict[FoldReason, int]:
    return {each.reason: each.count for each in found.folded}


def test_defaults_are_counted_and_nothing_drifts() -> None:
    found = drift(WANTED, live(), OURS)
    assert (found.drift, found.foreign) == ((), ())
    assert counts(found) == {FoldReason.DEFAULTS: 5}


IMAGE = "spec.template.spec.containers[web].image"


def set_image(_found: Any, container: Any) -> None:
    container["image"] = "web:2"


def test_a_field_that_somebody_took_over_is_drift_with_manager_and_time() -> None:
    kubectl = entry("kubectl-edit", {"f:spec": pod({"f:image": {}})})
    mine = copy.deepcopy(MINE)
    del mine["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"web"}']["f:image"]
    found = drift(WANTED, live(set_image, kubectl, mine=mine), OURS)
    assert found.drift == (FieldDrift(IMAGE, "web:1", "web:2", "kubectl-edit", NOW),)
    assert found.foreign == ()


def test_what_is_still_ours_alone_was_rewritten_on_its_way_in() -> None:
    found = drift(WANTED, live(set_image), OURS)
    assert found.drift == ()
    assert counts(found)[FoldReason.REWRITTEN] == 1


def test_a_field_that_is_gone_is_drift_of_nobody_known() -> None:
    def remove(_found: Any, container: Any) -> None:
        del container["args"]

    found = drift(WANTED, live(remove), OURS)
    assert found.drift == (FieldDrift("spec.template.spec.containers[web].args", ["-v"], None),)


def test_items_of_lists_are_matched_by_their_keys() -> None:
    def change(_found: Any, container: Any) -> None:
        container["env"] = [{"name": "NEW", "value": "x"}, {"name": "A", "value": "2"}]

    new: Manifest = {"f:env": {'k:{"name":"NEW"}': {".": {}, "f:name": {}, "f:value": {}}}}
    theirs = {"f:env": {**new["f:env"], 'k:{"name":"A"}': {"f:value": {}}}}
    found = drift(WANTED, live(change, entry("kubectl", {"f:spec": pod(theirs)})), OURS)
    base = "spec.template.spec.containers[web].env"
    assert found.drift == (FieldDrift(f"{base}[A].value", "1", "2", "kubectl", NOW),)
    assert found.foreign == (ForeignField(f"{base}[NEW]", "kubectl", NOW),)


def scale(found: Any, _container: Any) -> None:
    found["spec"]["replicas"] = 5


@pytest.mark.parametrize(
    ("manager", "subresource", "folded"),
    [
        ("kube-controller-manager", "scale", True),
        ("keda-operator", "scale", True),
        ("kubectl", "scale", False),
        ("kubectl-edit", "", False),
    ],
)
def test_replicas_are_left_to_an_autoscaler_and_not_to_a_person(
    manager: str, subresource: str, folded: bool
) -> None:
    theirs = entry(manager, {"f:spec": {"f:replicas": {}}}, subresource)
    found = drift(WANTED, live(scale, theirs), OURS)
    assert (counts(found).get(FoldReason.AUTOSCALER) == 1) == folded
    assert found.drift == (() if folded else (FieldDrift("spec.replicas", 2, 5, manager, NOW),))


def test_what_controllers_and_others_add_is_told_apart() -> None:
    def change(found: Any, _container: Any) -> None:
        found["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "3", "note": "mine"}
        found["metadata"]["finalizers"] = ["kubernetes.io/x"]

    controller = entry("kube-controller-manager", {"f:metadata": {"f:finalizers": {".": {}}}})
    person = entry("kubectl-annotate", {"f:metadata": {"f:annotations": {"f:note": {}}}})
    found = drift(WANTED, live(change, controller, person), OURS)
    assert found.drift == ()
    assert found.foreign == (ForeignField("metadata.annotations.note", "kubectl-annotate", NOW),)
    assert counts(found)[FoldReason.CONTROLLERS] == 1


def test_the_status_is_nobodys() -> None:
    theirs = entry("kubelet", {"f:status": {"f:readyReplicas": {}}}, "status")
    assert drift(WANTED, live(None, theirs), OURS) == drift(WANTED, live(), OURS)


def test_data_of_secrets_is_masked() -> None:
    wanted = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"p": "b2xk"}}
    found = copy.deepcopy(wanted)
    found["data"] = {"p": "bmV3"}
    fields = entry("kubectl", {"f:data": {"f:p": {}}})
    found["metadata"]["managedFields"] = [fields]  # type: ignore[index]
    seen = LiveObject(GVK.of(found), Metadata(name="s"), msgspec.json.encode(found))
    told = drift(wanted, seen, OURS)
    assert told.drift == (FieldDrift("data.p", MASK, MASK, "kubectl", NOW),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_managed_fields_of_any_shape_do_no_harm(managed: Any) -> None:
    def change(found: Any, container: Any) -> None:
        set_image(found, container)

    whole = msgspec.json.decode(live(change).body)
    whole["metadata"]["managedFields"] = managed
    seen = LiveObject(GVK.of(whole), Metadata(name="web"), msgspec.json.encode(whole))
    assert len(drift(WANTED, seen, OURS).drift) <= 1


@given(JSON)
def test_field_sets_of_any_shape_do_no_harm(fields: Any) -> None:
    seen = live(set_image, entry("kubectl", {"f:spec": fields, "f:metadata": fields}))
    assert len(drift(WANTED, seen, OURS).drift) <= 1


def test_folded_counts_are_in_the_order_of_the_reasons() -> None:
    found = drift(WANTED, live(set_image), OURS).folded
    assert [each.reason for each in found] == [FoldReason.DEFAULTS, FoldReason.REWRITTEN]
    assert found[0] == Folded(FoldReason.DEFAULTS, 5)
