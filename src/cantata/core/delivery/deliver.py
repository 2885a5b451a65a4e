"""The config delivered to one service: manifests rewritten, the service's own objects beside them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from cantata.core.delivery.buckets import shared_objects
from cantata.core.delivery.context import Context
from cantata.core.delivery.entries import Entry
from cantata.core.delivery.injection import inject
from cantata.core.delivery.mentions import mentions
from cantata.core.delivery.native import rewrite
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Delivery


@dataclass(frozen=True, slots=True)
class Delivered:
    """`objects` are the service's own ConfigMaps and Secrets. `shared` are un-hashed objects under the
    config's own name, wanted by something that is not rewritten: they belong to the service `shared`, once
    per application. `used` are the keys that reach this service by environment or file."""

    manifests: tuple[Manifest, ...]
    objects: tuple[Manifest, ...] = ()
    findings: tuple[Finding, ...] = ()
    used: tuple[str, ...] = ()
    shared: tuple[Manifest, ...] = ()


def deliver(
    service: str,
    manifests: Sequence[Manifest],
    *,
    config_name: str,
    entries: Sequence[Entry],
    deliveries: Sequence[Delivery],
    release: str,
    namespace: str,
    keyed_hash: Callable[[bytes], str],
    rendered: Collection[ObjectKey] = (),
) -> Delivered:
    """One service's share of the config. `manifests` are not changed.

    An empty `config_name` means that no manifest refers to the config natively. `rendered` are the objects
    that the chart renders for other services: one of the config's own name keeps its references.
    Raises `ConfigTooLarge`.
    """
    context = Context(service, {})
    for entry in entries:
        if entry.key in context.entries:
            message = f"the key {entry.key} is written in two ways; the last one is delivered"
            suggestion = "Write it either as one key with dots or as a path."
            context.find("key-collision", Severity.WARNING, message, key=entry.key, suggestion=suggestion)
        context.entries[entry.key] = entry
    changed = [copy.deepcopy(manifest) for manifest in manifests]
    shared: tuple[Manifest, ...] = ()
    if config_name:
        kept = _rendered_kinds((*map(ObjectKey.of, manifests), *rendered), config_name, namespace)
        rewrite(context, changed, config_name, kept)
        if mentions(changed, config_name):
            valid = {entry.key: entry for entry in context.valid(entries, f"the config {config_name}")}
            made = shared_objects(valid, config_name, namespace)
            shared = tuple(manifest for manifest in made if manifest["kind"] not in kept)
    inject(context, changed, deliveries)
    objects = [bucket.close(service, release, namespace, keyed_hash) for bucket in context.buckets.all()]
    return Delivered(
        manifests=tuple(changed),
        objects=tuple(manifest for manifest in objects if manifest is not None),
        findings=tuple(context.findings),
        used=tuple(sorted(context.used & context.entries.keys())),
        shared=shared,
    )


def _rendered_kinds(keys: Collection[ObjectKey], name: str, namespace: str) -> frozenset[str]:
    return frozenset(
        key.kind
        for key in keys
        if key.group == "" and key.name == name and key.namespace in ("", namespace)
        and key.kind in ("ConfigMap", "Secret")
    )  # fmt: skip
