"""What the services of a deploy or rollback refer to that others have, and that would have to come along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

import msgspec

from cantata.actions.desired import DesiredService
from cantata.actions.source import Source
from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import Manifest
from cantata.core.plan.closure import HOOKS, Closure, Other, find_closure, told, what_to_add
from cantata.errors import CantataError, Category, Detail


class ReferenceUndeployed(CantataError):
    """A service would be deployed without an object of another one that its pods cannot start without."""

    category = Category.CONFLICT

    def __init__(self, application: str, closure: Closure) -> None:
        first, *others = closure.broken
        more = f" (and {len(others)} more)" if others else ""
        super().__init__(
            f"{told(first)}{more}",
            subject=f"application {application}",
            hint=what_to_add(closure, first.owner),
            details=[Detail(told(each)) for each in closure.broken],
        )


def closure_of(
    source: Source,
    selected: Mapping[str, DesiredService],
    present: Mapping[str, DesiredService],
    wanted: Mapping[str, DesiredService],
    hooks: Iterable[RenderedObject] = (),
) -> Closure:
    """`present` are the services outside of the operation as they are recorded, `wanted` as they would be if
    they came along; `hooks` are those of the wanted render. Raises what `adjust` raises of a selected one."""
    others = {
        name: Other.of(present[name].adjusted() if name in present else (), _adjusted(service))
        for name, service in wanted.items()
    }
    ran = [item.manifest for item in source.extras.hooks if item.hook]
    others[HOOKS] = Other.of(ran, [item.manifest for item in hooks if item.hook])
    objects = {name: service.adjusted() for name, service in selected.items()}
    return find_closure(objects, others, {record.key for record in source.inventory})


def _adjusted(service: DesiredService) -> tuple[Manifest, ...]:
    """As it would be deployed by name. Patches that do not fit are told when it is."""
    deployed = msgspec.structs.replace(service.adjustments, undeployed=False)
    with suppress(CantataError):
        return replace(service, adjustments=deployed).adjusted()
    return service.manifests
