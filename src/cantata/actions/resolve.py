"""What an application's services should be now: those whose inputs are the same as recorded, the others made
anew. Nothing is written, and nothing is asked of the cluster but what it can do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import msgspec

from cantata.actions.build import Built
from cantata.actions.closure import closure_of
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.renders import Group, Renders
from cantata.core.adjust import refuse_alone
from cantata.core.leaks import leak_findings
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import Assignment, RevisionExtras
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest
from cantata.core.order.graph import DependencyGraph, Places, build_graph
from cantata.core.plan.closure import closure_findings
from cantata.core.services import dependency_places
from cantata.errors import CantataError, Category


async def resolve(renders: Renders, selected: Sequence[str] = ()) -> DesiredState:
    """`selected` empty means all services, but those that are undeployed on purpose stay so, as they are
    recorded; who names one, deploys it. Raises `ServiceNotFound`, `OverrideUnknownService`,
    `DeliveryUnknownService`, `KindNotServed`, the renderer's errors, and those of splitting, ordering and
    delivery."""
    return await _Resolution(renders).run(selected)


async def dependency_graph(renders: Renders, selected: Sequence[str] = ()) -> DependencyGraph:
    """Of the services that a deploy of everything would have. Raises `ServiceNotFound` for a selected one
    that is not among them, and what `resolve` raises."""
    if await renders.same_services():
        depends_on = {name: version.depends_on for name, version in renders.known.items()}
    else:
        built = await renders.build(renders.base)
        depends_on = {name: renders.made(name, built).depends_on for name in built.manifests}
    for service in selected:
        if service not in depends_on:
            raise ServiceNotFound(service, of=renders.source.application.name, known=depends_on)
    return build_graph(depends_on.keys(), depends_on, jobs=depends_on.keys())


class _Resolution:
    def __init__(self, renders: Renders) -> None:
        self._renders = renders
        self._own: dict[str, tuple[Finding, ...]] = {}
        """Findings of services that have overrides of their own."""

    async def run(self, selected: Sequence[str]) -> DesiredState:
        renders = self._renders
        built = None if await renders.same_services() else await renders.build(renders.base)
        names = tuple(built.manifests) if built is not None else tuple(renders.known)
        renders.check_names(names, selected)
        services: dict[str, DesiredService] = {}
        others: dict[str, Adjustments] = {}
        for name in names:
            kept = self._recorded(name)
            wish = self._renders.adjustments.get(name, UNADJUSTED)
            if selected and name not in selected:
                if kept is not None:
                    services[name] = kept
                others[name] = wish
                continue
            wish = msgspec.structs.replace(wish, undeployed=wish.undeployed and not selected)
            stays = kept if wish.undeployed else None
            services[name] = replace(stays or await self._service(name, kept), adjustments=wish)
        if selected:
            services |= {
                name: kept for name in renders.known if (kept := self._recorded(name)) and name not in names
            }
        anew = any(each.recorded is None for each in services.values())
        if built is not None and renders.base.address and anew:
            built = await renders.build(renders.base, advanced=True)
        state = self._state(services, built, await renders.engine())
        return await self._closed(state, selected, others) if selected else state

    async def _closed(
        self, state: DesiredState, selected: Sequence[str], others: Mapping[str, Adjustments]
    ) -> DesiredState:
        """With what the selected services need of the others."""
        wanted: dict[str, DesiredService] = {}
        for name, wish in others.items():
            made = await self._if_possible(name)
            if made is not None:
                wanted[name] = replace(made, adjustments=wish)
        chosen = {name: state.services[name] for name in selected}
        closure = closure_of(self._renders.source, chosen, state.services, wanted, state.extras.hooks)
        return replace(state, closure=closure, findings=(*state.findings, *closure_findings(closure)))

    async def _if_possible(self, name: str) -> DesiredService | None:
        """None of a service that cannot be made now: that does not keep others from being deployed."""
        try:
            return await self._make(name, self._recorded(name))
        except CantataError as error:
            if error.category is Category.UNAVAILABLE:
                raise
            return None

    async def _service(self, name: str, kept: DesiredService | None) -> DesiredService:
        """With what is found where it has overrides of its own."""
        made = await self._make(name, kept)
        if self._renders.overrides.get(name, ""):
            built = None if made is kept else await self._renders.build(self._group(name))
            findings = built.findings if built is not None else ()
            self._own[name] = tuple(finding for finding in findings if finding.service == name)
        return made

    def _group(self, name: str) -> Group:
        version, base = self._renders.known.get(name), self._renders.base
        return Group(
            version.inputs if version is not None else base.address, self._renders.overrides.get(name, "")
        )

    async def _make(self, name: str, kept: DesiredService | None) -> DesiredService:
        """The recorded version when its inputs, or at least its manifests, are the same."""
        renders, group = self._renders, self._group(name)
        if kept is not None and await renders.same_inputs(group):
            return kept
        built = await renders.build(group)
        made = renders.made(name, built)
        if kept is not None and made.digest == kept.digest and made.depends_on == kept.depends_on:
            return replace(kept, leaks=made.leaks)
        return renders.made(name, await renders.build(group, advanced=True)) if group.address else made

    def _recorded(self, name: str) -> DesiredService | None:
        version = self._renders.known.get(name)
        if version is None:
            return None
        manifests = msgspec.json.decode(self._renders.source.manifests[name], type=tuple[Manifest, ...])
        return DesiredService.of(version, manifests)

    def _lost(self) -> list[Finding]:
        if not self._renders.source.lost:
            return []
        return [
            Finding(
                "revision-lost",
                Severity.WARNING,
                f"revision {self._renders.source.lost} was sealed under a key that is lost: all services "
                "are made anew, and random values of the template are other ones",
                suggestion="Give values that have to stay, such as passwords of databases, in the config.",
            )
        ]

    def _state(self, services: dict[str, DesiredService], built: Built | None, engine: str) -> DesiredState:
        refuse_alone(services, built.manifests if built is not None else self._renders.known)
        build_graph(
            services.keys(),
            {name: service.depends_on for name, service in services.items()},
            jobs={name for name, service in services.items() if service.kind == "Job"},
            places=_places(self._renders, built) if built is not None else None,
        )
        findings = [*chain.from_iterable(self._own.values())]
        if built is None:
            extras = self._renders.source.extras
            values = self._renders.effective
            for name in services.keys() - self._own.keys():
                findings += leak_findings(services[name].leaks, name)
            inputs = self._renders.whole
            return DesiredState(
                services, extras, engine, findings=tuple(findings), values=values, inputs=inputs
            )
        hooks, of_hooks = self._renders.delivering.hooks(built.split, self._renders.values[""])
        # What the render without overrides says of a service that has its own is not so.
        findings += [finding for finding in built.findings if finding.service not in self._own]
        return DesiredState(
            services=services,
            engine=engine,
            extras=RevisionExtras(hooks, tuple(item.manifest for item in built.rendered.crds)),
            notes=built.notes,
            assignments=tuple(Assignment(key, name) for key, name in built.split.assignments.items()),
            findings=(*findings, *of_hooks, *self._lost()),
            values=self._renders.effective,
            inputs=built.inputs if services.keys() == built.manifests.keys() else "",
        )


def _places(renders: Renders, built: Built) -> Places:
    return dependency_places(built.split.services, built.split.depends_on, renders.source.template.spec)
