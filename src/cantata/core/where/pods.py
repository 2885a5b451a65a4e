"""Which recorded version of its service a running pod is of.

A pod that names a content-hashed object has what that object holds, whatever became of its workload since.
For other pods their owner tells: controllers copy our annotation of the revision from the workload to the
ReplicaSet or ControllerRevision that the pod is made from. Where neither says it, the pod is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cantata.core.delivery.pods import child
from cantata.core.delivery.view import Source
from cantata.core.health.current_pods import REVISION_HASH, owners
from cantata.core.health.pod_status import Pod
from cantata.core.health.reading import Unreadable, read
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.objects import LiveObject, Manifest, ObjectKey
from cantata.core.stamp import REVISION, is_subset, pod_template
from cantata.core.where.carriers import Carried, Owner, carried, pod_sources


@dataclass(frozen=True, slots=True)
class RecordedService:
    """A service as some revisions have it. `numbers` are these revisions."""

    numbers: frozenset[int]
    version: ServiceVersion
    manifests: tuple[Manifest, ...]

    @property
    def newest(self) -> int:
        return max(self.numbers)

    def template(self, workload: ObjectKey) -> Manifest | None:
        for manifest in self.manifests:
            if ObjectKey.of(manifest) == workload:
                return pod_template(manifest)
        return None

    def data(self, kind: str, name: str) -> dict[str, Any] | None:
        for manifest in self.manifests:
            if (manifest.get("kind"), ObjectKey.of(manifest).name) == (kind, name):
                return child(manifest, "data")
        return None


@dataclass(frozen=True, slots=True)
class Made:
    """What a pod was made from: the pod template of a workload, as `revision` applied it."""

    workload: ObjectKey
    revision: int
    template: Manifest


@dataclass(frozen=True, slots=True)
class LivePod:
    """`sources` are the keys of objects that it takes; `made` is None where its owner does not say it."""

    name: str
    sources: frozenset[Source]
    made: Made | None = None
    ending: bool = False


def live_pods(family: Iterable[LiveObject]) -> tuple[LivePod, ...]:
    """The pods among the live objects of a service that have not ended, by name."""
    objects = {live.metadata.uid: live for live in family}
    found = []
    for live in objects.values():
        if (live.gvk.group, live.gvk.kind) != ("", "Pod"):
            continue
        try:
            pod = read(live, Pod)
            sources = pod_sources(live.manifest())
        except (Unreadable, msgspec.DecodeError):
            continue
        if not pod.ended:
            ending = bool(live.metadata.deletion_timestamp)
            found.append(LivePod(live.metadata.name, sources, _made(live, pod, objects), ending))
    return tuple(sorted(found, key=lambda pod: pod.name))


# --- what the owner says -----------------------------------------------------------------------------------


def _made(live: LiveObject, pod: Pod, objects: Mapping[str, LiveObject]) -> Made | None:
    above = [objects[uid] for uid in owners(pod) if uid in objects]
    if not above:
        return None if owners(pod) else _from(live.key, live, pod_template(_typed(live)))
    owner = above[0]
    kind = owner.gvk.kind
    if kind == "ReplicaSet":
        deployment = _controller(owner, objects)
        # A lone ReplicaSet keeps its pods when its template changes: nothing says what they are made from.
        return _from(deployment.key, owner, pod_template(_typed(owner))) if deployment else None
    if kind in ("StatefulSet", "DaemonSet"):
        wanted = live.metadata.labels.get(REVISION_HASH, "")
        history = next((each for each in objects.values() if _is_history(each, owner, wanted)), None)
        return _from(owner.key, history, _history_template(history)) if history else None
    if kind == "Job" and _controller(owner, objects) is None and not _controllers(owner):
        return _from(owner.key, owner, pod_template(_typed(owner)))
    return None


def _typed(live: LiveObject) -> Manifest:
    """Items of lists come without kind and version."""
    return {**live.manifest(), "apiVersion": live.gvk.api_version, "kind": live.gvk.kind}


def _controllers(live: LiveObject) -> list[str]:
    return [owner.uid for owner in live.metadata.owner_references if owner.controller]


def _controller(live: LiveObject, objects: Mapping[str, LiveObject]) -> LiveObject | None:
    return next((objects[uid] for uid in _controllers(live) if uid in objects), None)


def _is_history(live: LiveObject, owner: LiveObject, wanted: str) -> bool:
    """A StatefulSet's pods carry the name of their revision, a DaemonSet's its hash."""
    if live.gvk.kind != "ControllerRevision" or owner.metadata.uid not in _controllers(live):
        return False
    return wanted != "" and wanted in (live.metadata.name, live.metadata.labels.get(REVISION_HASH))


def _history_template(history: LiveObject) -> Manifest | None:
    return child(child(child(history.manifest(), "data"), "spec"), "template") or None


def _from(workload: ObjectKey, live: LiveObject, template: Manifest | None) -> Made | None:
    number = revision_of(live)
    return Made(workload, number, template) if number and template is not None else None


def revision_of(live: LiveObject) -> int:
    """By our annotation; 0 where there is none."""
    text = live.metadata.annotations.get(REVISION, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


# --- which recorded version that is ------------------------------------------------------------------------


@dataclass(slots=True)
class _Search:
    """One pod on its way through the recorded versions, the newest first."""

    pod: LivePod
    found: RecordedService | None = None
    by_object: dict[bool, RecordedService] = field(default_factory=dict)
    done: bool = False


def place_pods(
    owner: Owner,
    key: str,
    pods: Sequence[LivePod],
    past: Iterable[RecordedService],
    applied: Mapping[tuple[str, str], int],
) -> dict[str, RecordedService | None]:
    """For each pod, by name, the newest of `past` that gives it what it has now; None for unknown.

    `past` comes newest first and is read no further than needed. `applied` are the revisions that live
    objects, by kind and name, were last changed in: they tell what an object that changes in place holds.
    """
    searches = {pod.name: _Search(pod) for pod in pods}
    seen: list[RecordedService] = []
    for recorded in past if pods else ():
        seen.append(recorded)
        has = carried(owner, recorded.version, recorded.manifests, key)
        for search in searches.values():
            if not search.done:
                _look(search, recorded, has, seen, applied)
        if all(search.done for search in searches.values()):
            break
    return {name: search.found for name, search in searches.items()}


def _look(
    search: _Search,
    recorded: RecordedService,
    has: Carried,
    seen: Sequence[RecordedService],
    applied: Mapping[tuple[str, str], int],
) -> None:
    """Of two objects that carry the key, the one with the older value counts: some of the pod has it
    still."""
    taken = [entry for source, entry in has.sources.items() if source in search.pod.sources]
    if not taken and not search.by_object:
        _look_at_owner(search, recorded, seen)
        return
    for entry in taken:
        if not entry.in_place:
            search.by_object.setdefault(False, recorded)
        elif applied.get((entry.kind, entry.object), 0) in recorded.numbers:
            search.by_object[True] = _newest_with(seen, recorded, entry.kind, entry.object)
    waits = {entry.in_place for entry in taken} - search.by_object.keys()
    if not waits:
        search.found = min(search.by_object.values(), key=lambda each: each.newest)
        search.done = True


def _newest_with(
    seen: Sequence[RecordedService], recorded: RecordedService, kind: str, name: str
) -> RecordedService:
    data = recorded.data(kind, name)
    return next(each for each in seen if each.data(kind, name) == data)


def _look_at_owner(search: _Search, recorded: RecordedService, seen: Sequence[RecordedService]) -> None:
    """A pod that differs from what its revision applied was changed by somebody else: it stays unknown."""
    made = search.pod.made
    if made is None or made.revision not in recorded.numbers:
        return
    template = recorded.template(made.workload)
    if template is not None and _is_made_from(made, template):
        search.found = next(each for each in seen if each.template(made.workload) == template)
        search.done = True


def _is_made_from(made: Made, template: Manifest) -> bool:
    whole = {"apiVersion": "apps/v1", "kind": made.workload.kind}
    return is_subset({**whole, "template": template}, {**whole, "template": made.template})
