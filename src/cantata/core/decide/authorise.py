"""Who may do what: one table, one question."""

from __future__ import annotations

import enum

from cantata.core.model.access import Actor, Role
from cantata.errors import CantataError, Category


class Verb(enum.StrEnum):
    """What is done to a noun."""

    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"
    OPERATE = "operate"
    """Change what runs in a cluster: deploy, roll back, cancel."""
    ENTER = "enter"
    """See and use what is inside its pods: logs, commands, ports."""
    APPROVE = "approve"
    """Let what somebody else planned be done."""
    IMPORT = "import"
    """Make it of what is in a cluster, whose Secrets are read for that."""
    REVEAL = "reveal"
    """See a secret value."""


class Noun(enum.StrEnum):
    SCHEMA = "schema"
    """The description of the API itself: it belongs to no project."""
    CONFIG = "config"
    TEMPLATE = "template"
    APPLICATION = "application"
    OPERATION = "operation"
    PLAN = "plan"
    EVENT = "event"
    TRIGGER = "trigger"
    WEBHOOK = "webhook"
    MARKET = "market"
    """Repositories of charts, and what they list."""
    CLUSTER = "cluster"
    TOKEN = "token"
    AUDIT = "audit"
    PROJECT = "project"


class Forbidden(CantataError):
    """Known, but not allowed to do this."""

    category = Category.FORBIDDEN


LEAST_ROLE: dict[Noun, dict[Verb, Role]] = {
    Noun.SCHEMA: {Verb.READ: Role.VIEWER},
    Noun.CONFIG: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.EDITOR,
        Verb.EDIT: Role.EDITOR,
        Verb.DELETE: Role.EDITOR,
        Verb.IMPORT: Role.OPERATOR,
        Verb.REVEAL: Role.OPERATOR,
    },
    Noun.TEMPLATE: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.EDITOR,
        Verb.EDIT: Role.EDITOR,
        Verb.DELETE: Role.EDITOR,
        Verb.IMPORT: Role.OPERATOR,
    },
    Noun.APPLICATION: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.EDITOR,
        Verb.EDIT: Role.EDITOR,
        Verb.OPERATE: Role.OPERATOR,
        Verb.ENTER: Role.OPERATOR,
        Verb.DELETE: Role.OPERATOR,
    },
    Noun.EVENT: {Verb.READ: Role.VIEWER},
    Noun.OPERATION: {Verb.READ: Role.VIEWER, Verb.OPERATE: Role.OPERATOR},
    # Whether an approval counts is up to the policy of the project.
    Noun.PLAN: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.EDITOR,
        Verb.APPROVE: Role.EDITOR,
        Verb.OPERATE: Role.OPERATOR,
        Verb.DELETE: Role.EDITOR,
    },
    # Whoever makes a trigger lets others change what runs; payloads of its calls may hold secrets.
    Noun.TRIGGER: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.OPERATOR,
        Verb.EDIT: Role.OPERATOR,
        Verb.DELETE: Role.OPERATOR,
        Verb.OPERATE: Role.OPERATOR,
    },
    # What happens in a project is told to others.
    Noun.WEBHOOK: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.OPERATOR,
        Verb.EDIT: Role.OPERATOR,
        Verb.DELETE: Role.OPERATOR,
        Verb.OPERATE: Role.OPERATOR,
    },
    # Whoever names a repository makes the server call it; what is published, others deploy.
    Noun.MARKET: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.OPERATOR,
        Verb.EDIT: Role.OPERATOR,
        Verb.DELETE: Role.OPERATOR,
        Verb.OPERATE: Role.EDITOR,
    },
    Noun.CLUSTER: {
        Verb.READ: Role.VIEWER,
        Verb.CREATE: Role.ADMIN,
        Verb.EDIT: Role.ADMIN,
        Verb.DELETE: Role.ADMIN,
    },
    Noun.TOKEN: {Verb.READ: Role.ADMIN, Verb.CREATE: Role.ADMIN, Verb.DELETE: Role.ADMIN},
    Noun.AUDIT: {Verb.READ: Role.ADMIN},
    Noun.PROJECT: {Verb.READ: Role.VIEWER, Verb.EDIT: Role.ADMIN},
}
"""The least role that may do a verb to a noun. What is not here, nobody may."""


def authorise(actor: Actor, verb: Verb, noun: Noun, project: str) -> None:
    """Raises `Forbidden` unless the actor may do this in this project.

    An empty `project` means a thing that belongs to none. The answer does not tell whether a project that is
    not the actor's exists.
    """
    if project and project != actor.project:
        raise Forbidden(
            f"{actor.name} has no access to project {project[:80]}",
            subject=f"project {project[:80]}",
            hint=f"This token is for project {actor.project}.",
        )
    least = LEAST_ROLE.get(noun, {}).get(verb)
    if least is None or not actor.role.reaches(least):
        needed = f"It needs the role {least}." if least else "No role may do this."
        raise Forbidden(
            f"{actor.name} is {actor.role} and may not {verb} a {noun}",
            subject=str(noun),
            hint=needed,
        )
