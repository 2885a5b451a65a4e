"""What the tests of failure cards share: an application of many services, each failing in its own way, looked
at once through the API, the command and the events."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
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
    """One failed (or hanging) operation, from all sides. `shown` is what `cantata app status`, `cantata
    operation show` and `cantata events` print."""

    name: str
    operation: OperationInfo
    status: ApplicationStatusInfo
    events: tuple[FailureCardInfo, ...]
    shown: str
    shown_operation: str
    shown_events: str

    @property
    def of_operation(self) -> dict[str, FailureCardInfo]:
        return {card.service: card for card in self.operation.failures}

    @property
    def of_status(self) -> dict[str, FailureCardInfo]:
        """Cards of the application as a whole are with its operation."""
        operation = self.status.operation
        whole = {card.service: card for card in operation.failures if not card.service} if operation else {}
        return whole | {each.name: each.failure for each in self.status.services if each.failure is not None}

    @property
    def of_events(self) -> dict[str, FailureCardInfo]:
        return {card.service: card for card in self.events}


MOVES = ("restarts", "nodes")
"""Facts that go on while one looks."""


def assert_everywhere(seen: Seen, service: str, case: Case | None = None) -> FailureCardInfo:
    """It is the same card on the operation, in the status, in the events and in what the command prints, and
    says what the case wants. An empty `service` is the application as a whole."""
    card = seen.of_operation[service]
    for other in (seen.of_status[service], seen.of_events[service]):
        assert what_stays(other) == what_stays(card)
        if case is not None:
            assert_says(other, case)
    if case is not None:
        assert_says(card, case)
    assert_printed(seen.shown, what_stays(seen.of_status[service]))
    assert_printed(seen.shown_operation, card)
    told = seen.of_events[service]
    line = f"service={service}  kind={told.kind}  {told.likely or told.message}".splitlines()[0]
    assert line in seen.shown_events
    return card


def what_stays(card: FailureCardInfo) -> FailureCardInfo:
    """Without the word for a state that is on its way, such as ErrImagePull and ImagePullBackOff."""
    facts = tuple(fact for fact in card.facts if fact.name not in MOVES)
    return msgspec.structs.replace(
        card, reason="", message="", pod="", restarts=0, exit_code=None, log=(), facts=facts
    )


def facts(card: FailureCardInfo) -> dict[str, str]:
    return {fact.name: fact.value for fact in card.facts}


def assert_says(card: FailureCardInfo, case: Case) -> None:
    assert card.kind == case.kind, card
    assert case.reason in card.reason, card
    assert card.terminal == case.terminal, card
    told = facts(card)
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
    async def shown(*words: str) -> str:
        done = await asyncio.to_thread(command.run, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return Seen(
        name,
        await client.operations.show(operation.id),
        await client.applications.status(name),
        tuple(await told(client, name, operation)),
        await shown("app", "status", name),
        await shown("operation", "show", operation.id),
        await shown("events", "-a", name, "-t", "failure"),
    )


async def told(client: Client, name: str, operation: OperationInfo) -> list[FailureCardInfo]:
    """The cards of the events so far."""
    events = client.events.follow(application=name, types=["failure"], tail=500, onward=False)
    return [
        msgspec.convert(event.data["card"], FailureCardInfo)
        async for event in events
        if event.data["operation"] == operation.id
    ]


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


def pods(
    name: str, behaviour: str, container: str, more: str = "", spec: str = "", kind: str = "Deployment"
) -> str:
    """A workload whose pods behave so; `container` are further lines of its container, `spec` of its pods."""
    annotations = f'sandbox.cantata.dev/behaviour: "{behaviour}"{more}'
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{ name: {name} }}
spec:
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata:
      annotations: {{ {annotations} }}
      labels: {{ app: {name} }}
    spec:
{spec}      containers:
        - name: main
{container}"""


def of_application(case: Case, name: str) -> Case:
    """With the application's name where the case says `{name}`."""
    remedies = tuple(
        msgspec.structs.replace(
            each, origin=each.origin.replace("{name}", name), file=each.file.replace("{name}", name)
        )
        for each in case.remedies
    )
    return replace(case, remedies=remedies)


def line_of(text: str, part: str) -> int:
    """The line of a template that has this text, counted from 1."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def assert_printed(text: str, card: FailureCardInfo) -> None:
    """The command shows the card: what, where, why, and what to change."""
    wanted: Iterable[str] = (
        f"failure: {card.service or 'the application'}: {card.reason}",
        f"({card.kind})",
        card.likely,
        card.advice,
        *(remedy.key for remedy in card.remedies),
        *(fact.value for fact in card.facts),
        *card.log,
    )
    for part in wanted:
        assert part in text, f"{part!r} is not in\n{text}"


Completed = subprocess.CompletedProcess[str]
