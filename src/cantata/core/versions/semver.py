"""One semantic version, https://semver.org/spec/v2.0.0.html, read as leniently as Helm reads it: a `v` may
stand before it, and minor and patch may be left out (`v1.2` is 1.2.0)."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from cantata.errors import CantataError, Category

PATTERN = re.compile(
    r"v?([0-9]{1,18})(?:\.([0-9]{1,18}))?(?:\.([0-9]{1,18}))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
LONGEST = 256

Precedence: TypeAlias = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


class VersionInvalid(CantataError):
    """What should be a semantic version is none."""

    category = Category.INVALID


class BumpPart(enum.StrEnum):
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class SemanticVersion:
    """Equal by its parts: `v1.2` equals `1.2.0`, `1.2.0+a` does not equal `1.2.0+b`. Ordered by precedence,
    to which build metadata does not matter. `text` is the version as it was written."""

    major: int
    minor: int = 0
    patch: int = 0
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    text: str = field(default="", compare=False)

    @property
    def precedence(self) -> Precedence:
        """To sort by. A release comes after its prereleases, numbers come before words."""
        identifiers = tuple(
            (not part.isdigit(), int(part) if part.isdigit() else 0, part if not part.isdigit() else "")
            for part in self.prerelease
        )
        return self.major, self.minor, self.patch, not self.prerelease, identifiers

    def __lt__(self, other: SemanticVersion) -> bool:
        return self.precedence < other.precedence

    def __gt__(self, other: SemanticVersion) -> bool:
        return self.precedence > other.precedence

    def __str__(self) -> str:
        """In full, without `v`."""
        release = f"{self.major}.{self.minor}.{self.patch}"
        prerelease = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        return f"{release}{prerelease}{'+' + '.'.join(self.build) if self.build else ''}"


def find_version(text: str) -> SemanticVersion | None:
    """None for what is no semantic version."""
    found = PATTERN.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    prerelease = tuple(found[4].split(".")) if found[4] else ()
    if any(part.isdigit() and part != "0" and part.startswith("0") for part in prerelease):
        return None
    build = tuple(found[5].split(".")) if found[5] else ()
    major, minor, patch = (int(found[group] or 0) for group in (1, 2, 3))
    return SemanticVersion(major, minor, patch, prerelease, build, text)


def parse_version(text: str, *, subject: str = "version") -> SemanticVersion:
    """Raises `VersionInvalid`."""
    found = find_version(text)
    if found is None:
        raise VersionInvalid(
            f"{text[:80]!r} is no semantic version",
            subject=subject,
            hint="Write MAJOR.MINOR.PATCH, such as 1.4.0 or 2.0.0-rc.1.",
        )
    return found


def bump(version: SemanticVersion, part: BumpPart) -> SemanticVersion:
    """The next one, as Helm's library counts: the patch of a prerelease is its release. Prerelease and build
    go, a `v` before it stays in `text`."""
    raised = {
        BumpPart.MAJOR: (version.major + 1, 0, 0),
        BumpPart.MINOR: (version.major, version.minor + 1, 0),
        BumpPart.PATCH: (version.major, version.minor, version.patch + (not version.prerelease)),
    }[part]
    prefix = "v" if version.text.startswith("v") else ""
    major, minor, patch = raised
    return SemanticVersion(major, minor, patch, text=f"{prefix}{major}.{minor}.{patch}")
