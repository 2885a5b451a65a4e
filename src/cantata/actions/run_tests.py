"""Run the test hooks of what is deployed, as `helm test` does: an operation that makes no revision."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.diff_side import not_deployed
from cantata.actions.journal import refuse_deleting
from cantata.actions.lost_key import blobs_of
from cantata.actions.ownership import refuse_foreign
from cantata.actions.ports import Ports
from cantata.actions.submit import submit
from cantata.core.model.access import Actor
from cantata.core.model.applications import (
    Application,
    Operation,
    Revision,
    RevisionExtras,
    RevisionState,
    Verb,
)
from cantata.core.model.charts import RenderedObject
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.objects import ObjectKey
from cantata.core.services.chart_tests import select_tests
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records

LOOK_BACK = Page(limit=100)


class NoTests(CantataError):
    category = Category.NOT_FOUND


async def run_tests(
    ports: Ports, actor: Actor, project: str, name: str, services: Sequence[str] = (), *, cause: str = ""
) -> Operation:
    """Of the last revision that was deployed, all or those that belong to `services`. It waits for what is
    under way. Raises `ApplicationNotFound`, `ApplicationNotDeployed`, `ServiceNotFound`, `NoTests`,
    `ObjectOwnedByOther`."""

    def read(records: Records) -> tuple[Application, tuple[ObjectKey, ...]]:
        application = records.applications.get(project, name)
        _, tests = _tests(records, application, services)
        return application, tuple(ObjectKey.of(test.manifest) for test in tests)

    def write(records: Records) -> Operation:
        application = records.applications.get(project, name)
        refuse_deleting(application)
        revision, _ = _tests(records, application, services)
        return submit(
            records,
            actor,
            application,
            Verb.TEST,
            services=tuple(services),
            cause=cause or "test",
            revision=revision.number,
            queue=True,
        )

    application, keys = await ports.store.read(read)
    session = await ports.clusters.get(project, application.cluster)
    await refuse_foreign(session, keys, application_id=application.id, name=name)
    operation = await ports.store.write(write)
    ports.wake()
    return operation


def _tests(
    records: Records, application: Application, services: Sequence[str]
) -> tuple[Revision, tuple[RenderedObject, ...]]:
    revision, name = _deployed(records, application), application.name
    for service in services:
        if service not in revision.services:
            raise ServiceNotFound(service, of=name, known=revision.services)
    found = select_tests(_extras(records, application, revision).hooks, revision.services, services)
    if not found:
        of = f"{', '.join(services)} of application {name}" if services else f"application {name}"
        raise NoTests(
            f"{of} has no test hook in revision {revision.number}",
            subject=f"application {name}",
            hint="A test is an object with the annotation `helm.sh/hook: test`. It belongs to a service by "
            "the annotation `cantata.dev/service`, or stands in its file or folder. Those of a newer "
            "template come with the next revision.",
        )
    return revision, found


def _deployed(records: Records, application: Application) -> Revision:
    for revision in records.revisions.list(application.id, page=LOOK_BACK):
        if revision.state is RevisionState.DEPLOYED:
            return revision
    raise not_deployed(application)


def _extras(records: Records, application: Application, revision: Revision) -> RevisionExtras:
    if not revision.extras:
        return RevisionExtras()
    with blobs_of(application, revision.number):
        return RevisionExtras.read(records.blobs.get(revision.extras))
