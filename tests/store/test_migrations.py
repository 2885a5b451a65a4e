from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cantata.core.model.access import AuditRecord, Cluster, Token
from cantata.core.model.applications import Application, Operation, Revision
from cantata.core.model.configs import Config
from cantata.core.model.events import Event, EventType, Subject
from cantata.core.model.templates import Template, TemplateVersion
from cantata.core.model.triggers import Trigger, TriggerCall, TriggerKind
from cantata.ports.store import Records
from cantata.store import StoreKey, open_store, tables
from cantata.store.engine import connect_engines
from cantata.store.errors import StoreTooNew
from cantata.store.migrate import alembic_config, migrate


def test_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    engines = connect_engines(url)
    migrate(engines.writer)
    with engines.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, tables.metadata)
    engines.dispose()
    assert differences == []


async def test_a_second_start_keeps_what_is_there(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    await store.write(lambda records: records.configs.create("default", "dev"))
    await store.close()
    store = await open_store(url, key)
    assert [config.name for config in await store.read(lambda records: records.configs.list("default"))] == [
        "dev"
    ]
    await store.close()


async def test_a_newer_schema_is_refused_and_left_alone(url: str, key: StoreKey) -> None:
    await (await open_store(url, key)).close()
    engines = connect_engines(url)
    with engines.writer.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="schema 9999"):
        await open_store(url, key)
    with engines.reader.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engines.dispose()


async def test_calls_of_before_are_known_again(url: str, key: StoreKey) -> None:
    """Schema 7 takes what tells calls apart out of them."""
    engines = connect_engines(url)
    with engines.writer.begin() as connection:
        command.upgrade(alembic_config(connection), "0006")
        for table, values in CALLS_OF_BEFORE:
            columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), values)
    engines.dispose()
    store = await open_store(url, key)
    trigger = Trigger("t", "default", "ci", "dev", TriggerKind.GITHUB)

    def receive(number: int, records: Records) -> tuple[TriggerCall, bool]:
        name = f"body:{number}"
        return records.triggers.receive(
            trigger, identity=name, delivery="again", source="", payload=b"{}", waiting=9, remember=3
        )

    for number in range(2):
        known, new = await store.write(partial(receive, number))
        assert (known.id, known.delivery, known.state, new) == (f"c{number}", f"d{number}", "applied", False)
    for number in range(2, 4):
        assert (await store.write(partial(receive, number)))[1]
    assert (await store.write(partial(receive, 0)))[1], "the oldest is forgotten"
    await store.close()


async def test_events_of_before_are_numbered_anew_by_project(url: str, key: StoreKey) -> None:
    """Schema 11 makes one stream of those of the applications."""
    engines = connect_engines(url)
    with engines.writer.begin() as connection:
        command.upgrade(alembic_config(connection), "0008")
        for table, values in EVENTS_OF_BEFORE:
            columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), values)
    engines.dispose()
    store = await open_store(url, key)
    kept = await store.read(lambda records: records.events.since("default", 0))
    told = [(event.id, event.application_id, event.application, event.type, event.data) for event in kept]
    assert told == [
        (1, "a", "a", "operation", {"number": 1}),
        (2, "b", "b", "operation", {"number": 1}),
        (3, "a", "a", "operation", {"number": 2}),
    ]
    new = await store.write(
        lambda records: records.events.append(Subject("default", "b", "b"), EventType.WARNING, {})
    )
    assert new.id == 4
    await store.close()


AT = "2026-11-01T00:00:00.000Z"
EVENTS_OF_BEFORE: list[tuple[str, dict[str, Any]]] = [
    (
        "templates",
        {"id": "t", "project": "default", "name": "t", "description": "", "latest": 0, "created_at": AT},
    ),
    (
        "clusters",
        {
            "id": "c",
            "project": "default",
            "name": "c",
            "uid": "u",
            "server": "",
            "credentials": "",
            "created_at": AT,
        },
    ),
    *(
        (
            "applications",
            {
                "id": name,
                "project": "default",
                "name": name,
                "template_id": "t",
                "cluster_id": "c",
                "namespace": name,
                "release": name,
                "create_namespace": False,
                "overrides": "",
                "service_overrides": "{}",
                "delivery": "",
                "updates": "manual",
                "assignments": "[]",
                "deleting": False,
                "row_version": 1,
                "created_at": AT,
            },
        )
        for name in ("a", "b")
    ),
    *(("streams", {"name": name, "last": 2}) for name in ("a", "b", "gone")),
    *(
        (
            "events",
            {
                "id": number,
                "stream": stream,
                "type": "operation",
                "at": f"2026-11-01T00:00:0{second}.000Z",
                "data": f'{{"number": {number}}}',
            },
        )
        for stream, number, second in (("a", 1, 1), ("a", 2, 3), ("b", 1, 2), ("gone", 1, 1))
    ),
]
CALLS_OF_BEFORE: list[tuple[str, dict[str, object]]] = [
    (
        "configs",
        {
            "id": "c",
            "project": "default",
            "name": "dev",
            "latest": 0,
            "created_at": AT,
            "labels": "{}",
            "schema": "",
            "row_version": 1,
        },
    ),
    (
        "triggers",
        {
            "id": "t",
            "project": "default",
            "name": "ci",
            "config_id": "c",
            "kind": "github",
            "keys": "[]",
            "images": "[]",
            "sources": "[]",
            "enabled": True,
            "row_version": 1,
            "created_at": AT,
            "secrets": b"",
        },
    ),
    *(
        (
            "trigger_calls",
            {
                "id": f"c{number}",
                "trigger_id": "t",
                "delivery": f"d{number}",
                "source": "",
                "received_at": AT,
                "state": "applied",
                "cause": "",
                "result": "",
                "config_version": 2,
                "attempts": 0,
                "ended_at": AT,
                "identity": f"body:{number}",
                "payload": b"",
            },
        )
        for number in range(2)
    ),
]


@pytest.mark.parametrize(
    ("table", "noun", "by_id"),
    [
        (tables.configs, Config, ()),
        (tables.templates, Template, ()),
        (tables.template_versions, TemplateVersion, ()),
        (tables.clusters, Cluster, ()),
        (tables.applications, Application, ("template", "config", "cluster")),
        (tables.revisions, Revision, ()),
        (tables.operations, Operation, ()),
        (tables.events, Event, ()),
        (tables.triggers, Trigger, ("config",)),
        (tables.trigger_calls, TriggerCall, ()),
        (tables.tokens, Token, ()),
        (tables.audit, AuditRecord, ()),
    ],
)
def test_columns_stand_in_the_order_of_the_fields(
    table: sa.Table, noun: type[msgspec.Struct], by_id: tuple[str, ...]
) -> None:
    """`Struct(*row)` relies on it; a field in `by_id` is kept as the id of what it names."""
    fields = [f"{field}_id" if field in by_id else field for field in noun.__struct_fields__]
    if noun is Operation:
        assert fields.pop() == "done"
    if noun is Application:
        assert fields.pop() == "template_deprecated"  # The template's own.
    assert [column.name for column in table.columns][: len(fields)] == fields
