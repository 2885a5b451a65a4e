"""`python -m bench`: N applications × 10 services, first deploy and unchanged redeploy, beside the bare loop.

Prints seconds, ratios, CPU and memory, pass or miss for each budget, and writes the same as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import chain, configs, market, renders, variables
from bench.floor import Floor, bare_loop, connect
from bench.hooks import Hooks, call_hooks
from bench.idle import idle_requests
from bench.load import CONFIG, ONE_KEY, SERVICES, chart
from bench.plans import PlanTimes, time_plans
from bench.process import Usage, server, usage
from bench.sandboxes import fresh_sandbox
from bench.verdicts import Verdict, told
from cantata.client import Client
from cantata.contract.applications import ApplicationDraft
from cantata.core.model.objects import GVK, LiveObject
from cantata.ports import Change
from cantata.sandbox import Sandbox

IN_FLIGHT = 16
"""Requests to the server at once."""


@dataclass(frozen=True, slots=True)
class Budget:
    """`limits` are by number of applications: the first that is not smaller counts."""

    name: str
    unit: str
    limits: dict[int, float]

    def limit(self, applications: int) -> float:
        return next((self.limits[size] for size in sorted(self.limits) if size >= applications), 0.0)


BUDGETS = (
    Budget("first deploy accepted, ratio to the bare loop", "×", {50: 1.5, 200: 1.25}),
    Budget("first deploy ready, ratio to the bare loop", "×", {50: 1.5, 200: 1.25}),
    Budget("unchanged redeploy of all", "s", {50: 1.0, 200: 3.0}),
    Budget("writes of the unchanged redeploy", "", {200: 0.0}),
    Budget("impact of one key over all", "s", {200: 1.0}),
    Budget("answers to calls of a trigger, 100 a second, p95", "ms", {200: 50.0}),
    Budget("calls that were lost", "", {200: 0.0}),
    Budget("plan of 10 services without dry run, p95", "ms", {200: 100.0}),
    Budget("plan of 10 services with dry run of 40 changed objects, p95", "ms", {200: 1000.0}),
    Budget("requests while nothing happens, per second", "", {200: 1.0}),
    Budget("server memory, peak", "MiB", {50: 250.0, 200: 400.0}),
)


@dataclass(frozen=True, slots=True)
class Measured:
    floor: Floor
    accepted: float
    ready: float
    redeploy: float
    redeploy_writes: int
    impact: float
    hooks: Hooks
    plans: PlanTimes
    idle: float
    after_first: Usage
    after_all: Usage


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--applications", type=int, nargs="+", default=[50])
    parser.add_argument("--json", type=Path, default=Path("bench-result.json"))
    options = parser.parse_args()
    results = [renders.report(), variables.report(), configs.report(), market.report()]
    with tempfile.TemporaryDirectory(prefix="cantata-bench-") as folder:
        results.append(chain.report(Path(folder)))
    for applications in options.applications:
        measured = measure(applications)
        results.append(report(applications, measured))
    options.json.write_text(json.dumps(results, indent=2) + "\n")
    print(f"written to {options.json}")


def measure(applications: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="cantata-bench-") as folder:
        with fresh_sandbox(Path(folder), "floor") as cluster:
            print(f"{applications} applications × 10 services: the bare loop", flush=True)
            floor = asyncio.run(bare_loop(cluster, applications))
        with fresh_sandbox(Path(folder), "server") as cluster, server(Path(folder)) as pid:
            print(f"{applications} applications × 10 services: cantata", flush=True)
            return asyncio.run(run(Path(folder), cluster, pid, applications, floor))


async def run(folder: Path, sandbox: Sandbox, pid: int, applications: int, floor: Floor) -> Measured:
    data = folder / "data"
    url = json.loads((data / "server.json").read_text())["url"]
    names = [f"load-{number}" for number in range(applications)]
    async with Client(url, (data / "admin-token").read_text().strip()) as client:
        await client.clusters.add("default", sandbox.kubeconfig.read_text())
        await client.templates.import_("throughput", chart())
        await client.configs.create("throughput", CONFIG)
        for name in names:
            await client.applications.create(
                ApplicationDraft(name=name, template="throughput", config="throughput", create_namespace=True)
            )
        began = time.monotonic()
        await deploy_all(client, names)
        accepted = await watch_accepted(sandbox, applications) - began
        await ended(client, applications)
        ready = time.monotonic() - began
        after_first = usage(pid)
        versions = await resource_versions(sandbox)
        began = time.monotonic()
        await deploy_all(client, names)
        redeploy = time.monotonic() - began
        writes = len(set((await resource_versions(sandbox)).items()) - set(versions.items()))
        began = time.monotonic()
        told = await client.configs.impact("throughput", ONE_KEY)
        impact = time.monotonic() - began
        reached = {service.service for each in told.applications for service in each.services}
        if len(told.applications) != applications or reached != {"service-3"}:
            sys.exit(f"the impact is wrong: {len(told.applications)} applications, {reached}")
        hooks = await call_hooks(client, url)
        plans = await time_plans(client)
        idle = await asyncio.to_thread(idle_requests, sandbox, pid)
        return Measured(
            floor, accepted, ready, redeploy, writes, impact, hooks, plans, idle, after_first, usage(pid)
        )


async def deploy_all(client: Client, names: list[str]) -> None:
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(name: str) -> None:
        async with gate:
            await client.applications.deploy(name)

    await asyncio.gather(*map(one, names))


async def ended(client: Client, applications: int) -> None:
    while True:
        states = [operation.state async for operation in client.operations.list()]
        if failed := [state for state in states if state == "failed"]:
            sys.exit(f"{len(failed)} operations failed")
        if states.count("succeeded") == applications:
            return
        await asyncio.sleep(0.1)


async def watch_accepted(sandbox: Sandbox, applications: int) -> float:
    """When the last Deployment was accepted, by this clock; watched as the bare loop watches its own."""
    accepted: set[str] = set()
    all_accepted = asyncio.Event()

    def heard(_change: Change, live: LiveObject) -> None:
        accepted.add(live.metadata.uid)
        if len(accepted) == applications * SERVICES:
            all_accepted.set()

    cluster = connect(sandbox)
    try:
        deployments = await cluster.resource("apps", "Deployment")
        cluster.inform(
            deployments, label_selector="cantata.dev/application", metadata_only=True, listener=heard
        )
        await all_accepted.wait()
        return time.monotonic()
    finally:
        await cluster.close()


async def resource_versions(sandbox: Sandbox) -> dict[str, str]:
    """Of every object that is ours: what changes when anything is written."""
    cluster = connect(sandbox)
    try:
        found = {}
        for kind in (GVK("apps", "v1", "Deployment"), GVK("", "v1", "Service"), GVK("", "v1", "ConfigMap")):
            for live in await cluster.list(
                kind, label_selector="cantata.dev/application", metadata_only=True
            ):
                found[live.metadata.uid] = f"{live.metadata.generation}/{live.metadata.resource_version}"
        return found
    finally:
        await cluster.close()


def report(applications: int, measured: Measured) -> dict[str, object]:
    values = (
        measured.accepted / measured.floor.accepted,
        measured.ready / measured.floor.ready,
        measured.redeploy,
        float(measured.redeploy_writes),
        measured.impact,
        measured.hooks.p95 * 1000,
        float(measured.hooks.lost),
        max(measured.plans.first, measured.plans.unchanged) * 1000,
        measured.plans.changed * 1000,
        measured.idle,
        measured.after_all.peak,
    )
    print(f"\n{applications} applications × 10 services")
    print(f"  bare loop: accepted {measured.floor.accepted:.1f} s, ready {measured.floor.ready:.1f} s")
    print(f"  cantata:   accepted {measured.accepted:.1f} s, ready {measured.ready:.1f} s")
    rows = told(
        Verdict(budget.name, value, budget.limit(applications), budget.unit)
        for budget, value in zip(BUDGETS, values, strict=True)
    )
    hooks = measured.hooks
    print(
        f"  calls of a trigger: answered in {hooks.p95 * 1000:.0f} ms at p95 (/healthz in"
        f" {hooks.floor * 1000:.0f} ms), {hooks.worst * 1000:.0f} ms at worst,"
        f" worked off {hooks.drained:.1f} s after the last"
    )
    for label, used in (("after the first deploy", measured.after_first), ("at the end", measured.after_all)):
        print(
            f"  server {label}: {used.cpu:.1f} CPU s, {used.peak:.0f} MiB peak;"
            f" workers {used.workers_cpu:.1f} CPU s, {used.workers_peak:.0f} MiB peak"
        )
    return {"applications": applications, **asdict(measured), "budgets": rows}


if __name__ == "__main__":
    main()
