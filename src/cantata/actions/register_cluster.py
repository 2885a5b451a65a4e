"""Register a Kubernetes cluster, list registered ones, renew their credentials, remove them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cantata.actions.audit import audit, now
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor, Cluster
from cantata.core.model.errors import InUse, check_name
from cantata.errors import CantataError, Category, Detail
from cantata.ports import Records


class ClusterIsAnother(CantataError):
    """The credentials are good, but for another cluster than the registered one."""

    category = Category.CONFLICT


class Credentials(msgspec.Struct, frozen=True):
    """What is kept, sealed, of a registered cluster."""

    kubeconfig: Any
    context: str = ""


async def register_cluster(
    ports: Ports, actor: Actor, project: str, name: str, kubeconfig: str, *, context: str = ""
) -> Cluster:
    """`kubeconfig` is the YAML text, with inline credentials only. The cluster is asked for its identity
    before anything is stored. Raises `NameInvalid`, `NameTaken`, `YamlInvalid`, and what the client says of
    the kubeconfig and of the cluster."""
    check_name("cluster", name)
    credentials, uid, server = await _try(ports, name, kubeconfig, context)

    def write(records: Records) -> Cluster:
        cluster = records.clusters.create(
            Cluster(
                id="",
                project=project,
                name=name,
                uid=uid,
                server=server,
                credentials=records.blobs.put_sealed(msgspec.json.encode(credentials)),
                created_at=now(),
            )
        )
        audit(records, actor, project, "register", "cluster", name)
        return cluster

    return await ports.store.write(write)


async def edit_cluster(
    ports: Ports, actor: Actor, project: str, name: str, kubeconfig: str, *, context: str = ""
) -> Cluster:
    """Other credentials for the same cluster, or another address of it; they are tried first. Deploys and
    informers that run go on with them. Raises `ClusterNotFound`, `ClusterIsAnother`, and what
    `register_cluster` raises."""
    known = await ports.store.read(lambda records: records.clusters.get(project, name))
    credentials, uid, server = await _try(ports, name, kubeconfig, context)
    if uid != known.uid:
        raise ClusterIsAnother(
            f"this kubeconfig leads to another cluster than {name}: its namespace kube-system has the UID "
            f"{uid}, that of {name} has {known.uid}",
            subject=f"cluster {name}",
            hint="Register it under a name of its own: `cantata cluster add NAME`.",
        )

    def write(records: Records) -> Cluster:
        sealed = records.blobs.put_sealed(msgspec.json.encode(credentials))
        present = records.clusters.get(project, name)
        cluster = records.clusters.update(msgspec.structs.replace(present, server=server, credentials=sealed))
        audit(records, actor, project, "edit", "cluster", name, "credentials")
        return cluster

    cluster = await ports.store.write(write)
    await ports.clusters.renew(project, name, credentials.kubeconfig, context)
    ports.wake()
    return cluster


async def _try(ports: Ports, name: str, kubeconfig: str, context: str) -> tuple[Credentials, str, str]:
    """The credentials with the UID and the address of the cluster that answers to them."""
    documents = await ports.renderer.parse_yaml(kubeconfig, file=f"kubeconfig of cluster {name}")
    value = msgspec.json.decode(documents[0].value) if documents else None
    client = ports.clusters.connect(name, value, context)
    try:
        return Credentials(value, context), await client.uid(), client.server
    finally:
        await client.close()


async def list_clusters(ports: Ports, project: str) -> Sequence[Cluster]:
    return await ports.store.read(lambda records: records.clusters.list(project))


async def remove_cluster(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """Raises `InUse` with the applications that run there."""

    def write(records: Records) -> None:
        cluster = records.clusters.get(project, name)
        users = [user.name for user in records.applications.list(project) if user.cluster == name]
        if users:
            raise InUse(
                f"cluster {name} runs {', '.join(users)}",
                subject=f"cluster {name}",
                hint="Delete these applications first.",
                details=[Detail(f"application {user}") for user in users],
            )
        records.clusters.delete(cluster)
        audit(records, actor, project, "remove", "cluster", name)

    await ports.store.write(write)
    session = await ports.clusters.forget(project, name)
    if session is not None:
        await ports.live.forget(session)
