"""Which recorded version a pod is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from tests.core.where.conftest import OWNER, config_map, live, name_of, pod_spec, recorded, workload

from cantata.core.model.inputs import RecordedEntry
from cantata.core.model.objects import LiveObject
from cantata.core.where import RecordedService, given_value, live_pods, place_pods

IN_PLACE = "shop-web-config"


def template(spec: dict[str, Any]) -> dict[str, Any]:
    """As the API server keeps it: with our label, and with defaults."""
    labels = {"app": "web", "cantata.dev/application": "1", "pod-template-hash": "x"}
    return {"metadata": {"labels": labels}, "spec": {**spec, "dnsPolicy": "ClusterFirst"}}


def family(
    kind: str, spec: dict[str, Any], revision: int = 0, made: dict[str, Any] | None = None
) -> list[LiveObject]:
    """A workload of this kind with one pod `p`. `revision` stands where controllers copy it to; `made` is
    the pod template that the pod was made from."""
    kept = template(made or spec)
    if kind == "Pod":
        return [live("Pod", "p", revision=revision, **template(spec))]
    if kind in ("Deployment", "ReplicaSet"):
        top = live("Deployment", "shop-web", revision=9)
        replica_set = live(
            "ReplicaSet",
            "shop-web-x",
            revision=revision,
            owner=top if kind == "Deployment" else None,
            spec={"template": kept},
        )
        return [top, replica_set, live("Pod", "p", owner=replica_set, **template(spec))]
    if kind in ("Job", "CronJob"):
        above = live("CronJob", "shop-web", revision=revision) if kind == "CronJob" else None
        job = live("Job", "shop-web", owner=above, revision=revision, spec={"template": kept})
        return [*([above] if above else []), job, live("Pod", "p", owner=job, **template(spec))]
    top = live(kind, "shop-web", revision=9)
    label = "shop-web-x" if kind == "StatefulSet" else "x"
    labels = {} if kind == "StatefulSet" else {"controller-revision-hash": "x"}
    history = live(
        "ControllerRevision",
        "shop-web-x",
        owner=top,
        revision=revision,
        labels=labels,
        data={"spec": {"template": {**kept, "$patch": "replace"}}},
    )
    pod = live("Pod", "p", owner=top, labels={"controller-revision-hash": label}, **template(spec))
    return [top, history, pod]


def placed(
    objects: Sequence[LiveObject], past: Sequence[RecordedService], applied: dict[str, int] | None = None
) -> int:
    """The number of the revision that the pod is of, 0 for unknown."""
    pods = live_pods(objects)
    changed = {("ConfigMap", name): number for name, number in (applied or {}).items()}
    found = place_pods(OWNER, "greeting", pods, past, changed)
    made = found["p"]
    return made.newest if made is not None else 0


def by_object(value: str, number: int, also: tuple[int, ...] = ()) -> RecordedService:
    return recorded(
        number,
        config_map(name_of(value), {"greeting": value}),
        workload(pod_spec(name_of(value))),
        also=also,
    )


def by_template(text: str, number: int, kind: str = "Deployment", replicas: int = 1) -> RecordedService:
    return recorded(number, workload(pod_spec(text=text), kind, replicas), keys=())


PAST = (by_object("new", 3), by_object("old", 2, also=(1,)))


@pytest.mark.parametrize(("value", "revision"), [("new", 3), ("old", 2)])
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "CronJob", "ReplicaSet", "Pod"])
def test_an_object_in_the_pod_tells_whatever_its_owner_says(kind: str, value: str, revision: int) -> None:
    assert placed(family(kind, pod_spec(name_of(value)), revision=3), PAST) == revision


TEMPLATES = {
    "the newest": (3, "c", 3),
    "the one before": (2, "b", 2),
    "changed by hand": (2, "by hand", 0),
    "of a revision that is not known": (7, "b", 0),
    "without our annotation": (0, "b", 0),
}


@pytest.mark.parametrize(("revision", "text", "found"), TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job"])
def test_else_the_owner_tells(kind: str, revision: int, text: str, found: int) -> None:
    past = [by_template("c", 3, kind), by_template("b", 2, kind), by_template("a", 1, kind)]
    assert placed(family(kind, pod_spec(text=text), revision), past) == found


@pytest.mark.parametrize("kind", ["CronJob", "ReplicaSet"])
def test_an_owner_that_keeps_no_history_tells_nothing(kind: str) -> None:
    assert placed(family(kind, pod_spec(text="a"), 1), [by_template("a", 1, kind)]) == 0


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_later_revision_with_the_same_pods_counts(kind: str) -> None:
    past = [by_template("b", 3, kind, replicas=2), by_template("a", 2, kind), by_template("b", 1, kind)]
    assert placed(family(kind, pod_spec(text="b"), 1), past) == 3


def test_a_pod_from_before_the_delivery_is_told_by_its_owner() -> None:
    past = (by_object("new", 2), recorded(1, workload(pod_spec()), keys=()))
    assert placed(family("Deployment", pod_spec(), 1), past) == 1


def in_place(value: str, number: int) -> RecordedService:
    return recorded(
        number,
        config_map(IN_PLACE, {"greeting": value}, immutable=False),
        workload(pod_spec(IN_PLACE)),
    )


@pytest.mark.parametrize(
    ("applied", "found"), [({IN_PLACE: 3}, 3), ({IN_PLACE: 2}, 2), ({IN_PLACE: 1}, 2), ({}, 0)]
)
def test_an_object_that_changes_in_place_tells_what_it_holds_now(applied: dict[str, int], found: int) -> None:
    past = (in_place("new", 3), in_place("old", 2), in_place("old", 1))
    assert placed(family("Deployment", pod_spec(IN_PLACE), 1), past, applied) == found


def test_of_two_values_in_one_pod_the_older_counts() -> None:
    def both(value: str, number: int) -> RecordedService:
        return recorded(
            number,
            config_map(name_of(value), {"greeting": value}),
            config_map(IN_PLACE, {"greeting": value}, immutable=False),
            workload(pod_spec(name_of(value))),
        )

    spec = pod_spec(name_of("new"))
    spec["containers"][0]["env"].append(
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": IN_PLACE, "key": "greeting"}}}
    )
    past = (both("new", 2), both("old", 1))
    assert placed(family("Deployment", spec, 2), past, {IN_PLACE: 1}) == 1
    assert placed(family("Deployment", spec, 2), past, {IN_PLACE: 2}) == 2


def test_no_more_is_read_than_needed() -> None:
    def past() -> Any:
        yield PAST[0]
        raise AssertionError("the pod was found already")

    pods = live_pods(family("Deployment", pod_spec(name_of("new")), 3))
    assert place_pods(OWNER, "greeting", pods, past(), {})["p"] == PAST[0]
    assert place_pods(OWNER, "greeting", (), past(), {}) == {}


LIVES: dict[str, tuple[Callable[[], LiveObject], list[tuple[str, bool]]]] = {
    "running": (lambda: live("Pod", "p", status={"phase": "Running"}), [("p", False)]),
    "pending": (lambda: live("Pod", "p", status={"phase": "Pending"}), [("p", False)]),
    "ended": (lambda: live("Pod", "p", status={"phase": "Succeeded"}), []),
    "failed": (lambda: live("Pod", "p", status={"phase": "Failed"}), []),
    "about to go": (
        lambda: live("Pod", "p", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
        [("p", True)],
    ),
    "of a wrong shape": (lambda: live("Pod", "p", status=[1]), []),
}


@pytest.mark.parametrize(("pod", "found"), LIVES.values(), ids=LIVES)
def test_only_pods_that_run_count(pod: Callable[[], LiveObject], found: list[tuple[str, bool]]) -> None:
    assert [(each.name, each.ending) for each in live_pods([pod()])] == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("1.5", "1.50"), ("1.5", "1.5"), False),
        (("1.5", None), ("1.5", "1.5"), True),
        (("1", None), ("1.0", None), False),
        (("1", None), ("true", None), False),
        (("null", None), (None, None), False),
        ((None, None), (None, None), True),
    ],
)
def test_values_are_the_same_for_templates_and_for_files(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], same: bool
) -> None:
    def value(json: str | None, text: str | None) -> Any:
        values = {"a": {"b": msgspec.json.decode(json)}} if json is not None else {"a": 1}
        entries = [RecordedEntry("a.b", text)] if text is not None else []
        return given_value(values, entries, ("a", "b"))

    assert value(*one).same(value(*other)) is same
    assert "1.5" not in repr(value(*one))
