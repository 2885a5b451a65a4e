"""The config delivered to one service: manifests rewritten, the service's own objects beside them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cantata.core.delivery.buckets import shared_object
from cantata.core.delivery.context import Context
from cantata.core.delivery.entries import Entry
from cantata.core.delivery.injection import inject
from cantata.core.delivery.mentions import mentions
from cantata.core.delivery.native import rewrite
from cantata.core.delivery.packing import check_workload
from cantata.core.delivery.pods import pods
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Delivery, UpdateMode


@dataclass(frozen=True, slots=True)
class Delivered:
    """`objects` are the service's own ConfigMaps and Secrets. `shared` are un-hashed objects under the
    config's own name, wanted by something that is not rewritten: they belong to the service `shared`, once
    per application. `used` are the keys that reach this service by environment or file. `composed` are the
    keys of the leaves in each entry of the objects that is a whole subtree; `nulls` those that a selection
    covers and that have no value."""

    manifests: tuple[Manifest, ...]
    objects: tuple[Manifest, ...] = ()
    findings: tuple[Finding, ...] = ()
    used: tuple[str, ...] = ()
    shared: tuple[Manifest, ...] = ()
    composed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nulls: tuple[str, ...] = ()


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
    nulls: Collection[str] = (),
    update: UpdateMode = UpdateMode.ROLLOUT,
    called: str = "",
) -> Delivered:
    """One service's share of the config. `manifests` are not changed.

    An empty `config_name` means that no manifest refers to the config natively. `rendered` are the objects
    that the chart renders for other services: one of the config's own name keeps its references. `nulls` are
    the keys that have no value; `update` is that of native references. `called` is what the service's objects
    are named by if not by its name: what it was called first, so that a new name replaces no pod.
    Raises `DeliveryTooLarge`.
    """
    context = Context(service, {}, update, nulls=frozenset(nulls))
    twice: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.path):
        if context.entries.setdefault(entry.key, entry) is not entry:
            twice[entry.key] = entry
    changed = [copy.deepcopy(manifest) for manifest in manifests]
    shared: tuple[Manifest, ...] = ()
    if config_name:
        kept = _rendered_kinds((*map(ObjectKey.of, manifests), *rendered), config_name, namespace)
        rewrite(context, changed, config_name, kept)
        if "ConfigMap" not in kept and mentions(changed, config_name):
            shared = (_keep_name(context, config_name, namespace),)
    inject(context, changed, deliveries)
    for manifest, _ in pods(changed):
        check_workload(manifest, len(context.used), f"service {service}")
    for key in sorted(context.used & twice.keys()):
        message = f"the key {key} is written in two ways; the first by path is delivered"
        suggestion = "Write it either as one key with dots or as a path."
        context.find("key-collision", Severity.WARNING, message, key=key, suggestion=suggestion)
    closed = context.buckets.close(service, called or service, release, namespace, keyed_hash)
    for volume in context.volumes:
        volume.fill(lambda entry, mode: closed[mode, entry.secret].names[entry.key])
    return Delivered(
        manifests=tuple(changed),
        objects=tuple(manifest for each in closed.values() for manifest in each.objects),
        findings=tuple(context.findings),
        used=tuple(sorted(context.used)),
        shared=shared,
        composed=context.composed,
        nulls=tuple(sorted(context.absent)),
    )


def _keep_name(context: Context, name: str, namespace: str) -> Manifest:
    context.find(
        "config-name-elsewhere",
        Severity.NOTICE,
        f"{name} stands where references are not rewritten (a command, a variable, an annotation, a rule or "
        "a custom resource), so a ConfigMap of that name is kept, without secrets; its changes roll no pods",
        suggestion="Refer to single keys by configMapKeyRef, envFrom or a volume where you can.",
    )
    valid = context.valid(context.entries.values(), f"the ConfigMap {name}")
    return shared_object(valid, name, namespace)


def _rendered_kinds(keys: Collection[ObjectKey], name: str, namespace: str) -> frozenset[str]:
    return frozenset(
        key.kind
        for key in keys
        if key.group == "" and key.name == name and key.namespace in ("", namespace)
        and key.kind in ("ConfigMap", "Secret")
    )  # fmt: skip
