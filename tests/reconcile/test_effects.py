"""What a preview shows of one object, asked of an API server that is ahead of the informers."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from cantata.actions.effects import DryRuns
from cantata.actions.unverified import Unverified
from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import LiveObject, Manifest
from cantata.core.model.plans import Action
from cantata.core.plan import Decision, Desired
from cantata.ports import Applied

MakeLive = Callable[[Manifest], LiveObject]


def web(image: str, **spec: Any) -> Manifest:
    containers = [{"name": "main", "image": image}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": containers}}, **spec},
    }


class Api:
    """Of a Deployment that was scaled to three."""

    def __init__(self, make: MakeLive) -> None:
        self._make = make

    def at(self, version: str, manifest: Manifest) -> LiveObject:
        metadata = {**manifest["metadata"], "uid": "u", "resourceVersion": version}
        return self._make({**manifest, "metadata": metadata})

    async def apply(self, manifest: Manifest, **_: object) -> Applied:
        return Applied(self.at("2", {**manifest, "spec": {**manifest["spec"], "replicas": 3}}))

    async def find(self, *_: object) -> LiveObject:
        return self.at("2", web("web:1", replicas=3))


async def test_what_the_informers_have_not_heard_of_is_not_shown_as_our_change(live_object: MakeLive) -> None:
    api = Api(live_object)
    desired = Desired.of(web("web:2"), "web")
    record = ObjectRecord(desired.key, desired.gvk, "web", uid="u", resource_version="1")
    source = SimpleNamespace(application=SimpleNamespace(id="a"), inventory=[record], latest=None)
    prepared: Any = SimpleNamespace(
        source=source,
        session=SimpleNamespace(cluster=api),
        live=SimpleNamespace(find=lambda _key: api.at("1", web("web:1", replicas=1))),
        decisions={},
        desired=SimpleNamespace(services={}, extras=SimpleNamespace(definitions=())),
    )
    dry_runs = DryRuns(prepared, Unverified(prepared, namespace_exists=True))
    plan = await dry_runs.plan(Decision(desired, Action.UPDATE))
    assert [each.path for each in plan.changes] == ["spec.template.spec.containers[main].image"]
