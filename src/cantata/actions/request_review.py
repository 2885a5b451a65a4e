"""Ask for a new look at applications, in the transaction that changes what they follow."""

from __future__ import annotations

import time
from collections.abc import Iterable

from cantata.actions.config_users import users_of
from cantata.core.model.access import Actor
from cantata.core.model.applications import Application
from cantata.core.model.configs import Config
from cantata.ports import Records


def review_users(records: Records, actor: Actor, config: Config, version: int) -> None:
    """Everybody who uses the config, after a new version of it: by policy they are deployed."""
    users = users_of(records, config.project, config)
    request_review(records, actor, users, f"config {config.name}@{version}", deploy=True)


def request_review(
    records: Records, actor: Actor, applications: Iterable[Application], cause: str, *, deploy: bool = False
) -> None:
    """Without `deploy` only what is outdated is told anew."""
    records.reviews.request(
        [each.id for each in applications if not each.deleting],
        at=time.time(),
        cause=cause,
        author=actor.name,
        deploy=deploy,
    )
