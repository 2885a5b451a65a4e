"""Make, change, show and delete webhooks; look at their deliveries, and send one again."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from cantata.actions.audit import audit, now
from cantata.actions.ports import Ports
from cantata.actions.shared_secrets import followed, new_secret
from cantata.core.model.access import Actor
from cantata.core.model.errors import EditConflict, check_name
from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.webhooks import Delivery, DeliveryState, Notice, Webhook
from cantata.core.webhooks.addresses import check_url
from cantata.core.webhooks.notices import payload
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records

MOST_PATTERNS = 100
LONGEST_PATTERN = 200
KEEP = 200


class WebhookPatternInvalid(CantataError):
    category = Category.INVALID


class DeliveryUnderWay(CantataError):
    """A delivery that has not ended is sent by itself."""

    category = Category.CONFLICT


class WebhookChanges(msgspec.Struct, frozen=True):
    """What an edit changes; what is unset stays."""

    url: str | msgspec.UnsetType = msgspec.UNSET
    notices: tuple[Notice, ...] | msgspec.UnsetType = msgspec.UNSET
    applications: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


async def create_webhook(ports: Ports, actor: Actor, webhook: Webhook) -> tuple[str, Webhook]:
    """The secret is given back this once. Raises `NameInvalid`, `NameTaken`, `WebhookAddressInvalid`,
    `WebhookAddressClosed`, `WebhookPatternInvalid`."""
    check_name("webhook", webhook.name)
    _check(ports, webhook)
    secret = new_secret()

    def write(records: Records) -> Webhook:
        made = records.webhooks.create(webhook, RotatedSecret(secret))
        audit(records, actor, made.project, "create", "webhook", made.name)
        return made

    return secret, await ports.store.write(write)


async def edit_webhook(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    changes: WebhookChanges,
    *,
    expected: int | None = None,
) -> Webhook:
    """Raises `WebhookNotFound`, `EditConflict`, and what `create_webhook` raises."""
    present = await get_webhook(ports, project, name)
    if expected is not None and expected != present.row_version:
        raise EditConflict(
            f"webhook {name} was changed by somebody else",
            subject=f"webhook {name}",
            hint="Read it again, then change that.",
        )
    given = {
        field: value
        for field, value in msgspec.structs.asdict(changes).items()
        if not isinstance(value, msgspec.UnsetType)
    }
    wanted = msgspec.structs.replace(present, **given)
    if wanted == present:
        return present
    _check(ports, wanted)

    def write(records: Records) -> Webhook:
        changed = records.webhooks.update(wanted)
        audit(records, actor, project, "edit", "webhook", name, ", ".join(sorted(given)))
        return changed

    changed = await ports.store.write(write)
    ports.wake()
    return changed


async def rotate_webhook_secret(
    ports: Ports, actor: Actor, project: str, name: str, *, at_once: bool = False
) -> tuple[str, Webhook]:
    """The new secret is given back this once; deliveries are signed with the one before, too, for a day, or
    not any more `at_once`. Raises `WebhookNotFound`."""
    secret = new_secret()

    def write(records: Records) -> Webhook:
        webhook = records.webhooks.get(project, name)
        kept = followed(lambda: records.webhooks.secret(webhook), secret, at_once=at_once)
        records.webhooks.set_secret(webhook, kept)
        audit(records, actor, project, "rotate", "webhook", name, "at once" if at_once else "")
        return webhook

    return secret, await ports.store.write(write)


def _check(ports: Ports, webhook: Webhook) -> None:
    check_url(webhook.url, ports.callable)
    patterns = webhook.applications
    if len(patterns) > MOST_PATTERNS or any(not 0 < len(each) <= LONGEST_PATTERN for each in patterns):
        raise WebhookPatternInvalid(
            f"webhook {webhook.name} has more than {MOST_PATTERNS} patterns of applications, or an empty or"
            " endless one",
            subject=f"webhook {webhook.name}",
            hint="Patterns are such as shop-* or *-prod.",
        )


async def get_webhook(ports: Ports, project: str, name: str) -> Webhook:
    """Raises `WebhookNotFound`."""
    return await ports.store.read(lambda records: records.webhooks.get(project, name))


async def list_webhooks(
    ports: Ports, project: str, *, search: str = "", page: Page = Page()
) -> Sequence[Webhook]:
    return await ports.store.read(lambda records: records.webhooks.list(project, search=search, page=page))


async def delete_webhook(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """With its deliveries, also those that wait. Raises `WebhookNotFound`."""

    def write(records: Records) -> None:
        records.webhooks.delete(records.webhooks.get(project, name))
        audit(records, actor, project, "delete", "webhook", name)

    await ports.store.write(write)


async def list_deliveries(ports: Ports, project: str, name: str, page: Page = Page()) -> Sequence[Delivery]:
    """Newest first. Raises `WebhookNotFound`."""
    return await ports.store.read(
        lambda records: records.webhooks.deliveries(records.webhooks.get(project, name), page=page)
    )


async def redeliver(ports: Ports, actor: Actor, project: str, name: str, id_: str) -> Delivery:
    """Sends a delivery that has ended again, under the same id. Raises `WebhookNotFound`,
    `DeliveryNotFound`, `DeliveryUnderWay`."""

    def write(records: Records) -> Delivery:
        delivery = records.webhooks.delivery(records.webhooks.get(project, name), id_)
        if delivery.state is DeliveryState.QUEUED:
            raise DeliveryUnderWay(f"delivery {id_} has not ended yet", subject=f"delivery {id_}")
        again = msgspec.structs.replace(
            delivery, state=DeliveryState.QUEUED, attempts=0, status=0, error="", next_at=time.time()
        )
        records.webhooks.tried(again, keep=KEEP)
        audit(records, actor, project, "redeliver", "webhook", name, id_)
        return again

    delivery = await ports.store.write(write)
    ports.wake()
    return delivery


async def try_webhook(ports: Ports, actor: Actor, project: str, name: str) -> Delivery:
    """Queues a delivery that tells of nothing. Raises `WebhookNotFound`."""

    def write(records: Records) -> Delivery:
        webhook = records.webhooks.get(project, name)
        body = payload(Notice.TEST, now(), {"project": project, "webhook": name})
        delivery = records.webhooks.queue(webhook, Notice.TEST, "", 0, body)
        audit(records, actor, project, "test", "webhook", name)
        return delivery

    delivery = await ports.store.write(write)
    ports.wake()
    return delivery
