"""Templates and their versions."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.charts import LoadedChart
from cantata.core.model.configs import VersionRef
from cantata.core.model.errors import NameTaken, TemplateNotFound, TemplateVersionNotFound
from cantata.core.model.templates import Template, TemplateSpec, TemplateVersion
from cantata.core.versions import find_version
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.blobs import SqlBlobs
from cantata.store.references import refuse_in_use
from cantata.store.transaction import Query, Transaction, names_of, new_id, page_by_name, page_by_number

LONGEST_NUMBER = 9

_templates = tables.templates
_versions = tables.template_versions
_imports = tables.market_imports
_select_version = sa.select(*list(_versions.c)[: len(TemplateVersion.__struct_fields__)])


class SqlTemplates:
    def __init__(self, transaction: Transaction, blobs: SqlBlobs) -> None:
        self._tx = transaction
        self._blobs = blobs

    def create(self, project: str, name: str, description: str) -> Template:
        self._tx.require_project(project)
        if self._tx.first(select_template(project, name)) is not None:
            raise NameTaken(f"there is already a template {name}", subject=f"template {name}")
        template = Template(new_id(), project, name, description, 0, self._tx.at)
        self._tx.insert(
            _templates,
            id=template.id,
            project=project,
            name=name,
            description=description,
            latest=0,
            created_at=template.created_at,
        )
        return template

    def get(self, project: str, name: str) -> Template:
        return Template(
            *self._tx.one(
                select_template(project, name),
                lambda: TemplateNotFound(name, known=names_of(self._tx, _templates, project)),
            )
        )

    def list(self, project: str, *, search: str = "", page: Page = Page()) -> Sequence[Template]:
        query = sa.select(_templates).where(_templates.c.project == project)
        return [Template(*row) for row in self._tx.all(page_by_name(query, _templates.c.name, search, page))]

    def add_version(
        self,
        template: Template,
        *,
        chart: LoadedChart,
        spec: TemplateSpec,
        archive: bytes,
        origin: str,
        author: str,
    ) -> TemplateVersion:
        """Raises `TemplateNotFound` when it was deleted meanwhile."""
        stored = sa.select(_templates.c.latest).where(_templates.c.id == template.id)
        latest: int = self._tx.one(stored, lambda: TemplateNotFound(template.name)).latest
        if latest:
            newest = self.version(template, latest)
            if newest.chart.digest == chart.digest:
                return newest
        version = TemplateVersion(new_id(), template.id, latest + 1, chart, spec, origin, author, self._tx.at)
        self._tx.insert(
            _versions,
            id=version.id,
            template_id=template.id,
            number=version.number,
            chart=chart,
            spec=spec,
            origin=origin,
            author=author,
            created_at=version.created_at,
            digest=chart.digest,
            archive=self._blobs.put(archive),
        )
        self._tx.run(_templates.update().where(_templates.c.id == template.id).values(latest=version.number))
        return version

    def version(self, template: Template, version: VersionRef | None = None) -> TemplateVersion:
        if isinstance(version, str):
            version = int(version) if _is_number(version) else self.semantic(template, version)
        query = _select_version.where(_versions.c.template_id == template.id)
        if version is None:
            query = query.order_by(_versions.c.number.desc()).limit(1)
        else:
            query = query.where(_versions.c.number == version)
        wanted = template.name if version is None else f"{template.name}@{version}"
        return TemplateVersion(
            *self._tx.one(query, lambda: TemplateVersionNotFound(wanted, of=template.name))
        )

    def semantic(self, template: Template, version: str) -> int:
        parsed = find_version(version)
        same = {version, *((str(parsed), f"v{parsed}") if parsed is not None else ())}
        stored = sa.cast(_versions.c.chart, sa.Text)
        written = [
            stored.contains(f'"version":{msgspec.json.encode(each).decode()}', autoescape=True)
            for each in sorted(same)
        ]
        query = (
            sa.select(_versions.c.number)
            .where(_versions.c.template_id == template.id, sa.or_(*written))
            .order_by(_versions.c.number.desc())
        )
        for (number,) in self._tx.all(query):  # A dependency may have the version, too.
            if self.version(template, number).chart.version in same:
                return int(number)
        raise TemplateVersionNotFound(f"{template.name}@{version[:64]}", of=template.name)

    def versions(self, template: Template, *, page: Page = Page()) -> Sequence[TemplateVersion]:
        query = _select_version.where(_versions.c.template_id == template.id)
        return [
            TemplateVersion(*row) for row in self._tx.all(page_by_number(query, _versions.c.number, page))
        ]

    def describe(self, template: Template, description: str) -> None:
        row = _templates.update().where(_templates.c.id == template.id)
        if not self._tx.run(row.values(description=description)):
            raise TemplateNotFound(template.name)

    def archive(self, digest: str) -> bytes:
        """Raises `TemplateVersionNotFound` when no version has this digest."""
        query = sa.select(_versions.c.archive).where(_versions.c.digest == digest).limit(1)
        return self._blobs.get(self._tx.one(query, lambda: TemplateVersionNotFound(digest)).archive)

    def deprecate(self, template: Template, message: str | None) -> Template:
        changed = msgspec.structs.replace(template, deprecated=message)
        update = _templates.update().where(_templates.c.id == template.id).values(deprecated=message)
        if not self._tx.run(update):
            raise TemplateNotFound(template.name)
        return changed

    def clone(self, template: Template, name: str, *, history: bool) -> Template:
        """Raises `NameTaken`, `TemplateVersionNotFound`."""
        made = self.create(template.project, name, template.description)
        query = (
            sa.select(_versions).where(_versions.c.template_id == template.id).order_by(_versions.c.number)
        )
        rows = self._tx.all(query if history else query.where(_versions.c.number == template.latest))
        if not rows:
            raise TemplateVersionNotFound(template.name, of=template.name)
        for number, row in enumerate(rows, 1):
            origin = row.origin if history else f"clone of {template.name}@{row.number}"
            own = {"id": new_id(), "template_id": made.id, "number": number, "origin": origin}
            self._tx.insert(_versions, **{**row._mapping, **own})
            came = sa.select(_imports).where(_imports.c.version_id == row.id)
            if (source := self._tx.first(came)) is not None:
                self._tx.insert(_imports, **{**source._mapping, "version_id": own["id"]})
        self._tx.run(_templates.update().where(_templates.c.id == made.id).values(latest=len(rows)))
        return msgspec.structs.replace(made, latest=len(rows))

    def delete(self, template: Template) -> None:
        """Raises `InUse` while an application needs it."""
        refuse_in_use(self._tx, f"template {template.name}", tables.applications.c.template_id, template.id)
        if not self._tx.run(_templates.delete().where(_templates.c.id == template.id)):
            raise TemplateNotFound(template.name)


def _is_number(version: str) -> bool:
    """What is all digits is a number, as long as one can have so many."""
    return version.isascii() and version.isdecimal() and len(version) <= LONGEST_NUMBER


def select_template(project: str, name: str) -> Query:
    return sa.select(_templates).where(_templates.c.project == project, _templates.c.name == name)
