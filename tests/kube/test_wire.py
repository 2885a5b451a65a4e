"""From the API server's JSON to live objects."""

from __future__ import annotations

import itertools
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.objects import GVK
from cantata.kube.errors import ClusterProtocolError
from cantata.kube.lines import LineBuffer, pieces
from cantata.kube.wire import RawEvent, Shape, decode_event, decode_item, decode_object

DEPLOYMENT = GVK("apps", "v1", "Deployment")
SHAPE = Shape(DEPLOYMENT)
OWNED = [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]


def deployment(**metadata: Any) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", **metadata},
        "spec": {"replicas": 2},
    }


def line(kind: str, document: dict[str, Any]) -> bytes:
    return b'{"type":"%s","object":%s}' % (kind.encode(), msgspec.json.encode(document))


def take(text: bytes, shape: Shape = SHAPE) -> Any:
    decoded = decode_event(text, shape, shape.head, "Deployment")
    assert not isinstance(decoded, RawEvent)
    return decoded[1]


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"managedFields": OWNED},
        {"managedFields": OWNED, "labels": {"z": "last"}},
        {"managedFields": []},
        {"annotations": {"copy": '{"managedFields":[{"manager":"x"}]}'}, "managedFields": OWNED},
    ],
)
def test_managed_fields_are_cut_out_and_the_rest_stays(metadata: dict[str, Any]) -> None:
    document = deployment(**metadata)
    live = take(line("ADDED", document))
    document["metadata"].pop("managedFields", None)
    assert live.manifest() == document
    assert live.metadata.resource_version == "7"
    assert live.metadata.annotations == metadata.get("annotations", {})


def test_another_spelling_of_the_same_json_gives_the_same_object() -> None:
    usual = take(line("MODIFIED", deployment(managedFields=OWNED)))
    document = msgspec.json.format(msgspec.json.encode(deployment(managedFields=OWNED)), indent=1)
    spaced = take(b'{ "object": ' + document.replace(b"\n", b"") + b', "type": "MODIFIED" }')
    assert spaced.manifest() == usual.manifest()
    assert spaced.metadata == usual.metadata


def test_items_of_a_list_get_their_kind_back() -> None:
    document = deployment()
    bare = {key: value for key, value in document.items() if key in {"metadata", "spec"}}
    raw = msgspec.Raw(msgspec.json.encode(bare))
    assert decode_item(raw, SHAPE, SHAPE.head, "list").manifest() == document


@pytest.mark.parametrize("kind", ["PartialObjectMetadata", "Deployment"])
def test_metadata_only(kind: str) -> None:
    shape = Shape(DEPLOYMENT, metadata_only=True)
    document = {**deployment(managedFields=OWNED), "kind": kind}
    if kind == "PartialObjectMetadata":
        document["apiVersion"] = "meta.k8s.io/v1"
        del document["spec"]
    live = take(line("ADDED", document), shape)
    expected = deployment()
    del expected["spec"]
    assert live.manifest() == expected


def test_nulls_of_add_on_servers_are_borne() -> None:
    nulls = {"creationTimestamp": None, "labels": None, "finalizers": None}
    assert take(line("ADDED", deployment(**nulls))).metadata.labels == {}
    body = msgspec.json.encode(deployment(**nulls))
    assert decode_object(body, DEPLOYMENT, "x").metadata.name == "web"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b'{"type":"ADDED"}',
        b'{"type":"ADDED","object":{}}',
        b'{"type":"ADDED","object":{"metadata":{"name":""}}}',
        b'{"type":"ADDED","object":{"metadata":{"name":7}}}',
        b'{"type":"ADDED","object":{"metadata":{"name":"a"}}',
        b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}}',
        b'{"type":"ADDED","object":{"metadata":' + b"[" * 5000,
    ],
)
def test_what_is_no_event_is_an_error(text: bytes) -> None:
    with pytest.raises(ClusterProtocolError):
        decode_event(text, SHAPE, SHAPE.head, "Deployment")


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_do_not_depend_on_where_the_stream_is_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))) | {0, len(stream)})
    buffer = LineBuffer()
    found = [line for a, b in itertools.pairwise(cuts) for line in buffer.feed(stream[a:b])]
    assert found == lines
    assert len(buffer) == 4
    assert buffer.take() == b"rest"


@given(st.binary(max_size=50), st.integers(1, 10))
def test_pieces_lose_nothing(text: bytes, limit: int) -> None:
    parts = list(pieces(text, limit))
    assert b"".join(parts) == text
    assert all(len(part) <= limit for part in parts)


def test_an_event_costs_little() -> None:
    """The budget is 50 µs; the best of several rounds, since the machine may be busy."""
    document = deployment(managedFields=OWNED * 3, annotations={str(i): "x" * 50 for i in range(40)})
    text = line("MODIFIED", document)
    rounds = []
    for _ in range(20):
        start = time.process_time()
        for _ in range(50):
            take(text)
        rounds.append((time.process_time() - start) / 50)
    assert min(rounds) < 50e-6
