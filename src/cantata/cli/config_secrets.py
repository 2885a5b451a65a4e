"""`cantata config reveal`: one secret value."""

from __future__ import annotations

import sys

from cantata.cli.inputs import parse_version
from cantata.cli.session import connect


async def reveal(name: str, key: str) -> None:
    """Print the value of one secret alone. NAME may be NAME@VERSION or NAME@TAG. The audit keeps it."""
    config, version = parse_version(name)
    async with connect() as client:
        told = await client.configs.reveal(config, key, version)
    sys.stdout.write(told.value if told.value.endswith("\n") else f"{told.value}\n")
