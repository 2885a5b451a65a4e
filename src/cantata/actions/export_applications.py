"""Applications as the documents that `apply` takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cantata.actions.ports import Ports
from cantata.core.declaration import application_yaml
from cantata.ports import Page, Records


async def export_applications(
    ports: Ports, project: str, *, names: Collection[str] = (), page: Page = Page()
) -> Sequence[tuple[str, str]]:
    """Names and texts by name: of these, else of all. Raises `ApplicationNotFound`."""

    def read(records: Records) -> list[tuple[str, str]]:
        if not names:
            found = list(records.applications.list(project, page=page))
        else:
            named = [records.applications.get(project, name) for name in sorted(set(names))]
            found = [each for each in named if each.name > page.after][: page.limit]
        return [(each.name, application_yaml(each)) for each in found]

    return await ports.store.read(read)
