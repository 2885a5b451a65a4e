"""Which server the command line talks to, and with which token.

First answer wins: CANTATA_SERVER; what `cantata login` wrote; the server of the same user on this machine.
A token is only ever sent to the server that it belongs to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from cantata.errors import CantataError, Category, Place
from cantata.settings import config_dir, data_dir

if TYPE_CHECKING:
    from cantata.client import Client


T = TypeVar("T")


class NoServerKnown(CantataError):
    category = Category.UNAVAILABLE


class FileUnreadable(CantataError):
    category = Category.INVALID


class TokenUnusable(CantataError):
    """Not what a token looks like; perhaps another file was meant."""

    category = Category.INVALID


class Target(msgspec.Struct, frozen=True):
    """A server, a token for it, and the project."""

    url: str
    token: str = ""
    project: str = ""


def connect() -> Client:
    """A client for the server that is meant; use it by `async with`. Raises `NoServerKnown`."""
    from cantata.client import Client

    target = find_target()
    return Client(target.url, target.token, target.project or "default")


def find_target(environ: Mapping[str, str] = os.environ) -> Target:
    """Raises `NoServerKnown`, `FileUnreadable`, `TokenUnusable`."""
    known = [found for found in (read_login(environ), read_local(environ)) if found is not None]
    if url := environ.get("CANTATA_SERVER", "").rstrip("/"):
        target = next((each for each in known if each.url == url), Target(url))
    elif known:
        target = known[0]
    else:
        raise NoServerKnown(
            "no server is known",
            subject="server",
            hint="Start one by `cantata server`, or name one by CANTATA_SERVER or `cantata login`.",
        )
    return Target(
        target.url, _token_of(environ) or target.token, environ.get("CANTATA_PROJECT") or target.project
    )


def login_file(environ: Mapping[str, str] = os.environ) -> Path:
    return config_dir(environ) / "login.json"


def read_login(environ: Mapping[str, str] = os.environ) -> Target | None:
    path = login_file(environ)
    return _decode(path, Target) if path.exists() else None


def write_login(target: Target, environ: Mapping[str, str] = os.environ) -> Path:
    """Readable by its owner alone, from its first byte on."""
    path = login_file(environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(target))
    fresh.replace(path)
    return path


class _ServerFile(msgspec.Struct, frozen=True):
    url: str


def read_local(environ: Mapping[str, str] = os.environ) -> Target | None:
    """The server that this user runs on this machine, by the files that it writes at its start."""
    folder = data_dir(environ)
    path = folder / "server.json"
    if not path.exists():
        return None
    token = folder / "admin-token"
    return Target(_decode(path, _ServerFile).url.rstrip("/"), read_secret(token) if token.exists() else "")


def read_secret(path: Path) -> str:
    """The one line of a token file. Raises `FileUnreadable`, `TokenUnusable`."""
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"cannot read the token file: {error}", place=Place(str(path))) from error
    return checked_token(text, str(path))


def checked_token(text: str, source: str) -> str:
    """Raises `TokenUnusable`, without the text: no HTTP header can carry several lines."""
    if not text.isprintable() or " " in text:
        raise TokenUnusable(
            f"{source} does not hold a token: that is a single word",
            subject=source,
            hint="Make one by `cantata token create`.",
        )
    return text


def _token_of(environ: Mapping[str, str]) -> str:
    if file := environ.get("CANTATA_TOKEN_FILE"):
        return read_secret(Path(file).expanduser())
    return checked_token(environ.get("CANTATA_TOKEN", "").strip(), "CANTATA_TOKEN")


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise FileUnreadable(
            f"cannot read it: {error}", place=Place(str(path)), hint="Delete the file, or write it anew."
        ) from error
