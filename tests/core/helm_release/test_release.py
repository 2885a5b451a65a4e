"""What Helm keeps of a release is read, however hostile it is."""

from __future__ import annotations

import base64
import gzip
import zlib
from typing import Any

import msgspec
import pytest

from cantata.core.helm_release import (
    HelmReleaseInvalid,
    chart_files,
    config_of,
    dependencies,
    merged,
    read_record,
    read_release,
    released_objects,
)
from cantata.core.helm_release import read as reading
from cantata.core.model.objects import GVK, LiveObject, Metadata

RELEASE: dict[str, Any] = {
    "name": "prod",
    "namespace": "shop",
    "version": 3,
    "info": {"status": "deployed"},
    "chart": {
        "metadata": {
            "apiVersion": "v2",
            "name": "demo",
            "version": "1.2.3",
            "dependencies": [{"name": "redis", "alias": "cache"}, {"name": "common"}],
        },
        "lock": None,
        "templates": [{"name": "templates/web.yaml", "data": base64.b64encode(b"a: \xff\r\n").decode()}],
        "files": [
            {"name": "README.md", "data": base64.b64encode(b"hello").decode()},
            {"name": "Chart.lock", "data": ""},
        ],
        "values": {"replicas": 1000000, "image": {"tag": "1.10"}},
        "schema": base64.b64encode(b"{}").decode(),
    },
    "config": {"replicas": 2},
    "manifest": "---\n# Source: demo/templates/web.yaml\nkind: A\n---\nkind: B\n"
    "---\n# Source: demo/charts/x.yaml\nkind: C\n",
    "hooks": [{"path": "demo/templates/test.yaml", "manifest": "kind: D\n"}],
}  # fmt: skip


def kept(release: Any) -> bytes:
    return base64.b64encode(gzip.compress(msgspec.json.encode(release)))


def test_the_chart_comes_back_with_its_files_as_they_were() -> None:
    release = read_release(kept(RELEASE), "release prod")
    assert (release.name, release.namespace, release.version) == ("prod", "shop", 3)
    assert dependencies(release) == ("cache", "common")
    assert chart_files(release, release.chart.values or {}) == {
        "Chart.yaml": b'apiVersion: v2\nname: demo\nversion: "1.2.3"\n',
        "values.yaml": b'replicas: 1000000\nimage:\n  tag: "1.10"\n',
        "values.schema.json": b"{}",
        "templates/web.yaml": b"a: \xff\r\n",
        "README.md": b"hello",
    }
    assert [(path, text.splitlines()[-1]) for path, text in released_objects(release)] == [
        ("demo/templates/web.yaml", "kind: A"),
        ("demo/templates/web.yaml", "kind: B"),
        ("demo/charts/x.yaml", "kind: C"),
        ("demo/templates/test.yaml", "kind: D"),
    ]


def test_what_was_kept_before_compression_is_read() -> None:
    assert read_release(base64.b64encode(msgspec.json.encode(RELEASE)), "x").name == "prod"


SECRET = "grey-harbour-horse"
DEEP = b'{"name":"a","namespace":"b","chart":{"metadata":{}},"config":{"a":' + b"[" * 300 + b"]" * 300 + b"}}"


def _packed(content: bytes) -> bytes:
    return base64.b64encode(gzip.compress(content))


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b"", "not JSON"),
        (b"not base64!", "neither gzip nor base64"),
        (base64.b64encode(b"\x1f\x8b\x08nonsense"), "neither gzip nor base64"),
        (base64.b64encode(gzip.compress(b"{}" * 99)[:-9]), "neither gzip nor base64"),
        (_packed(b"[]"), "not JSON"),
        (_packed(b"{}"), "not JSON"),
        (_packed(b"\xff\xfe"), "not JSON"),
        (kept({**RELEASE, "name": [SECRET]}), r"not JSON as Helm writes it, at `\$\.name`"),
        (kept({**RELEASE, "chart": {"metadata": SECRET}}), "not JSON"),
        (
            kept({**RELEASE, "chart": {**RELEASE["chart"], "files": [{"name": "a", "data": SECRET}]}}),
            "not JSON",
        ),
        (_packed(DEEP), "nested deeper than 100"),
        (_packed(b"[" * 100_000), "not JSON|nested deeper"),
    ],
)
def test_what_helm_does_not_write_is_refused(payload: bytes, word: str) -> None:
    with pytest.raises(HelmReleaseInvalid, match=word) as caught:
        read_release(payload, "release prod")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None or SECRET not in str(caught.value.__cause__)


def test_what_explodes_is_not_unpacked() -> None:
    bomb = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    megabyte = b" " * (1 << 20)
    packed = b"".join([*(bomb.compress(megabyte) for _ in range(300)), bomb.flush()])
    assert len(packed) < 1 << 20
    with pytest.raises(HelmReleaseInvalid, match="larger than 64 MiB"):
        read_release(base64.b64encode(packed), "release prod")
    assert reading.LARGEST == 64 << 20


@pytest.mark.parametrize(
    ("labels", "revision"),
    [
        ({"owner": "helm", "name": "a", "version": "7", "status": "deployed", "modifiedAt": "1"}, 7),
        ({"owner": "helm", "name": "a", "version": "-7"}, None),
        ({"owner": "helm", "name": "a", "version": "9" * 30}, None),
        ({"owner": "else", "name": "a", "version": "7"}, None),
        ({"owner": "helm", "version": "7"}, None),
    ],
)
def test_records_are_told_by_labels(labels: dict[str, str], revision: int | None) -> None:
    live = LiveObject(GVK("", "v1", "Secret"), Metadata(name="x", namespace="n", labels=labels), b"{}")
    found = read_record(live)
    assert (found.revision if found is not None else None) == revision


def test_the_values_of_the_user_become_a_config() -> None:
    values = {
        "adminPassword": "grey",
        "annotations": {"example.com/x": "y", "plain": "z"},
        "empty": {},
        "list": [{"a/b": 1}],
        "nothing": None,
        "script": "a\nb\n",
        "tail": "a\n\n",
        "number": 1000000,
        "ref": {"token": "ref:abc"},
    }
    found = config_of(values, "****", "Values.")
    assert found.text == (
        "# Values.\n"
        'adminPassword: !secret "grey"\n'
        "annotations:\n"
        "  plain: z\n"
        "empty: {}\n"
        "list:\n"
        '  - "a/b": 1\n'
        "nothing: null\n"
        "script: |\n"
        "  a\n"
        "  b\n"
        'tail: "a\\n\\n"\n'
        "number: 1000000\n"
        "ref:\n"
        '  token: "ref:abc"\n'
    ).replace('"a/b"', "a/b")
    assert '!secret "****"' in found.shown
    assert "grey" not in found.shown
    assert found.secrets == ("adminPassword",)
    assert found.moved == {"annotations": {"example.com/x": "y"}}
    assert merged({"annotations": {"a": 1}, "b": {"c": 1}}, {**found.moved, "b": None}) == {
        "annotations": {"a": 1, "example.com/x": "y"}
    }
