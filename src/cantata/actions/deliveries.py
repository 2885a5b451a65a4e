"""The config of one application on its way to services and hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from cantata.actions.given_values import Given
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.core.delivery import Delivered, deliver, deliver_hooks
from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Delivery
from cantata.core.services import Split
from cantata.core.spec import DeliveryInvalid, parse_deliveries


async def check_deliveries(ports: Ports, application: str, text: str) -> None:
    """That what a user saves is one document and says what a delivery may say. Raises what `read_deliveries`
    raises."""
    label = f"delivery of application {application}"
    if len(await ports.renderer.parse_yaml(text, file=label)) > 1:
        raise DeliveryInvalid(
            f"the {label} is more than one document", subject=label, hint="Take what follows `---` away."
        )
    await read_deliveries(ports, application, text)


async def read_deliveries(ports: Ports, application: str, text: str) -> dict[str, tuple[Delivery, ...]]:
    """What the application adds to its template's deliveries, by service. Raises `YamlInvalid` and
    `DeliveryInvalid`, each with line and column."""
    if not text:
        return {}
    label = f"delivery of application {application}"
    document = await ports.documents.parse(text, label)
    return parse_deliveries(msgspec.json.decode(document.value), document.nodes, label)


@dataclass(frozen=True, slots=True)
class Delivering:
    """`added` is what `read_deliveries` gives."""

    ports: Ports
    source: Source
    added: Mapping[str, tuple[Delivery, ...]]

    def services(
        self, parts: Split, given: Given, *, elsewhere: Iterable[ObjectKey] = ()
    ) -> dict[str, Delivered]:
        """`elsewhere` are objects of the chart that a partial render left out. Raises `DeliveryTooLarge`."""
        spec, application = self.source.template.spec, self.source.application
        nulls = [leaf.key for leaf in given.effective.leaves if leaf.value is None]
        rendered = _rendered(parts).union(elsewhere)
        delivered: dict[str, Delivered] = {}
        for name, items in parts.services.items():
            service = spec.services.get(name)
            delivered[name] = deliver(
                name,
                [item.manifest for item in items],
                config_name=spec.config.name if spec.config is not None else "",
                entries=given.entries,
                deliveries=(*(service.delivery if service else ()), *self.added.get(name, ())),
                release=application.release,
                namespace=application.namespace,
                keyed_hash=self.ports.store.keyed_hash,
                rendered=rendered,
                nulls=nulls,
                called=service.former_names[-1] if service and service.former_names else "",
            )
        return delivered

    def hooks(self, parts: Split, given: Given) -> tuple[tuple[RenderedObject, ...], tuple[Finding, ...]]:
        """The hooks, tests among them, with what they refer to. Raises `DeliveryTooLarge`."""
        hooks = _hooks(parts)
        spec, application = self.source.template.spec, self.source.application
        if spec.config is None:
            return hooks, ()
        return deliver_hooks(
            hooks,
            config_name=spec.config.name,
            entries=given.entries,
            release=application.release,
            namespace=application.namespace,
            keyed_hash=self.ports.store.keyed_hash,
            rendered=_rendered(parts),
        )


def _rendered(parts: Split) -> frozenset[ObjectKey]:
    """Every object of the chart's own."""
    return frozenset((*parts.assignments, *(ObjectKey.of(hook.manifest) for hook in _hooks(parts))))


def _hooks(parts: Split) -> tuple[RenderedObject, ...]:
    """A hook may be a test and another one, too."""
    return (*parts.hooks, *(test for test in parts.tests if test not in parts.hooks))
