"""Webhooks over HTTP, with a real receiver on this machine that checks what it is sent."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web

from cantata.client import Client, RemoteError
from cantata.contract.webhooks import DeliveryInfo, WebhookDraft, WebhookEdit
from cantata.core.model.events import EventType, Subject
from cantata.core.model.triggers import TriggerKind
from cantata.core.triggers.authenticate import Call, authenticate
from cantata.core.webhooks.addresses import WebhookAddressClosed
from cantata.notify.http import OpenResolver
from cantata.server.compose import Composed, composed
from cantata.settings import load_settings

DEADLINE = 20.0
T = TypeVar("T")
SUBJECT = Subject("default", "x", "shop-dev")


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Composed]:
    """That tries again soon."""
    settings = load_settings(
        {
            "CANTATA_DATA_DIR": str(tmp_path / "data"),
            "CANTATA_WORKERS": "1",
            "CANTATA_WEBHOOK_RETRY_SECONDS": "0.02",
        }
    )
    async with composed(settings, lambda _: None) as parts:
        telling = asyncio.create_task(parts.webhooks.run())
        yield parts
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


class Receiver:
    """Answers `statuses` in turn, the last one from then on; checks the signature of every call."""

    def __init__(self, *statuses: int, location: str = "") -> None:
        self.secret = ""
        self.signatures = 0
        self.url = ""
        self.calls: list[tuple[str, bytes]] = []
        self._statuses = list(statuses)
        self._location = location
        self._called = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers.items()}
        authenticate(TriggerKind.GENERIC, [self.secret], Call(headers, "", body), time.time())
        self.signatures = len(headers["webhook-signature"].split())
        self.calls.append((headers["webhook-id"], body))
        self._called.set()
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        return web.Response(status=status, headers={"Location": self._location} if self._location else {})

    async def called(self, times: int) -> None:
        async with asyncio.timeout(DEADLINE):
            while len(self.calls) < times:
                self._called.clear()
                await self._called.wait()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Receiver]:
        app = web.Application()
        app.router.add_post("/hook", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listener).start()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        try:
            yield self
        finally:
            await runner.cleanup()


async def tell(parts: Composed, type_: EventType, application: str = "shop-dev", **data: object) -> None:
    subject = Subject("default", "x", application)
    await parts.ports.store.write(lambda records: records.events.append(subject, type_, data))
    parts.ports.wake()


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    """What is seen once that holds."""
    async with asyncio.timeout(DEADLINE):
        while True:
            found = await look()
            if holds(found):
                return found
            await asyncio.sleep(0.02)


async def gone_by(parts: Composed) -> None:
    """Until all events so far have become deliveries, or none."""
    store = parts.ports.store
    await until(
        lambda: store.read(lambda records: records.webhooks.progress()),
        lambda progress: all(each.told >= each.last for each in progress),
    )


async def deliveries(client: Client, name: str) -> list[DeliveryInfo]:
    return [each async for each in client.webhooks.deliveries(name)]


async def ended(client: Client, name: str, count: int) -> list[DeliveryInfo]:
    return await until(
        lambda: deliveries(client, name),
        lambda found: len(found) == count and all(each.state != "queued" for each in found),
    )


async def tried_once(client: Client, name: str) -> DeliveryInfo:
    """The only delivery, after its first try."""
    (found,) = await until(lambda: deliveries(client, name), lambda found: found[0].attempts > 0)
    return found


async def create(client: Client, receiver: Receiver, **draft: object) -> None:
    made = await client.webhooks.create(WebhookDraft(name="alarm", url=receiver.url, **draft))  # type: ignore[arg-type]
    receiver.secret = made.secret


async def test_what_happens_is_told_signed_and_tried_again(client: Client, parts: Composed) -> None:
    async with Receiver(500, 503, 204).serving() as receiver:
        await create(client, receiver, notices=("failed", "degraded"), applications=("shop-*",))
        await tell(parts, EventType.OPERATION, state="succeeded", verb="deploy")
        await tell(parts, EventType.OPERATION, "other", state="failed", verb="deploy")
        await tell(parts, EventType.OPERATION, state="failed", verb="deploy", message="no image")
        (delivery,) = await ended(client, "alarm", 1)
        assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 3, 204)
        assert {id_ for id_, _ in receiver.calls} == {delivery.id}
        body = json.loads(receiver.calls[-1][1])
        assert body["type"] == "failed"
        assert (body["data"]["application"], body["data"]["message"]) == ("shop-dev", "no image")
        await tell(parts, EventType.DEGRADED)
        second, _ = await ended(client, "alarm", 2)
        assert (second.notice, second.attempts) == ("degraded", 1)


async def test_a_delivery_is_given_up_and_sent_again_by_hand(client: Client) -> None:
    async with Receiver(410, 200).serving() as receiver:
        await create(client, receiver)
        queued = await client.webhooks.test("alarm")
        (failed,) = await ended(client, "alarm", 1)
        assert (failed.id, failed.state, failed.attempts) == (queued.id, "failed", 1)
        assert failed.error == "the receiver answered 410"
        await client.webhooks.redeliver("alarm", failed.id)
        await receiver.called(2)
        (again,) = await ended(client, "alarm", 1)
        assert (again.id, again.state, again.error) == (failed.id, "delivered", "")
        assert [id_ for id_, _ in receiver.calls] == [failed.id] * 2
        assert {json.loads(body)["timestamp"][:2] for _, body in receiver.calls} == {"20"}


async def test_redirects_are_not_followed(client: Client) -> None:
    async with Receiver(200).serving() as inside, Receiver(307, location="").serving() as receiver:
        receiver._location = inside.url
        await create(client, receiver)
        await client.webhooks.test("alarm")
        await receiver.called(3)
        tried = await tried_once(client, "alarm")
        assert (tried.status, tried.error) == (307, "the receiver answered 307")
        assert inside.calls == []


async def test_nobody_there_is_said_without_the_path(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    draft = WebhookDraft(name="alarm", url=f"http://127.0.0.1:{port}/hooks/very-secret")
    await client.webhooks.create(draft)
    await client.webhooks.test("alarm")
    tried = await tried_once(client, "alarm")
    assert tried.error.startswith("127.0.0.1 did not answer")
    assert "secret" not in tried.error


async def test_a_webhook_that_is_off_keeps_what_waits(client: Client, parts: Composed) -> None:
    async with Receiver(500).serving() as broken:
        await create(client, broken)
        await client.webhooks.edit("alarm", WebhookEdit(enabled=False))
        await client.webhooks.test("alarm")
        await tell(parts, EventType.DEGRADED)
        await gone_by(parts)
        async with Receiver(200).serving() as receiver:
            receiver.secret = broken.secret
            await client.webhooks.edit("alarm", WebhookEdit(url=receiver.url, enabled=True))
            (delivery,) = await ended(client, "alarm", 1)
            assert (delivery.notice, delivery.state) == ("test", "delivered")
        assert broken.calls == []


async def test_a_secret_is_rotated_without_a_delivery_that_nobody_can_check(client: Client) -> None:
    async with Receiver(200).serving() as receiver:
        await create(client, receiver)
        old = receiver.secret
        new = (await client.webhooks.rotate("alarm")).secret
        for number, secret in enumerate((old, new), 1):
            receiver.secret = secret
            await client.webhooks.test("alarm")
            await receiver.called(number)
            assert receiver.signatures == 2
        receiver.secret = (await client.webhooks.rotate("alarm", at_once=True)).secret
        await client.webhooks.test("alarm")
        await receiver.called(3)
        assert receiver.signatures == 1
        assert len({old, new, receiver.secret}) == 3


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        ({"url": "ftp://example.org"}, "WebhookAddressInvalid"),
        ({"url": "http://169.254.169.254/latest"}, "WebhookAddressClosed"),
        ({"url": "https://u:p@example.org"}, "WebhookAddressInvalid"),
        ({"url": "https://example.org", "applications": ("",)}, "WebhookPatternInvalid"),
        ({"url": "https://example.org", "name": "Not A Name"}, "NameInvalid"),
    ],
)
async def test_bad_input_is_refused(draft: dict[str, object], code: str, client: Client) -> None:
    with pytest.raises(RemoteError) as refused:
        await client.webhooks.create(WebhookDraft(**{"name": "alarm", **draft}))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert [each async for each in client.webhooks.list()] == []


class Metadata:
    """Resolves every name to where clouds have their metadata."""

    async def resolve(self, host: str, port: int, _family: int) -> list[dict[str, object]]:
        return [{"hostname": host, "host": "169.254.169.254", "port": port}]


async def test_a_name_that_leads_to_a_closed_address_is_not_called() -> None:
    """Where it is resolved, after it was let through as a name."""
    resolver = OpenResolver(())
    resolver._resolver = Metadata()  # type: ignore[assignment]
    with pytest.raises(WebhookAddressClosed):
        await resolver.resolve("innocent.example.org", 80)


async def test_the_secret_is_shown_once_and_never_again(client: Client) -> None:
    async with Receiver(200).serving() as receiver:
        await create(client, receiver)
        shown = await client.webhooks.show("alarm")
        listed = [each async for each in client.webhooks.list()]
        assert receiver.secret.removeprefix("whsec_") not in repr((shown, listed))
