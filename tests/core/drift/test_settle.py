"""What is told of drift, what is taken back, and what is a fight."""

from __future__ import annotations

import pytest

from cantata.core.drift import BY_POLICY, FIGHT_SECONDS, MOST_REVERTS, Settled, settle
from cantata.core.model.applications import Operation, OperationState, Verb
from cantata.core.model.drift import Drift, DriftedField, DriftPolicy

NONE = Drift()
IMAGE = "spec.template.spec.containers[main].image"


def field(path: str = IMAGE, service: str = "web", manager: str = "kubectl", at: str = "1") -> DriftedField:
    return DriftedField(service, f"Deployment shop/{service}", path, manager, at)


def looked(
    *found: DriftedField,
    before: Drift = NONE,
    policy: DriftPolicy = DriftPolicy.REVERT,
    excepted: tuple[str, ...] = (),
    revision: int = 1,
    now: float = 0.0,
    last: Operation | None = None,
) -> Settled:
    return settle(found, before, revision=revision, policy=policy, excepted=excepted, now=now, last=last)


def a_revert(id_: str, state: OperationState, author: str = BY_POLICY) -> Operation:
    return Operation(id_, "p", "a", "shop", Verb.REVERT, state, ("web",), author, "")


def test_what_is_new_is_told_once() -> None:
    first = looked(field(), policy=DriftPolicy.REPORT)
    assert (first.appeared, first.gone, first.revert) == ((field(),), (), ())
    again = looked(field(), before=first.drift, policy=DriftPolicy.REPORT)
    assert (again.appeared, again.gone) == ((), ())
    later = looked(field(at="2"), before=first.drift, policy=DriftPolicy.REPORT)
    assert later.appeared == (field(at="2"),)
    over = looked(before=first.drift, policy=DriftPolicy.REPORT)
    assert (over.gone, over.drift.fields) == ((field(),), ())


def test_an_object_that_is_gone_is_told_once_whenever_it_is_seen() -> None:
    first = looked(field("", at="1"), policy=DriftPolicy.REPORT)
    assert looked(field("", at="2"), before=first.drift, policy=DriftPolicy.REPORT).appeared == ()


def test_the_policy_takes_back_the_services_that_drifted() -> None:
    assert looked(field(), field(service="api"), field("spec.replicas")).revert == ("api", "web")
    assert looked().revert == ()


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        (IMAGE, True),
        ("spec.template", True),
        ("spec.template.spec.containers[*].image", True),
        ("spec.template.spec.containers", True),
        ("spec.templ", False),
        ("spec.*", True),
        ("*.image", False),
        ("spec.template.spec.containers[mai].image", False),
        ("spec.template.spec.containers[m*].image", True),
    ],
)
def test_what_is_excepted_is_nobodys_business(pattern: str, left: bool) -> None:
    found = looked(field(), excepted=(pattern,))
    assert (found.drift.fields == ()) is left
    assert (found.revert == ()) is left


def test_an_object_that_is_gone_is_never_excepted() -> None:
    assert looked(field(""), excepted=("*",)).revert == ("web",)


def test_what_comes_back_twice_is_a_fight_with_its_opponent() -> None:
    known = Drift()
    for _ in range(MOST_REVERTS):
        settled = looked(field(), before=known)
        assert settled.revert == ("web",)
        known = looked(before=settled.drift).drift
        assert known.fields == ()
    fought = looked(field(manager="other"), before=known)
    assert fought.revert == ()
    (told,) = fought.appeared
    assert (told.fight, told.manager) == (True, "other")
    assert looked(field(manager="other"), before=fought.drift).appeared == ()


@pytest.mark.parametrize(("revision", "now"), [(2, 0.0), (1, FIGHT_SECONDS)])
def test_a_fight_ends_with_another_revision_or_in_time(revision: int, now: float) -> None:
    known = Drift()
    for _ in range(MOST_REVERTS + 1):
        known = looked(field(), before=known).drift
    assert known.fields[0].fight
    again = looked(field(), before=known, revision=revision, now=now)
    assert again.revert == ("web",)
    assert not again.drift.fields[0].fight


def test_one_fight_does_not_keep_the_rest_from_being_taken_back() -> None:
    known = Drift()
    for _ in range(MOST_REVERTS + 1):
        known = looked(field(), before=known).drift
    both = looked(field(), field("spec.paused"), before=known)
    assert both.revert == ("web",)
    assert [each.fight for each in both.drift.fields] == [True, False]


def test_reports_are_never_fights() -> None:
    known = Drift()
    for _ in range(MOST_REVERTS + 2):
        known = looked(field(), before=known, policy=DriftPolicy.REPORT).drift
    assert not known.fields[0].fight


@pytest.mark.parametrize("state", [OperationState.FAILED, OperationState.CANCELLED])
def test_reverts_that_fail_are_no_fight_and_are_not_tried_without_end(state: OperationState) -> None:
    settled, tried = looked(field()), 1
    for number in range(MOST_REVERTS + 2):
        last = a_revert(str(min(number, MOST_REVERTS - 1)), state)  # None comes after the last try.
        settled = looked(field(), before=settled.drift, last=last)
        tried += bool(settled.revert)
        assert not settled.drift.fields[0].fight
    assert tried == MOST_REVERTS
    later = looked(field(), before=settled.drift, now=FIGHT_SECONDS, last=last)
    assert later.revert == ("web",)


@pytest.mark.parametrize(
    "last", [a_revert("1", OperationState.SUCCEEDED), a_revert("1", OperationState.FAILED, "ada")]
)
def test_what_others_could_not_take_back_does_not_count_for_the_policy(last: Operation) -> None:
    known = looked(field()).drift
    for _ in range(MOST_REVERTS):
        known = looked(field(), before=known, last=last).drift
    assert known.fields[0].fight
