"""What registries and forges send, as a table: which payloads tell of a built image, and where in them its
parts stand.

Written after the public documentation of each. The paths are ours, so functions may stand in them. Only
images with a tag count: what is pushed without one is a part of something, or a cache. Builds of merge
requests do not count, since anybody may propose one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from cantata.core.model.triggers import TriggerKind


@dataclass(frozen=True, slots=True)
class Event:
    """One form of payload. It is meant when `when` finds something true in the payload. `each` finds the
    items that it tells of, by default the payload itself; the other paths begin at `payload` or `item`.

    `branch` is where a forge built, `commit` what.
    """

    when: str
    repository: str
    tag: str = "item.none"
    digest: str = "item.none"
    commit: str = "item.none"
    branch: str = "item.none"
    each: str = "[@]"


def _github_package(name: str) -> Event:
    version = f"item.{name}.package_version"
    return Event(
        when=f"{name} && (action == 'published' || action == 'updated')",
        repository=f"{version}.package_url",
        tag=f"{version}.container_metadata.tag.name",
        digest=f"{version}.version",
    )


EVENTS: dict[TriggerKind, tuple[Event, ...]] = {
    TriggerKind.GITHUB: (
        _github_package("registry_package"),
        _github_package("package"),
        Event(
            when="action == 'completed' && workflow_run.conclusion == 'success'"
            " && workflow_run.event == 'push'",
            repository="item.repository.full_name",
            commit="item.workflow_run.head_sha",
            branch="item.workflow_run.head_branch",
        ),
        Event(
            when="action == 'published' && release.tag_name",
            repository="item.repository.full_name",
            tag="item.release.tag_name",
        ),
    ),
    TriggerKind.GITLAB: (
        Event(
            when="object_kind == 'pipeline' && object_attributes.status == 'success'"
            " && object_attributes.source != 'merge_request_event'",
            repository="item.project.path_with_namespace",
            tag="item.object_attributes.tag && item.object_attributes.ref",
            commit="item.object_attributes.sha",
            branch="item.object_attributes.ref",
        ),
        Event(
            when="object_kind == 'release' && action == 'create'",
            repository="item.project.path_with_namespace",
            tag="item.tag",
            commit="item.commit.id",
            branch="item.tag",
        ),
    ),
    TriggerKind.GITEA: (
        Event(
            when="action == 'created' && package.type == 'container'",
            repository="join('/', [item.package.owner.login, item.package.name])",
            tag="item.package.version",
        ),
        Event(
            when="action == 'published' && release.tag_name",
            repository="item.repository.full_name",
            tag="item.release.tag_name",
        ),
    ),
    TriggerKind.HARBOR: (
        Event(
            when="type == 'PUSH_ARTIFACT'",
            each="event_data.resources",
            repository="payload.event_data.repository.repo_full_name",
            tag="item.tag",
            digest="item.digest",
        ),
        Event(
            when="type == 'harbor.artifact.pushed'",
            each="data.resources",
            repository="payload.data.repository.repo_full_name",
            tag="item.tag",
            digest="item.digest",
        ),
    ),
    TriggerKind.DOCKERHUB: (
        Event(when="push_data.tag", repository="item.repository.repo_name", tag="item.push_data.tag"),
    ),
    TriggerKind.DISTRIBUTION: (
        Event(
            when="events",
            each="events[?action == 'push']",
            repository="item.target.repository",
            tag="item.target.tag",
            digest="item.target.digest",
        ),
        # Azure's registry sends one such event by itself.
        Event(
            when="action == 'push' && target.repository",
            repository="item.target.repository",
            tag="item.target.tag",
            digest="item.target.digest",
        ),
    ),
}

COMMITS = frozenset({TriggerKind.GITHUB, TriggerKind.GITLAB})
"""Who tells the commit that was built."""
DIGESTS = frozenset({TriggerKind.GITHUB, TriggerKind.HARBOR, TriggerKind.DISTRIBUTION})
"""Who tells the digest of what was pushed."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one item tells, as it stands there; a text or nothing, unchecked."""

    repository: str
    tag: str
    digest: str
    commit: str
    branch: str


def find_images(kind: TriggerKind, payload: Any) -> Iterator[Found]:
    """In the order of the payload; nothing when it is about something else."""
    event = next((event for event in EVENTS[kind] if _search(event.when, payload)), None)
    items = _search(event.each, payload) if event else None
    if event is None or not isinstance(items, list):
        return
    for item in items:
        both = {"payload": payload, "item": item}
        yield Found(
            _text(_search(event.repository, both)),
            _text(_search(event.tag, both)),
            _text(_search(event.digest, both)),
            _text(_search(event.commit, both)),
            _text(_search(event.branch, both)),
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _search(path: str, value: Any) -> Any:
    try:
        return _compiled(path).search(value)
    except (JMESPathError, TypeError, RecursionError):
        return None  # A payload of another shape.


@cache
def _compiled(path: str) -> ParsedResult:
    return jmespath.compile(path)
