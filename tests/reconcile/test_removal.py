"""Deleting by what is recorded: what a live copy does not show is asked for before it is believed gone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.reconcile.conftest import MemoryCluster

from cantata.actions.streams import Streams
from cantata.core.model.applications import Application, ObjectRecord, Operation
from cantata.core.model.events import EventType
from cantata.core.model.objects import GVK, ObjectKey
from cantata.core.stamp import APPLICATION
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession
from cantata.reconcile.apply import DeletionStuck, Writer
from cantata.reconcile.journal import Journal, JournalDesk
from cantata.reconcile.lease import ClusterLease
from cantata.reconcile.live import Live
from cantata.reconcile.removal import Removal
from cantata.reconcile.requests import Requests
from cantata.store import SqlStore

CONFIG_MAP = GVK("", "v1", "ConfigMap")


def manifest(name: str, application: str, **metadata: Any) -> dict[str, Any]:
    own = {"name": name, "namespace": "shop", "labels": {APPLICATION: application}, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": own}


class Stage:
    """A removal on a cluster in memory, whose informers may be told to see nothing."""

    def __init__(
        self, store: SqlStore, cluster: MemoryCluster, shop: Application, operation: Operation
    ) -> None:
        self.store, self.cluster, self.shop, self.operation = store, cluster, shop, operation

    async def removal(self, *records: ObjectRecord, deadline: float = 5) -> Removal:
        lease = ClusterLease(self.store, "uid-1", "here", 60)
        await lease.acquire()
        grant = lease.grant()
        self.journal: Journal = JournalDesk(self.store, Streams(self.store)).open(self.operation, grant)
        requests = Requests(grant, self.journal, deadline)
        live = await Live().observe(
            ClusterSession("uid-1", self.cluster.port), self.shop.id, [("", "ConfigMap")]
        )
        self.writer = Writer(self.cluster.port, requests, live, self.journal, self.shop.id, records)
        return Removal(live, self.writer, self.journal)


@pytest.fixture
def stage(store: SqlStore, cluster: MemoryCluster, shop: Application, operation: Operation) -> Stage:
    return Stage(store, cluster, shop, operation)


def attempted(name: str) -> ObjectRecord:
    """Meant to be made when the server died; nobody knows whether it was."""
    return ObjectRecord(ObjectKey("", "ConfigMap", "shop", name), CONFIG_MAP, "web")


async def test_an_empty_live_copy_does_not_make_an_attempted_object_an_orphan(stage: Stage) -> None:
    removal = await stage.removal(attempted("late"))
    stage.cluster.informer("ConfigMap").listener = None
    made = stage.cluster.put(manifest("late", stage.shop.id))
    await removal.objects([attempted("late")])
    assert made.key not in stage.cluster.objects
    assert stage.writer.records == {}


async def test_an_attempted_object_that_somebody_else_made_is_left_alone(stage: Stage) -> None:
    theirs = stage.cluster.put(manifest("late", "another"))
    removal = await stage.removal(attempted("late"))
    await removal.objects([attempted("late")])
    assert theirs.key in stage.cluster.objects
    assert stage.writer.records == {}


@pytest.mark.parametrize(("label", "left"), [("ours", False), ("another", True)])
async def test_what_took_the_place_of_an_object_goes_when_it_has_our_label(
    label: str, left: bool, stage: Stage
) -> None:
    made = stage.cluster.put(manifest("web", stage.shop.id))
    record = ObjectRecord(made.key, CONFIG_MAP, "web", desired="1", uid=made.metadata.uid)
    removal = await stage.removal(record)
    stage.cluster.remove(made.key)
    again = stage.cluster.put(manifest("web", stage.shop.id if label == "ours" else label))
    assert again.metadata.uid != made.metadata.uid
    await removal.objects([record])
    assert (made.key in stage.cluster.objects) is left
    assert stage.writer.records == {}


async def test_an_unanswered_question_is_no_answer(stage: Stage) -> None:
    class Away(CantataError):
        category = Category.UNAVAILABLE

    stage.cluster.put(manifest("late", "another"))
    removal = await stage.removal(attempted("late"), deadline=0.1)
    stage.cluster.trouble = Away("the API server is away")
    with pytest.raises(Away):
        await removal.objects([attempted("late")])
    assert list(stage.writer.records) == [attempted("late").key]


async def test_a_finalizer_that_hangs_is_named_with_its_owner(stage: Stage) -> None:
    fields = [
        {"manager": "holder", "fieldsV1": {"f:metadata": {"f:finalizers": {'v:"example.org/hold"': {}}}}}
    ]
    made = stage.cluster.put(
        manifest("held", stage.shop.id, finalizers=["example.org/hold"], managedFields=fields)
    )
    record = ObjectRecord(made.key, CONFIG_MAP, "web", desired="1", uid=made.metadata.uid)
    removal = await stage.removal(record, deadline=0.2)
    with pytest.raises(DeletionStuck, match=r"it waits for example.org/hold \(set by holder\)"):
        await removal.objects([record])
    assert made.key in stage.cluster.objects
    assert all(told.type is not EventType.OBJECT for told in stage.journal.events)
