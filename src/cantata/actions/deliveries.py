"""What an application adds to the `delivery:` of its template, read from its text."""

from __future__ import annotations

import msgspec

from cantata.actions.ports import Ports
from cantata.core.model.templates import Delivery
from cantata.core.spec import parse_deliveries


async def read_deliveries(ports: Ports, application: str, text: str) -> dict[str, tuple[Delivery, ...]]:
    """By service. Raises `YamlInvalid` and `DeliveryInvalid`, each with line and column."""
    if not text:
        return {}
    label = f"delivery of application {application}"
    document = await ports.documents.parse(text, label)
    return parse_deliveries(msgspec.json.decode(document.value), document.nodes, label)
