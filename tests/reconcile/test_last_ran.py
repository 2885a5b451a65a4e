"""Which version of a service ran last, over a real store."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from cantata.actions.last_ran import as_last_ran
from cantata.actions.source import Source
from cantata.core.model.applications import (
    Application,
    OperationState,
    RevisionExtras,
    RevisionState,
    ServiceVersion,
    Verb,
)
from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.timing import Mark, Reached
from cantata.ports import Records
from cantata.store import SqlStore

DONE, FAILED, CANCELLED = OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED


class History:
    """What happened to one application, told step by step."""

    def __init__(self, store: SqlStore, application: Application) -> None:
        self._store = store
        self._application = application

    async def deploy(
        self, state: OperationState, services: dict[str, int], *, reached: Sequence[str] = ()
    ) -> None:
        """Of these services, each in this version; the others stay as they were."""

        def write(records: Records) -> None:
            id_ = self._application.id
            latest = records.revisions.find_latest(id_)
            number = latest.number + 1 if latest else 1
            made = {name: self._version(records, name, each, number) for name, each in services.items()}
            operation = self._operate(records, Verb.DEPLOY, number, tuple(services), state, reached)
            records.revisions.add(
                id_, cause="", author="", operation_id=operation,
                services={**(latest.services if latest else {}), **made},
                extras=records.blobs.put_sealed(msgspec.json.encode(RevisionExtras())), notes="",
            )  # fmt: skip
            ended = RevisionState.DEPLOYED if state is DONE else RevisionState.FAILED
            records.revisions.close(id_, number, ended)

        await self._store.write(write)

    async def again(
        self, verb: Verb, revision: int, state: OperationState, *, reached: Sequence[str] = ()
    ) -> None:
        """An operation that makes no revision."""
        await self._store.write(lambda records: self._operate(records, verb, revision, (), state, reached))

    def _operate(
        self,
        records: Records,
        verb: Verb,
        revision: int,
        services: tuple[str, ...],
        state: OperationState,
        reached: Sequence[str],
    ) -> str:
        operation = records.operations.add(
            self._application, verb=verb, services=services, author="", cause="", plan="", revision=revision
        )
        marks = [Reached(service, Mark.BEGUN, time.time()) for service in reached]
        records.operations.mark_reached(operation.id, marks)
        records.operations.move(operation.id, state)
        return operation.id

    def _version(self, records: Records, name: str, version: int, number: int) -> ServiceVersion:
        render = RenderInputs(f"sha256:{version}", Release("shop", "shop"), Capabilities("v1.36.3"))
        inputs = records.blobs.put_sealed(msgspec.json.encode(RecordedInputs(render)))
        manifests = records.blobs.put_sealed(msgspec.json.encode([{"kind": name, "version": version}]))
        return ServiceVersion(name, version, (), "v4", inputs, manifests, "", number)

    async def ran(self) -> dict[str, int]:
        def read(records: Records) -> Source:
            application = self._application
            return as_last_ran(records, Source.read(records, application.project, application.name))

        source = await self._store.read(read)
        assert source.latest is not None
        found = {name: each.template_version for name, each in source.latest.services.items()}
        told = {name: msgspec.json.decode(each)[0]["version"] for name, each in source.manifests.items()}
        assert told == found
        assert {each.inputs for each in source.latest.services.values()} <= source.recorded.keys()
        return found


async def test_what_a_deploy_had_not_reached_is_as_it_was(store: SqlStore, shop: Application) -> None:
    history = History(store, shop)
    await history.deploy(DONE, {"web": 1, "db": 1})
    assert await history.ran() == {"web": 1, "db": 1}
    await history.deploy(FAILED, {"web": 2, "db": 2}, reached=["db"])
    assert await history.ran() == {"web": 1, "db": 2}
    await history.deploy(CANCELLED, {"web": 3, "db": 3})
    assert await history.ran() == {"web": 1, "db": 2}
    await history.deploy(DONE, {"db": 4})
    assert await history.ran() == {"web": 1, "db": 4}


async def test_what_never_ran_is_as_it_is_recorded(store: SqlStore, shop: Application) -> None:
    history = History(store, shop)
    await history.deploy(FAILED, {"web": 1})
    await history.deploy(FAILED, {"web": 2})
    assert await history.ran() == {"web": 2}


async def test_a_failed_revision_that_was_deployed_again_ran(store: SqlStore, shop: Application) -> None:
    history = History(store, shop)
    await history.deploy(DONE, {"web": 1, "db": 1})
    await history.deploy(FAILED, {"web": 2, "db": 2})
    await history.again(Verb.TEST, 1, DONE)
    assert await history.ran() == {"web": 1, "db": 1}
    await history.again(Verb.REVERT, 0, FAILED, reached=["web"])
    assert await history.ran() == {"web": 2, "db": 1}
    await history.again(Verb.DEPLOY, 2, DONE)
    assert await history.ran() == {"web": 2, "db": 2}
