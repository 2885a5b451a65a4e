"""Where services can be reached: commands of `cantata app` and `cantata service`, and lines of a status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cantata.cli.options import Application
from cantata.cli.output import Output, print_data, print_table
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.addresses import AddressInfo

OUTSIDE = ("ingress", "route", "load_balancer", "external_name")
"""Kinds that a person looks for first: the others are good inside of the cluster, or are its nodes'."""


async def addresses(name: str, *, output: Output = "table") -> None:
    """List where an application can be reached, service by service, and why not yet."""
    await _show(name, None, output)


async def service_addresses(application: Application, service: str, *, output: Output = "table") -> None:
    """List where a service can be reached, and why not yet."""
    await _show(application, service, output)


async def _show(application: str, service: str | None, output: Output) -> None:
    async with connect() as client:
        found = await client.addresses.show(application, service)
    if output != "table":
        print_data(found, output)
        return
    rows = [
        [each.service, each.kind, each.address or "-", each.port, each.why_not] for each in found.addresses
    ]
    print_table(["service", "kind", "address", "port", "why not yet"], rows)


def address_lines(found: Iterable[AddressInfo]) -> list[str]:
    """Those from outside, for a status."""
    lines = []
    for each in found:
        if each.kind in OUTSIDE:
            why = f" ({each.why_not})" if each.why_not else ""
            lines.append(f"address: {each.service}: {each.address or each.object}{why}")
    return lines
