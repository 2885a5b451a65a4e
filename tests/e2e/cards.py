"""What the tests of failure cards share: an application of many services, each failing in its own way, looked
at once through the API, the command and the events."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from tests.e2e.conftest import DEADLINE, Command, Server, chart

from cantata.client import Client
from cantata.contract.applications import ApplicationDraft, ApplicationStatusInfo
from cantata.contract.cards import FailureCardInfo, RemedyInfo
from cantata.contract.operations import OperationInfo


@dataclass(frozen=True)
class Case:
    """One service that fails: its template, and what its card has to say. `facts` and `remedies` are those
    that must be among the card's; of texts, a part is enough."""

    kind: str
    template: str
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    likely: str = ""
    advice: str = ""
    message: str = ""
    remedies: tuple[RemedyInfo, ...] = ()
    log: str = ""
    terminal: bool = True


@dataclass(frozen=True)
class Seen:
    """One failed (or hanging) deploy, from all sides."""

    name: str
    operation: OperationInfo
    status: ApplicationStatusInfo
    events: tuple[FailureCardInfo, ...]
    shown: str
    """What `cantata app status` prints."""

    @property
    def of_operation(self) -> dict[str, FailureCardInfo]:
        return {card.service: card for card in self.operation.failures}

    @property
    def of_status(self) -> dict[str, FailureCardInfo]:
        return {each.name: each.failure for each in self.status.services if each.failure is not None}

    @property
    def of_events(self) -> dict[str, FailureCardInfo]:
        return {card.service: card for card in self.events}


def assert_says(card: FailureCardInfo, case: Case) -> None:
    assert card.kind == case.kind, card
    assert case.reason in card.reason, card
    assert card.terminal == case.terminal, card
    told = {fact.name: fact.value for fact in card.facts}
    for name, value in case.facts.items():
        assert value in told.get(name, f"(no fact {name})"), card.facts
    assert case.likely in card.likely, card.likely
    assert case.advice in card.advice, card.advice
    assert case.message in card.message, card.message
    for remedy in case.remedies:
        assert any(_fits(found, remedy) for found in card.remedies), (remedy, card.remedies)
    if case.log:
        assert case.log in "\n".join(card.log), card.log


def _fits(found: RemedyInfo, wanted: RemedyInfo) -> bool:
    given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value}
    return all(getattr(found, name) == value for name, value in given.items())


async def make(client: Client, name: str, files: Mapping[str, str], config: str, **draft: Any) -> None:
    await client.templates.import_(name, chart(name, files))
    await client.configs.create(name, config)
    draft = {"create_namespace": True, **draft}
    await client.applications.create(ApplicationDraft(name=name, template=name, config=name, **draft))


async def until_ended(client: Client, operation: OperationInfo) -> OperationInfo:
    return await until(client, operation, lambda now, _: now.ended)


async def until(
    client: Client,
    operation: OperationInfo,
    holds: Callable[[OperationInfo, ApplicationStatusInfo], object],
) -> OperationInfo:
    async with asyncio.timeout(DEADLINE):
        while True:
            now = await client.operations.show(operation.id)
            if holds(now, await client.applications.status(now.application)):
                return now
            await asyncio.sleep(0.1)


async def look(client: Client, command: Command, name: str, operation: OperationInfo) -> Seen:
    shown = await asyncio.to_thread(command.run, "app", "status", name)
    assert shown.returncode == 0, shown.stderr
    return Seen(
        name,
        await client.operations.show(operation.id),
        await client.applications.status(name),
        tuple(await told(client, name, operation)),
        shown.stdout,
    )


async def told(client: Client, name: str, operation: OperationInfo) -> list[FailureCardInfo]:
    """The cards of the events so far. The stream has no end, so the last one known is waited for."""
    found: list[FailureCardInfo] = []
    try:
        async with asyncio.timeout(1.5):
            async for event in client.applications.events(name):
                if event.type == "failure" and event.data["operation"] == operation.id:
                    found.append(msgspec.convert(event.data["card"], FailureCardInfo))
    except TimeoutError:
        pass
    return found


def deploy_failing(
    server: Server,
    command: Command,
    name: str,
    cases: Mapping[str, Case],
    files: Mapping[str, str],
    config: str,
) -> Seen:
    """Deploys all cases as one application, and waits until it has failed."""

    async def run() -> Seen:
        async with server.client() as client:
            await make(client, name, {**templates(cases), **files}, config)
            deployed = await client.applications.deploy(name)
            assert deployed.operation is not None
            ended = await until_ended(client, deployed.operation)
            assert ended.state == "failed", ended
            return await look(client, command, name, ended)

    return asyncio.run(run())


def templates(cases: Mapping[str, Case]) -> dict[str, str]:
    return {
        "cantata.yaml": "layout: file\n",
        **{f"templates/{service}.yaml": case.template for service, case in cases.items()},
    }


def line_of(text: str, part: str) -> int:
    """The line of a template that has this text, counted from 1."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def assert_printed(text: str, card: FailureCardInfo) -> None:
    """The command shows the card: what, where, why, and what to change."""
    wanted: Iterable[str] = (
        f"failure: {card.service}: {card.reason} ({card.kind})",
        card.likely,
        card.advice,
        *(remedy.key for remedy in card.remedies),
        *(fact.value for fact in card.facts),
        *card.log,
    )
    for part in wanted:
        assert part in text, f"{part!r} is not in\n{text}"


Completed = subprocess.CompletedProcess[str]
