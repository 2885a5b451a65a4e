"""Routes of clusters."""

from __future__ import annotations

from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody

from cantata.actions.register_cluster import edit_cluster, list_clusters, register_cluster, remove_cluster
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, ThePorts
from cantata.api.wire import cluster_info
from cantata.contract.clusters import ClusterDraft, ClusterEdit, ClusterInfo
from cantata.contract.pages import Page
from cantata.core.decide.authorise import Noun, Verb


@get("/", opt=needs(Verb.READ, Noun.CLUSTER))
async def list_(ports: ThePorts, project: FromPath[str]) -> Page[ClusterInfo]:
    """List clusters by name."""
    return Page(tuple(cluster_info(row) for row in await list_clusters(ports, project)))


@post("/", opt=needs(Verb.CREATE, Noun.CLUSTER))
async def create(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[ClusterDraft]
) -> ClusterInfo:
    """Register a cluster, after trying its credentials."""
    return cluster_info(
        await register_cluster(ports, actor, project, data.name, data.kubeconfig_text, context=data.context)
    )


@put("/{name:str}", opt=needs(Verb.EDIT, Noun.CLUSTER))
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ClusterEdit],
) -> ClusterInfo:
    """Renew the credentials of a cluster, after trying them. What runs goes on with the new ones."""
    return cluster_info(
        await edit_cluster(ports, actor, project, name, data.kubeconfig_text, context=data.context)
    )


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.CLUSTER))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Forget a cluster that no application uses."""
    await remove_cluster(ports, actor, project, name)


router = Router("/clusters", route_handlers=[list_, create, edit, remove], tags=["cluster"])
