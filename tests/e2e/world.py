"""What the API server holds of one namespace, as far as a change of config may show there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.core.delivery.kubelet import Seen, contents, see
from tests.e2e.conftest import Kubectl

from cantata.core.model.objects import LiveObject
from cantata.kube import KubeCluster
from cantata.ports import Change

WORKLOADS = "deployments,statefulsets,daemonsets,jobs,cronjobs"
SERVICE = "app.kubernetes.io/name"


@dataclass(frozen=True, slots=True)
class World:
    """`generations` are of the workloads, by their names; `pods` what the containers of each service see."""

    generations: dict[str, int]
    pods: dict[str, Seen]

    def rolled_since(self, before: World) -> dict[str, int]:
        """By how many generations the workloads are ahead, those that are."""
        assert self.generations.keys() == before.generations.keys()
        ahead = {name: now - before.generations[name] for name, now in self.generations.items()}
        return {name: by for name, by in ahead.items() if by}


def read_world(kubectl: Kubectl, namespace: str) -> World:
    data = contents(kubectl.items("configmaps,secrets", "-n", namespace))
    pods = [
        pod for pod in kubectl.items("pods", "-n", namespace) if not pod["metadata"].get("deletionTimestamp")
    ]
    return World(
        {
            each["metadata"]["name"]: each["metadata"]["generation"]
            for each in kubectl.items(WORKLOADS, "-n", namespace)
            if not each["metadata"].get("ownerReferences")
        },
        {
            pod["metadata"]["labels"][SERVICE]: see(pod["spec"], pod["spec"]["containers"][0], data)
            for pod in pods
        },
    )


class Rollouts:
    """The Deployments of a namespace in the order of their changes, as one watch tells them."""

    def __init__(self) -> None:
        self._heard: list[tuple[str, int, bool]] = []

    def heard(self, _change: Change, live: LiveObject) -> None:
        manifest = live.manifest()
        done = is_rolled_out(manifest["spec"], manifest.get("status", {}), live.metadata.generation)
        self._heard.append((live.metadata.name, live.metadata.generation, done))

    def assert_ready_before(self, first: str, then: str, generation: int) -> None:
        """That `then` was given this generation only when `first` was rolled out in it."""
        done = self._heard.index((first, generation, True))
        begun = [name_generation for *name_generation, _ in self._heard].index([then, generation])
        assert done < begun, self._heard


def is_rolled_out(spec: Any, status: Any, generation: int) -> bool:
    wanted = spec["replicas"]
    counted = [status.get(count) for count in ("replicas", "updatedReplicas", "readyReplicas")]
    return status.get("observedGeneration") == generation and counted == [wanted] * 3


@asynccontextmanager
async def watched_rollouts(cluster: KubeCluster, namespace: str) -> AsyncIterator[Rollouts]:
    rollouts = Rollouts()
    deployments = await cluster.resource("apps", "Deployment")
    informer = cluster.inform(deployments, namespace=namespace, listener=rollouts.heard)
    await informer.wait_synced()
    yield rollouts
    await informer.close()
