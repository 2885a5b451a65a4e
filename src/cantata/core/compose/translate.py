"""A docker compose project as a chart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.core.chart_text import Value, places_in, template_text, values_text
from cantata.core.compose.names import object_name
from cantata.core.compose.project import SHARED, Project, Source
from cantata.core.compose.words import untranslated
from cantata.core.compose.workload import objects_of
from cantata.core.config.quoting import quoted
from cantata.core.model.compose import ComposeReading
from cantata.core.model.findings import Finding
from cantata.errors import CantataError, Category

CONDITIONS = {
    "service_started": "started",
    "service_healthy": "ready",
    "service_completed_successfully": "completed",
}
ORDER = ("image", "replicas", "environment", "published", "resources", "files")
TOP_LEVEL = frozenset({"name", "services", "jobs", "volumes", "secrets", "configs", "networks"})


LONG = 8
"""Shorter values are found by chance."""
MOST_SOUGHT = 100
MOST_NODES = 20_000
"""Ten times what large projects hold."""


class ComposeTooLarge(CantataError):
    category = Category.LIMIT


@dataclass(frozen=True, slots=True)
class Translation:
    """`files` are the chart's, by path. `wanted` are paths that must be looked at first, and whether the
    files of such a folder are wanted; the rest is not complete then. `config_text` holds what differs between
    environments, secrets included; `required` are the keys in it that have no value yet."""

    files: Mapping[str, str]
    config_text: str
    findings: tuple[Finding, ...]
    required: tuple[str, ...]
    services: tuple[str, ...]
    wanted: Mapping[str, bool]


def translate(
    reading: ComposeReading,
    sources: Mapping[str, Source],
    *,
    name: str,
    origin: str = "compose.yaml",
    allow_missing: bool = False,
) -> Translation:
    """`sources` are the files that the project's services mount, as far as they were looked at. Raises
    `ComposeTooLarge`."""
    _check_size(reading.project)
    project = Project(reading, sources, allow_missing)
    dependencies = _dependencies(project)
    templates = {part.name: objects_of(part) for part in project.parts.values()}
    _tell_rest(project)
    files = {
        f"templates/{file}.yaml": template_text(objects, _head(file, project))
        for file, objects in [*sorted(templates.items()), (SHARED, project.shared)]
        if objects
    }
    values = sorted(places_in([*templates.values(), project.shared]), key=_rank)
    required = tuple(
        dict.fromkeys(".".join(value.path) for value in values if value.required and not value.default)
    )
    files |= {
        "Chart.yaml": _chart(name, origin),
        "values.yaml": values_text(
            values, comment="The default configuration. A config overrides single keys of it."
        ),
        "cantata.yaml": _cantata(dependencies),
    }
    texts = project.root("configs")
    # Whole files stay the chart's own, so that a config is short to read.
    _tell_secrets(project, values, files)
    config = [value for value in values if value.path[0] != texts and value.path[1:2] != ("files",)]
    return Translation(
        dict(sorted(files.items())),
        values_text(config, secrets=True, comment=f"What differs between environments, as {origin} has it."),
        project.notes.findings,
        required,
        tuple(sorted(project.names.values())),
        dict(sorted(project.wanted.items())),
    )


def _check_size(project: Mapping[str, Any]) -> None:
    waiting: list[Any] = [project]
    count = 0
    while waiting:
        value = waiting.pop()
        count += 1
        if count > MOST_NODES:
            raise ComposeTooLarge(
                f"the project holds more than {MOST_NODES} keys and values",
                subject="compose project",
                hint="Import its parts as templates of their own.",
            )
        if isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _rank(value: Value) -> int:
    """Values keep the order of their services; below each, those that people set most come first."""
    return ORDER.index(value.path[1]) if value.path[1] in ORDER else len(ORDER)


def _dependencies(project: Project) -> dict[str, dict[str, str]]:
    """What each service waits for. It also says which services others wait for to complete."""
    found: dict[str, dict[str, str]] = {}
    for part in project.parts.values():
        found[part.name] = {}
        links = {link.partition(":")[0] for link in part.fields.take("links", ())}
        for other, wanted in sorted(part.fields.take("depends_on", {}).items()):
            target = project.parts.get(other)
            if target is None:
                continue
            condition = CONDITIONS.get(wanted.get("condition", ""), "started")
            found[part.name][target.name] = condition
            target.completed = target.completed or condition == "completed"
            if wanted.get("restart") and other not in links:
                part.changed(
                    f"depends_on.{other}.restart",
                    f"{part.name} is not restarted when {target.name} is updated",
                )
    return found


def _tell_rest(project: Project) -> None:
    """What no rule took."""
    for part in project.parts.values():
        for path in part.fields.left():
            key = path.removeprefix(f"{part.fields.path}.")
            part.left_out(key, *untranslated(key))
    for name, profiles in sorted(project.reading.disabled.items()):
        project.notes.left_out(
            f"services.{name}",
            f"{name} belongs to the profile {', '.join(profiles)}, which is not on",
            f"Import with --profile {profiles[0]} to take it in." if profiles else "",
        )
    networks = project.reading.project.get("networks") or {}
    if named := sorted(networks.keys() - {"default"}):
        project.notes.left_out(
            "networks",
            f"networks ({', '.join(named)}) keep nobody apart: all pods of a namespace reach one another",
            "Write NetworkPolicies where that matters.",
        )
    for key in sorted(project.reading.project.keys() - TOP_LEVEL):
        if not key.startswith("x-"):
            project.notes.left_out(key, f"{key} is not translated")
    for kind in ("volumes", "secrets", "configs"):
        for name in sorted(project.reading.project.get(kind) or {}):
            if not project.users(kind, name):
                project.notes.left_out(f"{kind}.{name}", f"no service uses {name}")
    for warning in project.reading.warnings:
        project.notes.changed("", warning)


def _tell_secrets(project: Project, values: Sequence[Value], files: Mapping[str, str]) -> None:
    """Values of secrets that stand elsewhere, too, such as in a command. Everyday words are not looked for,
    and of very many secrets only the first."""
    texts = {value: str(value.default) for value in values if value.secret}
    sought = [
        (value, text)
        for value, text in texts.items()
        if len(text) >= LONG and not re.fullmatch("[a-z]+", text)
    ]
    for value, text in sought[:MOST_SOUGHT]:
        for path in sorted(path for path, written in files.items() if text in written):
            project.notes.decide(
                "",
                f"the value of {'.'.join(value.path)} stands in clear in {path}",
                "Take it from the environment there: `$$NAME` in a shell command.",
            )


def _head(file: str, project: Project) -> str:
    if file == SHARED:
        return "What several services use."
    part = next(part for part in project.parts.values() if part.name == file)
    return f"The service {part.compose_name} of the compose project."


def _chart(name: str, origin: str) -> str:
    return (
        "apiVersion: v2\n"
        f"name: {object_name(name)}\n"
        f"description: {quoted(f'Imported from {origin}')}\n"
        "type: application\n"
        "version: 0.1.0\n"
    )


def _cantata(dependencies: Mapping[str, Mapping[str, str]]) -> str:
    def lines() -> Iterator[str]:
        yield "# What Kubernetes and Helm have no word for."
        yield "layout: file     # each file below templates/ is one service"
        yield "numbers: exact   # 1000000 stays 1000000"
        yield ""
        yield "services:"
        for name in sorted(dependencies):
            waits = ", ".join(f"{other}: {condition}" for other, condition in dependencies[name].items())
            if waits:
                yield f"  {name}:"
                yield f"    dependsOn: {{ {waits} }}"
            else:
                yield f"  {name}: {{}}"

    return "".join(f"{line}\n" for line in lines())
