"""For random edits, what the impact tells before the save is what a preview shows after it, and what a deploy
does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from tests.e2e.config_edits import Edits, text_of
from tests.e2e.conftest import Kubectl, Stage
from tests.e2e.impact_subjects import Subject, boutique, own, shop

from cantata.contract.applications import ApplicationDraft
from cantata.contract.configs import Extends
from cantata.contract.impact import ApplicationImpactInfo
from cantata.contract.plans import ObjectPlanInfo, PlanInfo
from cantata.errors import CantataError

pytestmark = pytest.mark.sandbox

T = TypeVar("T")
Told = dict[str, tuple[bool, frozenset[str]]]
"""By service that changes: whether its pods are replaced, and what happens to which object."""
UNTOLD = ("unchanged", "create ConfigMap", "create Secret")
TEMPLATE = "deployment.kubernetes.io/revision"


class Walk:
    """One application of a subject, its config and the parent of that edited by turns."""

    def __init__(self, stage: Stage, subject: Subject, seed: int) -> None:
        self.stage, self.subject = stage, subject
        self.edits = Edits(seed, {**subject.defaults, **subject.parent, **subject.config}, subject.config)
        self.parent = f"{stage.name}-parent"
        self.originals = {self.parent: subject.parent, stage.name: subject.config}
        self.seen: Counter[str] = Counter()

    async def begin(self) -> None:
        name, client = self.stage.name, self.stage.client
        await client.templates.import_(name, self.subject.archive)
        await client.configs.create(self.parent, text_of(self.subject.parent))
        await client.configs.create(name, text_of(self.subject.config), extends=Extends(self.parent))
        draft = ApplicationDraft(
            name=name,
            template=name,
            config=name,
            create_namespace=True,
            service_overrides=dict(self.subject.overrides),
        )
        await client.applications.create(draft)
        await self.deploy()

    async def deploy(self) -> None:
        operation = await self.stage.deploy()
        assert operation is None or operation.state == "succeeded", operation.error

    async def step(self) -> Told:
        """Edits one of the two texts, and compares what is told before and after. Gives what would change,
        nothing where it could not be deployed; then the text is as it was."""
        config = self.edits.choose(self.stage.name, self.stage.name, self.parent)
        leaves = self.edits.of(self.originals[config])
        text = text_of(leaves)
        client = self.stage.client
        impact, refused = await tried(client.configs.impact(config, text))
        _, refused_too = await tried(client.configs.edit(config, text))
        assert refused == refused_too, text
        if impact is None:
            self.seen["refused"] += 1
            return {}
        (told,) = impact.applications
        plan, _ = await tried(client.applications.preview(self.stage.name))
        if plan is None or any(found.severity == "error" for found in plan.findings):
            self.seen["failed"] += 1
            assert told.reach == "failed", (text, told, plan)
        else:
            changes, checked = told_by(told), is_sound(plan)
            self.seen[told.reach if checked else "refused by the API server"] += 1
            assert told.reach == ("changed" if changes else "unchanged"), (text, told)
            assert compared(changes, rolls=checked) == compared(shown_by(plan), rolls=checked), text
            assert told.order == waves(plan, changes), text
            if checked:
                return changes
        await client.configs.edit(config, text_of(self.originals[config]))
        return {}


async def tried(call: Awaitable[T]) -> tuple[T | None, str]:
    """What comes out of it, or the error."""
    try:
        return await call, ""
    except CantataError as error:
        return None, str(error)


def compared(told: Told, *, rolls: bool) -> Told:
    """What the API server refuses it says nothing of; so whether pods are replaced is known of nobody."""
    return {name: (rolls and rolled, objects) for name, (rolled, objects) in told.items()}


def waves(plan: PlanInfo, changes: Told) -> tuple[tuple[str, ...], ...]:
    """The order of the plan, of what changes."""
    some = (tuple(name for name in wave if name in changes) for wave in plan.order)
    return tuple(wave for wave in some if wave)


def told_by(impact: ApplicationImpactInfo) -> Told:
    return {each.service: (each.rolls, objects(each.objects)) for each in impact.services}


def shown_by(plan: PlanInfo) -> Told:
    return {
        each.service: (each.rolls, objects(each.objects))
        for each in plan.services
        if any(item.action != "unchanged" for item in each.objects)
    }


def objects(plans: tuple[ObjectPlanInfo, ...]) -> frozenset[str]:
    """The impact asks no cluster, so it calls a ConfigMap new that an earlier version has left there."""
    told = (f"{each.action} {each.key.kind} {each.key.name}" for each in plans)
    return frozenset(each for each in told if not each.startswith(UNTOLD))


def is_sound(plan: PlanInfo) -> bool:
    """Whether the API server takes every object."""
    return not any(item.unverified for service in plan.services for item in service.objects)


def is_making(changes: Told) -> bool:
    """Whether a Deployment is new: nobody has asked the API server yet whether it takes that."""
    return any(each.startswith("create Deployment") for _, objects in changes.values() for each in objects)


def deployments(kubectl: Kubectl, namespace: str) -> dict[str, tuple[int, str]]:
    """The generation of each, and the number of its pod template."""
    return {
        each["metadata"]["name"]: (each["metadata"]["generation"], each["metadata"]["annotations"][TEMPLATE])
        for each in kubectl.items("deployments", "-n", namespace)
    }


def assert_deployed(
    changes: Told, before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]
) -> None:
    """Exactly the Deployments that were told are written, and replace pods where it was told."""
    there = before.keys() & after.keys()
    written = {name for name in there if before[name][0] != after[name][0]}
    rolled = {name for name in there if before[name][1] != after[name][1]}
    told = {
        name: {each.rpartition(" ")[2] for each in objects if each.startswith("update Deployment")}
        for name, (_, objects) in changes.items()
    }
    assert written == set().union(*told.values())
    for service, names in told.items():
        assert not names or changes[service][0] == bool(names & rolled), service


@pytest.mark.parametrize(("make", "rounds"), [(own, 14), (shop, 10), (boutique, 10)])
async def test_what_is_told_is_what_is_shown_and_done(
    make: Callable[[str], Subject], rounds: int, stage: Stage, kubectl: Kubectl
) -> None:
    walk = Walk(stage, make(stage.name), seed=4)
    await walk.begin()
    for _ in range(rounds):
        changes = await walk.step()
        walk.seen["sound"] += bool(changes)
        if changes and walk.seen["sound"] % 3 == 0 and not is_making(changes):
            before = deployments(kubectl, stage.name)
            await walk.deploy()
            assert_deployed(changes, before, deployments(kubectl, stage.name))
            walk.seen["deployed"] += 1
    assert walk.seen["changed"] + walk.seen["refused by the API server"] > rounds // 2, walk.seen
    assert walk.seen["deployed"], walk.seen
