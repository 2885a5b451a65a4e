"""Read templates and their versions; delete one that nobody uses."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.configs import VersionRef
from cantata.core.model.errors import InUse
from cantata.core.model.templates import Template, TemplateVersion
from cantata.errors import Detail
from cantata.ports import Page, Records


async def list_templates(
    ports: Ports, project: str, *, search: str = "", page: Page = Page()
) -> Sequence[Template]:
    return await ports.store.read(lambda records: records.templates.list(project, search=search, page=page))


async def latest_versions(ports: Ports, templates: Sequence[Template]) -> dict[str, TemplateVersion]:
    """By the ids of templates."""

    def read(records: Records) -> dict[str, TemplateVersion]:
        return {each.id: records.templates.version(each) for each in templates if each.latest}

    return await ports.store.read(read)


async def show_template(
    ports: Ports, project: str, name: str, version: VersionRef | None = None
) -> tuple[Template, TemplateVersion]:
    """Without a version the latest. Raises `TemplateNotFound`, `TemplateVersionNotFound`."""

    def read(records: Records) -> tuple[Template, TemplateVersion]:
        template = records.templates.get(project, name)
        return template, records.templates.version(template, version)

    return await ports.store.read(read)


async def template_history(
    ports: Ports, project: str, name: str, page: Page = Page()
) -> Sequence[TemplateVersion]:
    """Newest first."""
    return await ports.store.read(
        lambda records: records.templates.versions(records.templates.get(project, name), page=page)
    )


async def delete_template(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """Raises `InUse` with the applications that name it."""

    def write(records: Records) -> None:
        template = records.templates.get(project, name)
        users = [user.name for user in records.applications.list(project, template=name)]
        if users:
            raise InUse(
                f"template {name} is used by {', '.join(users)}",
                subject=f"template {name}",
                hint="Delete these applications first.",
                details=[Detail(f"application {user}") for user in users],
            )
        records.templates.delete(template)
        audit(records, actor, project, "delete", "template", name)

    await ports.store.write(write)
