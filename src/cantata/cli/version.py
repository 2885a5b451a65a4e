"""`cantata version`: this program and the server."""

from __future__ import annotations

import msgspec

from cantata import __version__
from cantata.cli.output import Output, print_one
from cantata.cli.session import connect
from cantata.errors import CantataError


class Versions(msgspec.Struct, frozen=True, rename="camel"):
    """`server` is empty when none answers."""

    client: str
    server: str
    url: str


async def version(*, output: Output = "table") -> None:
    """Show the versions of this program and of the server, if one answers."""
    server, url, trouble = "", "", ""
    try:
        async with connect() as client:
            url = client.url
            server = (await client.version()).version
    except CantataError as error:
        trouble = error.message
    rows = [("client", __version__), ("server", f"{server} at {url}" if server else f"none ({trouble})")]
    print_one(Versions(__version__, server, url), output, rows)
