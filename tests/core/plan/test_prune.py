from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import GVK, LiveObject, Metadata, ObjectKey, OwnerReference
from cantata.core.plan import Pruned, prune


def record(kind: str, name: str, service: str, group: str = "", **more: object) -> ObjectRecord:
    made = ObjectRecord(ObjectKey(group, kind, "shop", name), GVK(group, "v1", kind), service, desired="d")
    return msgspec.structs.replace(made, **more)


WEB = record("Deployment", "web", "web", "apps")
API = record("Deployment", "api", "api", "apps")
DATA = record("ConfigMap", "data", "web")


def test_what_is_wanted_stays_and_the_rest_goes() -> None:
    pruned = prune([WEB, API, DATA], {WEB.key}, None)
    assert pruned.delete == (API, DATA)
    assert pruned.keep == ()


def test_an_object_that_moved_to_another_service_stays() -> None:
    """`data` is recorded for web, and api wants it now; only web is deployed."""
    assert prune([DATA], {DATA.key}, {"web"}).delete == ()


def test_an_object_that_moves_to_a_service_outside_of_the_operation_stays() -> None:
    """api does not want it yet: its recorded version is older than the move."""
    assert prune([DATA], (), {"web"}, assigned={DATA.key: "api"}) == Pruned((), ())
    for services in ({"web", "api"}, None):
        assert prune([DATA], (), services, assigned={DATA.key: "api"}).delete == (DATA,)


def test_only_objects_of_the_selected_services_go() -> None:
    assert prune([WEB, API, DATA], (), {"web"}).delete == (WEB, DATA)
    assert prune([WEB, API, DATA], (), ()).delete == ()


def test_what_a_failed_deploy_only_meant_to_write_goes() -> None:
    attempted = record("ConfigMap", "old", "web", desired="", uid="")
    assert prune([WEB, attempted], {WEB.key}, None).delete == (attempted,)


@pytest.mark.parametrize(
    "precious",
    [
        record("PersistentVolumeClaim", "data", "db"),
        record("Namespace", "shop", "db"),
        record("CustomResourceDefinition", "shops.example.org", "db", "apiextensions.k8s.io"),
        record("ConfigMap", "kept", "db", keep=True),
    ],
    ids=lambda each: each.key.kind,
)
def test_what_a_deploy_cannot_bring_back_is_kept(precious: ObjectRecord) -> None:
    pruned = prune([precious], (), None)
    assert pruned.delete == ()
    assert pruned.keep == (precious,)


def test_a_kind_of_the_same_name_in_another_group_is_not_precious() -> None:
    other = record("Namespace", "shop", "db", "example.org")
    assert prune([other], (), None).delete == (other,)


def test_hooks_have_their_own_life() -> None:
    hook = record("Job", "migrate", "", "batch", hook=True)
    kept = record("PersistentVolumeClaim", "data", "", hook=True)
    pruned = prune([hook, kept], (), None)
    assert (pruned.delete, pruned.keep) == ((), ())


def live(kind: str, **fields: object) -> LiveObject:
    group = {"Pod": "", "Job": "batch"}.get(kind, "apps")
    gvk, metadata = GVK(group, "v1", kind), Metadata(name="x", namespace="shop")
    body = {"apiVersion": gvk.api_version, "kind": kind, "metadata": {"name": "x"}, **fields}
    return LiveObject(gvk, metadata, msgspec.json.encode(body))


MOUNTS = {"containers": [], "volumes": [{"name": "v", "configMap": {"name": "data"}}]}


@pytest.mark.parametrize(
    "past",
    [
        live("Pod", spec=MOUNTS),
        live("ReplicaSet", spec={"template": {"spec": MOUNTS}}),
        live("Job", spec={"template": {"spec": MOUNTS}}),
        live("ControllerRevision", data={"spec": {"template": {"$patch": "replace", "spec": MOUNTS}}}),
    ],
    ids=lambda past: past.gvk.kind,
)
def test_what_the_history_names_waits(past: LiveObject) -> None:
    assert prune([DATA], (), None, [past]) == Pruned((), ())


@pytest.mark.parametrize("wrong", [None, 5, "text", [1], {"spec": [1]}, {"kind": "Pod", "spec": MOUNTS}])
@pytest.mark.parametrize("kind", ["Pod", "ReplicaSet", "Job", "ControllerRevision"])
def test_history_of_any_shape_is_taken(kind: str, wrong: object) -> None:
    """Anybody who may write such objects can give them our label."""
    assert prune([DATA], (), None, [live(kind, data=wrong, spec=wrong)]).delete == (DATA,)


names = st.sampled_from(["a", "b", "c", "d"])
services = st.sampled_from(["web", "api", "db"])
kinds = st.sampled_from(["ConfigMap", "PersistentVolumeClaim"])
records = st.lists(
    st.builds(record, kinds, names, services, hook=st.booleans(), keep=st.booleans()),
    unique_by=lambda each: each.key,
)


@given(records, st.sets(st.builds(ObjectKey, st.just(""), kinds, st.just("shop"), names)), st.sets(services))
def test_every_record_goes_stays_or_is_kept_and_what_is_wanted_never_goes(
    inventory: list[ObjectRecord], wanted: set[ObjectKey], selected: set[str]
) -> None:
    for chosen in (None, selected):
        pruned = prune(inventory, wanted, chosen)
        touched = [each.key for each in (*pruned.delete, *pruned.keep)]
        assert len(touched) == len(set(touched))
        assert not wanted & set(touched)
        assert all(not each.hook for each in (*pruned.delete, *pruned.keep))
        assert all(not each.keep and each.key.kind == "ConfigMap" for each in pruned.delete)
        expected = {
            each.key
            for each in inventory
            if not each.hook and each.key not in wanted and (chosen is None or each.service in chosen)
        }
        assert set(touched) == expected


def test_the_history_of_an_undeployed_service_holds_nothing_back() -> None:
    """`data` is mounted by a pod of web's ReplicaSet, and `shared` by one of another service, too."""
    web = msgspec.structs.replace(WEB, uid="1")
    shared = record("ConfigMap", "shared", "web")
    history = [
        owned("ReplicaSet", "web-1", "2", owner="1", mounts=("data", "shared")),
        owned("Pod", "web-1-a", "3", owner="2", mounts=("data", "shared")),
        owned("Pod", "api-1-a", "4", owner="9", mounts=("shared",)),
    ]
    assert prune([web, DATA, shared], (), {"web"}, history).delete == (web,)
    assert prune([web, DATA, shared], (), {"web"}, history, undeployed={"web"}).delete == (web, DATA)


def owned(kind: str, name: str, uid: str, *, owner: str, mounts: tuple[str, ...]) -> LiveObject:
    spec = {"containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": each}} for each in mounts]}]}
    group = "apps" if kind == "ReplicaSet" else ""
    body = {
        "apiVersion": f"{group}/v1" if group else "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": {"spec": spec}} if group else spec,
    }
    metadata = Metadata(
        name=name, namespace="shop", uid=uid, owner_references=(OwnerReference("", "", owner),)
    )
    return LiveObject(GVK(group, "v1", kind), metadata, msgspec.json.encode(body))


def test_what_a_service_outside_of_the_operation_uses_stays() -> None:
    """Its pods could not start again without the account of the service that drops it."""
    account = record("ServiceAccount", "runner", "shared")
    spec = {"template": {"spec": {"serviceAccountName": "runner", "containers": []}}}
    metadata = {"name": "web", "namespace": "shop"}
    user = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    assert prune([account], (), {"shared"}, outside=[user]) == Pruned((), ())
    assert prune([account], (), {"shared"}).delete == (account,)
