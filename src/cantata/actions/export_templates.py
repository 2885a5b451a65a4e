"""Templates as the documents that `apply` takes. Their charts lie beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cantata.actions.ports import Ports
from cantata.core.declaration import template_yaml
from cantata.ports import Page, Records


async def export_templates(
    ports: Ports, project: str, *, names: Collection[str] = (), page: Page = Page()
) -> Sequence[tuple[str, str]]:
    """Names and texts by name: of these, else of all. Raises `TemplateNotFound`."""

    def read(records: Records) -> list[tuple[str, str]]:
        if not names:
            found = list(records.templates.list(project, page=page))
        else:
            named = [records.templates.get(project, name) for name in sorted(set(names))]
            found = [each for each in named if each.name > page.after][: page.limit]
        return [(each.name, template_yaml(each, f"{each.name}.tgz")) for each in found]

    return await ports.store.read(read)
