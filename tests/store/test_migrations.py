from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cantata.core.model.access import AuditRecord, Cluster, Token
from cantata.core.model.applications import Application, Event, Operation, Revision
from cantata.core.model.configs import Config
from cantata.core.model.templates import Template, TemplateVersion
from cantata.core.model.triggers import Trigger, TriggerCall
from cantata.store import StoreKey, open_store, tables
from cantata.store.engine import connect_engines
from cantata.store.errors import StoreTooNew
from cantata.store.migrate import migrate


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
    assert [column.name for column in table.columns][: len(fields)] == fields
