"""Who uses a config: the applications that name it, or one that extends it, however far."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.core.model.applications import Application
from cantata.core.model.configs import Config
from cantata.ports import Page, Records

ALL = Page(limit=100_000)
"""No page."""


def users_of(records: Records, project: str, config: Config) -> Sequence[Application]:
    """By name; those that stay at an older version are among them."""
    found, waiting = {config.name}, [config]
    while waiting:
        for child in records.configs.children(waiting.pop()):
            if child.name not in found:
                found.add(child.name)
                waiting.append(child)
    users = [each for name in found for each in records.applications.list(project, config=name, page=ALL)]
    return sorted(users, key=lambda each: each.name)
