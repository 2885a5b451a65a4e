"""What deleting an application would do: what goes, stays and is lost; who holds up; who else is there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.deletions import Also, Holder
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata, ObjectKey
from cantata.core.plan.claims import claim_names
from cantata.core.plan.deletion import Seen, made_by_us, plan_deletion, strangers
from cantata.core.plan.finalizers import holders
from cantata.core.plan.prune import prune
from cantata.core.stamp import APPLICATION


def live(kind: str, name: str, *, api: str = "v1", spec: Any = None, **metadata: Any) -> LiveObject:
    own = {"name": name, "namespace": "shop", "uid": f"uid-{kind}-{name}", **metadata}
    body: Manifest = {"apiVersion": api, "kind": kind, "metadata": own, "spec": spec or {}}
    return LiveObject(GVK.of(body), msgspec.convert(own, Metadata), msgspec.json.encode(body))


def record(of: LiveObject, **more: Any) -> ObjectRecord:
    return ObjectRecord(of.key, of.gvk, "web", desired="1", uid=of.metadata.uid, **more)


WEB = live("Deployment", "web", api="apps/v1")
DB = live("StatefulSet", "db", api="apps/v1", spec={"volumeClaimTemplates": [{"metadata": {"name": "data"}}]})
GREEDY = live(
    "StatefulSet",
    "db",
    api="apps/v1",
    spec={"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
)
CLAIM = live("PersistentVolumeClaim", "uploads")
MADE = ObjectKey("", "PersistentVolumeClaim", "shop", "data-db-0")
QUEUE = live("Queue", "q", api="example.org/v1")
STAY = "claims stay unless they are named (--with-claims)"


@pytest.mark.parametrize(
    ("objects", "also", "going", "staying"),
    [
        ([WEB], (), {"Deployment shop/web": ""}, {}),
        ([WEB, CLAIM], (), {"Deployment shop/web": ""}, {"PersistentVolumeClaim shop/uploads": STAY}),
        ([CLAIM], (Also.CLAIMS,), {"PersistentVolumeClaim shop/uploads": "the data of its volume"}, {}),
        ([CLAIM], (Also.NAMESPACE,), {}, {"PersistentVolumeClaim shop/uploads": STAY}),
        (
            [GREEDY],
            (),
            {
                "StatefulSet.apps shop/db": "its claims with their data, by its"
                " persistentVolumeClaimRetentionPolicy"
            },
            {},
        ),
        ([QUEUE], (), {"Queue.example.org shop/q": "whatever its operator deletes with it"}, {}),
    ],
    ids=["a workload", "a claim stays", "a claim is named", "another thing is named", "greedy", "custom"],
)
def test_what_goes_stays_and_is_lost(
    objects: list[LiveObject], also: tuple[Also, ...], going: dict[str, str], staying: dict[str, str]
) -> None:
    seen = Seen({each.key: each for each in objects}, policies={"uploads": "Delete"})
    plan = plan_deletion("shop", map(record, objects), seen, also, "")
    told = {str(each.key).replace("Deployment.apps", "Deployment"): each.loses for each in plan.going}
    assert told == going
    assert {str(each.key): each.why for each in plan.staying} == staying
    assert sum(plan.counts.values()) == len(going)


def test_claims_of_stateful_sets_count_and_a_kept_volume_loses_nothing() -> None:
    seen = Seen({DB.key: DB}, claims={MADE: "db"}, policies={"data-db-0": "Retain"})
    stays = plan_deletion("shop", [record(DB)], seen, (), "")
    assert [(each.key, each.why) for each in stays.staying] == [(MADE, STAY)]
    goes = plan_deletion("shop", [record(DB)], seen, (Also.CLAIMS,), "")
    assert {each.key: each.loses for each in goes.going} == {MADE: "", DB.key: ""}
    assert goes.counts == {"PersistentVolumeClaim": 1, "StatefulSet": 1}


def test_what_its_chart_keeps_stays_though_named_and_what_is_gone_is_not_told() -> None:
    kept = record(CLAIM, keep=True)
    seen = Seen({CLAIM.key: CLAIM})
    plan = plan_deletion("shop", [kept, record(WEB)], seen, (Also.CLAIMS,), "")
    assert (plan.counts, [each.key for each in plan.staying]) == ({}, [CLAIM.key])


def test_without_the_cluster_all_that_is_recorded_is_told() -> None:
    plan = plan_deletion("shop", [record(WEB), record(CLAIM)], None, (), "", trouble="away")
    assert (plan.counts, plan.trouble, len(plan.staying)) == ({"Deployment": 1}, "away", 1)


def test_history_that_cannot_be_seen_holds_back_all_that_it_might_name() -> None:
    config = live("ConfigMap", "old")
    inventory = [record(config), record(WEB)]
    assert [each.key for each in prune(inventory, (), None).delete] == [config.key, WEB.key]
    assert [each.key for each in prune(inventory, (), None, None).delete] == [WEB.key]


@pytest.mark.parametrize(
    ("finalizer", "managers", "owner"),
    [
        ("foregroundDeletion", {}, "the garbage collector, once all that it owns is gone"),
        ("kubernetes.io/pvc-protection", {}, "Kubernetes, once no pod uses the claim"),
        ("example.org/hold", {"operator": "example.org/hold"}, "set by operator"),
        ("example.org/hold", {"operator": "other/hold"}, "whoever runs example.org"),
        ("finalizer.acme.io", {}, "whoever runs acme.io"),
        ("hold", {}, "nobody knows whom"),
    ],
)
def test_a_finalizer_has_an_owner(finalizer: str, managers: dict[str, str], owner: str) -> None:
    fields = [
        {"manager": name, "fieldsV1": {"f:metadata": {"f:finalizers": {f'v:"{value}"': {}}}}}
        for name, value in managers.items()
    ]
    found = live("Queue", "q", finalizers=[finalizer], managedFields=fields)
    assert holders(found.manifest()) == (Holder(finalizer, owner),)


@pytest.mark.parametrize("metadata", [{}, {"finalizers": None}, {"finalizers": "x", "managedFields": 3}, 7])
def test_metadata_of_any_shape_has_no_holders(metadata: Any) -> None:
    assert holders({"metadata": metadata}) == ()


@pytest.mark.parametrize(
    ("name", "own"),
    [("data-db-0", True), ("data-db-12", True), ("data-db", False), ("data-db2-0", False), ("x-db-0", False)],
)
def test_claims_are_known_by_their_names(name: str, own: bool) -> None:
    names = claim_names(DB)
    assert names is not None
    assert bool(names.fullmatch(name)) is own
    assert claim_names(WEB) is None


def mine(of: LiveObject) -> LiveObject:
    labels = {APPLICATION: "app"}
    return msgspec.structs.replace(of, metadata=msgspec.structs.replace(of.metadata, labels=labels))


POD = live(
    "Pod", "web-1", ownerReferences=[{"kind": "ReplicaSet", "name": "web-a", "uid": "uid-ReplicaSet-web-a"}]
)
SET = live(
    "ReplicaSet",
    "web-a",
    api="apps/v1",
    ownerReferences=[{"kind": "Deployment", "name": "web", "uid": "uid-Deployment-web"}],
)
ROOT = live("ConfigMap", "kube-root-ca.crt")
ACCOUNT = live("ServiceAccount", "default")
OTHER = live("ConfigMap", "somebody-s")
EVENT = live("Event", "e", api="events.k8s.io/v1")


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([], []),
        ([ROOT, ACCOUNT, EVENT], []),
        ([mine(WEB), SET, POD, ROOT], []),
        ([SET, POD], ["Pod shop/web-1", "ReplicaSet.apps shop/web-a"]),
        (
            [mine(live("Service", "web")), live("Endpoints", "web"), live("Endpoints", "x")],
            ["Endpoints shop/x"],
        ),
        ([mine(WEB), OTHER], ["ConfigMap shop/somebody-s"]),
        ([CLAIM], []),
    ],
)
def test_who_else_is_in_a_namespace(objects: list[LiveObject], expected: list[str]) -> None:
    assert list(map(str, strangers(objects, "app", [CLAIM.key]))) == expected


def test_what_stays_is_in_the_way_though_it_is_ours() -> None:
    assert strangers([mine(WEB), mine(CLAIM)], "app", [WEB.key, CLAIM.key], [CLAIM.key]) == (CLAIM.key,)


@pytest.mark.parametrize(
    ("managers", "ours"),
    [
        ([{"manager": "cantata", "operation": "Apply"}], True),
        ([{"manager": "kubectl-create", "operation": "Update"}], False),
        ([{"manager": "cantata", "operation": "Update"}], False),
        ([], False),
        ("x", False),
    ],
)
def test_a_namespace_tells_who_made_it(managers: Any, ours: bool) -> None:
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x", "managedFields": managers}}
    made = LiveObject(GVK("", "v1", "Namespace"), Metadata("x"), msgspec.json.encode(manifest))
    assert made_by_us(made) is ours
