"""The history of a config: its versions with their tags, and which of them last set each key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from cantata.actions.config_number import find_number
from cantata.actions.ports import Ports
from cantata.actions.stored_documents import read_document, secret_judge
from cantata.core.config import ConfigDocument, ConfigLeaf, Path, SameSecret, same_leaf
from cantata.core.model.configs import Config, ConfigVersion, VersionRef
from cantata.ports import Page, Records

WALKED = 20
"""How many versions are read at once on the way back."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A version without its text."""

    version: ConfigVersion
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlameRow:
    """One key of a version, and the version that gave it this value; `leaf` is masked where secret."""

    leaf: ConfigLeaf
    version: ConfigVersion


async def config_history(ports: Ports, project: str, name: str, page: Page = Page()) -> Sequence[HistoryRow]:
    """Newest first. Raises `ConfigNotFound`."""

    def read(records: Records) -> Sequence[HistoryRow]:
        config = records.configs.get(project, name)
        tags: dict[int, list[str]] = {}
        for tag in records.configs.tags(config):
            tags.setdefault(tag.number, []).append(tag.name)
        versions = records.configs.versions(config, texts=False, page=page)
        return [HistoryRow(version, tuple(tags.get(version.number, ()))) for version in versions]

    return await ports.store.read(read)


async def blame_config(
    ports: Ports, project: str, name: str, version: VersionRef | None = None
) -> tuple[BlameRow, ...]:
    """The keys of a version, by default the latest, in the order of its text. Raises `ConfigNotFound`,
    `ConfigVersionNotFound`, `ConfigTagNotFound`."""

    def read(records: Records) -> tuple[Config, ConfigVersion, dict[str, int]]:
        config = records.configs.get(project, name)
        wanted = records.configs.version(config, find_number(records, config, version))
        # What stands since then in the latest version was set by the same version there.
        known = {entry.key: entry.set_in for entry in records.configs.entries(config)}
        return config, wanted, {key: number for key, number in known.items() if 0 < number <= wanted.number}

    config, wanted, known = await ports.store.read(read)
    document = await read_document(ports, name, wanted.text)
    sought = {leaf.path: leaf for leaf in document.leaves if leaf.key not in known}
    walked = await _walk_back(ports, config, wanted, document, sought) if sought else {}
    numbers = {
        leaf.path: known.get(leaf.key) or walked.get(leaf.path, wanted.number) for leaf in document.leaves
    }

    def authors(records: Records) -> dict[int, ConfigVersion]:
        return {number: records.configs.version(config, number) for number in set(numbers.values())}

    versions = await ports.store.read(authors)
    return tuple(BlameRow(leaf, versions[numbers[leaf.path]]) for leaf in document.leaves)


async def _walk_back(
    ports: Ports,
    config: Config,
    wanted: ConfigVersion,
    document: ConfigDocument,
    sought: Mapping[Path, ConfigLeaf],
) -> dict[Path, int]:
    """For each leaf the oldest of the versions without a break that have it as it is."""
    waiting = dict(sought)
    found: dict[Path, int] = {}
    later = wanted.number
    async for number, before in _older(ports, config, wanted.number):
        judge = await secret_judge(ports, config.project, (document, before))
        leaves = {leaf.path: leaf for leaf in before.leaves}
        for path, leaf in list(waiting.items()):
            if not _has(document, leaf, before, leaves.get(path), judge):
                found[path] = later
                del waiting[path]
        if not waiting:
            return found
        later = number
    return {**found, **dict.fromkeys(waiting, later)}


def _has(
    document: ConfigDocument,
    leaf: ConfigLeaf,
    before: ConfigDocument,
    old: ConfigLeaf | None,
    judge: SameSecret,
) -> bool:
    return old is not None and same_leaf(before, document, leaf.path, old, leaf, judge)


async def _older(ports: Ports, config: Config, number: int) -> AsyncIterator[tuple[int, ConfigDocument]]:
    while number > 1:
        versions = await ports.store.read(partial(_page, config=config, after=number))
        for version in versions:
            number = version.number
            yield number, await read_document(ports, config.name, version.text)
        if not versions:
            return


def _page(records: Records, *, config: Config, after: int) -> Sequence[ConfigVersion]:
    return records.configs.versions(config, page=Page(limit=WALKED, after=str(after)))
