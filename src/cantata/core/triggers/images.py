"""Images that were built: their parts checked, and whether a rule is about one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cantata.core.model.triggers import ImagePart, ImageRule
from cantata.core.triggers.kinds import Found
from cantata.core.triggers.patterns import compile_pattern

REPOSITORY = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,254}")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
BRANCH = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Image:
    """Parts that are not there, or are not what they should be, are empty."""

    repository: str
    tag: str
    digest: str
    commit: str
    branch: str

    def __str__(self) -> str:
        if self.tag:
            return f"{self.repository}:{self.tag}"
        return f"{self.repository} at {self.commit[:12]}" if self.commit else self.repository

    def part(self, rule: ImageRule) -> str:
        match rule.write:
            case ImagePart.TAG:
                return self.tag
            case ImagePart.DIGEST:
                return self.digest if self.tag else ""
            case ImagePart.COMMIT:
                return self.commit
            case ImagePart.REFERENCE:
                return f"{rule.repository}:{self.tag}" if self.tag else ""


def read_image(found: Found) -> Image | None:
    """None for what names no repository. What comes from outside ends up in configs, logs and terminals, so
    only what fits the grammar of its part is taken."""
    repository = repository_name(found.repository)
    if not REPOSITORY.fullmatch(repository):
        return None
    return Image(
        repository,
        tag=_checked(TAG, found.tag),
        digest=_checked(DIGEST, found.digest),
        commit=_checked(COMMIT, found.commit),
        branch=_checked(BRANCH, found.branch),
    )


def _checked(grammar: re.Pattern[str], text: str) -> str:
    return text if grammar.fullmatch(text) else ""


def repository_name(text: str) -> str:
    """`ghcr.io/Shop/web:1.2` and the same with a digest are `ghcr.io/shop/web`."""
    name = text.strip().partition("@")[0]
    head, slash, last = name.rpartition("/")
    return (head + slash + last.partition(":")[0]).lower()


def concerns(rule: ImageRule, image: Image) -> bool:
    """Whether the rule is about this image. The registry's host is compared where both name one."""
    wanted = repository_name(rule.repository)
    same = image.repository in (wanted, _without_host(wanted)) or wanted == _without_host(image.repository)
    if not same:
        return False
    on = image.branch or image.tag if rule.write is ImagePart.COMMIT else image.tag
    return not rule.pattern or compile_pattern(rule.pattern)(on) is not None


def _without_host(name: str) -> str:
    first, slash, rest = name.partition("/")
    return rest if slash and ("." in first or ":" in first or first == "localhost") else name
