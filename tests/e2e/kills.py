"""Kills of the server at random points of four operations at a time, each held against an undisturbed one.

A seed says in which order a deploy, an update, a rollback and a delete begin, with which pauses, and after
which event of which of them, and how much later, the server is killed.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sqlite3
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from typing import Any

from tests.e2e.conftest import Kubectl, Server, Stage
from tests.e2e.faults import CONFIG, Witness, shop, watched

from cantata.client import Client, RemoteError, ServerUnreachable
from cantata.contract.operations import OperationInfo
from cantata.kube import KubeCluster

VERBS = ("deploy", "update", "rollback", "delete")
FIRST = f"{CONFIG}extra: true\n"
SECOND = "image: all:2\nextra: false\n"
EXTRA = """
{{ if .Values.extra }}
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-extra" }
data: { a: "1" }
{{ end }}
"""
KINDS = "deployments,jobs,configmaps,secrets,services"
EVENTS = 40
"""About so many events an operation of the application tells; a kill waits for one below."""
DEADLINE = 90.0
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
VOLATILE = ("uid", "resourceVersion", "creationTimestamp", "managedFields")


@dataclass
class Ended:
    """What one operation left behind, with its names and ids taken out."""

    state: str
    history: Sequence[tuple[int, str, str]]
    operations: list[tuple[str, str]]
    told: list[str]
    services: dict[str, str]
    objects: dict[str, Any]
    inventory: list[tuple[str, str, bool]]
    made: dict[str, int]
    written: dict[str, int]
    idle: bool


@dataclass
class Point:
    """Where the kill hit one operation."""

    verb: str
    events: int
    ended: bool
    seconds: float = 0.0
    """From the start of the next server to the end of the operation."""


@dataclass
class Round:
    points: list[Point] = field(default_factory=list)
    takeover: float = 0.0
    """From the kill to the first event of the next server, the time of its start included."""


async def references(server: Server, cluster: KubeCluster, kubectl: Kubectl) -> dict[str, Ended]:
    """The end of each operation that nobody disturbs."""

    async def one(verb: str, stage: Stage) -> Ended:
        async with watched(cluster, stage.name) as witness:
            operation = await _begin(stage, verb)
            return await _observed(server, stage, operation, witness, kubectl)

    async with server.client() as client:
        acts = await _prepared(client)
        found = await asyncio.gather(*(one(verb, stage) for verb, stage in acts.items()))
    return dict(zip(acts, found, strict=True))


async def kill_once(
    seed: int, server: Server, cluster: KubeCluster, kubectl: Kubectl, expected: dict[str, Ended]
) -> Round:
    """Kills the server once, with four operations under way, and holds each against the expected end."""
    rng = random.Random(seed)
    order = rng.sample(VERBS, len(VERBS))
    pauses = [rng.choice((0.0, rng.uniform(0, 1.5))) for _ in order]
    target, after, late = rng.choice(order), rng.randrange(EVENTS), rng.uniform(0, 0.15)
    async with server.client() as client:
        acts = await _prepared(client)
    witnesses: dict[str, Witness] = {}
    async with (
        watched(cluster, acts["deploy"].name) as witnesses["deploy"],
        watched(cluster, acts["update"].name) as witnesses["update"],
        watched(cluster, acts["rollback"].name) as witnesses["rollback"],
        watched(cluster, acts["delete"].name) as witnesses["delete"],
    ):
        operations: dict[str, OperationInfo] = {}
        async with server.client() as client:
            for verb, pause in zip(order, pauses, strict=True):
                await asyncio.sleep(pause)
                operations[verb] = await _begin(Stage(client, acts[verb].name), verb)
            await _told_so_many(client, operations[target], after)
        await asyncio.sleep(late)
        server.kill()
        killed = time.monotonic()
        points = {verb: _point(server, verb, operation) for verb, operation in operations.items()}
        last = _last_event(server)
        server.start()
        started = time.monotonic()
        result = Round(list(points.values()))
        async with server.client() as client:
            if not all(point.ended for point in points.values()):
                result.takeover = await _first_word(client, last) - killed
            for verb in order:
                stage = Stage(client, acts[verb].name)
                got = await _observed(server, stage, operations[verb], witnesses[verb], kubectl)
                points[verb].seconds = time.monotonic() - started
                assert not differing(got, expected[verb]), (seed, points, server.log[-4000:])
            for verb in order:
                if verb != "delete":
                    await client.applications.delete(acts[verb].name)
    return result


async def cancel_once(seed: int, client: Client, kubectl: Kubectl, expected: dict[str, Ended]) -> None:
    """Cancels four operations at a random moment; the deploy after that brings each application to where it
    would have been."""
    rng = random.Random(seed)
    acts = await _prepared(client)
    operations = {verb: await _begin(stage, verb) for verb, stage in acts.items()}
    await _told_so_many(client, operations[rng.choice(VERBS)], rng.randrange(EVENTS))
    await asyncio.sleep(rng.uniform(0, 0.15))
    states = {verb: await _cancelled(client, operation) for verb, operation in operations.items()}
    for verb, stage in acts.items():
        if states[verb] == "succeeded" and verb == "delete":
            continue
        deployed = await stage.client.applications.deploy(stage.name, lift_holds=True)
        again = await stage.ended(deployed.operation) if deployed.operation else None
        assert again is None or again.state == "succeeded", (seed, verb, states, again)
        # The config of what was rolled back is the newer one.
        wanted = expected["update" if verb in ("update", "rollback") else "deploy"]
        assert {each.name: each.state for each in (await stage.status()).services} == wanted.services
        assert _images(_objects(kubectl, stage.name)) == _images(wanted.objects), (seed, verb, states)
        assert (await stage.client.applications.deploy(stage.name)).operation is None
        await client.applications.delete(stage.name)


async def _cancelled(client: Client, operation: OperationInfo) -> str:
    """The state in which it ended, which may be another one when it was faster."""
    try:
        return (await client.operations.cancel(operation.id)).state
    except RemoteError as error:
        if error.code != "OperationEnded":
            raise
    return (await client.operations.show(operation.id)).state


def _images(objects: dict[str, Any]) -> dict[str, list[str]]:
    """By object; none of those that have no pods. Jobs of hooks come and go."""
    specs = {name: each.get("spec", {}).get("template", {}).get("spec", {}) for name, each in objects.items()}
    return {
        name: [container["image"] for container in spec.get("containers", ())]
        for name, spec in specs.items()
        if not name.endswith("-before")
    }


def differing(got: Ended, expected: Ended) -> dict[str, Any]:
    """Both, by field."""
    pairs = ((each.name, getattr(got, each.name), getattr(expected, each.name)) for each in fields(Ended))
    return {name: (one, other) for name, one, other in pairs if one != other}


async def _prepared(client: Client) -> dict[str, Stage]:
    """An application for each operation, as far as that needs it."""
    acts = {verb: Stage(client, f"kill-{uuid.uuid4().hex[:8]}") for verb in VERBS}
    await asyncio.gather(*(_prepare(stage, verb) for verb, stage in acts.items()))
    return acts


async def _prepare(stage: Stage, verb: str) -> None:
    files = {**shop("1s", hook="hook-succeeded"), "templates/extra.yaml": EXTRA}
    await stage.application(files, FIRST)
    if verb == "deploy":
        return
    assert (first := await stage.deploy()) is not None
    assert first.state == "succeeded", first
    if verb == "delete":
        return
    await stage.client.configs.edit(stage.name, SECOND)
    if verb == "rollback":
        assert (second := await stage.deploy()) is not None
        assert second.state == "succeeded", second


async def _begin(stage: Stage, verb: str) -> OperationInfo:
    applications = stage.client.applications
    if verb == "delete":
        return await applications.delete(stage.name)
    call = applications.rollback(stage.name) if verb == "rollback" else applications.deploy(stage.name)
    deployed = await call
    assert deployed.operation is not None
    return deployed.operation


async def _told_so_many(client: Client, operation: OperationInfo, count: int) -> None:
    """Until the operation has told so many events, or has ended."""
    seen = 0
    async with asyncio.timeout(DEADLINE):
        async for event in client.events.follow(application=operation.application):
            if event.data.get("operation") != operation.id:
                continue
            seen += 1
            ended = event.type == "operation" and event.data["state"] == "succeeded"
            if seen > count or ended:
                return


async def _first_word(client: Client, last: int) -> float:
    async with asyncio.timeout(DEADLINE):
        async for _ in client.events.follow(since=last):
            return time.monotonic()
    raise AssertionError("a stream of a project has no end")


def _point(server: Server, verb: str, operation: OperationInfo) -> Point:
    """By the database, since nobody answers."""
    with closing(_database(server)) as database:
        query = "SELECT state FROM operations WHERE id = ?"
        state = database.execute(query, (operation.id,)).fetchone()[0]
        query = "SELECT count(*) FROM events WHERE json_extract(data, '$.operation') = ?"
        events = database.execute(query, (operation.id,)).fetchone()[0]
    return Point(verb, events, state not in ("queued", "running"))


def _last_event(server: Server) -> int:
    with closing(_database(server)) as database:
        found: int = database.execute("SELECT max(id) FROM events").fetchone()[0]
    return found


def _database(server: Server) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{server.folder / 'cantata.db'}?mode=ro", uri=True)


async def _observed(
    server: Server, stage: Stage, operation: OperationInfo, witness: Witness, kubectl: Kubectl
) -> Ended:
    async with asyncio.timeout(DEADLINE):
        ended = await _ended(stage, operation)
    client, name, applications = stage.client, stage.name, stage.client.applications
    gone = operation.verb == "delete"
    history = (
        [] if gone else [(each.number, each.state, each.cause) async for each in applications.history(name)]
    )
    services = {} if gone else {each.name: str(each.state) for each in (await stage.status()).services}
    # After a rollback the config is newer than what runs.
    idle = gone or operation.verb == "rollback" or (await applications.deploy(name)).operation is None
    told = [
        event.data["state"]
        async for event in client.events.follow(application=name, types=("operation",), onward=False)
        if event.data["operation"] == operation.id and event.data["state"] != "running"
    ]
    with closing(_database(server)) as database:
        query = "SELECT verb, state FROM operations WHERE application = ? ORDER BY id"
        operations = database.execute(query, (name,)).fetchall()
        query = (
            "SELECT inventory.kind, inventory.name, inventory.desired != '' FROM inventory JOIN applications"
            " ON applications.id = application_id WHERE applications.name = ? ORDER BY 1, 2"
        )
        rows = database.execute(query, (name,)).fetchall()
    return Ended(
        state=f"{ended.state}{ended.error}",
        history=history,
        operations=operations,
        told=told,
        services=services,
        objects=_objects(kubectl, name),
        inventory=[(kind, own.replace(name, "NAME"), bool(known)) for kind, own, known in rows],
        made={each: len(uids) for each, uids in witness.uids.items()},
        written={each: now for each, now in witness.generations.items() if each.startswith("Deployment")},
        idle=idle,
    )


async def _ended(stage: Stage, operation: OperationInfo) -> OperationInfo:
    while True:
        try:
            now = await stage.client.operations.show(operation.id)
        except ServerUnreachable:
            now = operation
        if now.ended:
            return now
        await asyncio.sleep(0.05)


def _objects(kubectl: Kubectl, name: str) -> dict[str, Any]:
    """All that the namespace holds, without what differs from one making to the next."""
    found = {}
    for item in kubectl.items(KINDS, "-n", name):
        if item["metadata"]["name"] == "kube-root-ca.crt":
            continue
        for field_ in VOLATILE:
            item["metadata"].pop(field_, None)
        item.pop("status", None)
        label = item["metadata"].get("labels", {}).get("cantata.dev/application", "")
        text = UUID.sub("UUID", json.dumps(item, sort_keys=True).replace(name, "NAME"))
        plain = json.loads(text.replace(label, "ID") if label else text)
        found[f"{item['kind']} {plain['metadata']['name']}"] = plain
    return found
