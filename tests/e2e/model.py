"""A model of one application, and the world that it is held against.

The model knows what was asked for: the config as it is written, and which revisions there were. The world is
the API server, the store's answers and the stream of events. `Play` does what the rules of the state machine
say, each to its end, and looks at everything afterwards.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

from tests.e2e.conftest import DEADLINE, Kubectl, Server, Stage, deployment
from tests.e2e.fault_proxy import FaultProxy, Spoil, kubeconfig, lose_the_answer, status

from cantata.client import Client, RemoteError, ServerUnreachable
from cantata.contract.applications import RevisionInfo
from cantata.contract.events import EventInfo
from cantata.contract.operations import OperationInfo
from cantata.sandbox import Sandbox

SERVICES = ("db", "api", "web")
WAITS_FOR = {"api": "db", "web": "api"}
SPEC = """
layout: file
services:
  api: { dependsOn: [db] }
  web: { dependsOn: [api] }
"""
EXTRA = """
{{ if .Values.extra }}
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-extra" }
data: { image: "{{ .Values.db }}" }
{{ end }}
"""
FILES = {
    "cantata.yaml": SPEC,
    "templates/extra.yaml": EXTRA,
    **{f"templates/{name}.yaml": deployment(name, f"{{{{ .Values.{name} }}}}") for name in SERVICES},
}
FOREIGN = ("configmap", "of-somebody-else")
KINDS = "deployments,configmaps,services,jobs"
STUMBLES: dict[str, Spoil] = {
    "429": status(429, "TooManyRequests", Retry_After="0"),
    "500": status(500, "InternalError"),
    "no answer": lose_the_answer,
}


@dataclass(frozen=True)
class Seen:
    """One revision as it was told first; what may change of it later is left out."""

    number: int
    cause: str
    author: str
    operation: str
    created_at: str
    services: tuple[Any, ...]

    @classmethod
    def of(cls, told: RevisionInfo) -> Seen:
        return cls(told.number, told.cause, told.author, told.operation, told.created_at, told.services)


class Play:
    """One application on a server of its own, behind a proxy that can spoil what the cluster says."""

    def __init__(self, server: Server, sandbox: Sandbox, proxy: FaultProxy, name: str) -> None:
        self.server = server
        self.name = name
        self.namespace = name
        self._kubectl = Kubectl(sandbox)
        self._proxy = proxy
        self._token = sandbox.tokens["admin"]
        self._stack = AsyncExitStack()
        self.client: Client
        self.config: dict[str, Any] = {**dict.fromkeys(SERVICES, "one:1"), "extra": True}
        self.history: list[Seen] = []
        self._told = 0
        self._foreign = ""

    async def begin(self) -> None:
        self.client = await self._stack.enter_async_context(self.server.client())
        await self.client.clusters.add(self.name, kubeconfig(self._proxy, self._token))
        stage = Stage(self.client, self.name)
        await stage.application(FILES, self._text(), cluster=self.name)
        self._kubectl.run("create", "namespace", self.namespace)
        self._kubectl.run("create", *FOREIGN, "-n", self.namespace, "--from-literal=a=1")
        self._foreign = self._foreign_now()

    async def end(self) -> None:
        """Deleting is part of the play: nothing of ours is left, and what is somebody else's is there."""
        await self._ended(await self.client.applications.delete(self.name))
        assert self._objects().keys() == {f"ConfigMap {FOREIGN[1]}"}
        assert self._foreign_now() == self._foreign
        await self.client.clusters.remove(self.name)
        await self._stack.aclose()

    async def edit(self, key: str, value: Any) -> None:
        self.config[key] = value
        await self.client.configs.edit(self.name, self._text())

    async def deploy(self, services: Sequence[str] = ()) -> None:
        """A service is refused whose dependency was never deployed and is not deployed with it."""
        recorded = {each.service for seen in self.history[-1:] for each in seen.services}
        alone = [need for each in services if (need := WAITS_FOR.get(each)) and need not in recorded]
        try:
            deployed = await self.client.applications.deploy(self.name, services, lift_holds=True)
        except RemoteError as error:
            if error.code != "DependencyUndeployed" or set(alone) <= set(services):
                raise
            await self.look()
            return
        if deployed.operation is not None:
            ended = await self._ended(deployed.operation)
            assert ended.state == "succeeded", ended
        assert set(alone) <= set(services)
        await self.look(settled=True)

    async def rollback(self, number: int) -> None:
        deployed = await self.client.applications.rollback(self.name, number)
        if deployed.operation is not None:
            ended = await self._ended(deployed.operation)
            assert ended.state == "succeeded", ended
        await self.look(settled=True)

    async def cancel(self, after: float) -> None:
        deployed = await self.client.applications.deploy(self.name, lift_holds=True)
        if deployed.operation is not None:
            await asyncio.sleep(after)  # Where it is hit is the point; nothing is waited for.
            with suppress(RemoteError):
                await self.client.operations.cancel(deployed.operation.id)
            await self._ended(deployed.operation)
        await self.look()

    async def kill(self, after: float) -> None:
        """The server dies in the middle; the next one ends what it began."""
        deployed = await self.client.applications.deploy(self.name, lift_holds=True)
        await asyncio.sleep(after)
        await self._stack.aclose()
        self.server.kill()
        self.server.start()
        self._stack = AsyncExitStack()
        self.client = await self._stack.enter_async_context(self.server.client())
        if deployed.operation is not None:
            ended = await self._ended(deployed.operation)
            assert ended.state == "succeeded", ended
        await self.look(settled=True)

    async def stumble(self, how: str, seed: int) -> None:
        """Half of all requests to the namespace go wrong while everything is deployed."""
        dice = random.Random(seed)
        concerns = f"/namespaces/{self.namespace}/"
        async with self._proxy.fault(
            lambda each: (
                concerns in each.request.path
                and (how != "no answer" or each.is_write)
                and dice.random() < 0.5
            ),
            STUMBLES[how],
        ):
            try:
                deployed = await self.client.applications.deploy(self.name, lift_holds=True)
            except RemoteError:
                deployed = None
            if deployed is not None and deployed.operation is not None:
                await self._ended(deployed.operation)
        await self.deploy()

    async def look(self, *, settled: bool = False) -> None:
        """The invariants. `settled` when the last operation has gone through and all is to be as recorded."""
        history = [Seen.of(each) async for each in self.client.applications.history(self.name)][::-1]
        assert history[: len(self.history)] == self.history, "history is only added to"
        assert [each.number for each in history] == list(range(1, len(history) + 1))
        self.history = history
        assert self._foreign_now() == self._foreign, "what is somebody else's is left alone"
        objects = self._objects()
        ours = {f"Deployment {self.name}-{each}" for each in SERVICES}
        extra = {f"ConfigMap {self.name}-extra"}
        assert objects.keys() <= ours | extra | {f"ConfigMap {FOREIGN[1]}"}, (
            "nothing beside what was rendered"
        )
        self._check_order(await self._new_events())
        if settled and history:
            self._check_images(history[-1], objects)
            await self._ready()

    async def _ready(self) -> None:
        """At once, but for the moment in which a broken watch is opened again."""
        async with asyncio.timeout(DEADLINE):
            while (await self.client.applications.status(self.name)).state != "ready":  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def _check_images(self, latest: Seen, objects: dict[str, Any]) -> None:
        """Live is what is recorded."""
        recorded = {each.service: each.images for each in latest.services if each.service in SERVICES}
        live = {
            service: (found["spec"]["template"]["spec"]["containers"][0]["image"],)
            for service in SERVICES
            if (found := objects.get(f"Deployment {self.name}-{service}"))
        }
        assert live == recorded
        has_extra = any(each.service not in SERVICES for each in latest.services)
        assert (f"ConfigMap {self.name}-extra" in objects) == has_extra

    def _check_order(self, events: Sequence[EventInfo]) -> None:
        """Within an operation a service is written only when the one that it waits for, if that was written,
        was ready."""
        ready: dict[tuple[str, str], bool] = {}
        for event in events:
            operation, service = event.data.get("operation", ""), event.data.get("service", "")
            if event.type == "service":
                if (operation, service) in ready:
                    ready[operation, service] = event.data["state"] == "ready"
            elif event.type == "object" and event.data["action"] != "delete":
                need = WAITS_FOR.get(service, "")
                assert ready.get((operation, need), True), (service, events)
                ready.setdefault((operation, service), False)

    async def _new_events(self) -> list[EventInfo]:
        events = [
            event
            async for event in self.client.events.follow(
                application=self.name, since=self._told, onward=False
            )
        ]
        if events:
            ids = [event.id for event in events]
            assert ids == sorted(set(ids)), "each event once, in order"
            self._told = ids[-1]
        return events

    async def _ended(self, operation: OperationInfo) -> OperationInfo:
        async with asyncio.timeout(DEADLINE):
            while True:
                with suppress(ServerUnreachable):
                    now = await self.client.operations.show(operation.id)
                    if now.ended:
                        return now
                await asyncio.sleep(0.05)

    def _objects(self) -> dict[str, Any]:
        items = self._kubectl.items(KINDS, "-n", self.namespace)
        named = {f"{each['kind']} {each['metadata']['name']}": each for each in items}
        named.pop("ConfigMap kube-root-ca.crt", None)
        return named

    def _foreign_now(self) -> str:
        version: str = self._kubectl.get(*FOREIGN, "-n", self.namespace)["metadata"]["resourceVersion"]
        return version

    def _text(self) -> str:
        return "".join(f"{key}: {str(value).lower()}\n" for key, value in self.config.items())
