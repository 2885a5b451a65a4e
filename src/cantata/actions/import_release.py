"""Make a template of a Helm release: its chart as Helm keeps it, and its user's values as a config.

Helm keeps no subcharts. What cannot be rendered without them is made of the objects that the release has.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import msgspec

from cantata.actions.import_objects import bundled, made_of, read_documents
from cantata.actions.made_template import Made, MadeTemplate, Wish, store_made
from cantata.actions.ports import Ports
from cantata.actions.read_namespace import check_namespace
from cantata.core.bundle import Source
from cantata.core.bundle.gather import items
from cantata.core.bundle.make import CLUSTER_KINDS
from cantata.core.config import MASK
from cantata.core.helm_release import (
    HelmRelease,
    HelmReleaseInvalid,
    ReleaseConfig,
    ReleaseRecord,
    chart_files,
    config_of,
    dependencies,
    merged,
    read_record,
    read_release,
    released_objects,
)
from cantata.core.helm_release.read import NAME, OWNER
from cantata.core.model.access import Actor
from cantata.core.model.charts import Release, RenderedObject, RenderInputs
from cantata.core.model.errors import check_name
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.model.templates import TemplateSpec
from cantata.core.services import split
from cantata.core.stamp import place
from cantata.errors import CantataError, Category
from cantata.ports import Cluster

KEEPERS = (GVK("", "v1", "Secret"), GVK("", "v1", "ConfigMap"))
"""Where Helm keeps releases, by its driver; that of a database is out of reach."""
TOLD = 5


class HelmReleaseNotFound(CantataError):
    """No revision of it is kept in that namespace."""

    category = Category.NOT_FOUND


async def list_releases(
    ports: Ports, project: str, cluster: str, namespace: str = ""
) -> Sequence[ReleaseRecord]:
    """The newest revision of each, by namespace and name; without a namespace those of all. Raises
    `ClusterNotFound`, and what the cluster says."""
    session = await ports.clusters.get(project, cluster)
    newest: dict[tuple[str, str], ReleaseRecord] = {}
    for record in await _records(session.cluster, namespace, OWNER):
        known = newest.setdefault((record.namespace, record.name), record)
        if record.revision > known.revision:
            newest[record.namespace, record.name] = record
    return [newest[key] for key in sorted(newest)]


async def import_release(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    wish: Wish,
    *,
    cluster: str,
    namespace: str,
    release: str,
    revision: int | None = None,
) -> MadeTemplate:
    """Without a revision the one that is deployed, else the newest. Raises `ClusterNotFound`,
    `HelmReleaseNotFound`, `HelmReleaseInvalid`, what the cluster says, and what `store_made` raises."""
    check_name("template", name)
    session = await ports.clusters.get(project, cluster)
    record = await _find(session.cluster, cluster, namespace, release, revision)
    found = await _read(session.cluster, record)
    origin = f"release {release} revision {record.revision} in namespace {namespace} of cluster {cluster}"
    config = config_of(found.config, MASK, f"Values that were given to {found.title}.")
    rebuilt = _rebuilt(found, config, origin)
    sources = [
        source
        for path, text in released_objects(found)
        for source in await read_documents(ports.renderer, text, path)
    ]
    proof = await _prove(ports, session.cluster, found, rebuilt, config, sources)
    if proof.trouble:
        bundle = await bundled(sources, name, wish, namespace)
        told = (_without_chart(found, proof.trouble),)
        made = replace(made_of(bundle, name, wish, origin=origin, findings=told), release=release)
    else:
        made = replace(rebuilt, services=proof.services, findings=(*rebuilt.findings, *proof.findings))
    return await store_made(ports, actor, project, name, made, wish)


async def _records(cluster: Cluster, namespace: str, selector: str) -> list[ReleaseRecord]:
    """Of both drivers. Where only one kind may be listed, what that one has."""
    found: list[ReleaseRecord] = []
    refused: list[CantataError] = []
    for gvk in KEEPERS:
        try:
            lives = await cluster.list(gvk, namespace=namespace, label_selector=selector, metadata_only=True)
        except CantataError as error:
            if error.category is not Category.FORBIDDEN:
                raise
            refused.append(error)
            continue
        found += [record for each in lives if (record := read_record(each)) is not None]
    if len(refused) == len(KEEPERS):
        raise refused[0]
    return found


async def _find(
    cluster: Cluster, registered: str, namespace: str, release: str, revision: int | None
) -> ReleaseRecord:
    """What could not be a name is not asked for: it would be part of a selector."""
    await check_namespace(cluster, namespace)
    possible = NAME.fullmatch(release) is not None
    records = await _records(cluster, namespace, f"{OWNER},name={release}") if possible else []
    wanted = [each for each in records if revision is None or each.revision == revision]
    if not wanted:
        number = "" if revision is None else f" revision {revision}"
        raise HelmReleaseNotFound(
            f"there is no release {release[:80]}{number} in namespace {namespace} of cluster {registered}",
            subject=f"release {release[:80]}",
            hint=f"`cantata template releases --cluster {registered}` shows what is there.",
        )
    return max(wanted, key=lambda each: (each.status == "deployed", each.revision))


async def _read(cluster: Cluster, record: ReleaseRecord) -> HelmRelease:
    subject = f"release {record.name} revision {record.revision}"
    live = await cluster.find(GVK("", "v1", record.kind), record.namespace, record.object)
    try:
        kept = msgspec.json.decode(live.body, type=_Kept) if live is not None else _Kept()
        payload = kept.data.get("release", "").encode()
        if record.kind == "Secret":
            payload = base64.b64decode(payload, validate=True)
    except (msgspec.DecodeError, binascii.Error, RecursionError) as error:
        raise HelmReleaseInvalid(f"{subject} cannot be read: it is not base64", subject=subject) from error
    found = await asyncio.to_thread(read_release, payload, subject)
    if (found.name, found.namespace) != (record.name, record.namespace):
        raise HelmReleaseInvalid(f"{subject} says that it is {found.title[:120]}", subject=subject)
    return found


class _Kept(msgspec.Struct, frozen=True):
    data: dict[str, str] = {}


def _rebuilt(found: HelmRelease, config: ReleaseConfig, origin: str) -> Made:
    files = chart_files(found, merged(found.chart.values or {}, config.moved))
    findings: list[Finding] = []
    if config.moved:
        keys = ", ".join(sorted(config.moved))
        findings.append(
            Finding(
                "value-into-template",
                Severity.WARNING,
                f"values below {keys} are in the chart's values.yaml: no config can hold their keys",
                file="values.yaml",
                suggestion="Give others there when the template is for other environments, too.",
            )
        )
    findings += [
        Finding(
            "secret-in-values",
            Severity.NOTICE,
            f"{key} looks like a secret and is tagged in the config",
            key=key,
            suggestion="Take the tag away, if it is none.",
        )
        for key in config.secrets
    ]
    return Made(
        files=lambda _version: files,
        config_text=config.text,
        shown=config.shown,
        origin=origin,
        findings=tuple(findings),
        release=found.name,
        namespace=found.namespace,
        folder=str(found.chart.metadata.get("name") or ""),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the chart renders what the release has. With a `trouble` it does not render at all, or not
    all."""

    trouble: str = ""
    services: Mapping[str, tuple[ObjectKey, ...]] = field(default_factory=lambda: MappingProxyType({}))
    findings: tuple[Finding, ...] = ()


async def _prove(
    ports: Ports,
    cluster: Cluster,
    found: HelmRelease,
    made: Made,
    config: ReleaseConfig,
    sources: Sequence[Source],
) -> Proof:
    archive = await ports.renderer.pack(made.files(""), made.folder)
    chart = await ports.renderer.load(archive, subject=found.title)

    async def given() -> bytes:
        return archive

    inputs = RenderInputs(
        chart=chart.digest,
        release=Release(found.name, found.namespace, found.version, found.version > 1),
        capabilities=await cluster.capabilities(),
        values=msgspec.Raw(msgspec.json.encode(config.values)),
    )
    try:
        rendered = await ports.renderer.render(inputs, given)
    except CantataError as error:
        if error.category is not Category.INVALID:
            raise
        return Proof(trouble=" ".join(error.message.split()))
    ours = {ObjectKey.of(each.manifest): each.manifest for each in rendered.objects}
    theirs = {each.key: each for source in sources for each in items(source)}
    lost = sorted({each.file.split("/")[2] for key, each in theirs.items() if _of_subchart(each, key, ours)})
    if lost:
        return Proof(trouble=f"objects of its subcharts {', '.join(lost)} are missing")
    differ = sorted(key for key in ours.keys() | theirs.keys() if not _equal(ours.get(key), theirs.get(key)))
    findings = (_differing(found, differ, len(theirs)),) if differ else ()
    return Proof(services=_services(found, rendered.objects), findings=findings)


def _of_subchart(source: Source, key: ObjectKey, ours: Mapping[ObjectKey, Manifest]) -> bool:
    return key not in ours and source.file.split("/")[1:2] == ["charts"] and source.file.count("/") > 2


def _equal(ours: Manifest | None, theirs: Source | None) -> bool:
    return ours is not None and theirs is not None and ours == theirs.manifest


def _services(found: HelmRelease, objects: Sequence[RenderedObject]) -> dict[str, tuple[ObjectKey, ...]]:
    """As a deploy would find them; nothing where they cannot be told."""
    placed = place(objects, found.namespace, lambda _group, kind: kind not in CLUSTER_KINDS)
    chart = str(found.chart.metadata.get("name") or "")
    try:
        parted = split(
            placed, TemplateSpec(), chart=chart, release=found.name, namespace=found.namespace, frozen={}
        )
    except CantataError:
        return {}
    return {
        name: tuple(ObjectKey.of(each.manifest) for each in objects)
        for name, objects in parted.services.items()
    }


def _differing(found: HelmRelease, keys: Sequence[ObjectKey], of: int) -> Finding:
    more = f" and {len(keys) - TOLD} more" if len(keys) > TOLD else ""
    return Finding(
        "release-differs",
        Severity.WARNING,
        f"{len(keys)} of {of} objects of {found.title} render otherwise than it has them:"
        f" {', '.join(map(str, keys[:TOLD]))}{more}",
        suggestion="Charts with random values do, and those that ask the cluster: see the plan.",
    )


def _without_chart(found: HelmRelease, trouble: str) -> Finding:
    """Why the chart is not the template."""
    names = ", ".join(dependencies(found))
    why = f"Helm keeps no subcharts ({names})" if names else "the chart does not render as it did"
    return Finding(
        "release-without-chart",
        Severity.WARNING,
        f"{why}, so the template is made of the release's objects: {trouble}",
        suggestion="`cantata template import` of the chart itself gives its own templates and variables.",
    )
