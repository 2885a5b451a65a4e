"""Which action brings one object to what is wanted.

The rule of "unchanged" (no write, not even a read): we sent this very manifest before, and the live object is
the one we saw then, in its content, or still has every field that we set. A field that we no longer set shows
only in the hash of what we sent, so a subset alone is never enough. A record without a resourceVersion says
that another manifest was about to be sent: then nothing is surely unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import GVK, LiveObject, Manifest, ObjectKey
from cantata.core.model.plans import Action
from cantata.core.stamp import digest, fingerprint, is_subset

IMMUTABLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("batch", "Job"): (
        "template",
        "completions",
        "completionMode",
        "selector",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "successPolicy",
        "managedBy",
    ),
}
"""Fields under `spec` that the API server refuses to change (ValidateJobSpecUpdate of Kubernetes), of the
kinds that may be deleted and created again without losing data."""

IMMUTABLE_CHANGED = "its pod template is immutable"


def plain(content: bytes) -> str:
    """A hash that is not keyed: where nobody reads the store."""
    return content.decode()


def is_secret(gvk: GVK) -> bool:
    """Secrets are watched as metadata only: their content cannot be compared, only their resourceVersion. And
    nothing that is derived from it is kept without a key."""
    return gvk.group == "" and gvk.kind == "Secret"


class Desired(msgspec.Struct, frozen=True):
    """One wanted object: the manifest as it will be sent, and the hashes that recognise it later.

    `immutable` is the hash over the fields of `IMMUTABLE`, empty for kinds without. `scaled` says that its
    number of pods was asked for.
    """

    key: ObjectKey
    gvk: GVK
    service: str
    manifest: Manifest
    digest: str
    immutable: str = ""
    scaled: bool = False

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        service: str,
        keyed_hash: Callable[[bytes], str] = plain,
        *,
        scaled: bool = False,
    ) -> Desired:
        """`keyed_hash` hides what a hash of a Secret would tell to whoever reads the store."""
        key, gvk = ObjectKey.of(manifest), GVK.of(manifest)
        frozen = _frozen(manifest)
        immutable = digest(frozen) if frozen is not None else ""
        hashed = digest(manifest)
        if is_secret(gvk):
            hashed = keyed_hash(hashed.encode())
        return cls(key, gvk, service, manifest, hashed, immutable, scaled)


class Decision(msgspec.Struct, frozen=True):
    desired: Desired
    action: Action
    reason: str = ""


def decide(desired: Desired, record: ObjectRecord | None, live: LiveObject | None) -> Decision:
    """The one action for one wanted object. `live` None means: known not to exist."""
    applied = record is not None and bool(record.desired)
    sent_before = record is not None and record.desired == desired.digest
    if live is None or live.metadata.deletion_timestamp:
        if record is not None and sent_before and record.completed:
            return Decision(desired, Action.UNCHANGED, "completed earlier")
        if live is not None:
            return Decision(desired, Action.CREATE, "being deleted")
        return Decision(desired, Action.CREATE, "gone from the cluster" if applied else "absent")
    if record is None or not applied:
        return _write_over(desired, live, "not yet recorded as applied")
    if record.uid != live.metadata.uid:
        return _write_over(desired, live, "replaced in the cluster")
    if not sent_before:
        if record.immutable != desired.immutable:
            return Decision(desired, Action.RECREATE, IMMUTABLE_CHANGED)
        return Decision(desired, Action.UPDATE, "changed")
    if not record.resource_version:
        return _write_over(desired, live, "another version may have been sent")
    if record.resource_version == live.metadata.resource_version:
        return Decision(desired, Action.UNCHANGED)
    if live.body and not is_secret(live.gvk) and _same_content(desired, record, live):
        return Decision(desired, Action.UNCHANGED)
    return Decision(desired, Action.UPDATE, "changed in the cluster")


def _write_over(desired: Desired, live: LiveObject, reason: str) -> Decision:
    """An object whose content we do not know: where its immutable fields differ, an update would be refused
    for ever."""
    frozen = _frozen(desired.manifest)
    if frozen is not None:
        found = live.manifest()
        head = {"apiVersion": found.get("apiVersion"), "kind": found.get("kind")}
        if not is_subset({**head, "spec": frozen}, {**head, "spec": found.get("spec") or {}}):
            return Decision(desired, Action.RECREATE, IMMUTABLE_CHANGED)
    return Decision(desired, Action.UPDATE, reason)


def _frozen(manifest: Manifest) -> Manifest | None:
    """The fields of `IMMUTABLE` that a manifest sets; None for kinds without."""
    gvk, spec = GVK.of(manifest), manifest.get("spec")
    fields = IMMUTABLE.get((gvk.group, gvk.kind))
    if fields is None:
        return None
    return {name: spec[name] for name in fields if name in spec} if isinstance(spec, dict) else {}


def _same_content(desired: Desired, record: ObjectRecord, live: LiveObject) -> bool:
    manifest = live.manifest()
    return record.fingerprint == fingerprint(manifest) or is_subset(desired.manifest, manifest)
