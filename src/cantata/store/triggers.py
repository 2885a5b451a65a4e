"""Triggers and their calls. Secrets and payloads are sealed in their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from cantata.core.model.errors import (
    ConfigNotFound,
    EditConflict,
    NameTaken,
    TriggerCallNotFound,
    TriggerNotFound,
    TriggerQueueFull,
)
from cantata.core.model.rotation import RotatedSecret
from cantata.core.model.triggers import CallState, Trigger, TriggerCall
from cantata.ports.pages import Page
from cantata.store import tables
from cantata.store.blobs import compress, decompress
from cantata.store.transaction import Query, Transaction, new_id, page_by_id, page_by_name

_triggers = tables.triggers
_calls = tables.trigger_calls
_row = tables.triggers.c
_call = tables.trigger_calls.c
_deliveries = tables.trigger_deliveries
_known = tables.trigger_deliveries.c

_select = sa.select(
    _row.id,
    _row.project,
    _row.name,
    tables.configs.c.name.label("config"),
    _row.kind,
    _row["keys"],
    _row.images,
    _row.sources,
    _row.enabled,
    _row.row_version,
    _row.created_at,
).join_from(_triggers, tables.configs)
_select_calls = sa.select(*(_call[field] for field in TriggerCall.__struct_fields__))


class SqlTriggers:
    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def create(self, trigger: Trigger, secrets: RotatedSecret) -> Trigger:
        self._tx.require_project(trigger.project)
        if self._tx.first(_named(trigger.project, trigger.name)) is not None:
            raise NameTaken(f"there is already a trigger {trigger.name}", subject=f"trigger {trigger.name}")
        made = msgspec.structs.replace(trigger, id=new_id(), created_at=self._tx.at, row_version=1)
        self._tx.insert(
            _triggers,
            id=made.id,
            project=made.project,
            name=made.name,
            kind=made.kind,
            created_at=made.created_at,
            secrets=self._sealed(made, secrets),
            **self._described(made),
        )
        return made

    def get(self, project: str, name: str) -> Trigger:
        return Trigger(*self._tx.one(_named(project, name), lambda: TriggerNotFound(name)))

    def by_id(self, id_: str) -> Trigger:
        return Trigger(*self._tx.one(_select.where(_row.id == id_), lambda: TriggerNotFound(id_)))

    def find(self, id_: str) -> tuple[Trigger, RotatedSecret] | None:
        row = self._tx.first(_select.add_columns(_row.secrets).where(_row.id == id_))
        if row is None:
            return None
        trigger = Trigger(*row[:-1])
        return trigger, self._unsealed(trigger, row.secrets)

    def list(
        self, project: str, *, search: str = "", config: str = "", page: Page = Page()
    ) -> Sequence[Trigger]:
        query = _select.where(_row.project == project)
        if config:
            query = query.where(tables.configs.c.name == config)
        return [Trigger(*row) for row in self._tx.all(page_by_name(query, _row.name, search, page))]

    def update(self, trigger: Trigger) -> Trigger:
        same = (_row.id == trigger.id) & (_row.row_version == trigger.row_version)
        described = {**self._described(trigger), "row_version": trigger.row_version + 1}
        if not self._tx.run(_triggers.update().where(same).values(**described)):
            self._tx.one(_select.where(_row.id == trigger.id), lambda: TriggerNotFound(trigger.name))
            raise EditConflict(
                f"trigger {trigger.name} was changed by somebody else",
                subject=f"trigger {trigger.name}",
                hint="Read it again, then change that.",
            )
        return msgspec.structs.replace(trigger, row_version=trigger.row_version + 1)

    def secrets(self, trigger: Trigger) -> RotatedSecret:
        query = sa.select(_row.secrets).where(_row.id == trigger.id)
        row = self._tx.one(query, lambda: TriggerNotFound(trigger.name))
        return self._unsealed(trigger, row.secrets)

    def set_secrets(self, trigger: Trigger, secrets: RotatedSecret) -> None:
        sealed = self._sealed(trigger, secrets)
        if not self._tx.run(_triggers.update().where(_row.id == trigger.id).values(secrets=sealed)):
            raise TriggerNotFound(trigger.name)

    def delete(self, trigger: Trigger) -> None:
        if not self._tx.run(_triggers.delete().where(_row.id == trigger.id)):
            raise TriggerNotFound(trigger.name)

    def _described(self, trigger: Trigger) -> dict[str, object]:
        config = self._tx.one(
            sa.select(tables.configs.c.id).where(
                tables.configs.c.project == trigger.project, tables.configs.c.name == trigger.config
            ),
            lambda: ConfigNotFound(trigger.config),
        )
        fields = ("keys", "images", "sources", "enabled", "row_version")
        return {"config_id": config.id, **{field: getattr(trigger, field) for field in fields}}

    def _sealed(self, trigger: Trigger, secrets: RotatedSecret) -> bytes:
        return self._tx.keyring.seal(msgspec.json.encode(secrets), purpose(trigger.id))

    def _unsealed(self, trigger: Trigger, sealed: bytes) -> RotatedSecret:
        content = self._tx.keyring.unseal(sealed, purpose(trigger.id))
        return msgspec.json.decode(content, type=RotatedSecret)

    # --- calls ---------------------------------------------------------------------------------------------

    def receive(
        self,
        trigger: Trigger,
        *,
        identity: str,
        delivery: str,
        source: str,
        payload: bytes,
        waiting: int,
        remember: int,
    ) -> tuple[TriggerCall, bool]:
        if (known := self._find_known(trigger, identity)) is not None:
            return known, False
        self._require_room(trigger, waiting)
        call = TriggerCall(new_id(), trigger.id, delivery, source, self._tx.at)
        sealed = self._tx.keyring.seal(compress(payload), payload_purpose(call.id))
        self._tx.insert(_calls, **msgspec.structs.asdict(call), payload=sealed)
        self._remember(call, identity, remember)
        return call, True

    def _find_known(self, trigger: Trigger, identity: str) -> TriggerCall | None:
        """The call as it is, or what is remembered of one that is kept no more."""
        fields = ("call_id", "trigger_id", "delivery", "received_at", "state")
        query = sa.select(*(_known[field] for field in fields))
        row = self._tx.first(query.where(_known.trigger_id == trigger.id, _known.identity == identity))
        if row is None:
            return None
        kept = self._tx.first(_select_calls.where(_call.id == row.call_id))
        if kept is not None:
            return TriggerCall(*kept)
        return TriggerCall(row.call_id, row.trigger_id, row.delivery, "", row.received_at, row.state)

    def _remember(self, call: TriggerCall, identity: str, remember: int) -> None:
        mine = _known.trigger_id == call.trigger_id
        last = self._tx.first(sa.select(_known.number).where(mine).order_by(_known.number.desc()).limit(1))
        number = last.number + 1 if last else 1
        self._tx.insert(
            _deliveries,
            trigger_id=call.trigger_id,
            identity=identity,
            number=number,
            call_id=call.id,
            delivery=call.delivery,
            received_at=call.received_at,
            state=call.state,
        )
        self._tx.run(_deliveries.delete().where(mine & (_known.number <= number - remember)))

    def _require_room(self, trigger: Trigger, waiting: int) -> None:
        mine = (_call.trigger_id == trigger.id) & (_call.state == CallState.QUEUED)
        if self._tx.first(sa.select(_call.id).where(mine).offset(waiting - 1).limit(1)) is not None:
            raise TriggerQueueFull(
                f"{waiting} calls of trigger {trigger.name} wait already",
                subject=f"trigger {trigger.name}",
                hint=f"Send it again later; `cantata trigger calls {trigger.name}` tells what holds them up.",
            )

    def calls(self, trigger: Trigger, *, page: Page = Page()) -> Sequence[TriggerCall]:
        query = _select_calls.where(_call.trigger_id == trigger.id)
        return [TriggerCall(*row) for row in self._tx.all(page_by_id(query, _call.id, page))]

    def call(self, trigger: Trigger, id_: str) -> TriggerCall:
        query = _select_calls.where(_call.trigger_id == trigger.id, _call.id == id_)
        return TriggerCall(*self._tx.one(query, lambda: TriggerCallNotFound(id_, of=trigger.name)))

    def payload(self, call: TriggerCall) -> bytes:
        query = sa.select(_call.payload).where(_call.id == call.id)
        row = self._tx.one(query, lambda: TriggerCallNotFound(call.id))
        bound = payload_purpose(call.id)
        return decompress(self._tx.keyring.unseal(row.payload, bound), bound)

    def queued(self, limit: int, *, without: Collection[tuple[str, str]] = ()) -> Sequence[TriggerCall]:
        query = _select_calls.where(_call.state == CallState.QUEUED)
        if without:
            config = sa.tuple_(tables.configs.c.project, tables.configs.c.name)
            held = sa.select(_row.id).join_from(_triggers, tables.configs).where(config.in_(list(without)))
            query = query.where(_call.trigger_id.not_in(held))
        query = query.order_by(_call.id).limit(limit)
        return [TriggerCall(*row) for row in self._tx.all(query)]

    def tried(self, call: TriggerCall, result: str) -> int:
        counted = {"attempts": _call.attempts + 1, "result": result}
        self._tx.run(_calls.update().where(_queued(call)).values(**counted))
        query = sa.select(_call.attempts).where(_call.id == call.id)
        number: int = self._tx.one(query, lambda: TriggerCallNotFound(call.id)).attempts
        return number

    def finish(
        self, call: TriggerCall, state: CallState, *, cause: str, result: str, config_version: int, keep: int
    ) -> bool:
        ended = {
            "state": state,
            "cause": cause,
            "result": result,
            "config_version": config_version,
            "ended_at": self._tx.at,
        }
        if not self._tx.run(_calls.update().where(_queued(call)).values(**ended)):
            return False
        self._tx.run(_deliveries.update().where(_known.call_id == call.id).values(state=state))
        mine = (_call.trigger_id == call.trigger_id) & (_call.state != CallState.QUEUED)
        oldest = sa.select(_call.id).where(mine).order_by(_call.id.desc()).offset(keep).limit(1)
        self._tx.run(_calls.delete().where(mine & (_call.id <= oldest.scalar_subquery())))
        return True

    def requeue(self, call: TriggerCall) -> bool:
        anew = {"state": CallState.QUEUED, "cause": "", "result": "", "attempts": 0, "ended_at": ""}
        failed = (_call.id == call.id) & (_call.state == CallState.FAILED)
        if not self._tx.run(_calls.update().where(failed).values(**anew)):
            return False
        self._tx.run(_deliveries.update().where(_known.call_id == call.id).values(state=CallState.QUEUED))
        return True


def _named(project: str, name: str) -> Query:
    return _select.where(_row.project == project, _row.name == name)


def _queued(call: TriggerCall) -> sa.ColumnElement[bool]:
    return (_call.id == call.id) & (_call.state == CallState.QUEUED)


def purpose(id_: str) -> str:
    return f"secrets of trigger {id_}"


def payload_purpose(id_: str) -> str:
    return f"payload of call {id_}"
