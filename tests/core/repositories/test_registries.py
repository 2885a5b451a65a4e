"""Challenges, links, manifests and metadata, which registries write as they like."""

from __future__ import annotations

import msgspec
import pytest

from cantata.core.model.market import ChartRow, Credentials, Maintainer
from cantata.core.repositories.errors import RepositoryAnswerInvalid
from cantata.core.repositories.metadata import row_of
from cantata.core.repositories.registries import (
    Challenge,
    annotations_of,
    chart_layer,
    next_link,
    parse_challenge,
    parse_manifest,
    signatures_in,
    tag_of,
    version_of,
)

SUM = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        (
            [
                'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="a:b:pull,push"'
            ],
            Challenge("bearer", "https://auth.docker.io/token", "registry.docker.io", "a:b:pull,push"),
        ),
        (["bearer realm=https://a.org/t, service=s"], Challenge("bearer", "https://a.org/t", "s")),
        (['Bearer realm="a \\"b\\""'], Challenge("bearer", 'a "b"')),
        (['Basic realm="x"', 'Bearer realm="https://a.org"'], Challenge("bearer", "https://a.org")),
        (['Basic realm="x"'], Challenge("basic", "x")),
        (['Bearer service="no realm"'], None),
        (["Negotiate abc"], None),
        ([""], None),
        ([], None),
    ],
)
def test_challenges(headers: list[str], challenge: Challenge | None) -> None:
    assert parse_challenge(headers) == challenge


def test_links_to_the_next_page() -> None:
    assert next_link('</v2/a/tags/list?last=b&n=2>; rel="next"') == "/v2/a/tags/list?last=b&n=2"
    assert next_link("<https://a.org/1>; rel=prev, <https://a.org/2>; rel=next") == "https://a.org/2"
    assert next_link("") == ""


def test_tags_of_versions() -> None:
    assert (tag_of("1.0.0+a.1"), version_of("1.0.0_a.1")) == ("1.0.0_a.1", "1.0.0+a.1")


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (b"[]", "is none"),
        (b"{", "is none"),
        (b'{"layers": [{"digest": 1, "size": 2}]}', "is none"),
        (b"{}", "no Helm chart"),
        (
            b'{"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"x","size":1}]}',
            "no Helm",
        ),
        (
            b'{"layers":[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip",'
            b'"digest":"sha256:../../x","size":1}]}',
            "no sha256 digest",
        ),
    ],
)
def test_what_is_no_manifest_of_a_chart(manifest: bytes, says: str) -> None:
    with pytest.raises(RepositoryAnswerInvalid, match=says):
        chart_layer(parse_manifest(manifest, "db:1"), "db:1")


def test_metadata_of_any_shape_becomes_a_row() -> None:
    assert row_of({"name": "db", "version": 1.5, "keywords": "x", "maintainers": [1, {"name": "Ada"}]}) == (
        ChartRow("db", "1.5", maintainers=(Maintainer("Ada"),))
    )
    assert row_of({"name": ["db"], "annotations": 1, "deprecated": "yes"}) == ChartRow("", "")
    assert len(row_of({"name": "db", "description": "x" * 9000}).description) == 2000
    assert annotations_of(ChartRow("db", "1.0.0", licence="MIT")) == {
        "org.opencontainers.image.title": "db",
        "org.opencontainers.image.version": "1.0.0",
        "org.opencontainers.image.licenses": "MIT",
    }


def test_credentials_are_never_printed() -> None:
    secret = Credentials("ada", "secret", "secret")
    assert "secret" not in f"{secret} {secret!r}"
    assert msgspec.json.encode(secret)


def test_signatures_are_told_from_other_artifacts_that_refer_to_a_chart() -> None:
    types = [
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.cncf.notary.signature",
        "application/spdx+json",
        "",
    ]
    named = [*((SUM, each) for each in types), ("../x", types[0])]
    told = {"manifests": [{"digest": sum_, "size": 1, "artifactType": kind} for sum_, kind in named]}
    found = signatures_in(parse_manifest(msgspec.json.encode(told), "db"))
    assert found == [f"{each} {SUM}" for each in types[:2]]
