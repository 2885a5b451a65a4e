"""A cluster that lies or stumbles: nothing is lost, nothing is deleted by mistake, and it is told."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import DEADLINE, Kubectl, Stage, chart, deployment
from tests.e2e.fault_proxy import (
    Exchange,
    FaultProxy,
    Spoil,
    cut,
    fault_proxy,
    kubeconfig,
    listing,
    lose_the_answer,
    say_nothing,
    status,
)
from tests.e2e.faults import own_server, until

from cantata.client import RemoteError
from cantata.contract.operations import OperationInfo
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

DATA = """
---
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-data" }
data: { image: "{{ .Values.image }}" }
"""
WEB, API = (deployment(name, "{{ .Values.image }}", more=DATA * (name == "web")) for name in ("web", "api"))
BOTH = {"templates/web.yaml": WEB, "templates/api.yaml": API}
KINDS = "deployments,configmaps"


@pytest.fixture
async def proxy(sandbox: Sandbox) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(sandbox) as proxy:
        yield proxy


@pytest.fixture
async def behind(stage: Stage, proxy: FaultProxy, sandbox: Sandbox) -> AsyncIterator[Stage]:
    """An application of two services on the cluster as the proxy shows it."""
    await stage.client.clusters.add(stage.name, kubeconfig(proxy, sandbox.tokens["admin"]))
    await stage.application(BOTH, "image: all:1\n", cluster=stage.name)
    yield stage
    await stage.ended(await stage.client.applications.delete(stage.name))
    await stage.client.clusters.remove(stage.name)


def uids(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """Of everything that stands in the namespace, by kind and name."""
    return {
        f"{each['kind']} {each['metadata']['name']}": each["metadata"]["uid"]
        for each in kubectl.items(KINDS, "-n", namespace)
        if each["metadata"]["name"] != "kube-root-ca.crt"
    }


def images(kubectl: Kubectl, namespace: str) -> set[str]:
    return {
        container["image"]
        for each in kubectl.items("deployments", "-n", namespace)
        for container in each["spec"]["template"]["spec"]["containers"]
    }


async def succeeded(stage: Stage) -> OperationInfo:
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    return operation


def each_nth(number: int, concerns: Callable[[Exchange], bool]) -> Callable[[Exchange], bool]:
    """Of the requests that it concerns, all but each `number`th."""
    counter = itertools.count(1)
    return lambda exchange: concerns(exchange) and next(counter) % number != 0


def in_namespace(exchange: Exchange) -> bool:
    return "/namespaces/" in exchange.request.path or exchange.is_list


STUMBLES: dict[str, tuple[Callable[[Exchange], bool], Spoil]] = {
    "a storm of 429": (in_namespace, status(429, "TooManyRequests", Retry_After="0")),
    "500 to every second one": (in_namespace, status(500, "InternalError")),
    "answers to writes that are lost": (lambda each: each.is_write, lose_the_answer),
}


@pytest.mark.parametrize("what", STUMBLES)
async def test_a_cluster_that_stumbles_is_asked_again_and_changed_once(
    what: str, behind: Stage, proxy: FaultProxy, kubectl: Kubectl
) -> None:
    concerns, spoil = STUMBLES[what]
    async with proxy.fault(each_nth(2, concerns), spoil) as fault:
        await succeeded(behind)
        await behind.client.configs.edit(behind.name, "image: all:2\n")
        made = uids(kubectl, behind.name)
        await succeeded(behind)
    assert len(fault.spoiled) > 4, fault.spoiled
    assert uids(kubectl, behind.name) == made
    assert images(kubectl, behind.name) == {"all:2"}
    generations = {each["metadata"]["generation"] for each in kubectl.items("deployments", "-n", behind.name)}
    assert generations == {2}
    assert await behind.deploy() is None


def half(answer: dict[str, Any]) -> None:
    answer["items"] = answer["items"][: len(answer["items"]) // 2]


def of_another_time(answer: dict[str, Any]) -> None:
    answer["metadata"]["resourceVersion"] = "99999999999"


LIES: dict[str, Spoil] = {
    "lists cut off": cut,
    "lists without half of their items": listing(half),
    "lists without items": listing(lambda answer: answer.update(items=[])),
    "lists of a version that is yet to come": listing(of_another_time),
    "lists that never come": status(503, "ServiceUnavailable", Retry_After="1"),
}


def first_of_each(concerns: Callable[[Exchange], bool]) -> Callable[[Exchange], bool]:
    """The first request to each path: an informer whose watch ends so has to list anew."""
    seen: set[str] = set()

    def is_first(exchange: Exchange) -> bool:
        if not concerns(exchange) or exchange.request.path in seen:
            return False
        seen.add(exchange.request.path)
        return True

    return is_first


@pytest.mark.parametrize("what", LIES)
async def test_a_lie_about_what_there_is_deletes_nothing(
    what: str, behind: Stage, proxy: FaultProxy, kubectl: Kubectl
) -> None:
    name, client = behind.name, behind.client
    await succeeded(behind)
    before = uids(kubectl, name)
    await client.configs.edit(name, "image: all:2\n")
    async with (
        proxy.fault(lambda each: each.is_list, LIES[what]) as fault,
        proxy.fault(first_of_each(lambda each: each.is_watch), status(410, "Expired")),
    ):
        await until("four lists are spoiled", lambda: len(fault.spoiled) > 3)
        told = await outcome(behind)
        assert uids(kubectl, name) == before, told
    await settled(behind)
    assert uids(kubectl, name) == before
    assert images(kubectl, name) == {"all:2"}


@pytest.mark.parametrize("what", ["lists without half of their items", "lists without items"])
async def test_a_lie_keeps_what_is_pruned_to_what_is_ours(
    what: str, behind: Stage, proxy: FaultProxy, kubectl: Kubectl
) -> None:
    """The template loses a service: its objects go, and no other ones, whatever the lists say."""
    name, client = behind.name, behind.client
    await succeeded(behind)
    kubectl.run("create", "configmap", "of-somebody-else", "-n", name)
    before = uids(kubectl, name)
    await client.templates.import_(name, chart(name, {"templates/web.yaml": WEB}))
    async with (
        proxy.fault(lambda each: each.is_list, LIES[what]) as fault,
        proxy.fault(first_of_each(lambda each: each.is_watch), status(410, "Expired")),
    ):
        await until("four lists are spoiled", lambda: len(fault.spoiled) > 3)
        told = await outcome(behind)
        gone = before.keys() - uids(kubectl, name).keys()
        assert gone <= {f"Deployment {name}-api"}, (told, gone)
    await settled(behind)
    left = {key: uid for key, uid in before.items() if key != f"Deployment {name}-api"}
    assert uids(kubectl, name) == left


async def test_a_watch_that_falls_silent_is_opened_again(
    sandbox: Sandbox, proxy: FaultProxy, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    server = own_server(tmp_path / "own", CANTATA_WATCH_IDLE_SECONDS="1")
    server.start()
    try:
        async with server.client() as client:
            stage = Stage(client, namespace)
            await client.clusters.add("behind", kubeconfig(proxy, sandbox.tokens["admin"]))
            await stage.application(BOTH, "image: all:1\n", cluster="behind")
            watches = each_nth(2, lambda each: each.is_watch)
            async with proxy.fault(watches, say_nothing) as fault:
                await succeeded(stage)
            assert fault.spoiled
            assert images(kubectl, namespace) == {"all:1"}
            await stage.ended(await client.applications.delete(namespace))
    finally:
        assert server.stop() == 0, server.log


async def outcome(stage: Stage) -> str:
    """What a deploy under the fault says: any end that is told. One that does not end is cancelled."""
    try:
        deployed = await stage.client.applications.deploy(stage.name)
    except RemoteError as error:
        return f"{error.code}: {error.message}"
    if deployed.operation is None:
        return "nothing to do"
    until_ = time.monotonic() + 5
    while not (now := await stage.client.operations.show(deployed.operation.id)).ended:
        if time.monotonic() > until_:
            return (await stage.client.operations.cancel(now.id)).state
        await asyncio.sleep(0.05)
    assert now.state == "succeeded" or now.error, now
    return f"{now.state}: {now.error}"


async def settled(stage: Stage) -> None:
    """After the fault: a deploy goes through, or has nothing left to do, and all is ready."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                operation = await stage.deploy()
            except RemoteError:
                await asyncio.sleep(0.2)
                continue
            if operation is None or operation.state == "succeeded":
                break
        while True:
            if (await stage.status()).state == "ready":
                return
            await asyncio.sleep(0.1)
