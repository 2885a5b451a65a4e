"""What somebody else saves while declarative files are applied does not slip past the schemas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.api.conftest import PROJECT, Http
from tests.api.test_declarations import CONFIGS, SECRET, declared

from cantata.actions.apply_declarations import apply_declarations
from cantata.actions.check_schema import TRIES
from cantata.actions.ports import Ports
from cantata.core.config import ConfigSchemaViolated
from cantata.core.declaration import Applied, Outcome, SourceFile
from cantata.core.model.access import Actor, Role
from cantata.core.model.errors import EditConflict
from cantata.server.compose import Composed

INTEGER = '{"properties": {"count": {"type": "integer"}}}'
ACTOR = Actor("ann", "default", Role.EDITOR)


class Between:
    """The real renderer, before whose answers about schemas something else happens."""

    def __init__(self, parts: Composed, happens: Callable[[], Awaitable[object]], times: int = 1) -> None:
        self._renderer = parts.ports.renderer
        self._happens = happens
        self._times = times

    async def validate(self, schema: bytes, values: bytes) -> tuple[str, ...]:
        if self._times and values != b"{}":  # Not while the schema itself is looked at.
            self._times -= 1
            await self._happens()
        return await self._renderer.validate(schema, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._renderer, name)

    def ports(self, parts: Composed) -> Ports:
        return replace(parts.ports, renderer=self)


async def applied(ports: Ports, *texts: str) -> list[Applied]:
    files = [SourceFile(f"f{number}.yaml", text) for number, text in enumerate(texts)]
    return list(await apply_declarations(ports, ACTOR, "default", files))


@pytest.fixture
async def base(admin: Http) -> Http:
    await admin.post(CONFIGS, json={"name": "base", "text": "count: 1\n"})
    await admin.put(f"{CONFIGS}/base/schema", json={"schema": INTEGER})
    return admin


DEV = declared("dev", f"a: 1\npassword: !secret {SECRET}\n", "extends: {config: base}")


async def save_base(http: Http, text: str) -> None:
    answer = await http.put(f"{CONFIGS}/base", json={"text": text})
    assert answer.is_success, answer.text


async def test_a_parent_that_was_saved_between_is_checked(base: Http, parts: Composed) -> None:
    async def loosen() -> None:
        await base.delete(f"{CONFIGS}/base/schema")
        await save_base(base, "count: one\n")

    strict = declared("dev", "a: 1\n", "extends: {config: base}", f"schema: '{INTEGER}'")
    with pytest.raises(ConfigSchemaViolated):
        await applied(Between(parts, loosen).ports(parts), strict)
    assert (await base.get(f"{CONFIGS}/dev")).status_code == 404


async def test_a_schema_that_was_set_between_is_checked(base: Http, parts: Composed) -> None:
    async def tighten() -> None:
        schema = {"schema": '{"properties": {"count": {"type": "integer"}, "a": {"type": "string"}}}'}
        assert (await base.put(f"{CONFIGS}/base/schema", json=schema)).is_success

    with pytest.raises(ConfigSchemaViolated):
        await applied(Between(parts, tighten).ports(parts), DEV)
    assert (await base.get(f"{CONFIGS}/dev")).status_code == 404


async def test_what_came_between_and_fits_is_verified_again(base: Http, parts: Composed) -> None:
    between = Between(parts, lambda: save_base(base, "count: 2\n"))
    (written,) = await applied(between.ports(parts), DEV)
    assert (written.outcome, written.version) == (Outcome.CREATED, 1)
    assert SECRET not in (await base.get(f"{CONFIGS}/dev")).text
    audit = (await base.get(f"{PROJECT}/audit")).json()["items"]
    assert [each["verb"] for each in audit if each["name"] == "dev"] == ["create"]


async def test_a_fresh_secret_alone_is_no_reason_to_begin_anew(base: Http, parts: Composed) -> None:
    """Its reference is another one in the write than in the rehearsal."""
    counted: list[int] = []

    async def count() -> None:
        counted.append(1)

    await applied(Between(parts, count, times=9).ports(parts), DEV)
    assert len(counted) == 1
    assert (await base.get(f"{CONFIGS}/dev")).status_code == 200


async def test_what_keeps_changing_ends_in_a_conflict(base: Http, parts: Composed) -> None:
    saved = iter(range(5, 5 + TRIES))
    between = Between(parts, lambda: save_base(base, f"count: {next(saved)}\n"), times=TRIES)
    with pytest.raises(EditConflict, match="keeps changing"):
        await applied(between.ports(parts), DEV)
    assert (await base.get(f"{CONFIGS}/dev")).status_code == 404
