"""The config delivered to hooks: native references in their pods, to objects that are hooks themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import msgspec

from cantata.core.delivery.deliver import deliver
from cantata.core.delivery.entries import Entry
from cantata.core.model.charts import Hook, RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import UpdateMode

ELSEWHERE = "config-name-elsewhere"
"""Of services alone: the object of the config's own name comes with them, after the first hooks."""


def deliver_hooks(
    hooks: Sequence[RenderedObject],
    *,
    config_name: str,
    entries: Sequence[Entry],
    release: str,
    namespace: str,
    keyed_hash: Callable[[bytes], str],
    rendered: Collection[ObjectKey] = (),
) -> tuple[tuple[RenderedObject, ...], tuple[Finding, ...]]:
    """The hooks with references rewritten, and before each the ConfigMap and Secret with the entries that it
    uses. These keep their names: like the hook they are made anew for each run. Raises `DeliveryTooLarge`."""
    made: list[RenderedObject] = []
    findings: list[Finding] = []
    for item in hooks:
        name = ObjectKey.of(item.manifest).name
        delivered = deliver(
            # No service has a dot in its name, so that no service's objects are called the same.
            f"{name}.hook",
            [item.manifest],
            config_name=config_name,
            entries=entries,
            deliveries=(),
            release=release,
            namespace=namespace,
            keyed_hash=keyed_hash,
            rendered=rendered,
            update=UpdateMode.IN_PLACE,
        )
        made += [_before(item, manifest) for manifest in delivered.objects]
        made.append(msgspec.structs.replace(item, manifest=delivered.manifests[0]))
        findings += [
            msgspec.structs.replace(each, service="") for each in delivered.findings if each.rule != ELSEWHERE
        ]
    return tuple(made), tuple(findings)


def _before(item: RenderedObject, manifest: Manifest) -> RenderedObject:
    """A hook of the same events, a weight lighter, that stays until the next run."""
    events, weight = (item.hook.events, item.hook.weight) if item.hook is not None else ((), 0)
    hook = Hook(events, weight - 1, ("before-hook-creation",))
    return RenderedObject(item.path, item.index, manifest, hook)
