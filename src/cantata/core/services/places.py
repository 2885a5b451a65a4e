"""Where people wrote down what a service waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cantata.core.model.charts import RenderedObject
from cantata.core.model.templates import Condition, TemplateSpec
from cantata.core.order.annotation import parse_depends_on
from cantata.core.services.fields import annotations_of
from cantata.core.stamp.marks import DEPENDS_ON
from cantata.errors import Place

FILE = "cantata.yaml"


def dependency_places(
    services: Mapping[str, Sequence[RenderedObject]],
    depends_on: Mapping[str, Mapping[str, Condition]],
    spec: TemplateSpec,
) -> dict[tuple[str, str], Place]:
    """(service, dependency) → where it is declared: in cantata.yaml, or by an annotation of one of the
    service's objects."""
    places: dict[tuple[str, str], Place] = {}
    for name, wanted in depends_on.items():
        paths = _annotated_paths(services[name])
        for other in wanted:
            key = f"metadata.annotations.{DEPENDS_ON}.{other}"
            places[name, other] = declared_place(name, other, spec) or Place(paths.get(other, ""), key=key)
    return places


def declared_place(name: str, other: str, spec: TemplateSpec) -> Place | None:
    """None where cantata.yaml does not say it."""
    if name not in spec.services or other not in spec.services[name].depends_on:
        return None
    key = f"services.{name}.dependsOn"
    line = spec.lines.get(f"{key}.{other}") or spec.lines.get(key, 0)
    return Place(FILE, line, key=f"{key}.{other}")


def _annotated_paths(items: Sequence[RenderedObject]) -> dict[str, str]:
    """Dependency → the template of the first object whose annotation names it."""
    paths: dict[str, str] = {}
    for item in items:
        for other in parse_depends_on(str(annotations_of(item.manifest).get(DEPENDS_ON) or "")):
            paths.setdefault(other, item.path)
    return paths
