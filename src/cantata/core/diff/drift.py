"""What others changed on the fields of an object that we set, and what they set beside these.

A field that differs is drift when `managedFields` names somebody else, or when it is gone. One that is still
ours alone was written in another way by the API server or by a webhook when we sent it: that is counted, and
so is what nobody but the cluster itself added. What is left is listed with its manager.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from cantata.core.config import MASK
from cantata.core.diff.defaults import leaves
from cantata.core.diff.owners import Owners
from cantata.core.model.objects import LiveObject, ManagedFields, Manifest
from cantata.core.model.plans import FieldDrift, Folded, FoldReason, ForeignField
from cantata.core.plan.effect import SECRET_FIELDS, UNSHOWN
from cantata.core.plan.replicas import is_autoscaler
from cantata.core.stamp import Difference, differences
from cantata.core.stamp.merge_keys import identities
from cantata.core.stamp.normalise import SERVER_OWNED

CONTROLLERS = frozenset(
    {
        "cloud-controller-manager", "k3s", "kube-apiserver", "kube-controller-manager", "kube-scheduler",
        "kubelet", "kubelite", "kwok", "kwok-controller",
    }
)  # fmt: skip
"""Field managers that are parts of a cluster, also where a distribution has them in one program."""

SCALED = "spec.replicas"


class Drifted(msgspec.Struct, frozen=True):
    drift: tuple[FieldDrift, ...] = ()
    foreign: tuple[ForeignField, ...] = ()
    folded: tuple[Folded, ...] = ()


def drift(desired: Manifest, live: LiveObject, ours: str, *, scaled: bool = False) -> Drifted:
    """`desired` as it was sent, `live` with its body, `ours` our field manager; `scaled` says that the number
    of pods was asked for and is not left to anybody. Secret data is masked, and of foreign fields no value is
    told."""
    manifest, owners = live.manifest(), Owners.of(live)
    found = _Found(ours, scaled=scaled)
    for difference in differences(desired, manifest):
        found.differs(difference, owners.at(difference.steps, manifest))
    found.beside(_sent(desired), _sent(manifest), owners, "", "", str(desired.get("kind") or ""))
    told = tuple(found.drift)
    if desired.get("kind") == "Secret":
        told = tuple(map(_masked, told))
    counts = ((reason, found.counts[reason]) for reason in FoldReason)
    folded = tuple(Folded(reason, count) for reason, count in counts if count)
    return Drifted(told, tuple(found.foreign), folded)


class _Found:
    def __init__(self, ours: str, *, scaled: bool) -> None:
        self._ours = ours
        self._scaled = scaled
        self.drift: list[FieldDrift] = []
        self.foreign: list[ForeignField] = []
        self.counts: Counter[FoldReason] = Counter()

    def differs(self, difference: Difference, owners: Owners) -> None:
        other = owners.but(self._ours).newest
        if other is not None and _scales(difference.path, other) and not self._scaled:
            self.counts[FoldReason.AUTOSCALER] += 1
        elif other is None and difference.live is not None and owners.entries:
            self.counts[FoldReason.REWRITTEN] += 1
        else:
            manager, at = (other.manager, other.time) if other is not None else ("", "")
            self.drift.append(FieldDrift(difference.path, difference.desired, difference.live, manager, at))

    def beside(self, desired: Any, live: Any, owners: Owners, path: str, field: str, kind: str) -> None:
        """What `live` has and `desired` has not."""
        if isinstance(desired, dict) and isinstance(live, dict):
            for name, value in live.items():
                inner = f"{path}.{name}" if path else name
                if desired.get(name) is None:
                    self.added(value, owners.field(name), inner)
                elif isinstance(value, dict | list):
                    self.beside(desired[name], value, owners.field(name), inner, name, kind)
        elif isinstance(desired, list) and isinstance(live, list):
            for name, mine, item in _matched(desired, live, field, kind):
                inner = f"{path}[{name}]"
                if mine is None:
                    self.added(item, owners.item(item), inner)
                else:
                    self.beside(mine, item, owners.item(item), inner, "", kind)

    def added(self, value: Any, owners: Owners, path: str) -> None:
        others = owners.but(self._ours)
        people = Owners(tuple(each for each in others.entries if each[0].manager not in CONTROLLERS))
        newest = (people.whole if isinstance(value, dict) else people).newest
        if newest is not None and _scales(path, newest):
            self.counts[FoldReason.AUTOSCALER] += 1
        elif newest is not None:
            self.foreign.append(ForeignField(path, newest.manager, newest.time))
        elif people.entries and isinstance(value, dict):
            for name, inner in value.items():
                self.added(inner, owners.field(name), f"{path}.{name}")
        elif others.entries:
            scaled = any(_scales(path, entry) for entry, _ in others.entries)
            reason = FoldReason.AUTOSCALER if scaled else FoldReason.CONTROLLERS
            self.counts[reason] += leaves(value)
        else:
            self.counts[FoldReason.DEFAULTS] += leaves(value)


def _scales(path: str, owner: ManagedFields) -> bool:
    return path == SCALED and is_autoscaler(owner.manager, owner.subresource)


def _matched(desired: list[Any], live: list[Any], field: str, kind: str) -> Iterator[tuple[str, Any, Any]]:
    """(name, ours, live) for the items of keyed lists; nothing for others, which are one value."""
    wanted, present = identities(field, desired, kind), identities(field, live, kind)
    if wanted is None or present is None:
        return
    mine = dict(zip(wanted, desired, strict=True))
    for key, item in zip(present, live, strict=True):
        yield "/".join(key), mine.get(key), item


def _sent(manifest: Manifest) -> Manifest:
    """What of an object anybody may send."""
    found = manifest.get("metadata")
    metadata: Manifest = found if isinstance(found, dict) else {}
    kept = {name: value for name, value in metadata.items() if name not in SERVER_OWNED}
    annotations = kept.pop("annotations", None)
    if isinstance(annotations, dict):
        shown = {name: value for name, value in annotations.items() if name not in UNSHOWN}
        kept |= {"annotations": shown} if shown else {}
    rest = {name: value for name, value in manifest.items() if name not in ("status", "metadata")}
    return {**rest, "metadata": kept}


def _masked(field: FieldDrift) -> FieldDrift:
    if field.path.split(".")[0] not in SECRET_FIELDS:
        return field
    wanted, live = (None if value is None else MASK for value in (field.wanted, field.live))
    return msgspec.structs.replace(field, wanted=wanted, live=live)
