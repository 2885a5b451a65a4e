"""Clone a template: another one with the same latest version, or with all versions."""

from __future__ import annotations

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.errors import check_name
from cantata.core.model.templates import Template
from cantata.ports import Records


async def clone_template(
    ports: Ports, actor: Actor, project: str, name: str, new: str, *, history: bool = False
) -> Template:
    """With `history` all versions under their numbers, as they were made. A deprecated template has a clone
    that is not. Raises `NameInvalid`, `NameTaken`, `TemplateNotFound`."""
    check_name("template", new)

    def write(records: Records) -> Template:
        source = records.templates.get(project, name)
        made = records.templates.clone(source, new, history=history)
        versions = "with its history" if history else f"version {source.latest}"
        audit(records, actor, project, "clone", "template", new, f"of {name}, {versions}")
        return made

    return await ports.store.write(write)
