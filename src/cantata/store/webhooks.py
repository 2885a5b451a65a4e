"""Webhooks and their deliveries. Secrets are sealed in their rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.errors import DeliveryNotFound, EditConflict, NameTaken, WebhookNotFound
from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.webhooks import Delivery, DeliveryState, Notice, Webhook
from cantata.ports.pages import Page
from cantata.ports.webhooks import Progress
from cantata.store import tables
from cantata.store.transaction import Query, Transaction, Upsert, new_id, page_by_id, page_by_name

_webhooks = tables.webhooks
_deliveries = tables.webhook_deliveries
_row = tables.webhooks.c
_delivery = tables.webhook_deliveries.c
_select = sa.select(*(_row[field] for field in Webhook.__struct_fields__))
_select_deliveries = sa.select(*(_delivery[field] for field in Delivery.__struct_fields__))
_queued = _delivery.state == DeliveryState.QUEUED
_told = tables.webhook_progress.c
_progress = (
    sa.select(_told.project, _told.told, sa.func.coalesce(tables.streams.c.last, 0))
    .join_from(
        tables.webhook_progress,
        tables.streams,
        _told.project == tables.streams.c.project,
        isouter=True,
    )
    .where(sa.exists().where(_row.project == _told.project))
)
_tell = Upsert(
    tables.webhook_progress,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["project"], set_={"told": insert.excluded.told}
    ),
)
_last = sa.select(tables.streams.c.last).where(tables.streams.c.project == sa.bindparam("of"))


class SqlWebhooks:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def create(self, webhook: Webhook, secret: RotatedSecret) -> Webhook:
        """The first one of a project is told of nothing that was before."""
        project, name = webhook.project, webhook.name
        self._tx.require_project(project)
        if self._tx.first(_named(project, name)) is not None:
            raise NameTaken(f"there is already a webhook {name}", subject=f"webhook {name}")
        since = self._last(project)
        if self._tx.first(sa.select(_row.id).where(_row.project == project).limit(1)) is None:
            self.told(project, since)
        made = msgspec.structs.replace(
            webhook, id=new_id(), created_at=self._tx.at, row_version=1, since=since
        )
        self._tx.insert(_webhooks, **msgspec.structs.asdict(made), secret=self._sealed(made, secret))
        return made

    def get(self, project: str, name: str) -> Webhook:
        return Webhook(*self._tx.one(_named(project, name), lambda: WebhookNotFound(name)))

    def by_id(self, id_: str) -> Webhook:
        return Webhook(*self._tx.one(_select.where(_row.id == id_), lambda: WebhookNotFound(id_)))

    def list(self, project: str, *, search: str = "", page: Page = Page()) -> Sequence[Webhook]:
        query = page_by_name(_select.where(_row.project == project), _row.name, search, page)
        return [Webhook(*row) for row in self._tx.all(query)]

    def update(self, webhook: Webhook) -> Webhook:
        same = (_row.id == webhook.id) & (_row.row_version == webhook.row_version)
        was_off = self._tx.first(sa.select(_row.id).where(_row.id == webhook.id, ~_row.enabled)) is not None
        since = self._last(webhook.project) if was_off and webhook.enabled else webhook.since
        changed = msgspec.structs.replace(webhook, row_version=webhook.row_version + 1, since=since)
        values = {
            field: getattr(changed, field)
            for field in ("url", "notices", "applications", "enabled", "row_version", "since")
        }
        if not self._tx.run(_webhooks.update().where(same).values(**values)):
            self.by_id(webhook.id)
            raise EditConflict(
                f"webhook {webhook.name} was changed by somebody else",
                subject=f"webhook {webhook.name}",
                hint="Read it again, then change that.",
            )
        return changed

    def secret(self, webhook: Webhook) -> RotatedSecret:
        query = sa.select(_row.secret).where(_row.id == webhook.id)
        row = self._tx.one(query, lambda: WebhookNotFound(webhook.name))
        content = self._tx.keyring.unseal(row.secret, purpose(webhook.id))
        # One from before secrets could be rotated stands as it is.
        if not content.startswith(b"{"):
            return RotatedSecret(content.decode())
        return msgspec.json.decode(content, type=RotatedSecret)

    def set_secret(self, webhook: Webhook, secret: RotatedSecret) -> None:
        sealed = self._sealed(webhook, secret)
        if not self._tx.run(_webhooks.update().where(_row.id == webhook.id).values(secret=sealed)):
            raise WebhookNotFound(webhook.name)

    def _sealed(self, webhook: Webhook, secret: RotatedSecret) -> bytes:
        return self._tx.keyring.seal(msgspec.json.encode(secret), purpose(webhook.id))

    def _last(self, project: str) -> int:
        """The event of the project that was told last."""
        stream = self._tx.first(_last, of=project)
        return stream.last if stream is not None else 0

    def delete(self, webhook: Webhook) -> None:
        if not self._tx.run(_webhooks.delete().where(_row.id == webhook.id)):
            raise WebhookNotFound(webhook.name)

    def progress(self) -> Sequence[Progress]:
        return [Progress(*row) for row in self._tx.all(_progress)]

    def told(self, project: str, event: int) -> None:
        self._tx.upsert(_tell, {"project": project, "told": event})

    def queue(self, webhook: Webhook, notice: Notice, application: str, event: int, payload: str) -> Delivery:
        made = Delivery(new_id(), webhook.id, notice, application, event, payload, created_at=self._tx.at)
        self._tx.insert(_deliveries, **msgspec.structs.asdict(made))
        return made

    def due(self, now: float, limit: int) -> Sequence[tuple[Webhook, Delivery]]:
        columns = [_row[field] for field in Webhook.__struct_fields__]
        query = (
            _select_deliveries.add_columns(*columns)
            .join_from(_deliveries, _webhooks, _delivery.webhook_id == _row.id)
            .where(_queued, _delivery.next_at <= now, _row.enabled)
            .order_by(_delivery.next_at, _delivery.id)
            .limit(limit)
        )
        width = len(Delivery.__struct_fields__)
        return [(Webhook(*row[width:]), Delivery(*row[:width])) for row in self._tx.all(query)]

    def next_at(self) -> float | None:
        query = (
            sa.select(sa.func.min(_delivery.next_at))
            .join_from(_deliveries, _webhooks, _delivery.webhook_id == _row.id)
            .where(_queued, _row.enabled)
        )
        row = self._tx.first(query)
        found: float | None = row[0] if row is not None else None
        return found

    def tried(self, delivery: Delivery, *, keep: int) -> None:
        ended = self._tx.at if delivery.state is not DeliveryState.QUEUED else ""
        values = {
            field: getattr(delivery, field) for field in ("state", "attempts", "status", "error", "next_at")
        }
        same = _delivery.id == delivery.id
        self._tx.run(_deliveries.update().where(same).values(**values, ended_at=ended))
        if ended:
            own = (_delivery.webhook_id == delivery.webhook_id) & ~_queued
            kept = sa.select(_delivery.id).where(own).order_by(_delivery.id.desc()).limit(1).offset(keep)
            if (oldest := self._tx.first(kept)) is not None:
                self._tx.run(_deliveries.delete().where(own, _delivery.id <= oldest.id))

    def deliveries(self, webhook: Webhook, *, page: Page = Page()) -> Sequence[Delivery]:
        query = _select_deliveries.where(_delivery.webhook_id == webhook.id)
        return [Delivery(*row) for row in self._tx.all(page_by_id(query, _delivery.id, page))]

    def delivery(self, webhook: Webhook, id_: str) -> Delivery:
        query = _select_deliveries.where(_delivery.webhook_id == webhook.id, _delivery.id == id_)
        return Delivery(*self._tx.one(query, lambda: DeliveryNotFound(id_)))


def _named(project: str, name: str) -> Query:
    return _select.where(_row.project == project, _row.name == name)


def purpose(id_: str) -> str:
    return f"secret of webhook {id_}"
