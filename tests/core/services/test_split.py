from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import ObjectKey
from cantata.core.model.templates import Layout, ServiceSpec, TemplateSpec
from cantata.core.services import DuplicateObject, ObjectNameless, ServiceNameInvalid, Split, split
from cantata.core.stamp import SERVICE

Manifest = dict[str, Any]
Make = Callable[..., Manifest]
SplitIt = Callable[..., Split]

FILES = TemplateSpec(layout=Layout.FILE)


def members(result: Split) -> dict[str, list[str]]:
    return {
        name: [f"{item.manifest['kind']}/{item.manifest['metadata']['name']}" for item in items]
        for name, items in result.services.items()
    }


# Layout and explicit rules


def test_layout_file_takes_files_and_folders(make: Make, workload: Make, split_it: SplitIt) -> None:
    result = split_it(
        {
            "templates/web.yaml": [make("Service", "web"), workload("web")],
            "templates/orders/deployment.yaml": [workload("orders")],
            "templates/orders/rbac/role.yaml": [make("Role", "orders")],
            "templates/Mail_Sender.yml": [workload("mail")],
            "charts/redis/templates/master/sts.yaml": [workload("redis", "StatefulSet")],
            "charts/redis/templates/redis.yaml": [make("ConfigMap", "redis")],
            "charts/mq/charts/disk/templates/a.yaml": [make("ConfigMap", "disk")],
        },
        FILES,
    )
    assert members(result) == {
        "mail-sender": ["Deployment/mail"],
        "mq-disk-a": ["ConfigMap/disk"],
        "orders": ["Deployment/orders", "Role/orders"],
        "redis": ["ConfigMap/redis"],
        "redis-master": ["StatefulSet/redis"],
        "web": ["Service/web", "Deployment/web"],
    }


def test_files_win_over_the_layout_and_the_annotation_over_both(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    spec = TemplateSpec(
        layout=Layout.FILE,
        services={
            "front": ServiceSpec(files=("web.yaml", "web-*.yaml")),
            "cache": ServiceSpec(files=("charts/redis/**",)),
        },
    )
    result = split_it(
        {
            "templates/web.yaml": [workload("web"), make("ConfigMap", "a", annotations={SERVICE: "other"})],
            "templates/web-extra.yaml": [make("ConfigMap", "b")],
            "templates/web/x.yaml": [make("ConfigMap", "c")],
            "charts/redis/templates/x.yaml": [make("ConfigMap", "d")],
        },
        spec,
    )
    assert members(result) == {
        "front": ["Deployment/web", "ConfigMap/b"],
        "cache": ["ConfigMap/d"],
        "other": ["ConfigMap/a"],
        "web": ["ConfigMap/c"],
    }


def test_shared_comes_first_then_the_order_of_the_file_then_the_alphabet(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    spec = TemplateSpec(services={"web": ServiceSpec(), "db": ServiceSpec()})
    files = {f"templates/{name}.yaml": [workload(name)] for name in ("b", "db", "a", "web")}
    result = split_it({**files, "templates/c.yaml": [make("ConfigMap", "c")]}, spec)
    assert list(result.services) == ["shared", "web", "db", "a", "b"]
    assert result.has_shared


def test_an_annotation_that_is_no_name_is_refused(make: Make, split_it: SplitIt) -> None:
    with pytest.raises(ServiceNameInvalid) as caught:
        split_it({"templates/a.yaml": [make("ConfigMap", "a", annotations={SERVICE: "My Service"})]})
    assert caught.value.place.file == "shop/templates/a.yaml"


# Analysis: names


def test_workloads_are_named_by_component_then_by_name_less_the_release(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    component = {"app.kubernetes.io/component": "server"}
    result = split_it(
        {
            "templates/a.yaml": [workload("rel-shop-server", labels=component)],
            "templates/b.yaml": [workload("rel-worker")],
            "templates/c.yaml": [workload("rel")],
            "charts/redis/templates/d.yaml": [workload("rel", "StatefulSet")],
            "templates/e.yaml": [workload("nightly", "CronJob"), make("ConfigMap", "beside-it")],
        }
    )
    assert members(result) == {
        "nightly": ["CronJob/nightly", "ConfigMap/beside-it"],
        "redis": ["StatefulSet/rel"],
        "server": ["Deployment/rel-shop-server"],
        "shop": ["Deployment/rel"],
        "worker": ["Deployment/rel-worker"],
    }


@pytest.mark.parametrize("backwards", [False, True])
def test_equal_names_are_prefixed_by_the_subchart(workload: Make, split_it: SplitIt, backwards: bool) -> None:
    metrics = {"app.kubernetes.io/component": "metrics"}
    files = {
        "templates/a.yaml": [workload("rel-shop-metrics", labels=metrics)],
        "charts/one/templates/a.yaml": [workload("rel-one-exporter", labels=metrics)],
        "charts/two/templates/a.yaml": [workload("rel-two-exporter", labels=metrics)],
    }
    result = split_it(dict(reversed(files.items())) if backwards else files)
    assert list(result.services) == ["metrics", "one-metrics", "two-metrics"]


def test_equal_names_in_one_chart_fall_back_to_the_objects_names(workload: Make, split_it: SplitIt) -> None:
    app = {"app.kubernetes.io/component": "app"}
    result = split_it(
        {
            "templates/a.yaml": [workload("rel-web", labels=app)],
            "templates/b.yaml": [workload("rel-api", labels=app)],
            "templates/c.yaml": [workload("rel-api", "StatefulSet", labels=app)],
            "templates/d.yaml": [workload("rel-shared")],
        }
    )
    assert set(result.services) == {"web", "api-deployment", "api-statefulset", "shared-deployment"}


# Hooks


def test_hooks_and_tests_are_kept_aside(make: Make, workload: Make, split_it: SplitIt) -> None:
    result = split_it(
        {
            "templates/web.yaml": [workload("web")],
            "templates/hooks.yaml": [
                {**make("Job", "migrate"), "hook": ["pre-install", "pre-upgrade"]},
                {**make("Pod", "check"), "hook": ["test"]},
                {**make("Job", "both"), "hook": ["post-install", "test"]},
                {**make("Job", "migrate"), "hook": ["post-delete"]},
            ],
        }
    )
    assert members(result) == {"web": ["Deployment/web"]}
    assert [item.manifest["metadata"]["name"] for item in result.hooks] == ["migrate", "both", "migrate"]
    assert [item.manifest["metadata"]["name"] for item in result.tests] == ["check", "both"]
    assert list(result.assignments) == [ObjectKey("apps", "Deployment", "shop", "web")]


# Renders that cannot be split


def test_an_object_that_is_rendered_twice(make: Make, split_it: SplitIt) -> None:
    with pytest.raises(DuplicateObject) as caught:
        split_it({"templates/a.yaml": [make("ConfigMap", "c")], "templates/b.yaml": [make("ConfigMap", "c")]})
    message = caught.value.message
    assert (
        message == "ConfigMap shop/c is rendered twice, by shop/templates/a.yaml and by shop/templates/b.yaml"
    )
    assert [detail.place.file for detail in caught.value.details] == [
        "shop/templates/a.yaml",
        "shop/templates/b.yaml",
    ]


def test_a_missing_namespace_is_the_releases(make: Make, split_it: SplitIt) -> None:
    bare = make("ConfigMap", "c")
    del bare["metadata"]["namespace"]
    with pytest.raises(DuplicateObject):
        split_it({"templates/a.yaml": [make("ConfigMap", "c"), bare]})
    other = make("ConfigMap", "c")
    other["metadata"]["namespace"] = "elsewhere"
    assert len(split_it({"templates/a.yaml": [bare, other]}).assignments) == 2


def test_an_object_without_a_name(make: Make, split_it: SplitIt) -> None:
    with pytest.raises(ObjectNameless, match="a Job has no name"):
        split_it({"templates/a.yaml": [make("Job", "")]})


def test_nothing_renders_to_nothing(split_it: SplitIt) -> None:
    assert split_it({}) == Split({}, {}, {}, {})


# Any input

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "Deployment", "Service"]),
    lambda children: (
        st.lists(children, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["template", "spec", "containers", "selector", "name", "kind", "matchLabels", "rules", "a"]
            ),
            children,
            max_size=3,
        )
    ),
    max_leaves=10,
)
METADATA = st.dictionaries(st.sampled_from(["labels", "annotations", "namespace"]), ANYTHING, max_size=2)
OBJECT = st.tuples(
    st.sampled_from(
        ["apps/v1 Deployment", "v1 Service", "v1 Pod", "networking.k8s.io/v1 Ingress", "x.y/v1 Own"]
    ),
    st.sampled_from(["web", "web/a", "api"]),
    ANYTHING,
    METADATA,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(OBJECT, max_size=8), st.sampled_from(Layout))
def test_every_object_is_in_exactly_one_service(
    drawn: list[tuple[str, str, Any, Manifest]], layout: Layout
) -> None:
    objects = []
    for number, (kind, file, spec, metadata) in enumerate(drawn):
        api_version, _, name = kind.partition(" ")
        manifest: Manifest = {
            "apiVersion": api_version,
            "kind": name,
            "metadata": {**metadata, "name": f"n{number}"},
        }
        manifest["spec"] = spec
        objects.append(RenderedObject(f"shop/templates/{file}.yaml", number, manifest))
    spec_ = TemplateSpec(layout=layout)
    result = split(objects, spec_, chart="shop", release="rel", namespace="shop", frozen={})
    placed = [item for items in result.services.values() for item in items]
    assert sorted(item.index for item in placed) == list(range(len(objects)))
    assert len(result.assignments) == len(objects)
    again = split(
        objects[::-1], spec_, chart="shop", release="rel", namespace="shop", frozen=result.assignments
    )
    assert again.assignments == result.assignments
