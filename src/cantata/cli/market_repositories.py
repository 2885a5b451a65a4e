"""`cantata market add`, `list`, `edit`, `login`, `logout`, `refresh`, `remove`: repositories of charts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid, read_text
from cantata.cli.options import Search
from cantata.cli.output import Output, age, print_list, print_one
from cantata.cli.session import connect
from cantata.errors import EXIT, CantataError

if TYPE_CHECKING:
    from cantata.contract.market import CredentialsDraft, RepositoryInfo

ADD_EXAMPLES = """Examples:
  cantata market add bitnami https://charts.bitnami.com/bitnami
  cantata market add team oci://registry.example.org/charts --chart shop --username ci --password-stdin < file
  cantata market add local /srv/charts"""
LOGIN_EXAMPLES = """Examples:
  cantata market login team --username ci
  pass show registry | cantata market login team --username ci --password-stdin"""

Charts = Annotated[
    tuple[str, ...],
    Parameter(
        name="--chart",
        negative="",
        consume_multiple=False,
        help="A chart of a registry that a search shall find; repeat it for more.",
    ),
]
PlainHttp = Annotated[bool, Parameter(negative="", help="Speak to a registry without TLS.")]
PassCredentials = Annotated[
    bool, Parameter(negative="", help="Send the credentials also to other hosts that the index names.")
]
CaFile = Annotated[Path | None, Parameter(help="Certificates (PEM) to trust; `-` reads standard input.")]
Username = Annotated[str, Parameter(name=["--username", "-u"], help="Who logs in.")]
PasswordStdin = Annotated[
    bool, Parameter(negative="", help="Read the password from standard input instead of asking for it.")
]
TokenStdin = Annotated[
    bool, Parameter(negative="", help="Read a token from standard input, in the place of user and password.")
]


async def add(
    name: str,
    url: Annotated[str, Parameter(help="https://…, oci://host/path, or the path of a folder of the server.")],
    *,
    charts: Charts = (),
    username: Username = "",
    password_stdin: PasswordStdin = False,
    token_stdin: TokenStdin = False,
    plain_http: PlainHttp = False,
    pass_credentials: PassCredentials = False,
    ca_file: CaFile = None,
    output: Output = "table",
) -> None:
    """Add a repository of charts. It must answer: what it lists is read at once."""
    from cantata.contract.market import CredentialsDraft, RepositoryDraft

    credentials = _credentials(username, password_stdin, token_stdin) or CredentialsDraft()
    draft = RepositoryDraft(
        name=name,
        url=_address(url),
        charts=charts,
        plain_http=plain_http,
        pass_credentials=pass_credentials,
        ca_text=read_text(ca_file) if ca_file else "",
        credentials=credentials,
    )
    async with connect() as client:
        _print(await client.market.add(draft), output)


async def list_(*, search: Search = "", output: Output = "table") -> None:
    """List repositories by name, and how their last refreshes went."""
    async with connect() as client:
        found = [repository async for repository in client.market.list(search)]
    print_list(
        found,
        output,
        ["name", "kind", "charts", "refreshed", "url", "error"],
        lambda each: (
            each.name,
            each.kind,
            each.entries,
            age(each.refreshed_at) or "never",
            each.url,
            each.error,
        ),
    )


async def edit(
    name: str,
    *,
    url: Annotated[str, Parameter(help="Another address; it needs its credentials again.")] = "",
    charts: Charts = (),
    plain_http: Annotated[bool | None, Parameter(help="Whether a registry is without TLS.")] = None,
    pass_credentials: Annotated[
        bool | None, Parameter(help="Whether other hosts get the credentials, too.")
    ] = None,
    ca_file: CaFile = None,
    output: Output = "table",
) -> None:
    """Change a repository. What you do not name stays; charts take the place of those that it has."""
    import msgspec

    from cantata.contract.market import RepositoryEdit

    change = RepositoryEdit(
        url=_address(url) if url else msgspec.UNSET,
        charts=charts or msgspec.UNSET,
        plain_http=msgspec.UNSET if plain_http is None else plain_http,
        pass_credentials=msgspec.UNSET if pass_credentials is None else pass_credentials,
        ca_text=read_text(ca_file) if ca_file else msgspec.UNSET,
    )
    async with connect() as client:
        _print(await client.market.edit(name, change), output)


async def login(
    name: str,
    *,
    username: Username = "",
    password_stdin: PasswordStdin = False,
    token_stdin: TokenStdin = False,
) -> None:
    """Give a repository other credentials. They are tried, and kept where they work."""
    from cantata.contract.market import RepositoryEdit

    credentials = _credentials(username, password_stdin, token_stdin)
    if credentials is None:
        raise ArgumentInvalid(
            "nobody is named who logs in", hint="Give --username, or a token by --token-stdin."
        )
    async with connect() as client:
        await client.market.edit(name, RepositoryEdit(credentials=credentials))
    print(f"logged in to repository {name}")


async def logout(name: str) -> None:
    """Forget the credentials of a repository."""
    from cantata.contract.market import CredentialsDraft, RepositoryEdit

    async with connect() as client:
        await client.market.edit(name, RepositoryEdit(credentials=CredentialsDraft()))
    print(f"repository {name} has no credentials any more")


async def refresh(
    names: Annotated[list[str] | None, Parameter(help="By default all.", negative="")] = None,
    *,
    output: Output = "table",
) -> None:
    """Read what repositories list now. The others are read, too, where one fails."""
    done: list[RepositoryInfo] = []
    failures: list[CantataError] = []
    async with connect() as client:
        wanted = names or [repository.name async for repository in client.market.list()]
        for name in wanted:
            try:
                done.append(await client.market.refresh(name))
            except CantataError as error:
                failures.append(error)
                if len(wanted) > 1:
                    print(f"repository {name}: {error.message}", file=sys.stderr)
    if failures and len(wanted) == 1:
        raise failures[0]
    print_list(done, output, ["name", "charts"], lambda each: (each.name, each.entries))
    if failures:
        sys.exit(EXIT[failures[0].category])


async def remove(name: str) -> None:
    """Remove a repository with what it lists. What was imported from it stays."""
    async with connect() as client:
        await client.market.remove(name)
    print(f"repository {name} removed")


def _credentials(username: str, password_stdin: bool, token_stdin: bool) -> CredentialsDraft | None:
    """None where nobody logs in. Never from the arguments, which others on the machine can read."""
    from cantata.contract.market import CredentialsDraft

    if token_stdin and (username or password_stdin):
        raise ArgumentInvalid("a token takes the place of user and password")
    if token_stdin:
        return CredentialsDraft(token=_secret("token", ask=False))
    if not username and password_stdin:
        raise ArgumentInvalid("a password belongs to a user", hint="Give --username, too.")
    return CredentialsDraft(username, _secret("password", ask=not password_stdin)) if username else None


def _secret(what: str, *, ask: bool) -> str:
    """The first line of standard input, or what is typed without an echo."""
    if ask and not sys.stdin.isatty():
        raise ArgumentInvalid(
            f"there is no terminal to ask for the {what} on", hint=f"Give it by --{what}-stdin."
        )
    if ask:
        import getpass

        return getpass.getpass(f"{what}: ")
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise ArgumentInvalid(f"standard input holds no {what}")
    return secret


def _address(url: str) -> str:
    """A folder is meant as it is seen from here."""
    return url if "://" in url else str(Path(url).expanduser().absolute())


def _print(repository: RepositoryInfo, output: Output) -> None:
    rows = [
        ("repository", repository.name),
        ("kind", repository.kind),
        ("url", repository.url),
        ("user", repository.username),
        ("charts", repository.entries),
        ("refreshed", repository.refreshed_at),
        ("left out", "".join(f"\n  {line}" for line in repository.skipped)),
        ("error", repository.error),
    ]
    print_one(repository, output, rows)
