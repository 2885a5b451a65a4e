"""The look for drift, over a real store and a cluster in memory."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from cantata.actions.card_desk import CardDesk
from cantata.actions.ports import Ports
from cantata.actions.status import read_known
from cantata.actions.streams import Streams
from cantata.core.model.applications import (
    Application,
    ObjectRecord,
    OperationState,
    RevisionExtras,
    ServiceVersion,
    Verb,
)
from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.core.model.drift import DriftPolicy
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import LiveObject, Manifest, ObjectKey
from cantata.core.stamp import APPLICATION, fingerprint
from cantata.ports import ClusterSession, Records
from cantata.reconcile.drift import DriftLook
from cantata.reconcile.live import Live
from cantata.reconcile.watch import Seen
from cantata.store import SqlStore


class Stale:
    """A copy that still shows `seen`."""

    def __init__(self, seen: LiveObject) -> None:
        self._seen = seen

    def find(self, key: ObjectKey) -> LiveObject | None:
        return self._seen if key == self._seen.key else None


class Drifting:
    """A deployed application with one ConfigMap, which others may change."""

    def __init__(self, cluster: Any, store: SqlStore, application: Application) -> None:
        self.cluster, self.store, self.application = cluster, store, application
        nothing: Any = None
        session = ClusterSession("uid-1", cluster.port)

        class One:
            async def get(self, project: str, name: str) -> ClusterSession:  # noqa: ARG002
                return session

        self.live = Live()
        self._ports = Ports(
            store=store,
            renderer=nothing,
            clusters=cast(Any, One()),
            live=self.live,
            documents=nothing,
            reads=nothing,
            charts=nothing,
            cards=CardDesk(),
            streams=Streams(store),
            wake=lambda: None,
            call_came=lambda: None,
        )
        self.look = DriftLook(self._ports)

    def manifest(self, word: str) -> Manifest:
        labels = {APPLICATION: self.application.id}
        metadata = {"name": "words", "namespace": "shop", "labels": labels}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"word": word}}

    def put(self, word: str) -> LiveObject:
        made: LiveObject = self.cluster.put(self.manifest(word))
        return made

    async def deploy(self) -> None:
        answered = self.put("ours")

        def write(records: Records) -> None:
            render = RenderInputs("sha256:1", Release("shop", "shop"), Capabilities("v1.36.3"))
            inputs = records.blobs.put_sealed(msgspec.json.encode(RecordedInputs(render)))
            wanted = records.blobs.put_sealed(msgspec.json.encode([self.manifest("ours")]))
            extras = records.blobs.put_sealed(msgspec.json.encode(RevisionExtras()))
            version = ServiceVersion("web", 1, (), "v4", inputs, wanted, "", 1)
            records.revisions.add(
                self.application.id, cause="", author="", operation_id="", services={"web": version},
                extras=extras, notes="",
            )  # fmt: skip
            records.inventory.put(self.application.id, [record_of(answered)])

        await self.store.write(write)

    async def seen(self, copy: LiveObject) -> bool:
        known = await self.store.read(lambda records: read_known(records, self.application))
        return await self.look(Seen(known, False, cast(Any, Stale(copy))))

    async def revert_by_policy(self) -> None:
        edited = msgspec.structs.replace(self.application, drift=DriftPolicy.REVERT)
        self.application = await self.store.write(lambda records: records.applications.update(edited))

    async def operations(self) -> list[OperationState]:
        listed = await self.store.read(
            lambda records: records.operations.list(application_id=self.application.id)
        )
        return [each.state for each in listed if each.verb is Verb.REVERT]

    async def end_operations(self, state: OperationState) -> None:
        def write(records: Records) -> None:
            for each in records.operations.active():
                records.operations.move(each.id, state)

        await self.store.write(write)

    async def fields(self) -> list[str]:
        drift = await self.store.read(lambda records: records.drift.find(self.application.id))
        return [each.field for each in drift.fields]


def record_of(live: LiveObject) -> ObjectRecord:
    """As we were answered."""
    return ObjectRecord(
        live.key,
        live.gvk,
        "web",
        uid=live.metadata.uid,
        desired="d",
        resource_version=live.metadata.resource_version,
        fingerprint=fingerprint(live.manifest()),
    )


@pytest.fixture
async def drifting(cluster: Any, store: SqlStore, shop: Application) -> Any:
    made = Drifting(cluster, store, shop)
    await made.deploy()
    yield made
    await made.live.close()


async def test_what_we_wrote_last_is_compared_though_the_copy_is_behind(drifting: Drifting) -> None:
    theirs = drifting.put("theirs")
    assert await drifting.seen(theirs)
    assert "data.word" in await drifting.fields()
    again = record_of(drifting.put("ours"))
    await drifting.store.write(lambda records: records.inventory.put(drifting.application.id, [again]))
    assert await drifting.seen(theirs)
    assert await drifting.fields() == []


async def test_what_was_compared_is_not_read_again_until_it_changes(drifting: Drifting) -> None:
    theirs = drifting.put("theirs")
    assert await drifting.seen(theirs)
    drifting.cluster.read.clear()
    assert await drifting.seen(theirs)
    assert not drifting.cluster.read
    assert await drifting.seen(drifting.put("theirs too"))
    assert drifting.cluster.read == ["words"]


async def test_reverts_by_policy_that_fail_are_tried_twice_and_are_no_fight(drifting: Drifting) -> None:
    await drifting.revert_by_policy()
    for number in (1, 2, 3):
        await drifting.seen(drifting.put(f"theirs {number}"))
        await drifting.end_operations(OperationState.FAILED)
    assert await drifting.operations() == [OperationState.FAILED] * 2
    drift = await drifting.store.read(lambda records: records.drift.find(drifting.application.id))
    assert {each.fight for each in drift.fields} == {False}
