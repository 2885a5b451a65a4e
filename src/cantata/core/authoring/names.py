"""Names of services, and of their sections in values.yaml."""

from __future__ import annotations

from cantata.core.authoring.errors import ServiceNameUnfit
from cantata.core.services.naming import LONGEST, SHARED, is_name

GLOBAL = "global"
"""The section that Helm gives to subcharts."""


def check_service_name(name: str) -> None:
    """Raises `ServiceNameUnfit`."""
    if not is_name(name):
        raise ServiceNameUnfit(
            f"{name[:80]!r} cannot be the name of a service",
            subject="service",
            hint=f"Lower-case letters, digits and hyphens, at most {LONGEST}, such as log-agent.",
        )
    if name in (SHARED, GLOBAL):
        means = "what several services share" if name == SHARED else "Helm's values of all subcharts"
        raise ServiceNameUnfit(
            f"no service can be called {name}: that means {means}",
            subject=f"service {name}",
            hint="Choose another name.",
        )


def section_of(service: str) -> str:
    """The key of a service in values.yaml: templates read `.Values.logAgent`, and could read no hyphen."""
    first, *rest = service.split("-")
    section = first + "".join(part.capitalize() for part in rest)
    return section if section[0].isalpha() else f"service{section}"
