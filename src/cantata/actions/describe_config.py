"""Rename a config and change its labels. Its versions, users and children stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.configs import Config
from cantata.core.model.errors import check_labels, check_name
from cantata.ports import Records


async def describe_config(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    *,
    new_name: str = "",
    labels: Mapping[str, str | None] | None = None,
) -> Config:
    """Labels that are not given stay; None takes one away. Raises `NameInvalid`, `LabelInvalid`,
    `ConfigNotFound`, `NameTaken`."""
    if new_name:
        check_name("config", new_name)
    check_labels(f"config {name}", {key: value or "" for key, value in (labels or {}).items()})

    def write(records: Records) -> Config:
        stored = records.configs.get(project, name)
        merged = {**stored.labels, **(labels or {})}
        wanted = msgspec.structs.replace(
            stored,
            name=new_name or name,
            labels={key: value for key, value in sorted(merged.items()) if value is not None},
        )
        if wanted == stored:
            return stored
        changed = records.configs.update(wanted)
        if changed.name != name:
            audit(records, actor, project, "rename", "config", name, f"to {changed.name}")
        if changed.labels != stored.labels:
            text = ", ".join(f"{key}={value}" for key, value in changed.labels.items())
            audit(records, actor, project, "label", "config", changed.name, text)
        return changed

    return await ports.store.write(write)
