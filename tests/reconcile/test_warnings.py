"""What carries no label of ours and is seen all the same: warning events, and claims of StatefulSets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cantata.core.health.live_index import LiveIndex
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession
from cantata.reconcile.live import Live
from cantata.reconcile.warnings import Bounds

DEADLINE = 5.0
KINDS = [("apps", "StatefulSet"), ("apps", "Deployment")]
WEB = ObjectKey("apps", "Deployment", "shop", "web")
DB = ObjectKey("apps", "StatefulSet", "shop", "db")


class NotAllowed(CantataError):
    category = Category.FORBIDDEN


def ours(key: ObjectKey, uid: str, spec: Manifest | None = None) -> Manifest:
    metadata = {"name": key.name, "namespace": key.namespace, "uid": uid, "labels": {APPLICATION: "app"}}
    return {"apiVersion": f"{key.group}/v1", "kind": key.kind, "metadata": metadata, "spec": spec or {}}


def event(name: str, about: ObjectKey, uid: str, text: str = "it is bad") -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": about.namespace, "uid": f"event-{name}"},
        "type": "Warning",
        "reason": "Bad",
        "message": text,
        "involvedObject": {
            "apiVersion": f"{about.group}/v1" if about.group else "v1",
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
            "uid": uid,
        },
    }


def claim(name: str, namespace: str = "shop") -> Manifest:
    metadata = {"name": name, "namespace": namespace, "uid": f"claim-{name}"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {}}


@pytest.fixture
def bounds() -> Bounds:
    return Bounds()


@pytest.fixture
async def live(cluster: Any, bounds: Bounds) -> AsyncIterator[Any]:
    """The view on the application, its Deployment there already."""
    state = Live(bounds)
    cluster.put(ours(WEB, "w"))
    cluster.put(ours(DB, "d", {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}))
    yield await state.observe(ClusterSession("uid-1", cluster.port), "app", KINDS)
    await state.close()


async def said(live: Any, key: ObjectKey, uid: str, count: int) -> list[str]:
    """The warnings about an object, once there are so many."""
    async with asyncio.timeout(DEADLINE):
        with live.changes() as changes:
            while len(found := LiveIndex(live.family([key])).warnings_of(uid)) != count:
                await changes.wait(0.05)
    return [each.text for each in found]


async def test_a_warning_is_of_the_family_of_its_object_and_rings_for_it(live: Any, cluster: Any) -> None:
    await asyncio.sleep(0)
    with live.changes() as changes:
        cluster.put(event("one", WEB, "w"))
        assert await changes.wait(DEADLINE) == {WEB}
    assert await said(live, WEB, "w", 1) == ["it is bad"]
    assert await said(live, DB, "d", 0) == []


async def test_a_warning_of_an_earlier_object_of_that_name_is_nobodys(live: Any, cluster: Any) -> None:
    cluster.put(event("old", WEB, "w-before"))
    cluster.put(event("new", WEB, "w", "this one"))
    assert await said(live, WEB, "w", 1) == ["this one"]


async def test_warnings_from_before_are_listed_and_deleted_ones_go(live: Any, cluster: Any) -> None:
    cluster.put(event("one", WEB, "w"))
    await said(live, WEB, "w", 1)
    cluster.remove(ObjectKey("", "Event", "shop", "one"))
    assert await said(live, WEB, "w", 0) == []


@pytest.mark.parametrize("bounds", [Bounds(most=30)], ids=str)
async def test_of_one_object_and_of_all_only_the_newest_warnings_are_kept(
    live: Any, cluster: Any, bounds: Bounds
) -> None:
    for number in range(50):
        cluster.put(event(f"web-{number}", WEB, "w", f"text {number}"))
    assert await said(live, WEB, "w", bounds.of_one) == [f"text {n}" for n in range(30, 50)]
    for number in range(25):
        cluster.put(event(f"db-{number}", DB, "d"))
    assert len(await said(live, DB, "d", bounds.of_one)) == 20
    assert await said(live, WEB, "w", 10) == [f"text {n}" for n in range(40, 50)]


@pytest.mark.parametrize("bounds", [Bounds(age=0.2)], ids=str)
async def test_a_warning_that_is_not_told_again_is_forgotten(live: Any, cluster: Any) -> None:
    with live.changes() as changes:
        cluster.put(event("one", WEB, "w"))
        assert await changes.wait(DEADLINE) == {WEB}
    assert await said(live, WEB, "w", 0) == []


@pytest.mark.usefixtures("live")
async def test_one_watch_a_namespace_until_a_watch_of_all_costs_less(cluster: Any) -> None:
    def watched() -> list[str]:
        events = [each for each in cluster.informers if each.resource.gvk.kind == "Event"]
        return sorted(each.namespace for each in events if not each.closed)

    assert watched() == ["shop"]
    names = [ObjectKey("apps", "Deployment", f"n{number:02}", "web") for number in range(16)]
    for key in names[:15]:
        cluster.put(ours(key, key.namespace))
    assert len(watched()) == 16
    cluster.put(ours(names[15], "last"))
    await until(lambda: watched() == [""])
    for key in (WEB, DB, *names):
        cluster.remove(key)
    await until(lambda: watched() == [])


async def until(condition: Any) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_where_warnings_may_not_be_read_it_is_told_and_nothing_fails(cluster: Any) -> None:
    state = Live()
    cluster.hidden["Event", "shop"] = NotAllowed("no, you may not")
    cluster.put(ours(WEB, "w"))
    live = await state.observe(ClusterSession("uid-1", cluster.port), "app", KINDS)
    await until(lambda: live.unseen)
    assert live.unseen == ("warning events are not seen: no, you may not",)
    assert live.synced
    assert [each.metadata.name for each in live.family([WEB])] == ["web"]
    await state.close()


async def test_where_a_watch_of_all_is_forbidden_each_namespace_has_its_own(cluster: Any) -> None:
    state = Live()
    cluster.hidden["Event", ""] = NotAllowed("not everywhere")
    await state.observe(ClusterSession("uid-1", cluster.port), "app", KINDS)
    for number in range(18):
        cluster.put(ours(ObjectKey("apps", "Deployment", f"n{number:02}", "web"), f"uid-{number}"))
    await until(lambda: len(events_of(cluster)) == 18)
    await state.close()


def events_of(cluster: Any) -> set[str]:
    found = [each for each in cluster.informers if each.resource.gvk.kind == "Event" and not each.closed]
    return {each.namespace for each in found} - {""}


async def test_claims_of_a_stateful_set_are_found_by_their_names(live: Any, cluster: Any) -> None:
    for name in ("data-db-0", "data-db-11", "data-db-x", "other-db-0", "data-dbs-0"):
        cluster.put(claim(name))
    cluster.put(claim("data-db-1", "elsewhere"))
    found = live.family([DB])
    assert sorted(each.metadata.name for each in found) == ["data-db-0", "data-db-11", "db"]
    with live.changes() as changes:
        cluster.put(
            event("slow", ObjectKey("", "PersistentVolumeClaim", "shop", "data-db-0"), "claim-data-db-0")
        )
        assert await changes.wait(DEADLINE) == {DB}
    assert await said(live, DB, "claim-data-db-0", 1) == ["it is bad"]


@pytest.mark.usefixtures("live")
async def test_claims_are_not_watched_without_claim_templates(cluster: Any) -> None:
    cluster.put(ours(DB, "d"))
    await until(lambda: cluster.informer("PersistentVolumeClaim").closed)
