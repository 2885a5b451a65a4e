"""From the parsed YAML of cantata.yaml to a `TemplateSpec`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cantata.core.model.charts import Numbers, YamlNode
from cantata.core.model.templates import (
    Condition,
    ConfigName,
    DeliverAs,
    Delivery,
    Dependency,
    Layout,
    ServiceSpec,
    TemplateSpec,
)
from cantata.core.spec.delivery import read_delivery
from cantata.core.spec.reading import SUBDOMAIN, DeliveryInvalid, Path, Reading, describe

COMPOSE_CONDITIONS = {
    "service_started": Condition.STARTED,
    "service_healthy": Condition.READY,
    "service_completed_successfully": Condition.COMPLETED,
}
"""What docker compose calls the conditions: people write them out of habit, and the error says our word."""


def parse_spec(value: Any, nodes: Sequence[YamlNode] = (), file: str = "cantata.yaml") -> TemplateSpec:
    """Reads cantata.yaml from its value (None for an empty file) and its positioned nodes.

    Raises `TemplateSpecInvalid` with file, line, column, key and what is allowed; several troubles stand in
    its details. Whether the services in `dependsOn` exist is known only after a render: see `core.services`.
    """
    reading = Reading(nodes, file)
    readers: dict[str, Callable[[Any, Path], Any]] = {
        "layout": lambda item, at: reading.word(Layout, item, at, Layout.ANALYSIS),
        "numbers": lambda item, at: reading.word(Numbers, item, at, Numbers.HELM),
        "config": lambda item, at: _read_config(reading, item, at),
        "services": lambda item, at: _read_services(reading, item, at),
    }
    given = reading.fields(value, (), readers)
    reading.finish()
    return TemplateSpec(**given, lines=reading.lines())


def parse_deliveries(
    value: Any, nodes: Sequence[YamlNode] = (), file: str = "delivery"
) -> dict[str, tuple[Delivery, ...]]:
    """What an application adds to the template: items of `delivery:` by service, in the syntax of
    cantata.yaml. Raises `DeliveryInvalid`."""
    reading = Reading(nodes, file)
    deliveries = {
        name: _read_deliveries(reading, item, (name,))
        for name, item in reading.map(value, ()).items()
        if reading.name(name, (name,), "service", at_key=True)
    }
    reading.finish(DeliveryInvalid)
    return {name: items for name, items in deliveries.items() if items}


def _read_config(reading: Reading, value: Any, path: Path) -> ConfigName | None:
    """`config: shop-config`, or the long form `config: {name: shop-config}`."""
    if value is None:
        return None
    at = path
    if isinstance(value, dict):
        at = (*path, "name")
        value = reading.map(value, path, ("name",)).get("name")
        if value is None:
            reading.trouble(path, "`config` needs a `name`")
            return None
    name = reading.text(value, at)
    if isinstance(value, str) and (len(name) > 253 or not SUBDOMAIN.fullmatch(name)):
        rule = "lower-case letters, digits, hyphens and dots, at most 253"
        reading.trouble(at, f"`{name[:80]}` is not a name for a ConfigMap: {rule}", at_key=False)
    return ConfigName(name)


def _read_services(reading: Reading, value: Any, path: Path) -> dict[str, ServiceSpec]:
    services: dict[str, ServiceSpec] = {}
    for name, item in reading.map(value, path).items():
        if reading.name(name, (*path, name), "service", at_key=True):
            services[name] = _read_service(reading, item, (*path, name))
    renamed: dict[str, str] = {}
    for name, service in services.items():
        at = (*path, name, "renamedFrom")
        for number, old in enumerate(service.former_names):
            if old in services and not (number and old == name):
                reading.trouble(at, f"`{name}` cannot be renamed from `{old}`, which is still a service here")
            elif old in renamed:
                reading.trouble(at, f"`{old}` cannot become both `{renamed[old]}` and `{name}`")
            renamed[old] = name
    return services


def _read_service(reading: Reading, value: Any, path: Path) -> ServiceSpec:
    readers: dict[str, Callable[[Any, Path], Any]] = {
        "files": lambda item, at: _read_files(reading, item, at),
        "renamedFrom": lambda item, at: _read_renamed(reading, item, at),
        "dependsOn": lambda item, at: _read_depends_on(reading, item, at),
        "delivery": lambda item, at: _read_deliveries(reading, item, at),
    }
    given = reading.fields(value, path, readers)
    renamed = given.pop("renamedFrom", ())
    names = {"dependsOn": "depends_on"}
    fields = {names.get(key, key): item for key, item in given.items()}
    return ServiceSpec(**fields, renamed_from=renamed[0] if renamed else "", renamed_before=renamed[1:])


def _read_files(reading: Reading, value: Any, path: Path) -> tuple[str, ...]:
    """Patterns relative to `templates/`; a leading `templates/` is what people write too."""
    patterns = []
    for at, item in reading.list(value, path):
        pattern = reading.text(item, at).removeprefix("./").removeprefix("templates/")
        if pattern.startswith("/") or ".." in pattern.split("/"):
            reading.trouble(at, f"`{pattern}` must be relative to templates/", at_key=False)
        elif pattern in patterns:
            reading.trouble(at, f"`{pattern}` is given twice", at_key=False)
        elif pattern:
            patterns.append(pattern)
    return tuple(patterns)


def _read_renamed(reading: Reading, value: Any, path: Path) -> tuple[str, ...]:
    """One name, or all that the service ever had, newest first."""
    named = ((at, reading.text(item, at)) for at, item in reading.list(value, path))
    return tuple(old for at, old in named if old and reading.name(old, at, "service", at_key=False))


def _read_depends_on(reading: Reading, value: Any, path: Path) -> dict[str, Dependency]:
    """`{gateway: {condition: ready}}`, `{gateway: ready}`, or the list `[gateway, "migrate:completed"]`."""
    entries: list[tuple[Path, str, Any]]
    if isinstance(value, dict):
        entries = [((*path, name), name, item) for name, item in reading.map(value, path).items()]
    else:
        entries = []
        for at, item in reading.list(value, path):
            name, _, condition = reading.text(item, at).partition(":")
            entries.append((at, name.strip(), condition.strip() or None))
    dependencies: dict[str, Dependency] = {}
    for at, name, item in entries:
        if not name or not reading.name(name, at, "service", at_key=isinstance(value, dict)):
            continue
        if name == path[-2]:
            reading.trouble(at, f"`{name}` cannot depend on itself")
        elif name in dependencies:
            reading.trouble(at, f"`{name}` is given twice", at_key=False)
        else:
            dependencies[name] = Dependency(_read_condition(reading, item, at))
    return dependencies


def _read_condition(reading: Reading, value: Any, path: Path) -> Condition:
    if isinstance(value, dict):
        path, value = (*path, "condition"), reading.map(value, path, ("condition",)).get("condition")
    elif isinstance(value, list):
        reading.trouble(path, f"a dependency is a condition, not {describe(value)}", at_key=False)
        return Condition.READY
    return reading.word(Condition, value, path, Condition.READY, COMPOSE_CONDITIONS)


def _read_deliveries(reading: Reading, value: Any, path: Path) -> tuple[Delivery, ...]:
    deliveries: list[Delivery] = []
    for at, item in reading.list(value, path):
        delivery = read_delivery(reading, item, at)
        if delivery is None:
            continue
        if delivery.as_ is DeliverAs.FILE and any(
            other.mount_path == delivery.mount_path and overlap(other.containers, delivery.containers)
            for other in deliveries
        ):
            reading.trouble((*at, "mountPath"), f"two deliveries mount at `{delivery.mount_path}`")
        deliveries.append(delivery)
    return tuple(deliveries)


def overlap(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two selections of containers can meet in one container; an empty one is all."""
    return not left or not right or not set(left).isdisjoint(right)
