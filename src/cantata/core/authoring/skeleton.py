"""A new template: the files of a chart that works as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cantata.core.authoring import texts
from cantata.core.authoring.errors import ServiceTaken
from cantata.core.authoring.kinds import KINDS, WorkloadKind, filled, template_text, values_text
from cantata.core.authoring.names import check_service_name, section_of
from cantata.core.config import yaml_scalar
from cantata.core.model.errors import check_name

OWN_KEYS = ("logLevel", "settings")
"""What values.yaml of a new template has beside the sections of its services."""


def new_template(name: str, services: Sequence[str] = ("web",)) -> dict[str, str]:
    """The files of a chart called `name`, by path. The services come in the order in which they start: each
    waits for the one before it.

    Raises `NameInvalid`, `ServiceNameUnfit`, `ServiceTaken`.
    """
    check_name("template", name)
    for service in services:
        check_service_name(service)
    sections = Counter((*OWN_KEYS, *map(section_of, services)))
    for service in services:
        if sections[section_of(service)] > 1:
            raise ServiceTaken(
                f"{section_of(service)} would be in values.yaml twice",
                subject=f"service {service}",
                hint="Give the service another name.",
            )
    kind = WorkloadKind.DEPLOYMENT
    words = {"@chart@": name, "@word@": yaml_scalar(name), "@description@": f"The services of {name}."}
    files = {
        "Chart.yaml": filled(texts.CHART, words),
        "values.yaml": filled(texts.VALUES, words)
        + "".join(f"\n{values_text(service, kind)}" for service in services),
        "cantata.yaml": filled(texts.SPEC + "".join(_spec_services(services)), words),
        ".helmignore": texts.HELMIGNORE,
        "README.md": filled(texts.README, words),
    }
    return files | {f"templates/{service}.yaml": template_text(service, kind) for service in services}


def _spec_services(services: Sequence[str]) -> list[str]:
    condition = KINDS[WorkloadKind.DEPLOYMENT].condition
    written = []
    for at, service in enumerate(services):
        depends = f"    dependsOn: {{ {yaml_scalar(services[at - 1])}: {condition} }}\n" if at else ""
        if len(services) == 1:
            depends = texts.DEPENDS_ALONE
        written.append(filled(texts.SPEC_SERVICE, {"@word@": yaml_scalar(service), "@depends@": depends}))
    return written
