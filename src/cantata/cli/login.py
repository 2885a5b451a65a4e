"""`cantata login`: use a server from now on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.session import Target, checked_token, read_secret, write_login


async def login(
    url: Annotated[str, Parameter(help="Such as https://cantata.example.org")],
    *,
    token_file: Annotated[
        Path | None, Parameter(help="The file with the token; by default it is read from standard input.")
    ] = None,
    project: Annotated[str, Parameter(help="The project of the token.")] = "default",
) -> None:
    """Try a token and keep it, in a file that only you can read."""
    if not url.startswith(("http://", "https://")):
        raise ArgumentInvalid(
            f"{url!r} is not the URL of a server", hint="Such as https://cantata.example.org"
        )
    token = read_secret(token_file.expanduser()) if token_file else checked_token(_ask(), "what you gave")
    if not token:
        raise ArgumentInvalid("the token is empty", hint="Give its file by --token-file.")
    target = Target(url.rstrip("/"), token, project)

    from cantata.client import Client

    async with Client(target.url, target.token, target.project) as client:
        async for _ in client.configs.list():
            break
    print(f"logged in to {target.url}, project {project}; kept in {write_login(target)}")


def _ask() -> str:
    """Without an echo on a terminal."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass("token: ").strip()
    return sys.stdin.readline().strip()
