"""A delete that failed: its application is not lost to deploys."""

from __future__ import annotations

from typing import Any

import pytest

from cantata.actions.card_desk import CardDesk
from cantata.actions.delete_application import delete_application
from cantata.actions.operations import cancel_operation
from cantata.actions.ports import Ports
from cantata.actions.streams import Streams
from cantata.core.model.access import Actor, Role
from cantata.core.model.applications import Application, Operation, OperationState
from cantata.core.model.errors import OperationEnded
from cantata.store import SqlStore

ANN = Actor("ann", "default", Role.ADMIN)


@pytest.fixture
def ports(store: SqlStore) -> Ports:
    nothing: Any = None
    return Ports(
        store=store,
        renderer=nothing,
        clusters=nothing,
        live=nothing,
        documents=nothing,
        reads=nothing,
        charts=nothing,
        cards=CardDesk(),
        streams=Streams(store),
        wake=lambda: None,
        call_came=lambda: None,
    )


async def failed(ports: Ports, application: Application) -> Operation:
    operation = await delete_application(ports, ANN, application.project, application.name)
    return await ports.store.write(
        lambda records: records.operations.move(operation.id, OperationState.FAILED, error="held")
    )


async def is_deleting(ports: Ports, application: Application) -> bool:
    return (await ports.store.read(lambda records: records.applications.by_id(application.id))).deleting


async def test_it_is_given_up_by_cancelling_it(ports: Ports, shop: Application) -> None:
    operation = await failed(ports, shop)
    assert await is_deleting(ports, shop)
    cancelled = await cancel_operation(ports, ANN, shop.project, operation.id)
    assert (cancelled.state, cancelled.error) == (OperationState.FAILED, "held")
    assert not await is_deleting(ports, shop)
    with pytest.raises(OperationEnded):
        await cancel_operation(ports, ANN, shop.project, operation.id)


async def test_a_newer_delete_is_not_given_up_with_it(ports: Ports, shop: Application) -> None:
    operation = await failed(ports, shop)
    newer = await delete_application(ports, ANN, shop.project, shop.name)
    assert newer.id != operation.id
    with pytest.raises(OperationEnded):
        await cancel_operation(ports, ANN, shop.project, operation.id)
    assert await is_deleting(ports, shop)
