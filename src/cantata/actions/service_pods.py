"""The pods of one service, as the informers see them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.actions.status import observe
from cantata.core.model.applications import Application, ObjectRecord
from cantata.core.model.errors import ServiceNotFound
from cantata.core.model.objects import ObjectKey
from cantata.core.pods import PodView, pod_views
from cantata.errors import CantataError, Category
from cantata.ports import ClusterSession, LiveApplication, Records

POD = ("", "Pod")


class PodsUnseen(CantataError):
    """The cluster cannot be reached, so nobody knows the pods."""

    category = Category.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class ServicePods:
    """`keys` are the service's own objects, whose pods are meant."""

    application: Application
    service: str
    session: ClusterSession
    live: LiveApplication
    keys: tuple[ObjectKey, ...]

    def views(self) -> tuple[PodView, ...]:
        """As they are at this moment, those that can be talked to first."""
        family = self.live.family(self.keys)
        return pod_views(each for each in family if (each.gvk.group, each.gvk.kind) == POD)


async def service_pods(ports: Ports, project: str, name: str, service: str) -> ServicePods:
    """Raises `ApplicationNotFound`, `ServiceNotFound`, `PodsUnseen`."""

    def read(records: Records) -> tuple[Application, Sequence[ObjectRecord]]:
        application = records.applications.get(project, name)
        latest = records.revisions.find_latest(application.id)
        known = latest.services if latest is not None else {}
        if service not in known:
            raise ServiceNotFound(service, of=name, known=known)
        return application, records.inventory.list(application.id)

    application, inventory = await ports.store.read(read)
    live = await observe(ports, application, inventory)
    if live is None:
        raise PodsUnseen(
            f"the pods of service {service} are not known: cluster {application.cluster} cannot be reached",
            subject=f"cluster {application.cluster}",
            hint="Try again when it can.",
        )
    keys = tuple(record.key for record in inventory if record.service == service and record.desired)
    session = await ports.clusters.get(project, application.cluster)
    return ServicePods(application, service, session, live, keys)
