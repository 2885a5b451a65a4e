"""The schemas of a cluster: read once, and anew when they have changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.kube.conftest import Script, answer, text

from cantata.core.model.objects import GVK
from cantata.core.schemas import Schemas
from cantata.kube import KubeCluster
from cantata.kube.errors import ClusterProtocolError

GATE = GVK("example.com", "v1", "Gate")
PATH = "/openapi/v3/apis/example.com/v1"


def index(query: str = "?hash=1", path: str = PATH) -> dict[str, Any]:
    return {"paths": {"apis/example.com/v1": {"serverRelativeURL": f"{path}{query}"}}}


def document(*properties: str) -> dict[str, Any]:
    kind = {"group": GATE.group, "version": GATE.version, "kind": GATE.kind}
    schema = {
        "type": "object",
        "description": "long",
        "properties": {name: {"type": "string"} for name in properties},
        "x-kubernetes-group-version-kind": [kind],
    }
    return {"openapi": "3.0.0", "components": {"schemas": {"com.example.v1.Gate": schema}}}


async def fields(cluster: KubeCluster) -> set[str]:
    schemas = await cluster.schemas("example.com/v1")
    assert isinstance(schemas, Schemas)
    kind = schemas.find(GATE)
    assert kind is not None
    assert kind.structural
    return set(kind.root.properties)


async def test_a_document_is_read_once_while_its_hash_is_the_same(
    script: Script, cluster: KubeCluster
) -> None:
    script.on("/openapi/v3", answer(index(), ETag='"1"'), answer(None, 304), answer(index("?hash=2")))
    script.on(PATH, answer(document("a")), answer(document("a", "b")))
    assert await fields(cluster) == {"a"}
    assert await fields(cluster) == {"a"}
    assert script.asked("/openapi/v3")[1].headers["If-None-Match"] == '"1"'
    assert (script.count("/openapi/v3"), script.count(PATH)) == (2, 1)
    assert await fields(cluster) == {"a", "b"}
    assert script.count(PATH) == 2


async def test_a_document_without_a_hash_is_read_each_time(script: Script, cluster: KubeCluster) -> None:
    script.on("/openapi/v3", answer(index("")))
    script.on(PATH, answer(document("a")), answer(document("b")))
    assert await fields(cluster) == {"a"}
    assert await fields(cluster) == {"b"}


async def test_the_index_may_come_as_text(script: Script, cluster: KubeCluster) -> None:
    script.on("/openapi/v3", text(json.dumps(index())))
    script.on(PATH, answer(document("a")))
    assert await fields(cluster) == {"a"}


async def test_what_is_not_published_is_not_known(script: Script, cluster: KubeCluster) -> None:
    script.on("/openapi/v3", answer(index()))
    assert await cluster.schemas("other.example.com/v1") is None
    script.on("/openapi/v3", answer(index(path="/api/v1/secrets")))
    assert await cluster.schemas("example.com/v1") is None
    assert script.count("/api/v1/secrets") == 0


async def test_an_answer_that_is_none_is_an_error(script: Script, cluster: KubeCluster) -> None:
    script.on("/openapi/v3", answer({"paths": []}))
    with pytest.raises(ClusterProtocolError, match="schemas cannot be read"):
        await cluster.schemas("example.com/v1")
    script.on("/openapi/v3", answer(index()))
    script.on(PATH, answer({"components": {"schemas": {"a": {"properties": 1}}}}))
    with pytest.raises(ClusterProtocolError, match="schemas cannot be read"):
        await cluster.schemas("example.com/v1")
