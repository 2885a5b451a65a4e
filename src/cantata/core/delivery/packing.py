"""Entries over as many ConfigMaps or Secrets as they need, and what does not fit into any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from cantata.core.delivery.entries import Entry
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.errors import CantataError, Category, Place

MAX_VALUES = 1 << 20
"""Bytes of all values of one ConfigMap or Secret, as the API server counts them."""

MAX_STORED = 1_400_000
"""Bytes of one object in etcd, which takes 1.5 MiB. Each key stands there twice, since `managedFields` names
it, so that many small entries reach this limit before the other."""

MAX_SENT = 2_900_000
"""Bytes of one object as JSON, of which the API server reads 3 MiB: there a control character has six."""

OVERHEAD = 24
"""Bytes of one entry around its key and its value."""


MAX_WORKLOAD = 900_000
"""Bytes of a workload as JSON. The API server took one of 920 kB with variables and refused one of 1,180 kB,
since `managedFields` names each variable again. Items of volumes weigh less, but take the server long."""

FEW = 1000
"""Entries that fit into any workload."""


class DeliveryTooLarge(CantataError):
    """Entries that a service uses do not fit where they must go."""

    category = Category.LIMIT


def pack(entries: Iterable[Entry], kind: str, subject: str) -> list[list[Entry]]:
    """In the order of the keys, each object filled before the next is begun. Raises `DeliveryTooLarge` for an
    entry that is too large for any."""
    parts: list[list[Entry]] = []
    left = (0, 0, 0)
    for entry in sorted(entries, key=lambda entry: entry.key):
        cost = _cost(entry)
        if not _enough(cost, LIMITS):
            raise _entry_too_large(entry, kind, subject)
        if not parts or not _enough(cost, left):
            parts.append([])
            left = LIMITS
        parts[-1].append(entry)
        left = (left[0] - cost[0], left[1] - cost[1], left[2] - cost[2])
    return parts


def fits(entries: Iterable[Entry]) -> bool:
    """Whether one object holds them all."""
    costs = [_cost(entry) for entry in entries]
    return all(sum(cost[at] for cost in costs) <= limit for at, limit in enumerate(LIMITS))


Cost = tuple[int, int, int]
LIMITS: Cost = (MAX_VALUES, MAX_STORED, MAX_SENT)


def _cost(entry: Entry) -> Cost:
    """What an entry takes of each limit."""
    text = entry.reveal()
    size, key = len(text.encode()), len(entry.key)
    sent = size * 4 // 3 if entry.secret else len(msgspec.json.encode(text))
    return size, size + 2 * key + OVERHEAD, sent + key + OVERHEAD


def _enough(cost: Cost, left: Cost) -> bool:
    return all(need <= have for need, have in zip(cost, left, strict=True))


def size_of(entry: Entry) -> int:
    return len(entry.reveal().encode())


def _entry_too_large(entry: Entry, kind: str, subject: str) -> DeliveryTooLarge:
    what = f"the config entry {entry.key}"
    if entry.made_of:
        key, _, format_ = entry.key.rpartition("..")
        what = f"the {format_} file of {key.rstrip('.')}"
    return DeliveryTooLarge(
        f"{what} of {subject} has {size_of(entry)} bytes{_as_sent(entry)}, a {kind} holds {MAX_VALUES}",
        subject=subject,
        place=place_of_entry(entry),
        hint="Keep large files in the image or in a volume.",
    )


def _as_sent(entry: Entry) -> str:
    """Where it is not the size itself that is too much, but what becomes of it on the way."""
    sent = _cost(entry)[2]
    return f" ({sent} with its control characters escaped)" if size_of(entry) <= MAX_VALUES < sent else ""


def check_workload(manifest: Manifest, entries: int, subject: str) -> None:
    """A pod template names its entries one by one. Raises `DeliveryTooLarge` where they are too many."""
    if entries <= FEW or (size := len(msgspec.json.encode(manifest))) <= MAX_WORKLOAD:
        return
    raise DeliveryTooLarge(
        f"{ObjectKey.of(manifest)} has {size} bytes, since it names {entries} config entries one by one; "
        f"the API server takes {MAX_WORKLOAD}",
        subject=subject,
        hint="Select fewer keys, or deliver a subtree as one file (`key` with `format`).",
    )


def too_large(entries: Sequence[Entry], kind: str, what: str, subject: str, hint: str) -> DeliveryTooLarge:
    """Of entries that must stay together: how large they are, and where the largest stands."""
    largest = max(entries, key=size_of)
    return DeliveryTooLarge(
        f"{what} have {sum(map(size_of, entries))} bytes, a {kind} holds {MAX_VALUES}; "
        f"the largest is {largest.key} with {size_of(largest)}",
        subject=subject,
        place=place_of_entry(largest),
        hint=hint,
    )


def place_of_entry(entry: Entry) -> Place:
    origin = entry.origin
    if origin is None:
        return Place(key=entry.key)
    return Place(origin.layer, origin.line, origin.column, entry.key)
