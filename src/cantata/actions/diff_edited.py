"""What was edited against what is deployed: what the next deploy would change."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.deploy import check_cluster, refuse_deleting
from cantata.actions.plan import Prepared, prepare
from cantata.actions.ports import Ports
from cantata.actions.preview import plan_of
from cantata.core.diff.intent import by_services, versions_of
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.diffs import Diff
from cantata.core.model.plans import Plan, ValueChange


async def diff_edited(ports: Ports, project: str, name: str, services: Sequence[str] = ()) -> Diff:
    """Raises what a deploy would raise before its first write."""
    prepared = await prepare(ports, project, name, services)
    refuse_deleting(prepared.source.application)
    plan = await plan_of(prepared, namespace_exists=await check_cluster(prepared))
    return diff_of(prepared, plan)


def diff_of(prepared: Prepared, plan: Plan) -> Diff:
    """The plan as a diff, without what stays as it is."""
    latest = prepared.source.latest
    changed = [each for each in plan.services if each.changed]
    return Diff(
        plan.application,
        f"revision {latest.number}" if latest is not None else "nothing",
        "edited",
        differs=bool(changed) or prepared.new_revision,
        versions=_versions(prepared),
        values=plan.intent,
        services=tuple(changed),
    )


def _versions(prepared: Prepared) -> tuple[ValueChange, ...]:
    """Of the services that are made anew."""
    source = prepared.source
    found = {}
    for name in prepared.decisions:
        old = source.latest.services.get(name) if source.latest is not None else None
        if old is not None and prepared.desired.services[name].recorded is None:
            new = ServiceVersion(
                service=name,
                template_version=source.template.number,
                config=source.chain.pins,
                engine=prepared.desired.engine,
                inputs="",
                manifests="",
                digest="",
                changed_in=source.next_revision,
            )
            template = source.application.template
            found[name] = versions_of((template, old), (template, new))
    return by_services(found)
