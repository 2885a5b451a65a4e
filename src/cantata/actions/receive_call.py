"""Take a call of a trigger in: authenticate it, store it, leave the work to the loop."""

from __future__ import annotations

import logging
import time

from cantata.actions.ports import Ports
from cantata.core.model.errors import SealedUnderLostKey
from cantata.core.model.triggers import Trigger, TriggerCall, TriggerKind
from cantata.core.triggers import (
    Call,
    Delivery,
    TriggerDisabled,
    TriggerSourceRefused,
    authenticate,
    read_payload,
    source_allowed,
    unauthenticated,
)

log = logging.getLogger(__name__)

NOBODY = ""
MAX_DELIVERY = 200
WAITING_CALLS = 1000
"""How many calls of one trigger may wait. They are worked off faster than senders send, unless something is
in the way; a sender that floods us must not fill the disk."""
KNOWN_CALLS = 100_000
"""How many calls of one trigger are known again, long after they are kept no more: without a signed time
nothing else tells that one is old."""


async def receive_call(ports: Ports, id_: str, call: Call, peer: str) -> tuple[TriggerCall, bool]:
    """False when this call came before: it is given back with what became of it.

    Who does not hold the secret learns nothing of the trigger, not even whether it is there. Raises
    `TriggerCallUnauthenticated`, `TriggerCallExpired`, `TriggerDisabled`, `TriggerSourceRefused`,
    `TriggerPayloadInvalid`, `TriggerQueueFull`; nothing is stored then.
    """
    try:
        found = await ports.store.read(lambda records: records.triggers.find(id_))
    except SealedUnderLostKey as error:
        log.warning("a call is refused: %s; `cantata trigger rotate-secret` makes a new secret", error)
        found = None  # Whoever calls cannot be known, so nothing may be told.
    now = time.time()
    if found is None:
        authenticate(TriggerKind.GITHUB, (NOBODY,), call, now)  # Takes as long as for one that is there.
        raise unauthenticated()
    trigger, secrets = found
    delivery = authenticate(trigger.kind, secrets.valid(now), call, now)
    _refuse(trigger, peer)
    read_payload(call.body)
    identity = _identity(ports, delivery, call.body)
    told = _printable(delivery.id) or identity
    received, new = await ports.store.write(
        lambda records: records.triggers.receive(
            trigger,
            identity=identity,
            delivery=told,
            source=peer,
            payload=call.body,
            waiting=WAITING_CALLS,
            remember=KNOWN_CALLS,
        )
    )
    if new:
        ports.call_came()
    return received, new


def _refuse(trigger: Trigger, peer: str) -> None:
    subject = f"trigger {trigger.name}"
    if not trigger.enabled:
        raise TriggerDisabled(
            f"trigger {trigger.name} is disabled",
            subject=subject,
            hint=f"`cantata trigger edit {trigger.name} --enable` takes calls again.",
        )
    if not source_allowed(peer, trigger.sources):
        raise TriggerSourceRefused(
            f"trigger {trigger.name} takes no calls from {peer or 'an unknown address'}",
            subject=subject,
            hint="Add the network to its sources; behind a proxy this is the proxy's address.",
        )


def _identity(ports: Ports, delivery: Delivery, body: bytes) -> str:
    """What tells two calls apart. An id that no signature covers does not count: whoever overheard a call
    could send it again under another id, or take an id that is still to come. The content counts then, by a
    hash that says nothing about it; a sender that repeats a delivery repeats its content."""
    return f"id:{delivery.id}" if delivery.signed else f"body:{ports.store.keyed_hash(body)}"


def _printable(text: str) -> str:
    """It is printed on terminals and stands in messages of config versions."""
    return "".join(filter(str.isprintable, text))[:MAX_DELIVERY]
