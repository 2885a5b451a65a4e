"""A project that demands plans, and their approval by somebody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import DEADLINE, Command, Server, Stage, register
from tests.e2e.faults import own_server
from tests.e2e.test_impact import CONFIG, FILES

from cantata.client import Client, RemoteError
from cantata.contract.stored_plans import PolicyEdit, StoredPlanInfo
from cantata.errors import PLANNED
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def own(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its project demands things, which others must not be bothered with."""
    server = own_server(tmp_path_factory.mktemp("own"))
    server.start()
    register(server, sandbox)
    yield server
    assert server.stop() == 0, server.log[-4000:]


@pytest.fixture
async def admin(own: Server) -> AsyncIterator[Client]:
    async with own.client() as client:
        yield client
        await client.policy.set(PolicyEdit())


@pytest.fixture
def typed(own: Server, tmp_path: Path) -> Command:
    return Command(own, tmp_path)


async def plans(client: Client, name: str, count: int) -> list[StoredPlanInfo]:
    """Once there are so many."""
    async with asyncio.timeout(DEADLINE):
        while True:
            found = [each async for each in client.plans.list(name)]
            if len(found) == count:
                return found
            await asyncio.sleep(0.05)


async def somebody(own: Server, admin: Client, name: str, role: str) -> Client:
    made = await admin.tokens.create(name, role)  # type: ignore[arg-type]
    return Client(own.url, made.token)


async def test_where_a_plan_is_needed_a_deploy_stores_one(
    admin: Client, typed: Command, namespace: str
) -> None:
    stage = Stage(admin, namespace)
    await stage.application(FILES, CONFIG)
    assert typed.run("project", "policy", "--plan-required").returncode == 0
    done = typed.run("app", "deploy", namespace)
    (plan,) = await plans(admin, namespace, 1)
    assert done.returncode == PLANNED == 11, done
    assert plan.id in done.stdout
    assert f"`cantata plan apply {plan.id}` goes on" in done.stderr
    assert (await stage.status()).state == "not_deployed"
    as_json = typed.run("app", "deploy", namespace, "-o", "json")
    assert json.loads(as_json.stdout)["plan"]["needs"] is None
    assert typed.run("plan", "apply", plan.id).returncode == 0
    assert (await stage.status()).state == "ready"
    assert typed.run("app", "deploy", namespace).returncode == 0, "nothing to do needs no plan"
    await admin.configs.edit(namespace, CONFIG.replace("hello", "good day"))
    assert typed.run("app", "deploy", namespace, "--outdated").returncode == PLANNED
    with_rollback = typed.run("project", "policy", "--no-plan-required")
    assert "not needed" in with_rollback.stdout
    assert typed.run("app", "deploy", namespace).returncode == 0
    typed.run("project", "policy", "--plan-required")
    assert typed.run("app", "rollback", namespace).returncode == PLANNED
    assert typed.run("service", "scale", namespace, "web", "--replicas", "2").returncode == PLANNED
    (scale, *_) = [each async for each in admin.plans.list(namespace)]
    assert (scale.verb, scale.services, scale.updates) == ("scale", ("web",), 1)
    shown = await admin.plans.show(scale.id)
    assert [(each.path, each.new) for each in shown.plan.intent] == [("adjustments.replicas", 2)]
    done = typed.run("plan", "apply", scale.id)
    assert done.returncode == 0, done
    (web,) = [each for each in (await stage.status()).services if each.name == "web"]
    assert (web.ready, web.desired) == (2, 2)


async def test_an_approval_comes_from_another_person_of_enough_rank(
    own: Server, admin: Client, typed: Command, namespace: str
) -> None:
    stage = Stage(admin, namespace)
    await stage.application(FILES, CONFIG)
    await admin.policy.set(PolicyEdit(approval="operator"))
    ann = await somebody(own, admin, f"{namespace}-ann", "operator")
    bob = await somebody(own, admin, f"{namespace}-bob", "operator")
    eve = await somebody(own, admin, f"{namespace}-eve", "editor")
    async with ann, bob, eve:
        deployed = await ann.applications.deploy(namespace)
        assert deployed.operation is None
        assert deployed.plan is not None
        plan = deployed.plan
        assert plan.needs == "operator"
        for client, code in ((ann, "OwnPlan"), (eve, "Forbidden")):
            with pytest.raises(RemoteError) as refused:
                await client.plans.approve(plan.id)
            assert refused.value.code == code
        with pytest.raises(RemoteError) as refused:
            await ann.plans.apply(plan.id)
        assert refused.value.code == "PlanNotApproved"
        approved = await bob.plans.approve(plan.id)
        assert [(each.by, each.role) for each in approved.approvals] == [(f"{namespace}-bob", "operator")]
        assert approved.needs is None
        assert (await bob.plans.withdraw_approval(plan.id)).needs == "operator"
        with pytest.raises(RemoteError, match="waits for the approval of another operator"):
            await ann.plans.apply(plan.id)
        await bob.plans.approve(plan.id)
        await admin.policy.set(PolicyEdit(approval="admin"))
        with pytest.raises(RemoteError, match="another admin"):
            await ann.plans.apply(plan.id)
        assert typed.run("plan", "approve", plan.id).returncode == 0
        applied = await ann.plans.apply(plan.id)
        assert applied.operation is not None
        assert (await stage.ended(applied.operation)).state == "succeeded"
        with pytest.raises(RemoteError, match="applied already"):
            await bob.plans.withdraw_approval(plan.id)
    listed = [each async for each in admin.audit.list()]
    told = [(each.actor.removeprefix(f"{namespace}-"), each.verb, each.noun) for each in listed]
    for entry in (
        ("ann", "create", "plan"),
        ("bob", "approve", "plan"),
        ("bob", "withdraw approval", "plan"),
        ("ann", "apply", "plan"),
        ("local-admin", "edit", "project"),
    ):
        assert entry in told, (entry, told)


async def test_what_is_deployed_by_itself_becomes_a_plan_and_stops(admin: Client, namespace: str) -> None:
    stage = Stage(admin, namespace)
    await stage.application(FILES, CONFIG, updates="auto")
    await stage.deploy()
    await admin.policy.set(PolicyEdit(plan_required=True))
    await admin.configs.edit(namespace, CONFIG.replace("hello", "good day"))
    (first,) = await plans(admin, namespace, 1)
    assert (first.automatic, first.services, first.cause) == (True, ("api",), f"config {namespace}@2")
    async with asyncio.timeout(DEADLINE):
        while True:
            outdated = {each.name: each.outdated for each in (await stage.status()).services}
            if "waits to be applied" in outdated["api"]:
                break
            await asyncio.sleep(0.05)
    assert outdated["api"] == f"config {namespace}@2; plan {first.id} waits to be applied"
    await admin.configs.edit(namespace, CONFIG.replace("hello", "good night"))
    async with asyncio.timeout(DEADLINE):
        while True:
            (second,) = await plans(admin, namespace, 1)
            if second.id != first.id:
                break
            await asyncio.sleep(0.05)
    assert second.cause == f"config {namespace}@3"
    assert (await stage.status()).revision == 1
    applied = await admin.plans.apply(second.id)
    assert applied.operation is not None
    assert (await stage.ended(applied.operation)).state == "succeeded"
    assert (await stage.status()).revision == 2


async def test_what_is_deployed_goes_only_by_a_plan(admin: Client, typed: Command, namespace: str) -> None:
    stage = Stage(admin, namespace)
    await stage.application(FILES, CONFIG)
    await stage.deploy()
    await admin.policy.set(PolicyEdit(plan_required=True))
    refused = typed.run("app", "delete", namespace, "--yes")
    assert refused.returncode == 4
    assert f"demands a plan for what changes application {namespace}, and" in refused.stderr
    assert f"`cantata service undeploy {namespace} --all`" in refused.stderr
    assert not (await admin.applications.show(namespace)).deleting
    assert typed.run("service", "undeploy", namespace, "--all").returncode == PLANNED
    (plan,) = await plans(admin, namespace, 1)
    assert typed.run("plan", "apply", plan.id, "--queue").returncode == 0
    assert typed.run("app", "delete", namespace, "--yes").returncode == 0
    with pytest.raises(RemoteError, match="no application"):
        await admin.applications.show(namespace)
