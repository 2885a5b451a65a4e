"""What webhooks tell, to whom, where they may call, and when again."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import msgspec
import pytest

from cantata.core.model.events import Event, EventType
from cantata.core.model.webhooks import Notice, Webhook
from cantata.core.webhooks.addresses import (
    WebhookAddressClosed,
    WebhookAddressInvalid,
    check_url,
    is_closed,
)
from cantata.core.webhooks.notices import LONGEST, notice_of, payload_of, who_wants
from cantata.core.webhooks.retries import pause_after


def event(type_: EventType = EventType.OPERATION, application: str = "shop-dev", **data: Any) -> Event:
    return Event(7, "default", "id", application, type_, "2026-01-01T00:00:00.000Z", data)


@pytest.mark.parametrize(
    ("told", "notice"),
    [
        (event(state="succeeded", verb="deploy"), Notice.DEPLOYED),
        (event(state="succeeded", verb="rollback"), Notice.DEPLOYED),
        (event(state="succeeded", verb="delete"), None),
        (event(state="failed", verb="delete"), Notice.FAILED),
        (event(state="failed", verb="deploy"), Notice.FAILED),
        (event(state="running", verb="deploy"), None),
        (event(state="superseded", verb="deploy"), None),
        (event(), None),
        (event(EventType.DEGRADED), Notice.DEGRADED),
        (event(EventType.RECOVERED), Notice.RECOVERED),
        (event(EventType.DRIFTED), Notice.DRIFTED),
        (event(EventType.SERVICE, state="failed"), None),
    ],
)
def test_which_notice_an_event_is(told: Event, notice: Notice | None) -> None:
    assert notice_of(told) is notice


@pytest.mark.parametrize(
    ("more", "wants"),
    [
        ({}, True),
        ({"notices": (Notice.FAILED,)}, True),
        ({"notices": (Notice.DEPLOYED,)}, False),
        ({"applications": ("shop-*",)}, True),
        ({"applications": ("web", "*-dev")}, True),
        ({"applications": ("SHOP-*", "hop")}, False),
        ({"enabled": False}, False),
        ({"since": 6}, True),
        ({"since": 7}, False),
    ],
)
def test_who_wants_a_notice(more: dict[str, Any], wants: bool) -> None:
    webhook = Webhook("1", "default", "hook", "https://example.org", **more)
    assert who_wants(event(state="failed"), Notice.FAILED, [webhook]) == ([webhook] if wants else [])


def test_a_payload_is_bounded_and_says_what_it_is_about() -> None:
    told = event(state="failed", message="x" * 9000, deep=[{"a": "y" * 9000}] * 200)
    body = msgspec.json.decode(payload_of(told, Notice.FAILED))
    assert (body["type"], body["timestamp"]) == ("failed", told.at)
    data = body["data"]
    assert (data["application"], data["event"], data["project"]) == ("shop-dev", 7, "default")
    assert (len(data["message"]), len(data["deep"])) == (LONGEST + 1, 100)
    assert len(data["deep"][0]["a"]) == LONGEST + 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("169.254.169.254", True),
        ("169.254.1.1", True),
        ("100.100.100.200", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("255.255.255.255", True),
        ("::", True),
        ("fe80::1", True),
        ("ff02::1", True),
        ("fd00:ec2::254", True),
        ("::ffff:169.254.169.254", True),
        ("2002:a9fe:a9fe::1", True),
        ("64:ff9b::a9fe:a9fe", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("93.184.216.34", False),
        ("::1", False),
        ("2001:db8::1", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_closed_addresses(address: str, expected: bool) -> None:
    assert is_closed(ip_address(address)) is expected
    allowed = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert not is_closed(ip_address(address), allowed)


@pytest.mark.parametrize("url", ["https://example.org/x", "http://127.0.0.1:8080", "http://[::1]/hook"])
def test_addresses_that_may_be_called(url: str) -> None:
    assert check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "https://",
        "https://user:hunter2@example.org",
        "https://user@example.org",
        "https://example.org:port",
        "https://example.org/a b",
        "https://example.org/\r\nX: 1",
        "https://[::1",
        "https://" + "x" * 3000,
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(WebhookAddressInvalid) as refused:
        check_url(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_closed_addresses_in_urls(host: str) -> None:
    with pytest.raises(WebhookAddressClosed):
        check_url(f"http://{host}/latest/meta-data")


def test_pauses_grow_and_end() -> None:
    assert [pause_after(tried, 500, 5) for tried in range(1, 8)] == [5, 20, 80, 320, 1280, 5120, None]
    assert pause_after(1, 410, 5) is None
