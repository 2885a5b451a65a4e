"""An assignment stays, unless a person changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cantata.core.model.findings import Severity
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Layout, ServiceSpec, TemplateSpec
from cantata.core.services import Split

Manifest = dict[str, Any]
Make = Callable[..., Manifest]
SplitIt = Callable[..., Split]

FILES = TemplateSpec(layout=Layout.FILE)


def members(result: Split) -> dict[str, list[str]]:
    return {
        name: [f"{item.manifest['kind']}/{item.manifest['metadata']['name']}" for item in items]
        for name, items in result.services.items()
    }


def test_what_is_frozen_stays_whatever_analysis_would_say(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    first = split_it(
        {
            "templates/a.yaml": [workload("rel-web", volumes=[{"configMap": {"name": "c"}}])],
            "templates/c.yaml": [make("ConfigMap", "c")],
        }
    )
    label = {"app.kubernetes.io/component": "frontend"}
    second = split_it(
        {
            "templates/a.yaml": [workload("rel-web", labels=label)],
            "templates/b.yaml": [workload("rel-api", volumes=[{"configMap": {"name": "c"}}])],
            "templates/c.yaml": [make("ConfigMap", "c")],
        },
        frozen=first.assignments,
    )
    assert members(first) == {"web": ["Deployment/rel-web", "ConfigMap/c"]}
    assert members(second) == {"api": ["Deployment/rel-api"], "web": ["Deployment/rel-web", "ConfigMap/c"]}


def test_a_new_workload_does_not_take_the_name_of_a_frozen_one(workload: Make, split_it: SplitIt) -> None:
    metrics = {"app.kubernetes.io/component": "metrics"}
    one = {"charts/one/templates/a.yaml": [workload("rel-one-exporter", labels=metrics)]}
    two = {"charts/two/templates/a.yaml": [workload("rel-two-exporter", labels=metrics)]}
    first = split_it(one)
    second = split_it({**one, **two}, frozen=first.assignments)
    assert list(first.services) == ["metrics"]
    assert list(second.services) == ["metrics", "two-metrics"]


def test_a_renamed_workload_stays_in_its_service(make: Make, workload: Make, split_it: SplitIt) -> None:
    server = {"app.kubernetes.io/component": "server"}
    service = make("Service", "rel-web", spec={"selector": {"app": "rel-web"}})
    first = split_it(
        {"templates/a.yaml": [workload("rel-web", labels=server)], "templates/b.yaml": [service]}
    )
    second = split_it(
        {"templates/a.yaml": [workload("rel-web-2", labels=server)], "templates/b.yaml": [service]},
        frozen=first.assignments,
    )
    assert list(second.services) == ["server"]


def test_renamed_from_takes_the_frozen_objects_along(workload: Make, split_it: SplitIt) -> None:
    frozen = {ObjectKey("apps", "Deployment", "shop", "rel-front"): "frontend"}
    spec = TemplateSpec(services={"web": ServiceSpec(renamed_from="frontend")})
    result = split_it({"templates/a.yaml": [workload("rel-front")]}, spec, frozen)
    assert list(result.services) == ["web"]
    assert result.findings == ()


def test_any_name_that_a_service_had_takes_its_objects_along(workload: Make, split_it: SplitIt) -> None:
    """An application may skip versions of its template."""
    spec = TemplateSpec(services={"web": ServiceSpec(renamed_from="front", renamed_before=("ui", "web"))})
    for former in ("front", "ui", "web"):
        frozen = {ObjectKey("apps", "Deployment", "shop", "rel-front"): former}
        assert list(split_it({"templates/a.yaml": [workload("rel-front")]}, spec, frozen).services) == ["web"]


def test_a_person_moves_an_object_by_the_template(make: Make, workload: Make, split_it: SplitIt) -> None:
    files = {"templates/web.yaml": [workload("web")], "templates/api.yaml": [workload("api")]}
    first = split_it({**files, "templates/web.yaml": [workload("web"), make("ConfigMap", "c")]}, FILES)
    second = split_it(
        {**files, "templates/api.yaml": [workload("api"), make("ConfigMap", "c")]}, FILES, first.assignments
    )
    assert second.assignments[ObjectKey("", "ConfigMap", "shop", "c")] == "api"
    (finding,) = second.findings
    assert (finding.rule, finding.service, finding.severity) == ("object-moved", "api", Severity.NOTICE)
