"""What is told of drift, what the policy takes back, and what is a fight.

A field that came back after it was taken back twice is fought for by somebody else: a controller, a webhook,
a person with a loop. Taking it back again would go on for ever, so it is told, with who it is, and left
alone until something else is wanted, somebody takes it back by hand, or nothing was for an hour. An operation
that failed took nothing back: after two of them the field is left as long, and nobody is told to fight.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cantata.core.drift.leave import Leave
from cantata.core.model.applications import Operation, OperationState, Verb
from cantata.core.model.drift import Drift, DriftedField, DriftPolicy, Reverted

BY_POLICY = "drift policy"
"""The author of what the policy takes back."""

MOST_REVERTS = 2
FIGHT_SECONDS = 3600.0


class Settled(msgspec.Struct, frozen=True):
    """`drift` is what is known from now on, `appeared` what is new of it, `gone` what is drift no more,
    `revert` the services that the policy takes back."""

    drift: Drift
    appeared: tuple[DriftedField, ...] = ()
    gone: tuple[DriftedField, ...] = ()
    revert: tuple[str, ...] = ()


def settle(
    found: Iterable[DriftedField],
    before: Drift,
    *,
    revision: int,
    policy: DriftPolicy,
    excepted: tuple[str, ...],
    now: float,
    last: Operation | None = None,
) -> Settled:
    """`found` is what differs at this moment, `revision` the one that is wanted, `last` the newest operation
    of the application."""
    leave = Leave(excepted)
    counted = before.reverted if before.revision == revision else ()
    reverted = {(each.object, each.field): each for each in counted if now - each.at < FIGHT_SECONDS}
    fields, revert = [], set()
    for each in found:
        if leave.has(each.object, each.field):
            continue
        known = reverted.get(each.place, Reverted(each.object, each.field, 0, now))
        if known.times and last is not None and _failed_for(last, each.service, known):
            known = msgspec.structs.replace(
                known, times=known.times - 1, failed=known.failed + 1, counted=last.id
            )
            reverted[each.place] = known
        fight = policy is DriftPolicy.REVERT and known.times >= MOST_REVERTS
        fields.append(msgspec.structs.replace(each, fight=fight))
        if policy is DriftPolicy.REVERT and not fight and known.failed < MOST_REVERTS:
            reverted[each.place] = msgspec.structs.replace(known, times=known.times + 1, at=now)
            revert.add(each.service)
    told = {_news(each) for each in before.fields}
    left = {each.place for each in fields}
    return Settled(
        Drift(revision, tuple(fields), tuple(reverted.values())),
        appeared=tuple(each for each in fields if _news(each) not in told),
        gone=tuple(each for each in before.fields if each.place not in left),
        revert=tuple(sorted(revert)),
    )


def _failed_for(last: Operation, service: str, known: Reverted) -> bool:
    """Whether it was to take the field back, could not, and is not counted yet."""
    ended = last.state.ended and last.state is not OperationState.SUCCEEDED
    by_policy = last.verb is Verb.REVERT and last.author == BY_POLICY
    return ended and by_policy and service in last.services and known.counted != last.id


def _news(field: DriftedField) -> tuple[object, ...]:
    """What makes it worth telling again. An object that is gone is so once."""
    return (*field.place, field.manager, field.at if field.field else "", field.fight)
