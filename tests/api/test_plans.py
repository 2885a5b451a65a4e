"""Plans and the project's policy over HTTP, where no cluster is needed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import PROJECT, SHOP, Http, assert_error

from cantata.core.model.applications import Verb
from cantata.core.model.plans import Plan, ValueChange
from cantata.core.model.stored_plans import Basis, Draft, PlanSummary, ShownPlan
from cantata.ports import Records
from cantata.server.compose import Composed

PLANS, POLICY = f"{PROJECT}/plans", f"{PROJECT}/policy"
LATER, BEFORE = "2999-01-01T00:00:00Z", "2000-01-01T00:00:00Z"


async def stored(parts: Composed, shop: Http, expires_at: str = LATER, author: str = "ann") -> str:
    if (await shop.get(f"{PROJECT}/applications/shop-dev")).status_code == 404:
        await shop.post(f"{PROJECT}/applications", json=SHOP)

    def write(records: Records) -> str:
        return records.plans.add(
            records.applications.get("default", "shop-dev"),
            author=author,
            cause="release",
            expires_at=expires_at,
            summary=PlanSummary(Verb.DEPLOY, ("web",), 1, creates=1),
            draft=Draft(Verb.DEPLOY, ("web",), 1, True, {}, "", "", "", (), (), {}),
            basis=Basis(0, 1),
            shown=ShownPlan(Plan("shop-dev", 1, ()), (ValueChange("config", "a@1", "a@2"),)),
        ).id

    return await parts.ports.store.write(write)


async def test_a_plan_is_listed_shown_and_deleted(parts: Composed, shop: Http) -> None:
    id_ = await stored(parts, shop)
    (listed,) = (await shop.get(PLANS, params={"application": "shop-dev"})).json()["items"]
    assert (listed["id"], listed["state"], listed["creates"], listed["needs"]) == (id_, "open", 1, None)
    shown = (await shop.get(f"{PLANS}/{id_}")).json()
    assert shown["info"] == listed
    assert shown["versions"] == [{"path": "config", "old": "a@1", "new": "a@2", "services": []}]
    assert (await shop.delete(f"{PLANS}/{id_}")).status_code == 204
    assert_error(await shop.get(f"{PLANS}/{id_}"), 404, "PlanNotFound")
    assert_error(await shop.get(PLANS, params={"application": "nobody"}), 404, "ApplicationNotFound")


@pytest.mark.parametrize("act", [("POST", "apply"), ("POST", "approval"), ("DELETE", "approval")])
async def test_an_expired_plan_is_neither_applied_nor_approved(
    parts: Composed, shop: Http, act: tuple[str, str]
) -> None:
    id_ = await stored(parts, shop, BEFORE)
    assert (await shop.get(f"{PLANS}/{id_}")).json()["info"]["state"] == "expired"
    error = assert_error(await shop.request(act[0], f"{PLANS}/{id_}/{act[1]}"), 409, "PlanEnded")
    assert "expired at 2000" in error["message"]


@pytest.mark.parametrize(
    ("approver", "status", "code"),
    [
        ("viewer", 403, "Forbidden"),
        ("editor", 403, "Forbidden"),
        ("operator", 403, "OwnPlan"),
        ("admin", 200, ""),
    ],
)
async def test_who_may_approve(
    parts: Composed, shop: Http, tokens: dict[str, str], approver: str, status: int, code: str
) -> None:
    await shop.put(POLICY, json={"approval": "operator"})
    id_ = await stored(parts, shop, author="the-operator")
    headers = {"Authorization": f"Bearer {tokens[approver]}"}
    answer = await shop.post(f"{PLANS}/{id_}/approval", headers=headers)
    if code:
        assert_error(answer, status, code)
    else:
        assert (answer.status_code, answer.json()["needs"]) == (200, None)
        assert [each["by"] for each in answer.json()["approvals"]] == ["the-admin"]


async def test_an_approval_counts_by_the_role_that_the_policy_demands_now(
    parts: Composed, shop: Http, tokens: dict[str, str]
) -> None:
    id_ = await stored(parts, shop)
    headers = {"Authorization": f"Bearer {tokens['operator']}"}
    assert (await shop.post(f"{PLANS}/{id_}/approval", headers=headers)).status_code == 200
    assert (await shop.get(f"{PLANS}/{id_}")).json()["info"]["needs"] is None
    await shop.put(POLICY, json={"approval": "admin"})
    assert (await shop.get(f"{PLANS}/{id_}")).json()["info"]["needs"] == "admin"
    error = assert_error(await shop.post(f"{PLANS}/{id_}/apply"), 409, "PlanNotApproved")
    assert f"cantata plan approve {id_}" in error["hint"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"application": "shop-dev", "revision": 1},
        {"application": "shop-dev", "services": "web"},
        {"application": "shop-dev", "unknown": 1},
        {"application": 7},
    ],
)
async def test_a_wrong_request_for_a_plan_is_refused(shop: Http, body: dict[str, Any]) -> None:
    answer = await shop.post(PLANS, json=body)
    assert answer.status_code == 422, answer.text


async def test_a_plan_of_what_is_not_there_names_it(shop: Http) -> None:
    assert_error(await shop.post(PLANS, json={"application": "nobody"}), 404, "ApplicationNotFound")


async def test_the_policy_is_shown_set_and_audited(shop: Http, tokens: dict[str, str]) -> None:
    assert (await shop.get(POLICY)).json() == {"planRequired": False, "approval": None}
    wanted = {"planRequired": True, "approval": "admin"}
    assert (await shop.put(POLICY, json=wanted)).json() == wanted
    assert (await shop.get(POLICY)).json() == wanted
    assert (await shop.put(POLICY, json={"approval": "nobody"})).status_code == 422
    headers = {"Authorization": f"Bearer {tokens['operator']}"}
    assert_error(await shop.put(POLICY, json={}, headers=headers), 403, "Forbidden")
    records = (await shop.get(f"{PROJECT}/audit")).json()["items"]
    told = [(each["verb"], each["noun"], each["detail"]) for each in records]
    assert ("edit", "project", "a plan is needed, approved by another admin") in told
