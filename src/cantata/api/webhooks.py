"""Routes of webhooks and of their deliveries."""

from __future__ import annotations

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.webhooks import (
    WebhookChanges,
    create_webhook,
    delete_webhook,
    edit_webhook,
    get_webhook,
    list_deliveries,
    list_webhooks,
    redeliver,
    rotate_webhook_secret,
    try_webhook,
)
from cantata.api.authentication import needs
from cantata.api.conditions import Expected, TheActor, ThePage, ThePorts, page_info, tagged
from cantata.contract.pages import Page
from cantata.contract.rotation import RotateRequest
from cantata.contract.webhooks import DeliveryInfo, NewWebhookInfo, WebhookDraft, WebhookEdit, WebhookInfo
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.model.webhooks import Delivery, Webhook

READ = needs(Verb.READ, Noun.WEBHOOK)
OPERATE = needs(Verb.OPERATE, Noun.WEBHOOK)


@get("/", opt=READ)
async def list_(
    ports: ThePorts, page: ThePage, project: FromPath[str], search: FromQuery[str] = ""
) -> Page[WebhookInfo]:
    """List webhooks by name."""
    rows = await list_webhooks(ports, project, search=search, page=page)
    return page_info(rows, page, _webhook_info, lambda row: row.name)


@post("/", opt=needs(Verb.CREATE, Noun.WEBHOOK))
async def create(
    ports: ThePorts, actor: TheActor, project: FromPath[str], data: JSONBody[WebhookDraft]
) -> NewWebhookInfo:
    """Create a webhook. Its secret is in this answer and nowhere else."""
    given = {**msgspec.to_builtins(data), "id": "", "project": project}
    secret, webhook = await create_webhook(ports, actor, msgspec.convert(given, Webhook))
    return NewWebhookInfo(secret, _webhook_info(webhook))


@get("/{name:str}", opt=READ)
async def show(ports: ThePorts, project: FromPath[str], name: FromPath[str]) -> Response[WebhookInfo]:
    """Show a webhook, without its secret."""
    webhook = await get_webhook(ports, project, name)
    return tagged(_webhook_info(webhook), webhook.row_version)


@put("/{name:str}", opt=needs(Verb.EDIT, Noun.WEBHOOK))
async def edit(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[WebhookEdit],
    expected: Expected,
) -> Response[WebhookInfo]:
    """Change a webhook: its address, what it tells, and whether it does. Honours If-Match."""
    changes = msgspec.convert(msgspec.to_builtins(data), WebhookChanges)
    webhook = await edit_webhook(ports, actor, project, name, changes, expected=expected)
    return tagged(_webhook_info(webhook), webhook.row_version)


@delete("/{name:str}", opt=needs(Verb.DELETE, Noun.WEBHOOK))
async def remove(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> None:
    """Delete a webhook with its deliveries, also those that wait."""
    await delete_webhook(ports, actor, project, name)


@post("/{name:str}/secret", opt=needs(Verb.EDIT, Noun.WEBHOOK))
async def rotate(
    ports: ThePorts,
    actor: TheActor,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[RotateRequest],
) -> NewWebhookInfo:
    """Make a new secret. It is in this answer and nowhere else."""
    secret, webhook = await rotate_webhook_secret(ports, actor, project, name, at_once=data.at_once)
    return NewWebhookInfo(secret, _webhook_info(webhook))


@post("/{name:str}/test", opt=OPERATE, status_code=202)
async def test(ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str]) -> DeliveryInfo:
    """Send a delivery that tells of nothing."""
    return _delivery_info(await try_webhook(ports, actor, project, name))


@get("/{name:str}/deliveries", opt=READ)
async def deliveries(
    ports: ThePorts, page: ThePage, project: FromPath[str], name: FromPath[str]
) -> Page[DeliveryInfo]:
    """List deliveries, newest first."""
    rows = await list_deliveries(ports, project, name, page)
    return page_info(rows, page, _delivery_info, lambda row: row.id)


@post("/{name:str}/deliveries/{id_:str}/redeliver", opt=OPERATE, status_code=202)
async def again(
    ports: ThePorts, actor: TheActor, project: FromPath[str], name: FromPath[str], id_: FromPath[str]
) -> DeliveryInfo:
    """Send a delivery that has ended once more, under the same id."""
    return _delivery_info(await redeliver(ports, actor, project, name, id_))


def _webhook_info(webhook: Webhook) -> WebhookInfo:
    return msgspec.convert(msgspec.to_builtins(webhook), WebhookInfo)


def _delivery_info(delivery: Delivery) -> DeliveryInfo:
    return msgspec.convert(msgspec.to_builtins(delivery), DeliveryInfo)


router = Router(
    "/webhooks",
    route_handlers=[list_, create, show, edit, remove, rotate, test, deliveries, again],
    tags=["webhook"],
)
