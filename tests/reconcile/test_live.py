from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cantata.core.model.objects import ObjectKey
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import Change, ClusterSession, KindNotServed
from cantata.reconcile.live import ApplicationObjects, ClusterObjects, Live

DEADLINE = 5.0
KINDS = [("apps", "Deployment"), ("", "ConfigMap")]
WEB = ObjectKey("apps", "Deployment", "shop", "web")
REPLICAS = ObjectKey("apps", "ReplicaSet", "shop", "web-1")
POD = ObjectKey("", "Pod", "shop", "web-1-a")


def body(
    key: ObjectKey, uid: str, *owners: str, application: str = "app", version: str = "1"
) -> dict[str, Any]:
    return {
        "apiVersion": f"{key.group}/v1" if key.group else "v1",
        "kind": key.kind,
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "uid": uid,
            "resourceVersion": version,
            "labels": {APPLICATION: application},
            "ownerReferences": [{"kind": "Any", "name": "any", "uid": owner} for owner in owners],
        },
    }


@pytest.fixture
def live(live_object: Any) -> Any:
    return lambda *args, **more: live_object(body(*args, **more))


@pytest.fixture
def objects(cluster: Any) -> ApplicationObjects:
    return ClusterObjects(cluster.port).application("app")


@pytest.fixture
def family(objects: ApplicationObjects, live: Any) -> ApplicationObjects:
    """A Deployment, its ReplicaSet, its pod."""
    objects.heard(Change.ADDED, live(WEB, "d"))
    objects.heard(Change.ADDED, live(REPLICAS, "r", "d"))
    objects.heard(Change.ADDED, live(POD, "p", "r"))
    return objects


def names(objects: ApplicationObjects, *keys: ObjectKey) -> list[str]:
    return [each.metadata.name for each in objects.family(keys)]


def test_a_family_is_the_object_and_all_that_it_owns(family: ApplicationObjects) -> None:
    assert names(family, WEB) == ["web", "web-1", "web-1-a"]
    assert names(family, REPLICAS) == ["web-1", "web-1-a"]
    assert names(family, ObjectKey("", "ConfigMap", "shop", "none")) == []


def test_nobody_is_in_a_family_twice(family: ApplicationObjects) -> None:
    assert names(family, WEB, REPLICAS, WEB) == ["web", "web-1", "web-1-a"]


def test_children_that_come_before_their_owner_are_found(objects: ApplicationObjects, live: Any) -> None:
    objects.heard(Change.ADDED, live(POD, "p", "r"))
    objects.heard(Change.ADDED, live(REPLICAS, "r", "d"))
    objects.heard(Change.ADDED, live(WEB, "d"))
    assert names(objects, WEB) == ["web", "web-1", "web-1-a"]


def test_owners_in_a_circle_end(objects: ApplicationObjects, live: Any) -> None:
    objects.heard(Change.ADDED, live(WEB, "d", "r"))
    objects.heard(Change.ADDED, live(REPLICAS, "r", "d"))
    assert sorted(names(objects, WEB)) == ["web", "web-1"]


def test_a_deleted_object_is_in_no_family(family: ApplicationObjects, live: Any) -> None:
    family.heard(Change.DELETED, live(POD, "p", "r"))
    assert names(family, WEB) == ["web", "web-1"]
    assert family.find(POD) is None


def test_a_pod_that_its_owner_let_go_is_in_no_family(family: ApplicationObjects, live: Any) -> None:
    family.heard(Change.MODIFIED, live(POD, "p"))
    assert names(family, WEB) == ["web", "web-1"]
    assert family.find(POD) is not None


def test_a_replacement_stays_when_the_old_one_is_told_as_deleted(
    family: ApplicationObjects, live: Any
) -> None:
    """Two informers, or a list anew, may tell the deletion late."""
    family.heard(Change.ADDED, live(WEB, "d2"))
    family.heard(Change.DELETED, live(WEB, "d"))
    found = family.find(WEB)
    assert found is not None
    assert found.metadata.uid == "d2"
    assert names(family, WEB) == ["web"]


JOB = ObjectKey("batch", "Job", "shop", "migrate")


@pytest.mark.parametrize(
    ("owners", "condition", "kept"),
    [((), "Complete", True), ((), "Failed", True), ((), "Suspended", False), (("cron",), "Complete", False)],
    ids=["completed", "failed", "unfinished", "of a CronJob"],
)
def test_how_a_job_ended_is_known_until_the_next_one_comes(
    objects: ApplicationObjects, live_object: Any, owners: tuple[str, ...], condition: str, kept: bool
) -> None:
    status = {"conditions": [{"type": condition, "status": "True"}]}
    objects.heard(Change.ADDED, live_object(body(JOB, "j", *owners)))
    objects.heard(Change.DELETED, live_object({**body(JOB, "j", *owners), "status": status}))
    assert objects.find(JOB) is None
    assert [each.metadata.uid for each in objects.family([JOB])] == (["j"] if kept else [])
    objects.heard(Change.ADDED, live_object(body(JOB, "k")))
    assert [each.metadata.uid for each in objects.family([JOB])] == ["k"]


@pytest.mark.parametrize("change", [Change.ADDED, Change.MODIFIED, Change.DELETED])
async def test_a_pods_change_rings_for_its_deployment(
    family: ApplicationObjects, live: Any, change: Change
) -> None:
    with family.changes() as changes:
        family.heard(change, live(POD, "p", "r", version="2"))
        assert await changes.wait(DEADLINE) == {WEB}
        assert await changes.wait(0) == set()


async def test_an_object_of_an_unknown_owner_rings_for_itself(objects: ApplicationObjects, live: Any) -> None:
    with objects.changes() as changes:
        objects.heard(Change.ADDED, live(POD, "p", "nobody"))
        assert await changes.wait(DEADLINE) == {POD}


async def test_changes_are_collected_until_somebody_asks(family: ApplicationObjects, live: Any) -> None:
    other = ObjectKey("", "ConfigMap", "shop", "settings")
    with family.changes() as first, family.changes() as second:
        family.heard(Change.MODIFIED, live(WEB, "d"))
        family.heard(Change.ADDED, live(other, "c"))
        assert await first.wait(DEADLINE) == {WEB, other}
        assert await second.wait(DEADLINE) == {WEB, other}


async def test_a_bell_can_be_rung_for_nothing(objects: ApplicationObjects) -> None:
    with objects.changes() as changes:
        changes.ring()
        async with asyncio.timeout(DEADLINE):
            assert await changes.wait(60) == set()


# --- informers ----------------------------------------------------------------------------------------------


class Silent(CantataError):
    category = Category.UNAVAILABLE


@pytest.fixture
async def state() -> AsyncIterator[Live]:
    opened = Live()
    yield opened
    await opened.close()


@pytest.fixture
def session(cluster: Any) -> ClusterSession:
    return ClusterSession("uid-1", cluster.port)


async def test_objects_are_told_apart_by_their_label(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    cluster.put(body(WEB, "d", application="one"))
    one = await state.observe(session, "one", KINDS)
    two = await state.observe(session, "two", KINDS)
    assert one.find(WEB) is not None
    assert two.find(WEB) is None


async def test_an_object_that_changes_hands_is_one_applications_only(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    """As a claim does that outlived its application, and that a later one takes over."""
    one = await state.observe(session, "one", KINDS)
    two = await state.observe(session, "two", KINDS)
    cluster.put(body(WEB, "d", application="one"))
    with one.changes() as changes:
        cluster.put(body(WEB, "d", application="two"))
        assert await changes.wait(DEADLINE) == {WEB}
    assert one.find(WEB) is None
    assert two.find(WEB) is not None
    cluster.put(body(WEB, "d", application=""))
    assert two.find(WEB) is None
    cluster.put(body(WEB, "d", application="one"))
    cluster.remove(WEB)
    assert one.find(WEB) is None


async def test_each_kind_is_watched_once(state: Live, session: ClusterSession, cluster: Any) -> None:
    await asyncio.gather(*(state.observe(session, f"a{n}", KINDS) for n in range(5)))
    kinds = [each.resource.gvk.kind for each in cluster.informers]
    assert sorted(kinds) == [
        "ConfigMap",
        "ControllerRevision",
        "Deployment",
        "Job",
        "Pod",
        "ReplicaSet",
    ]


async def test_a_kind_that_is_not_served_has_no_objects(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    cluster.unserved.add(("example.org", "Shop"))
    found = await state.observe(session, "app", [("example.org", "Shop")])
    assert found.synced
    cluster.unserved.clear()
    await state.observe(session, "app", [("example.org", "Shop")])
    assert cluster.informer("Shop").synced


async def test_a_kind_of_another_application_does_not_make_this_one_stale(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    """When a definition is deleted, its informer is never current again."""
    plain = await state.observe(session, "plain", KINDS)
    custom = await state.observe(session, "custom", [*KINDS, ("example.org", "Shop")])
    cluster.informer("Shop").broken = True
    assert plain.synced
    assert not custom.synced
    cluster.informer("Deployment").broken = True
    assert not plain.synced


SHOP = ObjectKey("example.org", "Shop", "shop", "one")
CUSTOM = ("example.org", "Shop")


async def test_a_kind_that_is_served_no_longer_has_no_objects(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    """Or an application that once had such an object would be unknown for ever."""
    cluster.put(body(SHOP, "s"))
    await state.observe(session, "app", [CUSTOM])
    watch = cluster.informer("Shop")
    watch.fail(KindNotServed("404"))
    cluster.remove(SHOP)
    found = await state.observe(session, "app", [CUSTOM])
    assert not found.synced, "discovery still lists it: what is gone must be known to be gone"
    cluster.unserved.add(CUSTOM)
    found = await state.observe(session, "app", [CUSTOM])
    assert found.synced
    assert found.find(SHOP) is None
    assert watch.closed


async def test_a_kind_that_cannot_be_asked_about_stays_unknown(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    cluster.put(body(SHOP, "s"))
    found = await state.observe(session, "app", [CUSTOM])
    cluster.informer("Shop").fail(KindNotServed("404 of a load balancer"))
    cluster.trouble = Silent("no answer")
    with pytest.raises(Silent):
        await state.observe(session, "app", [CUSTOM])
    assert not found.synced
    assert found.find(SHOP) is not None


async def test_a_kind_in_another_version_is_watched_there(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    lost = ObjectKey("example.org", "Shop", "shop", "two")
    for name, uid in ((SHOP, "s"), (lost, "t")):
        cluster.put(body(name, uid))
    found = await state.observe(session, "app", [CUSTOM])
    old = cluster.informer("Shop")
    old.fail(KindNotServed("404"))
    cluster.preferred[CUSTOM] = "v2"
    cluster.remove(lost)
    await state.observe(session, "app", [CUSTOM])
    assert found.synced
    assert found.find(SHOP) is not None
    assert found.find(lost) is None
    assert old.closed
    assert cluster.informers[-1].resource.gvk.version == "v2"
    assert not cluster.informers[-1].closed


async def test_who_stops_waiting_does_not_stop_the_first_list(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    """A status waits for some seconds only; the next one must find the list further on."""
    answered = cluster.silent[KINDS[0]] = asyncio.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await state.observe(session, "app", KINDS)
    assert not cluster.informer("Deployment").closed
    del cluster.silent[KINDS[0]]
    answered.set()
    async with asyncio.timeout(DEADLINE):
        found = await state.observe(session, "app", KINDS)
    assert found.synced
    assert [each.resource.gvk.kind for each in cluster.informers].count("Deployment") == 1


async def test_a_failure_is_told_and_the_next_try_begins_anew(
    state: Live, session: ClusterSession, cluster: Any
) -> None:
    cluster.trouble = Silent("no answer")
    with pytest.raises(Silent):
        await state.observe(session, "app", KINDS)
    cluster.trouble = None
    assert (await state.observe(session, "app", KINDS)).synced


async def test_closing_ends_informers_that_still_start(session: ClusterSession, cluster: Any) -> None:
    cluster.silent[KINDS[0]] = asyncio.Event()
    state = Live()
    waiting = asyncio.create_task(state.observe(session, "app", KINDS))
    async with asyncio.timeout(DEADLINE):
        await cluster.watched.wait()
        await state.close()
        await asyncio.gather(waiting, return_exceptions=True)
    assert all(each.closed for each in cluster.informers)
