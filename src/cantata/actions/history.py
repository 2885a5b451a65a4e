"""The revisions of an application."""

from __future__ import annotations

from collections.abc import Sequence

from cantata.actions.ports import Ports
from cantata.core.model.applications import Revision
from cantata.ports import Page


async def revisions(ports: Ports, project: str, name: str, page: Page = Page()) -> Sequence[Revision]:
    """Newest first. Raises `ApplicationNotFound`."""
    return await ports.store.read(
        lambda records: records.revisions.list(records.applications.get(project, name).id, page=page)
    )
