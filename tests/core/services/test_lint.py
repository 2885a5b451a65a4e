"""Dependencies, and what is odd about a split."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cantata.core.model.findings import Severity
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Condition, Dependency, Layout, ServiceSpec, TemplateSpec
from cantata.core.order.errors import DependsOnInvalid
from cantata.core.services import Split
from cantata.core.stamp import DEPENDS_ON

Manifest = dict[str, Any]
Make = Callable[..., Manifest]
SplitIt = Callable[..., Split]

FILES = TemplateSpec(layout=Layout.FILE)


# Dependencies


def test_dependencies_come_from_the_file_and_from_annotations(workload: Make, split_it: SplitIt) -> None:
    web = workload("web")
    web["metadata"]["annotations"] = {DEPENDS_ON: "db:started, migrate:completed"}
    spec = TemplateSpec(services={"web": ServiceSpec(depends_on={"db": Dependency()})})
    result = split_it(
        {
            "templates/a.yaml": [web],
            "templates/b.yaml": [workload("db")],
            "templates/c.yaml": [workload("migrate", "Job")],
        },
        spec,
    )
    wanted = {"db": Condition.READY, "migrate": Condition.COMPLETED}
    assert result.depends_on == {"web": wanted, "db": {}, "migrate": {}}
    assert result.findings == ()


def test_an_annotation_that_cannot_be_read_is_refused_with_its_file(
    workload: Make, split_it: SplitIt
) -> None:
    web = workload("web")
    web["metadata"]["annotations"] = {DEPENDS_ON: "db:soon"}
    with pytest.raises(DependsOnInvalid) as caught:
        split_it({"templates/a.yaml": [web]})
    assert caught.value.place.file == "shop/templates/a.yaml"


def test_a_declared_service_that_is_switched_off_is_not_waited_for(workload: Make, split_it: SplitIt) -> None:
    spec = TemplateSpec(services={"web": ServiceSpec(depends_on={"db": Dependency()}), "db": ServiceSpec()})
    result = split_it({"templates/a.yaml": [workload("web")]}, spec)
    assert result.depends_on == {"web": {}}
    assert [finding.rule for finding in result.findings] == ["service-without-objects"]


LINTS = [
    ({"dbs": Dependency()}, "depends-on-unknown", "Did you mean db?"),
    ({"db": Dependency(Condition.COMPLETED)}, "depends-on-unreachable", "Only a Job completes"),
    ({"other": Dependency()}, "depends-on-cycle", "Remove one of these dependencies"),
]


@pytest.mark.parametrize(("wanted", "rule", "suggestion"), LINTS)
def test_dependencies_that_cannot_be_met(
    workload: Make, split_it: SplitIt, wanted: dict[str, Dependency], rule: str, suggestion: str
) -> None:
    (name,) = wanted
    spec = TemplateSpec(
        services={
            "web": ServiceSpec(depends_on=wanted),
            "other": ServiceSpec(depends_on={"web": Dependency()}),
        },
        lines={f"services.web.dependsOn.{name}": 9, "services.other.dependsOn.web": 4},
    )
    names = ("web", "other", "db")
    result = split_it({f"templates/{name}.yaml": [workload(name)] for name in names}, spec)
    (finding,) = result.findings
    assert (finding.rule, finding.severity, finding.file) == (rule, Severity.ERROR, "cantata.yaml")
    assert finding.line in (4, 9)
    assert suggestion in finding.suggestion


def test_an_unknown_service_in_an_annotation_is_named_with_its_template(
    workload: Make, split_it: SplitIt
) -> None:
    web = workload("web")
    web["metadata"]["annotations"] = {DEPENDS_ON: "datebase"}
    result = split_it({"templates/a.yaml": [web], "templates/b.yaml": [workload("database")]})
    (finding,) = result.findings
    assert (finding.rule, finding.file, finding.service) == (
        "depends-on-unknown",
        "shop/templates/a.yaml",
        "web",
    )
    assert finding.suggestion.startswith("Did you mean database?")


def test_a_dependency_is_not_taken_for_one_with_a_longer_name(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    web, config = workload("web"), make("ConfigMap", "c", annotations={DEPENDS_ON: "dbs"})
    web["metadata"]["annotations"] = {DEPENDS_ON: "db"}
    files = {"templates/web/a.yaml": [config], "templates/web/b.yaml": [web]}
    places = {
        finding.key.rpartition(".")[2]: finding.file
        for finding in split_it(files, FILES).findings
        if finding.rule == "depends-on-unknown"
    }
    assert places == {"db": "shop/templates/web/b.yaml", "dbs": "shop/templates/web/a.yaml"}


def test_thousands_of_unknown_dependencies_are_told_in_part(workload: Make, split_it: SplitIt) -> None:
    web = workload("web")
    web["metadata"]["annotations"] = {DEPENDS_ON: ",".join(f"api-{number}-x" for number in range(20_000))}
    apis = {f"templates/{number}.yaml": [workload(f"api-{number}")] for number in range(300)}
    result = split_it({"templates/a.yaml": [web], **apis})
    assert [finding.rule for finding in result.findings] == ["depends-on-unknown"] * 100


def test_shared_cannot_wait(make: Make, workload: Make, split_it: SplitIt) -> None:
    common = make("ConfigMap", "c", annotations={DEPENDS_ON: "web"})
    result = split_it({"templates/a.yaml": [workload("web")], "templates/b.yaml": [common]})
    assert [finding.rule for finding in result.findings] == ["depends-on-cycle"]


# Lint


def test_several_workloads_in_one_service(workload: Make, split_it: SplitIt) -> None:
    two = [workload("rel-migrate", "Job"), workload("rel-other", "StatefulSet"), workload("rel-cart")]
    result = split_it({"templates/cart.yaml": two}, FILES)
    assert result.workloads["cart"] == ObjectKey("apps", "Deployment", "shop", "rel-cart")
    (finding,) = result.findings
    assert finding.rule == "several-workloads"
    assert "3 workloads: Job.batch shop/rel-migrate" in finding.message


def test_without_a_workload_of_its_name_the_kind_decides(workload: Make, split_it: SplitIt) -> None:
    two = [workload("a", "Job"), workload("c", "DaemonSet"), workload("b", "DaemonSet")]
    result = split_it({"templates/cart.yaml": two}, FILES)
    assert result.workloads == {"cart": ObjectKey("apps", "DaemonSet", "shop", "b")}


def test_other_findings(make: Make, workload: Make, split_it: SplitIt) -> None:
    spec = TemplateSpec(
        layout=Layout.FILE,
        services={
            "web": ServiceSpec(files=("web.yaml",), renamed_from="old"),
            "all": ServiceSpec(files=("*.yaml",)),
        },
    )
    result = split_it(
        {"templates/web.yaml": [workload("web")], "templates/old/a.yaml": [make("ConfigMap", "a")]}, spec
    )
    assert [finding.rule for finding in result.findings] == [
        "no-workload",
        "renamed-still-there",
        "service-without-objects",
        "files-overlap",
    ]
