"""Deprecate a template: who makes an application of it, deploys one or imports another version is warned."""

from __future__ import annotations

from cantata.actions.audit import audit
from cantata.actions.ports import Ports
from cantata.core.model.access import Actor
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.templates import Template
from cantata.errors import CantataError, Category
from cantata.ports import Records

LONGEST = 500


class DeprecationInvalid(CantataError):
    category = Category.INVALID


async def deprecate_template(
    ports: Ports, actor: Actor, project: str, name: str, message: str | None
) -> Template:
    """`message` says what to take instead; None takes the deprecation back. Raises `TemplateNotFound`,
    `DeprecationInvalid`."""
    check_deprecation(name, message)
    return await ports.store.write(
        lambda records: write_deprecation(records, actor, records.templates.get(project, name), message)
    )


def check_deprecation(name: str, message: str | None) -> None:
    """Raises `DeprecationInvalid`."""
    if message is not None and (len(message) > LONGEST or not message.isprintable()):
        raise DeprecationInvalid(
            f"a deprecation is one line of at most {LONGEST} characters",
            subject=f"template {name}",
            hint="Say what to take instead.",
        )


def write_deprecation(records: Records, actor: Actor, template: Template, message: str | None) -> Template:
    """`deprecate_template` inside a write that does more."""
    if template.deprecated == message:
        return template
    verb = "undeprecate" if message is None else "deprecate"
    audit(records, actor, template.project, verb, "template", template.name, message or "")
    return records.templates.deprecate(template, message)


def deprecation_findings(name: str, message: str | None) -> tuple[Finding, ...]:
    """`message` as in `Template.deprecated`."""
    if message is None:
        return ()
    return (
        Finding(
            "template-deprecated",
            Severity.WARNING,
            f"template {name} is deprecated",
            suggestion=message or "Look for another template.",
        ),
    )
