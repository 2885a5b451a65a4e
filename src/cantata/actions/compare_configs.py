"""Versions of a config, and several configs, held against each other."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.config_number import find_number
from cantata.actions.layers import ConfigChain, chain_layers
from cantata.actions.ports import Ports
from cantata.actions.stored_documents import read_document, secret_judge
from cantata.core.config import ConfigDiff, diff_documents, diff_texts
from cantata.core.model.configs import ConfigVersion, VersionRef
from cantata.core.values import Comparison, compare_configs, effective
from cantata.errors import CantataError, Category
from cantata.ports import Records

Column = tuple[str, VersionRef | None]
"""A config and its version, None for the latest."""

MOST_COLUMNS = 32


class ComparisonTooWide(CantataError):
    category = Category.INVALID


async def diff_versions(
    ports: Ports, project: str, name: str, old: VersionRef | None, new: VersionRef | None
) -> tuple[ConfigVersion, ConfigVersion, ConfigDiff]:
    """By key, without what they extend. A secret has changed when its value has. Raises `ConfigNotFound`,
    `ConfigVersionNotFound`, `ConfigTagNotFound`."""
    before, after = await _read_two(ports, project, name, old, new)
    documents = [await read_document(ports, name, each.text) for each in (before, after)]
    judge = await secret_judge(ports, project, documents)
    return before, after, diff_documents(documents[0], documents[1], same_secret=judge)


async def diff_version_texts(
    ports: Ports, project: str, name: str, old: VersionRef | None, new: VersionRef | None
) -> tuple[ConfigVersion, ConfigVersion, str]:
    """As a unified diff; secrets stand in it as references."""
    before, after = await _read_two(ports, project, name, old, new)
    labels = [f"{name}@{each.number}" for each in (before, after)]
    return before, after, diff_texts(before.text, after.text, old_label=labels[0], new_label=labels[1])


async def _read_two(
    ports: Ports, project: str, name: str, old: VersionRef | None, new: VersionRef | None
) -> tuple[ConfigVersion, ConfigVersion]:
    def read(records: Records) -> tuple[ConfigVersion, ConfigVersion]:
        config = records.configs.get(project, name)
        numbers = (find_number(records, config, old), find_number(records, config, new))
        return records.configs.version(config, numbers[0]), records.configs.version(config, numbers[1])

    return await ports.store.read(read)


async def compare(
    ports: Ports, project: str, columns: Sequence[Column], *, all_rows: bool = False
) -> Comparison:
    """The effective documents of several configs, or of versions of one. Raises `ComparisonTooWide`,
    `ConfigNotFound`, `ConfigVersionNotFound`, `ConfigTagNotFound`."""
    if len(columns) > MOST_COLUMNS:
        raise ComparisonTooWide(
            f"{len(columns)} configs are too many to compare at once",
            subject="config",
            hint=f"Name at most {MOST_COLUMNS}.",
        )

    def read(records: Records) -> list[ConfigChain]:
        return [_chain(records, project, *column) for column in columns]

    chains = await ports.store.read(read)
    sides = []
    for chain in chains:
        (name, version), *_ = chain.versions
        leaves = effective(await chain_layers(ports, chain)).leaves
        sides.append((f"{name}@{version.number}", leaves))
    return compare_configs(sides, all_rows=all_rows)


def _chain(records: Records, project: str, name: str, version: VersionRef | None) -> ConfigChain:
    number = find_number(records, records.configs.get(project, name), version)
    return ConfigChain.read(records, project, name, number)
