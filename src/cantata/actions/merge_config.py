"""Merge an edit that comes too late with what was saved meanwhile. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.config_text import check_text
from cantata.actions.ports import Ports
from cantata.actions.stored_documents import read_document, secret_judge
from cantata.core.config import (
    ConfigDocument,
    KeyChange,
    MergeConflict,
    MergePlan,
    edit_text,
    merge_impossible,
    merge_texts,
    plan_merge,
)
from cantata.core.model.configs import ConfigVersion
from cantata.errors import CantataError, Category
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class MergedConfig:
    """`text` is what to save next, as an edit of version `against`; where both changed a key, each
    differently, it has theirs. `taken` are the changes of the late edit that it holds."""

    text: str
    against: int
    taken: tuple[KeyChange, ...] = ()
    conflicts: tuple[MergeConflict, ...] = ()


async def merge_config(ports: Ports, project: str, name: str, base: int, text: str) -> MergedConfig:
    """`text` was made from version `base`. New secrets stand in the result as they came. Raises
    `ConfigNotFound`, `ConfigVersionNotFound`, `YamlInvalid`, `ConfigInvalid`, `SecretNotFound`,
    `ConfigEditImpossible`."""

    def read(records: Records) -> tuple[ConfigVersion, ConfigVersion]:
        config = records.configs.get(project, name)
        checked.check_references(records, project)
        return records.configs.version(config, base), records.configs.version(config)

    checked = await check_text(ports, name, text)
    began, latest = await ports.store.read(read)
    texts = (began.text, latest.text, text)
    before, theirs = [await read_document(ports, name, each) for each in texts[:2]]
    mine = checked.parsed
    judge = await secret_judge(ports, project, (before, theirs, mine))
    plan = plan_merge(before, theirs, mine, text, same_secret=judge)
    merged = await _merged_lines(ports, name, plan, texts)
    if merged is None:
        merged = edit_text(latest.text, plan.changes, name=name)
        if not plan.agrees(await read_document(ports, name, merged)):
            raise merge_impossible(name)
    return MergedConfig(merged, latest.number, plan.taken, plan.conflicts)


async def _merged_lines(ports: Ports, name: str, plan: MergePlan, texts: tuple[str, str, str]) -> str | None:
    """The merge that keeps the comments of both; None where the lines mean something else than the keys."""
    merged = merge_texts(*texts)
    try:
        document: ConfigDocument = await read_document(ports, name, merged)
    except CantataError as error:
        if error.category is not Category.INVALID:
            raise
        return None
    return merged if plan.agrees(document) else None
