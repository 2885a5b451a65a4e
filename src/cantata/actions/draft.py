"""A chart on its way through a render that nothing comes of: for lint and preview.

It is a version of a template, or an archive that is sent and not stored. Secrets of a config never reach its
templates: a viewer may send a template of his own, which could print them in any disguise. What stands for
them says nothing of them, and is masked wherever it comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import msgspec

from cantata.actions.build import cleaned
from cantata.actions.config_number import find_number
from cantata.actions.deliveries import Delivering
from cantata.actions.given_values import Given, given_of
from cantata.actions.import_template import ChartNotDeployable
from cantata.actions.layers import ConfigChain, chain_layers, text_layer
from cantata.actions.ports import Ports
from cantata.actions.scopes import flat
from cantata.actions.source import Source
from cantata.core.cards.refusals import replacement
from cantata.core.delivery import Delivered
from cantata.core.leaks import make_sentinels
from cantata.core.lint.served import CLUSTER_SCOPED
from cantata.core.model.applications import Application
from cantata.core.model.charts import (
    Capabilities,
    LoadedChart,
    Release,
    Rendered,
    RenderedObject,
    RenderInputs,
    TapeEntry,
)
from cantata.core.model.configs import VersionRef
from cantata.core.model.findings import Finding
from cantata.core.model.objects import GVK, Manifest
from cantata.core.model.templates import Delivery, TemplateSpec, TemplateVersion
from cantata.core.schemas import KindSchema, defined_kinds, definitions
from cantata.core.services import Split, split
from cantata.core.stamp import place
from cantata.core.values import Layer, LayerKind, effective
from cantata.errors import CantataError, Category, Place
from cantata.ports import Cluster, Records

NO_CONFIG = ConfigChain((), {})

EVERYWHERE = (
    "apiextensions.k8s.io/v1",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    "apiregistration.k8s.io/v1",
    "apiregistration.k8s.io/v1/APIService",
)
"""What every cluster serves and `helm template` does not know: charts choose removed versions for want of
them."""


class DraftUnclear(CantataError):
    """Neither a template nor a chart is named, or both are."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class Subject:
    """What is rendered: a version of a stored template, or an archive."""

    template: str = ""
    version: VersionRef | None = None
    archive: bytes = b""
    label: str = ""
    """What an archive is called, such as its path."""

    @property
    def name(self) -> str:
        version = f"@{self.version}" if self.version else ""
        return f"template {self.template}{version}" if self.template else self.label or "chart"


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Values over the chart's own: a config with what it extends, or texts by the names of their files, the
    weakest first."""

    name: str = ""
    config: str = ""
    config_version: VersionRef | None = None
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Whereto:
    """Where it would be deployed. Without a cluster, `kube_version` and more `api_versions` say what one
    would be; empty ones mean those of `helm template`."""

    cluster: str = ""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    namespace: str = "default"
    release: str = "release-name"
    is_upgrade: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """`Whereto`, looked up."""

    release: Release
    capabilities: Capabilities
    cluster: Cluster | None = None


async def read_archive(ports: Ports, project: str, subject: Subject) -> bytes:
    """Raises `DraftUnclear`, `TemplateNotFound`, `TemplateVersionNotFound`."""
    if bool(subject.template) == bool(subject.archive):
        raise DraftUnclear(
            "give either the name of a template or the archive of a chart",
            hint="Send `template`, or the chart's .tgz as `archive`.",
        )
    if subject.archive:
        return subject.archive

    def read(records: Records) -> bytes:
        version = records.templates.version(records.templates.get(project, subject.template), subject.version)
        return records.templates.archive(version.chart.digest)

    return await ports.store.read(read)


async def look_up(ports: Ports, project: str, whereto: Whereto) -> Destination:
    """Raises `ClusterNotFound` and what asking the cluster raises."""
    session = await ports.clusters.get(project, whereto.cluster) if whereto.cluster else None
    if session is not None:
        known = await session.cluster.capabilities()
    else:
        known = await ports.renderer.capabilities()
    more = () if session is not None else EVERYWHERE
    capabilities = Capabilities(
        whereto.kube_version or known.kube_version,
        tuple(dict.fromkeys((*known.api_versions, *more, *whereto.api_versions))),
    )
    release = Release(whereto.release, whereto.namespace, is_upgrade=whereto.is_upgrade)
    return Destination(release, capabilities, session.cluster if session is not None else None)


@dataclass(frozen=True, slots=True)
class Draft:
    """A chart with its cantata.yaml read. The methods are the stages of a render, each with the outcome of
    the one before."""

    ports: Ports
    project: str
    archive: bytes
    chart: LoadedChart
    spec: TemplateSpec
    destination: Destination

    async def given(self, values: ValueSet, *, delivered: bool = False) -> Given:
        """`delivered` says that entries are wanted also where the template delivers none. Raises what reading
        a config raises, and `YamlInvalid`."""
        merged = effective(await self.layers(values))
        given = given_of(merged, delivered=delivered or self.spec.delivers)
        return replace(given, sentinels=make_sentinels(merged, opaque=True))

    async def layers(self, values: ValueSet) -> list[Layer]:
        """Those of the chart first. Raises the same."""
        label = f"values.yaml of {self.chart.name}"
        layers = [await text_layer(self.ports, LayerKind.CHART, label, self.chart.values_text)]
        if values.config:
            layers += await chain_layers(self.ports, await self._chain(values))
        for name, text in values.texts:
            layers.append(await text_layer(self.ports, LayerKind.APPLICATION, name, text))
        return layers

    async def _chain(self, values: ValueSet) -> ConfigChain:
        def read(records: Records) -> ConfigChain:
            config = records.configs.get(self.project, values.config)
            number = find_number(records, config, values.config_version)
            return ConfigChain.read(records, self.project, values.config, number)

        return await self.ports.store.read(read)

    async def render(self, given: Given, tape: tuple[TapeEntry, ...] = ()) -> Rendered:
        """With what stands for secrets in their places. `tape` has results of random functions. Raises the
        renderer's errors; a value that they are about has its place in the layers of values."""
        if self.chart.type == "library":
            raise ChartNotDeployable(
                f"chart {self.chart.name} is a library chart: it has nothing to deploy",
                subject=f"chart {self.chart.name}",
                hint="Take the chart that depends on it.",
                place=Place("Chart.yaml", key="type"),
            )
        values = msgspec.Raw(msgspec.json.encode(given.sentinels.values, order="deterministic"))
        inputs = RenderInputs(
            chart=self.chart.digest,
            release=self.destination.release,
            capabilities=self.destination.capabilities,
            values=values,
            numbers=self.spec.numbers,
            tape=tape,
        )
        return await self.ports.renderer.render(inputs, self.fetch)

    async def fetch(self) -> bytes:
        return self.archive

    def clean(self, rendered: Rendered, served: Served) -> list[tuple[RenderedObject, tuple[Finding, ...]]]:
        return cleaned(rendered, self.destination.release.namespace, served.namespaced)

    def placed(self, rendered: Rendered, served: Served) -> tuple[RenderedObject, ...]:
        """In their namespaces, and otherwise as they are rendered."""
        namespace = self.destination.release.namespace
        return place(rendered.objects, namespace, lambda *kind: served.namespaced.get(kind, True))

    def split(self, objects: Sequence[RenderedObject]) -> Split:
        """Raises `SplitInvalid` and `DependsOnInvalid`."""
        return split(
            objects,
            self.spec,
            chart=self.chart.name,
            release=self.destination.release.name,
            namespace=self.destination.release.namespace,
            frozen={},
        )

    def deliver(
        self, parts: Split, given: Given, added: Mapping[str, tuple[Delivery, ...]] = MappingProxyType({})
    ) -> dict[str, Delivered]:
        """`added` is what an application adds to the template's deliveries. Raises `DeliveryTooLarge`."""
        return Delivering(self.ports, self._source(), added).services(parts, given)

    def deliver_hooks(self, parts: Split, given: Given) -> tuple[RenderedObject, ...]:
        """Tests among them. Raises `DeliveryTooLarge`."""
        return Delivering(self.ports, self._source(), {}).hooks(parts, given)[0]

    def _source(self) -> Source:
        """Delivery asks an application where it is; this one is none."""
        release = self.destination.release
        application = Application(
            id="", project=self.project, name=release.name, template="", template_version=None, config="",
            config_version=None, cluster="", namespace=release.namespace, release=release.name,
        )  # fmt: skip
        version = TemplateVersion("", "", 0, self.chart, self.spec, "", "", "")
        return Source(application, version, NO_CONFIG, latest=None, deployed=False, recorded={})


@dataclass(frozen=True, slots=True)
class Served:
    """What is known of the kinds of a render: which live in namespaces, what is served instead of those that
    are not served (None without a cluster), and the schemas that were asked for."""

    namespaced: Mapping[tuple[str, str], bool]
    unserved: Mapping[GVK, str] | None = None
    schemas: Mapping[GVK, KindSchema] = field(default_factory=dict)
    silent: frozenset[GVK] = frozenset()


async def find_served(cluster: Cluster | None, rendered: Rendered, *, schemas: bool = False) -> Served:
    """Asks the cluster, where there is one. Kinds that the chart itself defines count as served, in the
    versions of its definitions. Raises what is `UNAVAILABLE`."""
    manifests = [each for item in (*rendered.crds, *rendered.objects) for each in flat(item.manifest)]
    own, namespaced = definitions(manifests), defined_kinds(manifests)
    if cluster is None:
        namespaced |= dict.fromkeys(CLUSTER_SCOPED, False)
        return Served(namespaced, schemas=own if schemas else {})
    unserved: dict[GVK, str] = {}
    found: dict[GVK, KindSchema] = {}
    silent: set[GVK] = set()
    for gvk in _kinds(manifests):
        if gvk in own:
            if schemas:
                found[gvk] = own[gvk]
            continue
        try:
            resource = await cluster.resource(gvk.group, gvk.kind, gvk.version)
        except CantataError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            unserved[gvk] = replacement(gvk.api_version, gvk.kind, error.hint) or ""
            namespaced.setdefault((gvk.group, gvk.kind), (gvk.group, gvk.kind) not in CLUSTER_SCOPED)
            continue
        namespaced[gvk.group, gvk.kind] = resource.namespaced
        if schemas:
            known = await cluster.schemas(gvk.api_version)
            kind = known.find(gvk) if known is not None else None
            if kind is None:
                silent.add(gvk)
            else:
                found[gvk] = kind
    return Served(namespaced, unserved, found, frozenset(silent))


def _kinds(manifests: Iterable[Manifest]) -> list[GVK]:
    return sorted({GVK.of(manifest) for manifest in manifests})
