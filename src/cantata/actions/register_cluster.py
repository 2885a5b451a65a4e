"""Register a Kubernetes cluster, list and remove registered ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cantata.actions.audit import audit, now
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor, Cluster
from cantata.core.model.errors import InUse, check_name
from cantata.errors import Detail
from cantata.ports import Records


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
    documents = await ports.renderer.parse_yaml(kubeconfig, file=f"kubeconfig of cluster {name}")
    value = msgspec.json.decode(documents[0].value) if documents else None
    credentials = Credentials(value, context)
    client = ports.clusters.connect(name, credentials.kubeconfig, context)
    try:
        uid = await client.uid()
    finally:
        await client.close()

    def write(records: Records) -> Cluster:
        cluster = records.clusters.create(
            Cluster(
                id="",
                project=project,
                name=name,
                uid=uid,
                server=client.server,
                credentials=records.blobs.put_sealed(msgspec.json.encode(credentials)),
                created_at=now(),
            )
        )
        audit(records, actor, project, "register", "cluster", name)
        return cluster

    return await ports.store.write(write)


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
