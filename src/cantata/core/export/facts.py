"""What an exported chart has to know of its services: the content of cantata-export.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from cantata.core.export.paths import is_template
from cantata.core.model.charts import Numbers, RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Condition, Delivery, TemplateSpec
from cantata.core.services import Split
from cantata.core.services.layout import declared_service
from cantata.core.values import Leaf

RELEASE = "{release}"
"""Stands for the name of the release in names of objects."""

READY: Mapping[str, tuple[str, ...]] = {
    "DaemonSet": ("rollout", "status", "daemonset/{}"),
    "Deployment": ("rollout", "status", "deployment/{}"),
    "Job": ("wait", "--for=condition=complete", "--timeout=-1s", "job/{}"),
    "Pod": ("wait", "--for=condition=ready", "--timeout=-1s", "pod/{}"),
    "StatefulSet": ("rollout", "status", "statefulset/{}"),
}
"""How kubectl waits for a workload of each kind."""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """`workload` is the main one, as `Kind/name`; `depends_on` what it waits for, as the annotation says it;
    `waits` the arguments of kubectl for each of these."""

    workload: str = ""
    delivery: tuple[Delivery, ...] = ()
    depends_on: str = ""
    waits: tuple[tuple[str, ...], ...] = ()

    def document(self) -> dict[str, Any]:
        fields = {
            "workload": self.workload,
            "dependsOn": self.depends_on,
            "waits": [list(each) for each in self.waits],
            "delivery": [_said(each) for each in self.delivery],
        }
        return {name: value for name, value in fields.items() if value}


def _said(delivery: Delivery) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(delivery)
    return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class Facts:
    """`files` are the services by template file below `templates/`, `objects` by `Kind/name`. `kept` are the
    kinds of which the chart renders an object of the config's name itself; `keep_name` says that such a
    ConfigMap has to be there. `known` are the keys below `subcharts` that are config entries."""

    config: str = ""
    numbers: Numbers = Numbers.HELM
    services: Mapping[str, ServiceFacts] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    keep_name: bool = False
    subcharts: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether plain Helm would not do the same with the chart as it is."""
        return bool(
            self.config
            or self.numbers is Numbers.EXACT
            or any(each.delivery or each.depends_on for each in self.services.values())
        )

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "config": self.config,
            "numbers": str(self.numbers),
            "kept": list(self.kept),
            "keepName": self.keep_name,
            "subcharts": list(self.subcharts),
            "known": list(self.known),
            "services": {name: each.document() for name, each in self.services.items()},
            "files": {file: list(names) for file, names in self.files.items()},
            "objects": dict(self.objects),
        }


def read_facts(
    spec: TemplateSpec,
    parts: Split,
    *,
    chart: str,
    release: str,
    added: Mapping[str, Sequence[Delivery]],
    leaves: Iterable[Leaf],
    paths: Iterable[str],
    subcharts: Sequence[str],
    keep_name: bool,
) -> Facts:
    """From a render that was split into services. `added` is what an application delivers beside its
    template, `leaves` are the effective values, `paths` the files of the chart."""
    files = _services_of_files(spec, parts, chart, paths)
    config = spec.config.name if spec.config is not None else ""
    rendered = (*parts.assignments, *(ObjectKey.of(hook.manifest) for hook in (*parts.hooks, *parts.tests)))
    kept = {key.kind for key in rendered if config and not key.group and key.name == config}
    charts = frozenset(subcharts)
    return Facts(
        config=config,
        numbers=spec.numbers,
        services={name: _service(name, spec, parts, release, added) for name in parts.services},
        files=files,
        objects={
            object_name(ObjectKey.of(item.manifest), release): name
            for name, items in parts.services.items()
            for item in items
            if len(files.get(item.path.removeprefix(f"{chart}/templates/"), ())) > 1
        },
        kept=tuple(sorted(kept & {"ConfigMap", "Secret"})),
        keep_name=keep_name,
        subcharts=tuple(subcharts),
        known=tuple(leaf.key for leaf in leaves if leaf.path[0] in charts and leaf.value is not None),
    )


def merged_facts(some: Sequence[Facts]) -> Facts:
    """Of renders of one chart with different values."""
    files: dict[str, dict[str, None]] = {}
    for each in some:
        for file, names in each.files.items():
            files.setdefault(file, {}).update(dict.fromkeys(names))
    return replace(
        some[0],
        services={name: facts for each in reversed(some) for name, facts in each.services.items()},
        files={file: tuple(names) for file, names in files.items()},
        objects={name: service for each in some for name, service in each.objects.items()},
        kept=tuple(sorted({kind for each in some for kind in each.kept})),
        keep_name=any(each.keep_name for each in some),
        known=tuple(dict.fromkeys(key for each in some for key in each.known)),
    )


def _services_of_files(
    spec: TemplateSpec, parts: Split, chart: str, paths: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """By file below `templates/`: those that it rendered objects of, else the one that it would."""
    found: dict[str, dict[str, None]] = {}
    for name, items in parts.services.items():
        for item in items:
            found.setdefault(item.path, {})[name] = None
    prefix = f"{chart}/templates/"
    for path in paths:
        declared = declared_service(RenderedObject(f"{chart}/{path}", 0, {}), spec)
        if declared and is_template(path):
            found.setdefault(f"{chart}/{path}", {declared: None})
    return {
        path.removeprefix(prefix): tuple(names)
        for path, names in sorted(found.items())
        if path.startswith(prefix)
    }


def _service(
    name: str,
    spec: TemplateSpec,
    parts: Split,
    release: str,
    added: Mapping[str, Sequence[Delivery]],
) -> ServiceFacts:
    declared = spec.services.get(name)
    workload = parts.workloads.get(name)
    depends_on = parts.depends_on.get(name, {})
    return ServiceFacts(
        workload=object_name(workload, release) if workload is not None else "",
        delivery=(*(declared.delivery if declared is not None else ()), *added.get(name, ())),
        depends_on=depends_on_text(depends_on),
        waits=waits_for(depends_on, parts.workloads, release),
    )


def object_name(key: ObjectKey, release: str) -> str:
    """`Kind/name`, the name of the release in it left open."""
    name = key.name
    if name == release or name.startswith(f"{release}-"):
        name = f"{RELEASE}{name[len(release) :]}"
    return f"{key.kind}/{name}"


def depends_on_text(depends_on: Mapping[str, Condition]) -> str:
    """As the annotation `cantata.dev/depends-on` says it."""
    return ", ".join(
        name if condition is Condition.READY else f"{name}:{condition}"
        for name, condition in depends_on.items()
    )


def waits_for(
    depends_on: Mapping[str, Condition], workloads: Mapping[str, ObjectKey], release: str
) -> tuple[tuple[str, ...], ...]:
    """What has only to be started is not waited for: Helm makes all objects at once."""
    found = []
    for name, condition in depends_on.items():
        key = workloads.get(name)
        if condition is Condition.STARTED or key is None or key.kind not in READY:
            continue
        target = object_name(key, release).partition("/")[2]
        found.append(tuple(part.replace("{}", target) for part in READY[key.kind]))
    return tuple(found)
