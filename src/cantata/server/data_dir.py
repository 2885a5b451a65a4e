"""The server's own files: their folder, the token for the command line of the same user, and the examples."""

from __future__ import annotations

import os
from pathlib import Path

from cantata.actions.access import new_token, token_digest
from cantata.core.model.access import Role
from cantata.core.model.errors import TokenNotFound
from cantata.errors import CantataError, Category
from cantata.ports import Records, Store

ADMIN = "local-admin"
"""The name of the token for the local command line."""


class DataDirUnusable(CantataError):
    category = Category.INVALID


def make_data_dir(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataDirUnusable(
            f"the data directory {path} cannot be made: {error.strerror}",
            subject=f"data directory {path}",
            hint="Name a folder that you may write to by CANTATA_DATA_DIR.",
        ) from error


async def ensure_admin_token(store: Store, path: Path) -> bool:
    """The first start makes a token for the command line of the same user; a lost or empty file is made
    anew. Tells whether it is the first start with this store."""

    def write(records: Records) -> bool:
        first = False
        token = (path.read_text().strip() if path.is_file() else "") or new_token()
        if records.access.find_token(token_digest(token)) is None:
            try:
                records.access.delete_token("default", ADMIN)
            except TokenNotFound:
                first = True
            records.access.add_token(
                name=ADMIN, digest=token_digest(token), project="default", role=Role.ADMIN
            )
            write_private(path, token)
        return first

    return await store.write(write)


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, readable by the user alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def examples_folder() -> Path:
    """The charts that come with Cantata: inside the installed package, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_examples"
    return installed if installed.is_dir() else package.parents[1] / "examples"
