"""What people write for a repository and for a chart in it."""

from __future__ import annotations

import pytest

from cantata.core.market import (
    ChartReference,
    ChartReferenceInvalid,
    below,
    parse_reference,
    repository_kind,
)
from cantata.core.model.market import RepositoryKind
from cantata.core.repositories.errors import RepositoryAddressInvalid

DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("bitnami/redis", ChartReference("redis", "bitnami")),
        ("oci://host/web", ChartReference("web", url="oci://host/web")),
        ("oci://host:5000/a/web:1.2.0", ChartReference("web", url="oci://host:5000/a/web", version="1.2.0")),
        ("oci://host/web:1.0.0_a.1", ChartReference("web", url="oci://host/web", version="1.0.0+a.1")),
        (f"oci://host/web@{DIGEST}", ChartReference("web", url="oci://host/web", version=DIGEST)),
        (f"oci://host/web:1.0.0@{DIGEST}", ChartReference("web", url="oci://host/web", version=DIGEST)),
    ],
)
def test_references_are_read(text: str, reference: ChartReference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "redis",
        "/redis",
        "bitnami/",
        "bitnami/a/b",
        "bitnami/../etc",
        "bitnami/-x",
        "oci://host",
        "oci:///web",
        "oci://host/web:",
        "oci://host/web@sha256:12",
        "oci://host/web@",
        "https://host/web",
    ],
)
def test_what_names_no_chart_is_told(text: str) -> None:
    with pytest.raises(ChartReferenceInvalid):
        parse_reference(text)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://charts.example.org", RepositoryKind.HTTP),
        ("http://10.0.0.1:8080/x", RepositoryKind.HTTP),
        ("oci://registry.example.org/charts", RepositoryKind.OCI),
        ("/srv/charts", RepositoryKind.FOLDER),
    ],
)
def test_the_kind_follows_from_the_address(url: str, kind: RepositoryKind) -> None:
    assert repository_kind(url) is kind


@pytest.mark.parametrize(
    "url", ["", "charts", "file:///srv/charts", "ftp://host/x", "https//host", "/srv/\n", "/" + "x" * 3000]
)
def test_what_is_no_address_is_told_without_it(url: str) -> None:
    with pytest.raises(RepositoryAddressInvalid) as caught:
        repository_kind(url)
    assert not url or url not in str(caught.value)


def test_a_chart_lies_below_a_registry_by_whole_names() -> None:
    assert below("oci://host/a", "oci://host/a/b/web") == "b/web"
    assert below("oci://host/a/", "oci://host/a") == ""
    assert below("oci://host/a", "oci://host/abc/web") is None
    assert below("oci://host", "oci://host.evil/web") is None
