"""A chart with a config as Cantata deploys it, and as the standalone chart that is exported of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cantata.actions.export_standalone import LIBRARY
from cantata.core.config import SecretText
from cantata.core.delivery import deliver, deliver_hooks, entries
from cantata.core.export.facts import read_facts
from cantata.core.export.same import differences
from cantata.core.export.standalone import standalone_files
from cantata.core.export.texts import texts_of
from cantata.core.export.values import Values, split_values
from cantata.core.model.charts import (
    Capabilities,
    LoadedChart,
    Numbers,
    Release,
    RenderedObject,
    RenderInputs,
    YamlDocument,
)
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services import split
from cantata.core.spec import parse_spec
from cantata.core.stamp import normalise, place
from cantata.core.stamp.templates import is_workload
from cantata.core.values import Layer, LayerKind, effective
from cantata.render import RenderPool

CLUSTER = {
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("", "Namespace"),
}
Render = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """`wanted` is what Cantata would apply, `services` are workloads, `files` those of the exported chart."""

    pool: RenderPool
    chart: LoadedChart
    wanted: list[Manifest]
    hooks: list[Manifest]
    files: dict[str, bytes]
    values: Values
    release: Release
    services: dict[str, list[str]]

    @property
    def everything(self) -> list[Manifest]:
        return [*self.wanted, *self.hooks]

    async def made(self, more: Mapping[str, Any] | None = None) -> list[RenderedObject]:
        """What Helm makes of the exported chart with the exported values."""
        archive = await self.pool.pack(self.files, self.chart.name)
        loaded = await self.pool.load(archive)
        texts = [self.values.text("# head\n"), self.values.secrets_text("") or "{}"]
        layers = [msgspec.json.decode((await _document(self.pool, text)).value) for text in texts]
        values: dict[str, Any] = {}
        for layer in (*layers, more or {}):
            merge(values, layer)

        async def fetch() -> bytes:
            return archive

        inputs = RenderInputs(
            loaded.digest,
            self.release,
            Capabilities(""),
            msgspec.Raw(msgspec.json.encode(values)),
            Numbers.HELM,
        )
        return cleaned((await self.pool.render(inputs, fetch)).objects, self.release.namespace)

    async def differences(self, more: Mapping[str, Any] | None = None) -> list[str]:
        made = [each.manifest for each in await self.made(more)]
        return differences(self.everything, made, self.release.name)


def merge(into: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def cleaned(objects: Sequence[RenderedObject], namespace: str) -> list[RenderedObject]:
    placed = place(objects, namespace, lambda group, kind: (group, kind) not in CLUSTER)
    return [msgspec.structs.replace(each, manifest=normalise(each.manifest)[0]) for each in placed]


async def _document(pool: RenderPool, text: str) -> YamlDocument:
    """An empty text is a document with nothing in it."""
    return next(iter(await pool.parse_yaml(text)), YamlDocument(msgspec.Raw(b"{}")))


async def export(
    pool: RenderPool, archive: bytes, configs: Sequence[Path] = (), release: str = "rel"
) -> Exported:
    """`configs` the parent first; their `!secret` values stand in them."""
    chart = await pool.load(archive)
    documents = await pool.parse_yaml(chart.cantata_text or "{}", file="cantata.yaml")
    spec = parse_spec(msgspec.json.decode(documents[0].value), documents[0].nodes)
    layers = [Layer(LayerKind.CHART, "values.yaml", await _document(pool, chart.values_text))]
    for config in configs:
        document = (await pool.parse_yaml(config.read_text()))[0]
        secrets = {node.path: SecretText(node.text) for node in document.nodes if node.tag == "!secret"}
        layers.append(Layer(LayerKind.CONFIG, config.stem, document, secrets))
    values = effective(layers)
    given = msgspec.Raw(msgspec.json.encode(values.values()))
    where = Release(release, "space")

    async def fetch() -> bytes:
        return archive

    inputs = RenderInputs(chart.digest, where, Capabilities(""), given, spec.numbers)
    rendered = await pool.render(inputs, fetch)
    parts = split(
        cleaned(rendered.objects, "space"),
        spec,
        chart=chart.name,
        release=release,
        namespace="space",
        frozen={},
    )
    delivered = {
        name: deliver(
            name,
            [item.manifest for item in items],
            config_name=spec.config.name if spec.config else "",
            entries=entries(values),
            deliveries=spec.services[name].delivery if name in spec.services else (),
            release=release,
            namespace="space",
            keyed_hash=lambda content: f"keyed{len(content)}",
            rendered=frozenset(parts.assignments),
        )
        for name, items in parts.services.items()
    }
    hooks: Sequence[RenderedObject] = (
        *parts.hooks,
        *(each for each in parts.tests if each not in parts.hooks),
    )
    if spec.config is not None:
        hooks, _ = deliver_hooks(
            hooks,
            config_name=spec.config.name,
            entries=entries(values),
            release=release,
            namespace="space",
            keyed_hash=lambda content: f"keyed{len(content)}",
        )
    shared = {str(each["metadata"]["name"]): each for one in delivered.values() for each in one.shared}
    facts = read_facts(
        spec,
        parts,
        chart=chart.name,
        release=release,
        added={},
        leaves=values.leaves,
        paths=chart.files,
        subcharts=tuple(each.alias or each.name for each in chart.dependencies),
        keep_name=bool(shared),
    )
    made = split_values(values)
    files = await pool.unpack(archive)
    if facts.needed:
        files = standalone_files(files, chart=chart.name, spec=spec, facts=facts, library=LIBRARY)
    return Exported(
        pool,
        chart,
        [*shared.values(), *(each for one in delivered.values() for each in (*one.objects, *one.manifests))],
        [each.manifest for each in hooks],
        dict(files),
        Values(made.plain, made.secrets, made.keys, texts_of(values, facts)),
        where,
        {
            name: [str(ObjectKey.of(item.manifest)) for item in items if is_workload(item.manifest)]
            for name, items in parts.services.items()
            if name in parts.workloads
        },
    )
