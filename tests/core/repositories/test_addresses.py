"""Which addresses repositories may have, and which ones they may lead to."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from cantata.core.model.market import Credentials, Repository, RepositoryKind, Source
from cantata.core.repositories.addresses import chart_url, check_repository, is_refused, same_origin, shown
from cantata.core.repositories.dependencies import source_for
from cantata.core.repositories.errors import RepositoryAddressClosed, RepositoryAddressInvalid

CHOSEN_ONLY, NOBODY, EVERYBODY = "chosen only", "nobody", "everybody"


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("8.8.8.8", EVERYBODY),
        ("2606:4700::1111", EVERYBODY),
        ("10.1.2.3", CHOSEN_ONLY),
        ("172.16.0.1", CHOSEN_ONLY),
        ("192.168.1.1", CHOSEN_ONLY),
        ("100.64.0.1", CHOSEN_ONLY),
        ("fd12::1", CHOSEN_ONLY),
        ("::ffff:10.1.2.3", CHOSEN_ONLY),
        ("127.0.0.1", NOBODY),
        ("127.8.8.8", NOBODY),
        ("::1", NOBODY),
        ("0.0.0.0", NOBODY),
        ("::", NOBODY),
        ("169.254.169.254", NOBODY),
        ("fe80::1", NOBODY),
        ("::ffff:127.0.0.1", NOBODY),
        ("::ffff:169.254.169.254", NOBODY),
        ("64:ff9b::a9fe:a9fe", NOBODY),
        ("2002:7f00:1::", NOBODY),
        ("100.100.100.200", NOBODY),
        ("fd00:ec2::254", NOBODY),
        ("224.0.0.1", NOBODY),
        ("255.255.255.255", NOBODY),
    ],
)
def test_who_may_lead_to_an_address(address: str, who: str) -> None:
    literal = ip_address(address)
    assert is_refused(literal, chosen=True) is (who == NOBODY)
    assert is_refused(literal, chosen=False) is (who != EVERYBODY)
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert not is_refused(literal, chosen=False, allowed=everything)


def repository(kind: RepositoryKind, url: str) -> Repository:
    return Repository("id", "default", "tests", kind, url)


HTTP, OCI, FOLDER = RepositoryKind.HTTP, RepositoryKind.OCI, RepositoryKind.FOLDER


@pytest.mark.parametrize(
    ("kind", "url", "error"),
    [
        (HTTP, "https://charts.example.org/stable", None),
        (HTTP, "http://10.0.0.1:8080", None),
        (HTTP, "http://127.0.0.1", RepositoryAddressClosed),
        (HTTP, "http://[::1]/", RepositoryAddressClosed),
        (HTTP, "http://169.254.169.254/latest", RepositoryAddressClosed),
        (HTTP, "oci://registry.example.org", RepositoryAddressInvalid),
        (HTTP, "file:///etc", RepositoryAddressInvalid),
        (HTTP, "https://ada:secret@charts.example.org", RepositoryAddressInvalid),
        (HTTP, "https://charts.example.org/?token=secret", RepositoryAddressInvalid),
        (HTTP, "https://charts.example.org:99999", RepositoryAddressInvalid),
        (HTTP, "https://", RepositoryAddressInvalid),
        (OCI, "oci://registry.example.org:5000/team/charts", None),
        (OCI, "oci://registry.example.org", None),
        (OCI, "oci://127.0.0.1:5000/charts", RepositoryAddressClosed),
        (OCI, "oci://registry.example.org/Charts", RepositoryAddressInvalid),
        (OCI, "oci://registry.example.org/a/../b", RepositoryAddressInvalid),
        (OCI, "oci://registry.example.org/charts:1.0.0", RepositoryAddressInvalid),
        (OCI, "https://registry.example.org/charts", RepositoryAddressInvalid),
        (FOLDER, "/srv/charts", None),
        (FOLDER, "charts", RepositoryAddressInvalid),
        (FOLDER, "/srv/../etc", RepositoryAddressInvalid),
    ],
)
def test_which_address_a_repository_may_have(
    kind: RepositoryKind, url: str, error: type[Exception] | None
) -> None:
    if error is None:
        check_repository(repository(kind, url))
    else:
        with pytest.raises(error) as refused:
            check_repository(repository(kind, url))
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("db-1.tgz", "https://a.org/stable/db-1.tgz"),
        ("charts/db-1.tgz", "https://a.org/stable/charts/db-1.tgz"),
        ("/db-1.tgz", "https://a.org/db-1.tgz"),
        ("../db-1.tgz", "https://a.org/db-1.tgz"),
        ("https://b.org/db-1.tgz?sign=1", "https://b.org/db-1.tgz?sign=1"),
        ("ftp://b.org/db-1.tgz", ""),
        ("file:///etc/passwd", ""),
        ("https://ada:secret@b.org/db.tgz", ""),
        ("https://b.org/a b", ""),
    ],
)
def test_where_an_archive_is(written: str, url: str) -> None:
    if url:
        assert chart_url("https://a.org/stable/", written) == url
    else:
        with pytest.raises(RepositoryAddressInvalid):
            chart_url("https://a.org/stable/", written)


def test_credentials_are_for_a_scheme_a_host_and_a_port() -> None:
    assert same_origin("https://a.org/x", "https://A.org:443/y")
    for other in ("http://a.org", "https://a.org:444", "https://b.org", "https://a.org.b.org"):
        assert not same_origin("https://a.org", other)
    assert shown("https://ada:secret@a.org:80/path?token=secret#secret") == "https://a.org:80/path"


def test_the_repository_that_a_chart_names() -> None:
    known = [
        Source(repository(HTTP, "https://a.org/one/"), Credentials("one", "secret")),
        Source(repository(OCI, "oci://r.org/charts"), Credentials("two", "secret")),
    ]
    assert source_for("https://a.org/one", known) is known[0]
    assert source_for("oci://r.org/charts", known) is known[1]
    sibling = source_for("oci://r.org/others/deep", known)
    assert (sibling.repository.url, sibling.credentials.username) == ("oci://r.org/others/deep", "two")
    stranger = source_for("https://b.org/one", known)
    assert (stranger.credentials, stranger.configured) == (Credentials(), False)
