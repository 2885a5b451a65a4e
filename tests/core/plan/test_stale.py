from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.core.plan.conftest import Answer

from cantata.core.model.configs import ConfigPin
from cantata.core.model.objects import LiveObject, Manifest, ObjectKey
from cantata.core.model.plans import Action
from cantata.core.model.stored_plans import Basis, BasisObject
from cantata.core.plan import Decision, Desired
from cantata.core.plan.stale import basis_object, what_moved

KEY = ObjectKey("apps", "Deployment", "shop", "web")
PIN = ConfigPin("dev", 3, "c1")


def item(action: Action = Action.UPDATE, uid: str = "u", content: str = "f") -> BasisObject:
    return BasisObject(KEY, action, uid, content)


OTHER = BasisObject(ObjectKey("", "Service", "shop", "web"), Action.DELETE, "s")
PLANNED = Basis(4, 2, (PIN,), 1, (item(),))


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        ({}, []),
        ({"revision": 5}, ["revision 5 came since; the plan was made on 4"]),
        ({"row_version": 3}, ["the application was edited"]),
        ({"template_version": 2}, ["template shop is at version 2, not 1"]),
        ({"pins": (ConfigPin("dev", 4, "c1"),)}, ["config dev is at version 4, not 3"]),
        (
            {"pins": (ConfigPin("prod", 3, "c2"),)},
            ["config dev is not used any more", "config prod is used, too"],
        ),
        ({"objects": (item(content="g"),)}, [f"{KEY} was changed in the cluster"]),
        ({"objects": (item(uid="v"),)}, [f"{KEY} was replaced"]),
        ({"objects": (item(Action.CREATE, uid=""),)}, [f"{KEY} is gone"]),
        ({"objects": ()}, [f"{KEY} is no longer to update"]),
        ({"objects": (item(), OTHER)}, [f"{OTHER.key} is to delete, too"]),
    ],
)
def test_each_thing_that_moves_is_named(change: dict[str, Any], moved: list[str]) -> None:
    assert list(what_moved(PLANNED, msgspec.structs.replace(PLANNED, **change), template="shop")) == moved


@pytest.mark.parametrize(
    ("planned", "now", "moved"),
    [
        (item(Action.CREATE, ""), item(Action.CREATE, ""), ""),
        (item(Action.CREATE, ""), item(Action.UPDATE, "u"), "is there now"),
        (item(Action.UNCHANGED, "u", ""), item(Action.UPDATE, "u", "f"), "was changed in the cluster"),
        (item(Action.UNCHANGED, "u", ""), item(Action.UNCHANGED, "u", ""), ""),
        (item(Action.DELETE, "u", ""), item(Action.DELETE, "v", ""), "was replaced"),
        (item(Action.KEEP, "u", ""), item(Action.KEEP, "v", ""), ""),
    ],
)
def test_objects_move_by_identity_by_action_and_by_content(
    planned: BasisObject, now: BasisObject, moved: str
) -> None:
    found = what_moved(Basis(1, 1, objects=(planned,)), Basis(1, 1, objects=(now,)), template="shop")
    assert list(found) == ([f"{KEY} {moved}"] if moved else [])


def workload(replicas: int, image: str = "i:1") -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "c", "image": image}]}}},
    }


def basis(live: LiveObject, *, scaled: bool = False, action: Action = Action.UPDATE) -> BasisObject:
    desired = Desired.of(workload(2), "web", scaled=scaled)
    return basis_object(Decision(desired, action), live)


def test_an_autoscaler_makes_no_plan_stale_unless_the_number_was_asked_for(answer: Answer) -> None:
    two, five = answer(workload(2)), answer(workload(5))
    assert basis(two) == basis(five)
    assert basis(two, scaled=True) != basis(five, scaled=True)
    assert basis(two) != basis(answer(workload(2, "i:2")))


def test_what_is_written_over_is_known_by_its_content(answer: Answer, secret: Manifest) -> None:
    live = answer(workload(2), version="7")
    assert basis(live) == basis(answer(workload(2), version="9"))
    assert basis(live, action=Action.UNCHANGED).content == ""
    kept = Decision(Desired.of(secret, "web"), Action.UPDATE)
    contents = [basis_object(kept, answer(secret, version=version)).content for version in ("7", "9")]
    assert contents == ["7", "9"]
    assert basis_object(kept, None) == BasisObject(ObjectKey.of(secret), Action.UPDATE)
