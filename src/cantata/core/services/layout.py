"""What people say about an object's service: the annotation, `files:`, and `layout: file`."""

from __future__ import annotations

from cantata.core.model.charts import RenderedObject
from cantata.core.model.templates import Layout, TemplateSpec
from cantata.core.services.errors import ServiceNameInvalid
from cantata.core.services.fields import annotations_of
from cantata.core.services.naming import is_name, name_of
from cantata.core.services.source import matches, parse_source
from cantata.core.stamp.marks import SERVICE


def declared_service(item: RenderedObject, spec: TemplateSpec) -> str | None:
    """The service that somebody gave this object, or None where only analysis can tell.

    Raises `ServiceNameInvalid` for an annotation that holds no name.
    """
    annotated = annotations_of(item.manifest).get(SERVICE)
    if annotated is not None:
        if not isinstance(annotated, str) or not is_name(annotated):
            raise ServiceNameInvalid(str(annotated), item)
        return annotated
    return service_of_path(item.path, spec)


def service_of_path(path: str, spec: TemplateSpec) -> str | None:
    """The service that cantata.yaml gives all objects of a template; None where only their content tells."""
    matching = services_by_files(path, spec)
    if matching:
        return matching[0]
    return service_of_file(path) if spec.layout is Layout.FILE else None


def services_by_files(path: str, spec: TemplateSpec) -> list[str]:
    """The services whose `files:` name the template, in the order of cantata.yaml."""
    written = parse_source(path).pattern_path
    return [
        name
        for name, service in spec.services.items()
        if any(matches(pattern, written) for pattern in service.files)
    ]


def service_of_file(path: str) -> str:
    """`templates/web.yaml` and `templates/web/*.yaml` are the service `web`; a subchart's name goes first."""
    source = parse_source(path)
    folder, slash, _ = source.file.partition("/")
    base = name_of(folder if slash else folder.rsplit(".", 1)[0])
    if not source.subcharts or base == source.prefix:
        return base
    return name_of(f"{source.prefix}-{base}")
