"""Manifests as texts that `kubectl apply -f` takes, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cantata.core.config.quoting import yaml_lines
from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import Condition
from cantata.core.order.graph import assemble
from cantata.core.order.kinds import sort_for_install

DEFINITIONS = "definitions"
HOOKS = "hooks"


@dataclass(frozen=True, slots=True)
class Part:
    """The objects of a service, as YAML documents; or the custom resource definitions, which come first, or
    the hooks, which come last: nothing but Helm and Cantata knows when to run those."""

    name: str
    text: str
    objects: tuple[ObjectKey, ...]
    hooks: bool = False


def parts_of(
    services: Mapping[str, Sequence[Manifest]],
    depends_on: Mapping[str, Mapping[str, Condition]],
    definitions: Sequence[Manifest],
    hooks: Sequence[RenderedObject],
) -> tuple[Part, ...]:
    """Parts without an object are left out."""
    known = {
        name: {other: each for other, each in depends_on.get(name, {}).items() if other in services}
        for name in services
    }
    parts = [_part(DEFINITIONS, definitions)]
    parts += [_part(name, sort_for_install(services[name], ObjectKey.of)) for name in assemble(known).order]
    parts.append(_part(HOOKS, [each.manifest for each in hooks], hooks=True))
    return tuple(part for part in parts if part.objects)


def _part(name: str, manifests: Sequence[Manifest], *, hooks: bool = False) -> Part:
    text = "".join(f"---\n{manifest_yaml(each)}" for each in manifests)
    return Part(name, text, tuple(map(ObjectKey.of, manifests)), hooks)


FIRST = ("apiVersion", "kind", "metadata")


def manifest_yaml(manifest: Manifest) -> str:
    """What it is, first."""
    ordered = {key: manifest[key] for key in FIRST if key in manifest}
    return "".join(f"{line}\n" for line in yaml_lines({**ordered, **manifest}))
