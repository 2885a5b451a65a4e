"""What is told of drift, what is taken back, and what is a fight."""

from __future__ import annotations

import pytest

from cantata.core.drift import FIGHT_SECONDS, MOST_REVERTS, Settled, settle
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
) -> Settled:
    return settle(found, before, revision=revision, policy=policy, excepted=excepted, now=now)


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
