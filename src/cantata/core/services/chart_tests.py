"""Which test hooks belong to which service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from cantata.core.model.applications import ServiceVersion
from cantata.core.model.charts import RenderedObject
from cantata.core.stamp.marks import SERVICE

TEST = "test"
EVENTS = frozenset({TEST, "test-success"})
"""The second is Helm 2's word for the first; its tests that are to fail are no tests of today's Helm."""


def select_tests(
    hooks: Iterable[RenderedObject], versions: Mapping[str, ServiceVersion], services: Iterable[str] = ()
) -> tuple[RenderedObject, ...]:
    """All test hooks, as ones of the event `test`; with `services`, those that say so by annotation, and of
    those that say nothing the ones that stand in a file of the service or in a folder of `templates/` that is
    named like it. What was delivered to a test comes with it."""
    tests = [each for each in map(_as_test, hooks) if each is not None]
    wanted = set(services)
    if not wanted:
        return tuple(tests)
    files = {file for name in wanted & versions.keys() for file in versions[name].files}
    chosen = {(each.path, each.index) for each in tests if _is_of(each, wanted, files)}
    return tuple(each for each in tests if (each.path, each.index) in chosen)


def _as_test(item: RenderedObject) -> RenderedObject | None:
    if item.hook is None or EVENTS.isdisjoint(item.hook.events):
        return None
    return msgspec.structs.replace(item, hook=msgspec.structs.replace(item.hook, events=(TEST,)))


def _is_of(test: RenderedObject, services: set[str], files: set[str]) -> bool:
    metadata = test.manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    said = annotations.get(SERVICE) if isinstance(annotations, dict) else None
    if isinstance(said, str):
        return said in services
    folders = test.path.split("/")[:-1]
    return test.path in files or (
        folders[1:2] == ["templates"] and folders[2:3] != [] and folders[2] in services
    )
