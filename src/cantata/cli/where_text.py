"""Where a key is, as a tree for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cantata.contract.where import ApplicationWhereInfo, PodValueInfo, ServiceWhereInfo

WHOLE = "the application (hooks, notes, files that render nothing now)"


def where_lines(config: str, key: str, told: Sequence[ApplicationWhereInfo]) -> list[str]:
    """The sum first, then application by application."""
    return list(_lines(config, key, told))


def _lines(config: str, key: str, told: Sequence[ApplicationWhereInfo]) -> Iterator[str]:
    pods = [pod for each in told for service in each.services for pod in service.pods]
    yield from summary_lines(config, pods)
    if not told:
        yield f"no application uses config {config}"
    elif not any(each.services or each.error for each in told):
        yield f"nobody reads {key}"
    for each in told:
        if each.services or each.error:
            yield f"application {each.application} ({each.config})"
            if each.error:
                yield f"  {each.error}"
            for service in each.services:
                yield from (f"  {line}" for line in _service(config, service))
    quiet = [each.application for each in told if not each.services and not each.error]
    if quiet and len(quiet) < len(told):
        yield f"not read by: {', '.join(quiet)}"


def summary_lines(config: str, pods: Iterable[PodValueInfo]) -> Iterator[str]:
    """`2 of 5 pods still on version 17`; pods that are about to go do not count."""
    staying = [pod for pod in pods if not pod.ending]
    number = f"{len(staying)} pod{'s' if len(staying) != 1 else ''}"
    counts = Counter((pod.has, pod.version) for pod in staying)
    for (has, version), count in sorted(
        counts.items(), key=lambda each: (ORDER.index(each[0][0]), each[0][1])
    ):
        if has == "unknown":
            yield f"{count} of {number}: not known on which version"
        else:
            yield f"{count} of {number} {'still ' * (has == 'stale')}on {_version(config, version)}"


ORDER = ("stale", "unknown", "current")


def _version(config: str, version: str) -> str:
    """The bare number where it is of the config that was asked for."""
    name, _, number = version.rpartition("@")
    return f"version {number}" if name == config else version or "a value that no config sets"


def _service(config: str, service: ServiceWhereInfo) -> Iterator[str]:
    origin = (
        f" (set in {service.version})" if service.version else f" ({service.origin})" * bool(service.origin)
    )
    yield (f"service {service.service}" if service.service else WHOLE) + origin
    for line in service.lines:
        place = f"{line.file}:{line.line}" if line.line else line.file
        yield f"  template {place}{' (presence)' * (line.how == 'presence')}"
    for variable in service.environment:
        yield f"  env {variable.name} in container {variable.container}"
    for file in service.files:
        yield f"  file {file.path} in container {file.container}{f' ({file.format})' * bool(file.format)}"
    for entry in service.entries:
        yield f"  entry {entry.entry} of {entry.kind} {entry.object}{' (in place)' * entry.in_place}"
    for pod in service.pods:
        yield f"  pod {pod.pod}: {_pod(config, pod)}{', ending' * pod.ending}"


def _pod(config: str, pod: PodValueInfo) -> str:
    if pod.has == "unknown":
        return "not known"
    return f"{'still ' * (pod.has == 'stale')}on {_version(config, pod.version)} (revision {pod.revision})"
