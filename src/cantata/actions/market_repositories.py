"""Add, change, show, refresh and remove repositories of charts."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from cantata.actions.audit import audit, now
from cantata.actions.config_users import ALL
from cantata.actions.ports import Ports
from cantata.core.market import repository_kind
from cantata.core.model.access import Actor
from cantata.core.model.errors import (
    EditConflict,
    NameTaken,
    RepositoryNotFound,
    SealedUnderLostKey,
    check_name,
)
from cantata.core.model.listings import KeptRepository
from cantata.core.model.market import Credentials, IndexMark, Repository, RepositoryKind, Source
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records
from cantata.ports.charts import FetchedIndex

FIRST_PAUSE = 60.0
"""Seconds after a refresh that failed, unless repositories are refreshed more often than that."""
MOST_CHARTS = 500
LONGEST_TEXT = 100_000


class RepositoryOptionInvalid(CantataError):
    """An option that its kind of repository does not have, or too much of it."""

    category = Category.INVALID


class RepositoryChanges(msgspec.Struct, frozen=True):
    """What an edit changes; what is unset stays."""

    url: str | msgspec.UnsetType = msgspec.UNSET
    charts: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    plain_http: bool | msgspec.UnsetType = msgspec.UNSET
    pass_credentials: bool | msgspec.UnsetType = msgspec.UNSET
    ca_text: str | msgspec.UnsetType = msgspec.UNSET


async def add_repository(
    ports: Ports, actor: Actor, repository: Repository, credentials: Credentials
) -> KeptRepository:
    """Its kind follows from its URL. It must answer: what it lists is read first. Raises `NameInvalid`,
    `NameTaken`, `RepositoryAddressInvalid`, `RepositoryOptionInvalid`, and what reading an index raises;
    nothing is stored then."""
    check_name("repository", repository.name)
    wanted = msgspec.structs.replace(repository, kind=repository_kind(repository.url))
    _check(wanted, credentials)
    await _refuse_taken(ports, wanted)
    index = await ports.charts.fetch_index(Source(wanted, credentials))

    def write(records: Records) -> KeptRepository:
        made = records.market.create(wanted, credentials)
        audit(records, actor, made.repository.project, "create", "market", made.repository.name)
        return _write(ports, records, made, index)

    return await ports.store.write(write)


async def _refuse_taken(ports: Ports, wanted: Repository) -> None:
    """Before anything is asked of the outside."""
    try:
        await get_repository(ports, wanted.project, wanted.name)
    except RepositoryNotFound:
        return
    raise NameTaken(f"there is already a repository {wanted.name}", subject=f"repository {wanted.name}")


async def edit_repository(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    changes: RepositoryChanges,
    *,
    credentials: Credentials | None = None,
    expected: int | None = None,
) -> KeptRepository:
    """Credentials stay with their address: another one needs them again. With another address or with other
    credentials it must answer. Raises `RepositoryNotFound`, `EditConflict`, and what `add_repository` raises
    of what is wrong; nothing is changed then."""
    present = (await get_repository(ports, project, name)).repository
    if expected is not None and expected != present.row_version:
        raise EditConflict(
            f"repository {name} was changed by somebody else",
            subject=f"repository {name}",
            hint="Read it again, then change that.",
        )
    given = {
        field: value
        for field, value in msgspec.structs.asdict(changes).items()
        if not isinstance(value, msgspec.UnsetType)
    }
    wanted = msgspec.structs.replace(present, **given)
    if repository_kind(wanted.url) is not present.kind:
        raise RepositoryOptionInvalid(
            f"repository {name} is {present.kind}, and stays so",
            subject=f"repository {name}",
            hint="Add another.",
        )
    _check(wanted, credentials or Credentials())
    if wanted.url != present.url and credentials is None:
        credentials = Credentials()
    index = None
    if wanted.url != present.url or credentials:
        index = await ports.charts.fetch_index(Source(wanted, credentials or Credentials()))

    def write(records: Records) -> KeptRepository:
        changed = records.market.update(wanted, credentials)
        if index is not None:
            changed = _write(ports, records, changed, index)
        what = [*sorted(given), *(["credentials"] if credentials is not None else [])]
        audit(records, actor, project, "edit", "market", name, ", ".join(what))
        return changed

    changed = await ports.store.write(write)
    ports.wake()
    return changed


def _check(wanted: Repository, credentials: Credentials) -> None:
    foreign = [
        option
        for option, given, kinds in (
            ("charts", wanted.charts, {RepositoryKind.OCI}),
            ("plainHttp", wanted.plain_http, {RepositoryKind.OCI}),
            ("passCredentials", wanted.pass_credentials, {RepositoryKind.HTTP}),
            ("caText", wanted.ca_text, {RepositoryKind.HTTP, RepositoryKind.OCI}),
            ("credentials", credentials, {RepositoryKind.HTTP, RepositoryKind.OCI}),
        )
        if given and wanted.kind not in kinds
    ]
    if foreign:
        raise RepositoryOptionInvalid(
            f"repository {wanted.name} is {wanted.kind} and has no {foreign[0]}",
            subject=f"repository {wanted.name}",
        )
    if len(wanted.charts) > MOST_CHARTS or len(wanted.ca_text) > LONGEST_TEXT:
        raise RepositoryOptionInvalid(
            f"repository {wanted.name} names more than {MOST_CHARTS} charts or {LONGEST_TEXT} bytes of"
            " certificates",
            subject=f"repository {wanted.name}",
        )


async def get_repository(ports: Ports, project: str, name: str) -> KeptRepository:
    """Raises `RepositoryNotFound`."""
    return await ports.store.read(lambda records: records.market.get(project, name))


async def list_repositories(
    ports: Ports, project: str, *, search: str = "", page: Page = Page()
) -> Sequence[KeptRepository]:
    return await ports.store.read(lambda records: records.market.list(project, search=search, page=page))


async def remove_repository(ports: Ports, actor: Actor, project: str, name: str) -> None:
    """With what it lists; what was imported from it stays. Raises `RepositoryNotFound`."""

    def write(records: Records) -> None:
        records.market.delete(records.market.get(project, name).repository)
        audit(records, actor, project, "delete", "market", name)

    await ports.store.write(write)


async def refresh_repository(ports: Ports, project: str, name: str) -> KeptRepository:
    """Reads what it lists now. Raises `RepositoryNotFound`, and what reading an index raises, which is then
    told at the repository too."""
    kept = await get_repository(ports, project, name)
    return await refresh(ports, kept)


async def refresh(ports: Ports, kept: KeptRepository) -> KeptRepository:
    """Raises what reading an index raises, once it is written down at the repository; `EditConflict` when the
    repository was changed meanwhile."""
    repository, before = kept.repository, kept.refreshed
    try:
        source = await source_of(ports, repository)
        mark = before.mark if before.mark != IndexMark() else None
        index = await ports.charts.fetch_index(source, mark)
    except CantataError as error:
        failures = before.failures + 1
        next_at = time.time() + pause_after(failures, ports.refresh_seconds)
        failed = msgspec.structs.replace(before, error=error.message, failures=failures, next_at=next_at)
        await ports.store.write(lambda records: records.market.refreshed(repository, failed))
        raise
    return await ports.store.write(lambda records: _write(ports, records, kept, index))


def _write(
    ports: Ports, records: Records, kept: KeptRepository, index: FetchedIndex | None
) -> KeptRepository:
    next_at = time.time() + ports.refresh_seconds * random.uniform(0.9, 1.1)
    refreshed = msgspec.structs.replace(
        kept.refreshed, refreshed_at=now(), error="", failures=0, next_at=next_at
    )
    if index is None:
        return records.market.refreshed(kept.repository, refreshed)
    refreshed = msgspec.structs.replace(refreshed, mark=index.mark, skipped=tuple(index.rows.skipped))
    return records.market.refreshed(kept.repository, refreshed, index.rows)


def pause_after(failures: int, seconds: float) -> float:
    """Twice as long each time, up to the time between two refreshes."""
    return min(seconds, FIRST_PAUSE * 2.0 ** min(failures - 1, 20)) * random.uniform(0.9, 1.1)


async def source_of(ports: Ports, repository: Repository) -> Source:
    """With its credentials. Raises `SealedUnderLostKey` where these are lost."""
    credentials = await ports.store.read(lambda records: records.market.credentials(repository))
    return Source(repository, credentials)


async def known_sources(ports: Ports, project: str) -> Sequence[Source]:
    """All repositories of a project, but for those whose credentials are lost."""

    def read(records: Records) -> Sequence[Source]:
        sources = []
        for kept in records.market.list(project, page=ALL):
            with suppress(SealedUnderLostKey):
                credentials = records.market.credentials(kept.repository)
                sources.append(Source(kept.repository, credentials))
        return sources

    return await ports.store.read(read)
