from __future__ import annotations

import asyncio

import pytest
from tests.store.conftest import create_nouns

from cantata.core.model.access import Role
from cantata.core.model.applications import Application, Verb
from cantata.core.model.errors import (
    OperationNotFound,
    PlanEnded,
    PlanNotFound,
    PlanUnreadable,
    ProjectNotFound,
)
from cantata.core.model.objects import ObjectKey
from cantata.core.model.plans import Action, Plan, ValueChange
from cantata.core.model.stored_plans import (
    Approval,
    Basis,
    BasisObject,
    Draft,
    PlanState,
    PlanSummary,
    Policy,
    ShownPlan,
    StoredPlan,
)
from cantata.core.model.timing import Mark, Reached
from cantata.ports.pages import Page
from cantata.ports.store import Records
from cantata.store import SqlStore, StoreKey, open_store, replace_lost_key

LATER, BEFORE = "2999-01-01T00:00:00Z", "2000-01-01T00:00:00Z"
DRAFT = Draft(Verb.DEPLOY, ("web",), 2, True, {}, "sealed:e", "", "", (), (), {})
BASIS = Basis(1, 3, objects=(BasisObject(ObjectKey("", "ConfigMap", "n", "c"), Action.UPDATE, "u", "f"),))
SHOWN = ShownPlan(Plan("shop-dev", 2, ()), (ValueChange("config", "a@1", "a@2"),))
SUMMARY = PlanSummary(Verb.DEPLOY, ("web",), 2, updates=1, rolls=("web",))


def add(records: Records, shop: Application, expires_at: str = LATER) -> StoredPlan:
    return records.plans.add(
        shop,
        author="ann",
        cause="release",
        expires_at=expires_at,
        summary=SUMMARY,
        draft=DRAFT,
        basis=BASIS,
        shown=SHOWN,
    )


async def test_a_plan_comes_back_as_it_was(store: SqlStore, shop: Application) -> None:
    made = await store.write(lambda records: add(records, shop))
    assert (made.state, made.application, made.summary) == (PlanState.OPEN, "shop-dev", SUMMARY)

    def read(records: Records) -> tuple[StoredPlan, Draft, Basis, ShownPlan]:
        plan = records.plans.get("default", made.id)
        return plan, records.plans.draft(plan), records.plans.basis(plan), records.plans.shown(plan)

    assert await store.read(read) == (made, DRAFT, BASIS, SHOWN)
    for project, id_ in (("default", "nothing"), ("other", made.id)):
        with pytest.raises(PlanNotFound):
            await store.read(lambda records, p=project, i=id_: records.plans.get(p, i))  # type: ignore[misc]


async def test_plans_are_listed_newest_first_and_by_application(store: SqlStore, shop: Application) -> None:
    made = [await store.write(lambda records: add(records, shop)) for _ in range(3)]
    newest = [plan.id for plan in reversed(made)]

    def read(records: Records) -> list[list[str]]:
        pages = [
            records.plans.list("default"),
            records.plans.list("default", application_id=shop.id),
            records.plans.list("default", application_id="other"),
            records.plans.list("default", page=Page(limit=2)),
            records.plans.list("default", page=Page(limit=2, after=newest[1])),
        ]
        return [[plan.id for plan in page] for page in pages]

    assert await store.read(read) == [newest, newest, [], newest[:2], newest[2:]]


async def test_a_plan_over_its_time_is_expired_and_goes(store: SqlStore, shop: Application) -> None:
    old = await store.write(lambda records: add(records, shop, BEFORE))
    fresh = await store.write(lambda records: add(records, shop))
    assert (await store.read(lambda records: records.plans.get("default", old.id))).state is PlanState.EXPIRED
    assert await store.write(lambda records: records.plans.delete_old("default", "2001-01-01T00:00:00Z")) == 1
    assert [each.id for each in await store.read(lambda records: records.plans.list("default"))] == [fresh.id]


async def test_a_plan_is_applied_once_though_two_try(store: SqlStore, shop: Application) -> None:
    made = await store.write(lambda records: add(records, shop))
    tries = [store.write(lambda records, n=n: records.plans.applied(made, f"o{n}")) for n in (1, 2)]  # type: ignore[misc]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["NoneType", "PlanEnded"]
    plan = await store.read(lambda records: records.plans.get("default", made.id))
    assert plan.state is PlanState.APPLIED
    assert plan.operation_id in ("o1", "o2")
    with pytest.raises(PlanEnded):
        await store.write(lambda records: records.plans.approve(made, ()))


async def test_approvals_are_kept_and_taken_back(store: SqlStore, shop: Application) -> None:
    made = await store.write(lambda records: add(records, shop))
    approval = Approval("bob", Role.ADMIN, LATER)
    await store.write(lambda records: records.plans.approve(made, (approval,)))
    plan = await store.read(lambda records: records.plans.get("default", made.id))
    assert plan.approvals == (approval,)
    await store.write(lambda records: records.plans.approve(plan, ()))
    assert (await store.read(lambda records: records.plans.get("default", made.id))).approvals == ()


async def test_plans_go_by_themselves_and_with_their_application(store: SqlStore, shop: Application) -> None:
    first = await store.write(lambda records: add(records, shop))
    await store.write(lambda records: add(records, shop))
    await store.write(lambda records: records.plans.delete(first))
    assert len(await store.read(lambda records: records.plans.list("default"))) == 1
    await store.write(lambda records: records.applications.delete(shop.id))
    assert list(await store.read(lambda records: records.plans.list("default"))) == []


async def test_a_project_demands_nothing_until_it_says_so(store: SqlStore) -> None:
    assert await store.read(lambda records: records.policies.get("default")) == Policy()
    for policy in (Policy(plan_required=True), Policy(approval=Role.ADMIN), Policy()):
        await store.write(lambda records, p=policy: records.policies.set("default", p))  # type: ignore[misc]
        assert await store.read(lambda records: records.policies.get("default")) == policy
    with pytest.raises(ProjectNotFound):
        await store.write(lambda records: records.policies.set("nowhere", Policy()))


async def test_milestones_are_kept_as_first_told(store: SqlStore, shop: Application) -> None:
    operation = await store.write(
        lambda records: records.operations.add(
            shop, verb=Verb.DEPLOY, services=(), author="a", cause="", plan="", revision=1
        )
    )
    first = [Reached("web", Mark.READY, 12.5), Reached("web", Mark.BEGUN, 10.0)]
    await store.write(lambda records: records.operations.mark_reached(operation.id, first))
    again = [Reached("web", Mark.READY, 99.0), Reached("db", Mark.BEGUN, 11.0)]
    await store.write(lambda records: records.operations.mark_reached(operation.id, again))
    found = await store.read(lambda records: records.operations.reached(operation.id))
    assert found == [first[1], again[1], first[0]]
    with pytest.raises(OperationNotFound):
        await store.write(lambda records: records.operations.mark_reached("gone", first))


async def test_a_plan_that_is_lost_with_its_key_says_so_and_is_deleted(url: str, key: StoreKey) -> None:
    store = await open_store(url, key)
    made = await store.write(lambda records: add(records, create_nouns(records)))
    await store.close()
    fresh = StoreKey.generate()
    await replace_lost_key(url, fresh)
    store = await open_store(url, fresh)
    (listed,) = await store.read(lambda records: records.plans.list("default"))
    assert listed == made
    with pytest.raises(PlanUnreadable, match=f"plan {made.id} of application shop-dev"):
        await store.read(lambda records: records.plans.shown(made))
    await store.write(lambda records: records.plans.delete(made))
    await store.close()
