"""Applications. Rows hold the ids of template, config and cluster; structs their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import Application, Assignment
from cantata.core.model.errors import (
    ApplicationNotFound,
    ClusterNotFound,
    ConfigNotFound,
    EditConflict,
    NameTaken,
    NotFound,
    TemplateNotFound,
)
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.transaction import Transaction, names_of, new_id, page_by_name

_applications = tables.applications
_row = tables.applications.c
_names = {
    "template": tables.templates.c.name,
    "config": sa.func.coalesce(tables.configs.c.name, ""),
    "cluster": tables.clusters.c.name,
    "template_deprecated": tables.templates.c.deprecated,
}
_select = (
    sa.select(*(_names[field] if field in _names else _row[field] for field in Application.__struct_fields__))
    .join_from(_applications, tables.templates, _row.template_id == tables.templates.c.id)
    .join(tables.clusters, _row.cluster_id == tables.clusters.c.id)
    .outerjoin(tables.configs, _row.config_id == tables.configs.c.id)
)
_by_id = _select.where(_row.id == sa.bindparam("of"))
_by_name = _select.where(_row.project == sa.bindparam("project"), _row.name == sa.bindparam("named"))


class SqlApplications:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def create(self, application: Application) -> Application:
        """Raises `NameTaken`; `ProjectNotFound`, `TemplateNotFound`, `ConfigNotFound`, `ClusterNotFound`.
        An empty config means none."""
        self._tx.require_project(application.project)
        made = msgspec.structs.replace(application, id=new_id(), created_at=self._tx.at, row_version=1)
        values = self._values(made)
        self._refuse_taken_name(made)
        self._refuse_taken_place(made, values["cluster_id"])
        self._tx.insert(
            _applications, id=made.id, project=made.project, name=made.name, created_at=self._tx.at, **values
        )
        return self.by_id(made.id)

    def get(self, project: str, name: str) -> Application:
        return Application(
            *self._tx.one(
                _by_name,
                lambda: ApplicationNotFound(name, known=names_of(self._tx, _applications, project)),
                project=project,
                named=name,
            )
        )

    def by_id(self, id_: str) -> Application:
        return Application(*self._tx.one(_by_id, lambda: ApplicationNotFound(id_), of=id_))

    def list(
        self,
        project: str = "",
        *,
        search: str = "",
        template: str = "",
        config: str = "",
        page: Page = Page(),
    ) -> Sequence[Application]:
        """By name; over all projects by project and name, with `project/name` as cursor."""
        query = _select
        if template:
            query = query.where(tables.templates.c.name == template)
        if config:
            query = query.where(tables.configs.c.name == config)
        if project:
            query = page_by_name(query.where(_row.project == project), _row.name, search, page)
        else:
            before = tuple(page.after.split("/", 1))
            if len(before) == 2:
                query = query.where(sa.tuple_(_row.project, _row.name) > before)
            query = page_by_name(query.order_by(_row.project), _row.name, search, Page(limit=page.limit))
        return [Application(*row) for row in self._tx.all(query)]

    def update(self, application: Application) -> Application:
        """Name, project and birth stay; so do adjustments and assignments, which `adjust` and `assign` alone
        set."""
        stored = self.by_id(application.id)
        if stored.row_version != application.row_version:
            raise EditConflict(
                f"application {stored.name} was changed by somebody else",
                subject=f"application {stored.name}",
                hint="Read it again, then change that.",
            )
        changed = msgspec.structs.replace(
            application,
            project=stored.project,
            name=stored.name,
            created_at=stored.created_at,
            row_version=stored.row_version + 1,
            assignments=stored.assignments,
            adjustments=stored.adjustments,
        )
        values = self._values(changed)
        if place_of(changed) != place_of(stored):
            self._refuse_taken_place(changed, values["cluster_id"])
        self._tx.run(_applications.update().where(_row.id == changed.id).values(**values))
        return changed

    def assign(self, application_id: str, assignments: Sequence[Assignment]) -> None:
        query = sa.select(_row.assignments).where(_row.id == application_id)
        stored = self._tx.one(query, lambda: ApplicationNotFound(application_id)).assignments
        merged = merge(stored, assignments)
        if merged != stored:
            self._tx.run(_applications.update().where(_row.id == application_id).values(assignments=merged))

    def adjust(self, application_id: str, adjustments: Mapping[str, Adjustments]) -> None:
        wanted = {name: each for name, each in adjustments.items() if each != UNADJUSTED}
        query = sa.select(_row.adjustments).where(_row.id == application_id)
        stored = self._tx.one(query, lambda: ApplicationNotFound(application_id)).adjustments
        if wanted != stored:
            self._tx.run(_applications.update().where(_row.id == application_id).values(adjustments=wanted))

    def delete(self, application_id: str) -> None:
        if not self._tx.run(_applications.delete().where(_row.id == application_id)):
            raise ApplicationNotFound(application_id)

    def _values(self, application: Application) -> dict[str, Any]:
        project = application.project
        config = application.config
        return {
            "template_id": self._id(tables.templates, project, application.template, TemplateNotFound),
            "template_version": application.template_version,
            "config_id": self._id(tables.configs, project, config, ConfigNotFound) if config else None,
            "config_version": application.config_version,
            "cluster_id": self._id(tables.clusters, project, application.cluster, ClusterNotFound),
            "namespace": application.namespace,
            "release": application.release,
            "create_namespace": application.create_namespace,
            "overrides": application.overrides,
            "service_overrides": application.service_overrides,
            "delivery": application.delivery,
            "updates": application.updates,
            "drift": application.drift,
            "drift_except": application.drift_except,
            "assignments": application.assignments,
            "adjustments": application.adjustments,
            "deleting": application.deleting,
            "row_version": application.row_version,
        }

    def _id(self, table: sa.Table, project: str, name: str, missing: type[NotFound]) -> str:
        query = sa.select(table.c.id).where(table.c.project == project, table.c.name == name)
        found: str = self._tx.one(query, lambda: missing(name)).id
        return found

    def _refuse_taken_name(self, application: Application) -> None:
        same = sa.select(_row.id).where(_row.project == application.project, _row.name == application.name)
        if self._tx.first(same) is not None:
            raise NameTaken(
                f"there is already an application {application.name}",
                subject=f"application {application.name}",
            )

    def _refuse_taken_place(self, application: Application, cluster_id: str) -> None:
        """Clusters are the same when their UID is, whatever project has them under whatever name."""
        cluster = tables.clusters.c
        uid = sa.select(cluster.uid).where(cluster.id == cluster_id, cluster.uid != "").scalar_subquery()
        others = (
            sa.select(_row.id)
            .join(tables.clusters, _row.cluster_id == cluster.id)
            .where(
                _row.id != application.id,
                _row.namespace == application.namespace,
                _row.release == application.release,
                (cluster.id == cluster_id) | (cluster.uid == uid),
            )
        )
        if self._tx.first(others) is not None:
            release = f"release {application.release} in namespace {application.namespace}"
            raise NameTaken(
                f"{release} of cluster {application.cluster} belongs to another application",
                subject=release,
                hint="Choose another namespace or another release name.",
            )


def place_of(application: Application) -> tuple[str, str, str]:
    return application.cluster, application.namespace, application.release


def merge(first: Sequence[Assignment], then: Sequence[Assignment]) -> tuple[Assignment, ...]:
    """By object; the later one wins."""
    merged = {assignment.object: assignment for assignment in (*first, *then)}
    return tuple(merged[key] for key in sorted(merged))
