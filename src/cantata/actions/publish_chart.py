"""Publish a version of a template as a chart: in the project's own market, in a registry, in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from cantata.actions.audit import audit
from cantata.actions.chart_facts import chart_facts
from cantata.actions.export_template import export_source
from cantata.actions.market_repositories import get_repository, source_of
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.configs import VersionRef
from cantata.core.model.listings import Publication
from cantata.core.model.market import ChartRow, Published
from cantata.ports import Records

OWN = "charts"
"""The folder of archives beside the index of a project's own market."""

OWN_PATH = "/market/{project}"


async def publish_chart(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    version: VersionRef | None = None,
    repository: str = "",
) -> tuple[ChartRow, Published]:
    """Without a repository in the project's own market. What is published as one version stays so: equal
    content once more is no error. Raises `TemplateNotFound`, `TemplateVersionNotFound`, `RepositoryNotFound`,
    `ChartAlreadyPublished`, and what the repository raises."""
    source = await export_source(ports, project, name, version)
    subject = f"template {name}@{source.version.number}"
    files = await ports.renderer.unpack(source.archive, subject=subject)
    facts = await chart_facts(ports, files, subject)
    # Packed anew, so that equal content has one digest, and in a folder of the chart's name, as Helm wants.
    archive = await ports.renderer.pack(files, facts.row.name)
    row = msgspec.structs.replace(facts.row, digest=f"sha256:{hashlib.sha256(archive).hexdigest()}")
    detail = f"{row.name} {row.version}"
    if repository:
        target = await source_of(ports, (await get_repository(ports, project, repository)).repository)
        published = await ports.charts.publish(target, archive, row)
        await ports.store.write(
            lambda records: audit(records, actor, project, "publish", "market", repository, detail)
        )
        return row, published

    def write(records: Records) -> Publication:
        draft = Publication(
            "",
            project,
            f"{row.name}-{row.version}.tgz",
            row,
            name,
            source.version.number,
            actor.name,
            "",
            dict(facts.metadata),
        )
        made = records.publications.add(draft, archive)
        audit(records, actor, project, "publish", "market", project, detail)
        return made

    made = await ports.store.write(write)
    return row, Published(f"{OWN_PATH.format(project=project)}/{OWN}/{made.file}", row.digest)


async def list_publications(ports: Ports, project: str) -> Sequence[Publication]:
    return await ports.store.read(lambda records: records.publications.list(project))


async def read_archive(ports: Ports, project: str, file: str) -> bytes:
    """Raises `PublicationNotFound`."""
    return await ports.store.read(lambda records: records.publications.archive(project, file))


async def withdraw_chart(ports: Ports, actor: Actor, project: str, chart: str, version: str) -> None:
    """Whoever has pulled it keeps it. Raises `PublicationNotFound`."""

    def write(records: Records) -> None:
        records.publications.delete(project, chart, version)
        audit(records, actor, project, "withdraw", "market", project, f"{chart} {version}")

    await ports.store.write(write)


async def market_is_public(ports: Ports, project: str) -> bool:
    return await ports.store.read(lambda records: records.publications.is_public(project))


async def open_market(ports: Ports, actor: Actor, project: str, public: bool) -> None:
    """Whether the project's own market answers without a token. Raises `ProjectNotFound`."""

    def write(records: Records) -> None:
        records.publications.set_public(project, public)
        audit(records, actor, project, "edit", "market", project, "public" if public else "with a token")

    await ports.store.write(write)
