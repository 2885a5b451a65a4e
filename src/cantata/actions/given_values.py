"""The values that an application gives to its template, in the forms that inputs are recorded in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from cantata.actions.layers import chain_layers, text_layer
from cantata.actions.ports import Ports
from cantata.actions.source import Source
from cantata.core.config import Path
from cantata.core.delivery import Entry, entries
from cantata.core.leaks import Sentinels, make_sentinels
from cantata.core.model.charts import YamlDocument
from cantata.core.model.inputs import RecordedEntry
from cantata.core.model.variables import ChartVariables
from cantata.core.values import Effective, Layer, LayerKind, effective, secret_keys
from cantata.core.variables import files_reached


@dataclass(frozen=True, slots=True)
class Given:
    """Effective values, and what is derived from them: `encoded` as the renderer takes them, `entries` as
    they are delivered and recorded (none where nothing is delivered), `secrets` the paths of secret ones,
    `secret_keys` the keys of their texts; `sentinels` stand for them."""

    effective: Effective
    encoded: msgspec.Raw
    entries: tuple[Entry, ...]
    recorded: tuple[RecordedEntry, ...]
    secrets: tuple[Path, ...]
    secret_keys: Mapping[str, str]
    sentinels: Sentinels


class GivenValues:
    """Merges the layers of applications, each different stack of layers once."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._known: dict[tuple[object, ...], Given] = {}
        self._reached: dict[tuple[str, bytes, bytes], frozenset[str]] = {}

    async def read(self, source: Source, override: str = "", service: str = "", *, delivered: bool) -> Given:
        """`override` is the text of a service's overrides, `delivered` says that entries are wanted."""
        application = source.application
        stack = (
            source.template.chart.digest,
            tuple((name, version.number, version.text) for name, version in source.chain.versions),
            application.overrides and (application.name, application.overrides),
            override and (application.name, override),
            delivered,
        )
        found = self._known.get(stack)
        if found is None:
            layers = await self._layers(source, override, service)
            found = self._known[stack] = given_of(effective(layers), delivered=delivered)
        return found

    async def files_reached(
        self, source: Source, before: msgspec.Raw, after: Given, variables: ChartVariables
    ) -> frozenset[str]:
        """The template files that may come out otherwise now than with the recorded values."""
        pair = (source.template.chart.digest, bytes(before), bytes(after.encoded))
        found = self._reached.get(pair)
        if found is None:
            chart = await self._chart_layer(source)
            recorded = Layer(LayerKind.CONFIG, "recorded values", YamlDocument(before))
            found = files_reached(variables, effective([chart, recorded]), after.effective)
            self._reached[pair] = found
        return found

    async def _chart_layer(self, source: Source) -> Layer:
        chart = source.template.chart
        return await text_layer(
            self._ports, LayerKind.CHART, f"values.yaml of {chart.name}", chart.values_text
        )

    async def _layers(self, source: Source, override: str, service: str) -> list[Layer]:
        application = source.application
        layers = [
            await self._chart_layer(source),
            *await chain_layers(self._ports, source.chain),
        ]
        for kind, label, text in (
            (LayerKind.APPLICATION, f"overrides of application {application.name}", application.overrides),
            (LayerKind.SERVICE, f"overrides of service {service}", override),
        ):
            if text:
                layers.append(await text_layer(self._ports, kind, label, text))
        return layers


def given_of(values: Effective, *, delivered: bool) -> Given:
    wanted = entries(values) if delivered else ()
    return Given(
        effective=values,
        encoded=msgspec.Raw(msgspec.json.encode(values.values(), order="deterministic")),
        entries=wanted,
        recorded=tuple(RecordedEntry(entry.key, entry.reveal(), entry.secret) for entry in wanted),
        secrets=tuple(sorted(leaf.path for leaf in values.leaves if leaf.secret)),
        secret_keys=secret_keys(values),
        sentinels=make_sentinels(values),
    )
