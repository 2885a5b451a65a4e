"""Hashes that tell whether an object has changed."""

from __future__ import annotations

import hashlib

import msgspec

from cantata.core.model.objects import Manifest
from cantata.core.stamp.marks import REVISION

SERVER_FIELDS = ("resourceVersion", "generation", "managedFields")
"""`metadata` that changes without anyone changing the object's content."""

BOOKKEEPING = (REVISION, "deployment.kubernetes.io/revision")
"""Annotations that follow a change instead of being one: ours, and the Deployment controller's counter, which
it writes after our apply has been answered."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def fingerprint(live: Manifest) -> str:
    """A hash over a live object's UID and content, less what the server and controllers keep for
    themselves. Equal fingerprints mean that nobody changed the object in between."""
    content = {key: value for key, value in live.items() if key != "status"}
    metadata = content.get("metadata")
    if isinstance(metadata, dict):
        metadata = {key: value for key, value in metadata.items() if key not in SERVER_FIELDS}
        content["metadata"] = _without(metadata, BOOKKEEPING)
    return _hash(content)


def digest(manifest: Manifest) -> str:
    """A hash over a desired manifest. The revision does not count, so that a new revision alone changes no
    object."""
    metadata = manifest.get("metadata")
    if isinstance(metadata, dict):
        manifest = {**manifest, "metadata": _without(metadata, (REVISION,))}
    return _hash(manifest)


def _without(metadata: Manifest, names: tuple[str, ...]) -> Manifest:
    """Without these annotations; no annotations left is the same as none."""
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict):
        return metadata
    kept = {key: value for key, value in annotations.items() if key not in names}
    if kept:
        return {**metadata, "annotations": kept}
    return {key: value for key, value in metadata.items() if key != "annotations"}


def _hash(content: Manifest) -> str:
    return hashlib.blake2b(_encode(content), digest_size=20).hexdigest()
