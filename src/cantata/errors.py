"""Every error that Cantata raises on purpose.

An error is a noun and a trouble (`ConfigVersionInUse`). Its class name is the code on the wire, its
category alone decides the HTTP status and the exit code (`STATUS`, `EXIT`), and it says which thing is
meant (`subject`), where (`place`), and what to do about it (`hint`).

    CantataError
    ├── (each package adds its own classes beside the code that raises them)
    └── InternalError          what should not happen; the only one that is a 500

Anything that is not a `CantataError` and reaches an edge is a defect of ours.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class Category(enum.StrEnum):
    """What kind of trouble it is, seen by the one who asked."""

    INVALID = "invalid"
    """The request itself is wrong; the same request can never work."""
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    """The request does not fit the present state (name taken, edited meanwhile, in use, owned by others)."""
    REFUSED = "refused"
    """The work was understood and tried, and its outcome is a failure (a deploy that failed)."""
    LIMIT = "limit"
    """A size, time or memory limit was reached."""
    UNAVAILABLE = "unavailable"
    """An outside system did not answer; the same request may work later."""
    INTERNAL = "internal"


STATUS: dict[Category, int] = {
    Category.INVALID: 422,
    Category.UNAUTHENTICATED: 401,
    Category.FORBIDDEN: 403,
    Category.NOT_FOUND: 404,
    Category.CONFLICT: 409,
    Category.REFUSED: 409,
    Category.LIMIT: 413,
    Category.UNAVAILABLE: 503,
    Category.INTERNAL: 500,
}
"""The only map from an error to an HTTP status."""

EXIT: dict[Category, int] = {
    Category.INTERNAL: 10,
    Category.INVALID: 2,
    Category.NOT_FOUND: 3,
    Category.CONFLICT: 4,
    Category.UNAUTHENTICATED: 5,
    Category.FORBIDDEN: 6,
    Category.UNAVAILABLE: 7,
    Category.LIMIT: 8,
    Category.REFUSED: 9,
}
"""The only map from an error to an exit code of the command line."""

PLANNED = 11
"""The exit code of a command that would change an application of a project that demands a plan: one was
stored, and nothing was changed."""

DIFFERS = 1
"""The exit code of a diff that was asked whether anything differs, as of `git diff` and `kubectl diff`."""

FOUND = 1
"""The exit code of a lint that found something, as of `helm lint`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the trouble is: a file, a line and column counted from 1, and a key path such as `db.host`."""

    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""

    def __str__(self) -> str:
        spot = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{spot} ({self.key})" if spot and self.key else spot or self.key


@dataclass(frozen=True, slots=True)
class Detail:
    """One of several troubles that one error reports."""

    message: str
    place: Place = Place()


class CantataError(Exception):
    """Root of all expected failures.

    `message` is one sentence that names the thing and the trouble, `subject` the thing alone
    (`application shop-dev`), `hint` what to do, `details` the single troubles where there are several.
    Never put a secret value into any of them.
    """

    category: ClassVar[Category] = Category.INTERNAL
    again_after: ClassVar[int] = 0
    """Seconds after which the same request is worth another try, told as `Retry-After`; 0 for unknown."""

    def __init__(
        self,
        message: str,
        *,
        subject: str = "",
        hint: str = "",
        place: Place | None = None,
        details: Iterable[Detail] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.hint = hint
        self.place = place or Place()
        self.details = tuple(details)

    @property
    def code(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        where = str(self.place)
        return f"{where}: {self.message}" if where else self.message


class InternalError(CantataError):
    """A state that the code promises cannot occur. A defect: report it."""

    category = Category.INTERNAL
