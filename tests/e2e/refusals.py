"""What every refusal of bad input must be: told well, without a trace, and not the end of the server."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.e2e.conftest import Kubectl

from cantata.client import Client, RemoteError
from cantata.errors import EXIT, Category


@dataclass(frozen=True)
class Refusal:
    """What an error must say. `place` is exact, as people see it; the others are parts. NAME stands for the
    name under which the test made its things."""

    code: str
    category: Category
    place: str = ""
    says: str = ""
    subject: str = ""
    hint: str = ""

    def check(self, error: RemoteError, name: str) -> None:
        told = f"{error.code} [{error.category}] {error.subject!r} at {str(error.place)!r}: {error.message}"
        told += f" hint={error.hint!r} details={error.details}"
        assert (error.code, error.category) == (self.code, self.category), told
        assert str(error.place) == self.place.replace("NAME", name), told
        assert self.says.replace("NAME", name) in error.message, told
        assert self.subject.replace("NAME", name) in error.subject, told
        assert error.subject, told
        assert error.hint, told
        assert self.hint in error.hint, told

    def check_command(self, done: subprocess.CompletedProcess[str], name: str) -> None:
        """The same on the command line: the category's exit code, and everything on standard error."""
        assert done.returncode == EXIT[self.category], done
        lines = done.stderr.splitlines()
        assert lines[0].startswith(f"error: {self.place.replace('NAME', name)}"), done.stderr
        assert self.says.replace("NAME", name) in done.stderr, done.stderr
        assert any(line.startswith("hint: ") and self.hint in line for line in lines), done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


async def world(client: Client) -> list[Any]:
    """Everything that the server keeps, as far as anyone can see it."""
    return await asyncio.gather(
        gathered(client.templates.list()),
        gathered(client.configs.list()),
        gathered(client.operations.list()),
        gathered(client.clusters.list()),
        gathered(client.tokens.list()),
        gathered(client.audit.list()),
        gathered((each.application, each.revision) async for each in client.applications.list()),
    )


async def gathered(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


@asynccontextmanager
async def nothing_happens(
    client: Client, kubectl: Kubectl | None = None, name: str = ""
) -> AsyncIterator[None]:
    """The block leaves nothing behind, in the server or in the cluster's namespace `name`, and the server
    answers."""
    before = await world(client), _objects(kubectl, name)
    yield
    assert (await client.health()).ok
    assert (await world(client), _objects(kubectl, name)) == before


def _objects(kubectl: Kubectl | None, namespace: str) -> str:
    if kubectl is None:
        return ""
    kinds = "deployments,jobs,configmaps,secrets,services"
    there = kubectl.run("get", "namespace", namespace, "--ignore-not-found", "-o", "name")
    return there and kubectl.run("get", kinds, "-n", namespace, "-o", "name")


async def refused(act: Callable[[], Awaitable[object]], refusal: Refusal, name: str) -> None:
    with pytest.raises(RemoteError) as caught:
        await act()
    refusal.check(caught.value, name)
