"""Which workload an object joins when nobody says it. Every object stands in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cantata.core.services import Split

Manifest = dict[str, Any]
Make = Callable[..., Manifest]
SplitIt = Callable[..., Split]

SELECT_WEB = {"matchLabels": {"app": "web"}}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}

# Pod fields of `web` and of `api`, one more object, and the service that it joins.
CASES: Mapping[str, tuple[Manifest, Manifest, tuple[str, Manifest], str]] = {
    "service by selector": ({}, {}, ("Service", {"spec": {"selector": {"app": "web"}}}), "web"),
    "policy of a mesh by labels": (
        {},
        {},
        ("AuthorizationPolicy", {"spec": {"selector": {"matchLabels": {"app": "web"}}}}),
        "web",
    ),
    "sidecar of a mesh by labels": (
        {},
        {},
        ("Sidecar", {"spec": {"workloadSelector": {"labels": {"app": "api"}}}}),
        "api",
    ),
    "policy of a mesh for all": ({}, {}, ("AuthorizationPolicy", {"spec": {"selector": {}}}), "shared"),
    "service that selects nothing": ({}, {}, ("Service", {"spec": {"selector": {"app": "no"}}}), "shared"),
    "service without selector": ({}, {}, ("Service", {"spec": {}}), "shared"),
    "config map in a volume": ({"volumes": [{"configMap": {"name": "it"}}]}, {}, ("ConfigMap", {}), "web"),
    "config map in a projected volume": (
        {"volumes": [{"projected": {"sources": [{"configMap": {"name": "it"}}]}}]},
        {},
        ("ConfigMap", {}),
        "web",
    ),
    "config map in env": (
        {"containers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "it", "key": "a"}}}]}]},
        {},
        ("ConfigMap", {}),
        "web",
    ),
    "config map in envFrom of an init container": (
        {"initContainers": [{"envFrom": [{"configMapRef": {"name": "it"}}]}]},
        {},
        ("ConfigMap", {}),
        "web",
    ),
    "config map in an argument": (
        {"containers": [{"args": ["--configmap=it"]}]},
        {},
        ("ConfigMap", {}),
        "web",
    ),
    "config map of two": (
        {"volumes": [{"configMap": {"name": "it"}}]},
        {"volumes": [{"configMap": {"name": "it"}}]},
        ("ConfigMap", {}),
        "shared",
    ),
    "config map of nobody": ({}, {}, ("ConfigMap", {}), "shared"),
    "secret in env": (
        {"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "it", "key": "a"}}}]}]},
        {},
        ("Secret", {}),
        "web",
    ),
    "pull secret": ({"imagePullSecrets": [{"name": "it"}]}, {}, ("Secret", {}), "web"),
    "claim": (
        {"volumes": [{"persistentVolumeClaim": {"claimName": "it"}}]},
        {},
        ("PersistentVolumeClaim", {}),
        "web",
    ),
    "service account": ({"serviceAccountName": "it"}, {}, ("ServiceAccount", {}), "web"),
    "service account of two": (
        {"serviceAccountName": "it"},
        {"serviceAccountName": "it"},
        ("ServiceAccount", {}),
        "shared",
    ),
    "autoscaler": (
        {},
        {},
        ("HorizontalPodAutoscaler", {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}}),
        "web",
    ),
    "keda": ({}, {}, ("ScaledObject", {"spec": {"scaleTargetRef": {"name": "web"}}}), "web"),
    "disruption budget": ({}, {}, ("PodDisruptionBudget", {"spec": {"selector": SELECT_WEB}}), "web"),
    "network policy": ({}, {}, ("NetworkPolicy", {"spec": {"podSelector": SELECT_WEB}}), "web"),
    "network policy for all": ({}, {}, ("NetworkPolicy", {"spec": {"podSelector": {}}}), "shared"),
    "network policy by expression": (
        {},
        {},
        (
            "NetworkPolicy",
            {
                "spec": {
                    "podSelector": {
                        "matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]
                    }
                }
            },
        ),
        "web",
    ),
    "expressions of a wrong shape": (
        {},
        {},
        ("PodDisruptionBudget", {"spec": {"selector": {"matchExpressions": 5}}}),
        "shared",
    ),
    "values of a wrong shape": (
        {},
        {},
        (
            "PodDisruptionBudget",
            {"spec": {"selector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": 5}]}}},
        ),
        "shared",
    ),
    "labels of a wrong shape": (
        {},
        {},
        ("PodDisruptionBudget", {"spec": {"selector": {"matchLabels": "app"}}}),
        "shared",
    ),
    "unknown kind": ({}, {}, ("Rollout", {"spec": {"template": {"spec": {}}}}), "shared"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_object_joins(
    make: Make,
    workload: Make,
    split_it: SplitIt,
    case: tuple[Manifest, Manifest, tuple[str, Manifest], str],
) -> None:
    web, api, (kind, fields), service = case
    result = split_it(
        {
            "templates/web.yaml": [workload("web", **web)],
            "templates/api.yaml": [workload("api", **api)],
            "templates/it.yaml": [make(kind, "it", **fields)],
        }
    )
    (found,) = [name for key, name in result.assignments.items() if key.name == "it"]
    assert found == service


def chain(make: Make) -> dict[str, list[Manifest]]:
    """Objects that reach the workload `web` through others only."""
    account = [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}]
    return {
        "templates/svc.yaml": [
            make("Service", "web", labels={"scrape": "yes"}, spec={"selector": {"app": "web"}})
        ],
        "templates/sa.yaml": [make("ServiceAccount", "web")],
        "templates/role.yaml": [make("Role", "web")],
        "templates/binding.yaml": [
            make("RoleBinding", "web", subjects=account, roleRef={"kind": "Role", "name": "web"})
        ],
        "templates/crole.yaml": [make("ClusterRole", "web")],
        "templates/cbinding.yaml": [
            make(
                "ClusterRoleBinding", "web", subjects=account, roleRef={"kind": "ClusterRole", "name": "web"}
            )
        ],
        "templates/ingress.yaml": [
            make(
                "Ingress",
                "web",
                spec={
                    "rules": [{"http": {"paths": [{"backend": BACKEND}]}}],
                    "tls": [{"secretName": "web-tls"}],
                },
            )
        ],
        "templates/tls.yaml": [make("Secret", "web-tls")],
        "templates/route.yaml": [
            make("HTTPRoute", "web", spec={"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]})
        ],
        "templates/mesh.yaml": [
            make(
                "VirtualService",
                "web",
                spec={"http": [{"route": [{"destination": {"host": "web.shop.svc.cluster.local"}}]}]},
            )
        ],
        "templates/monitor.yaml": [
            make("ServiceMonitor", "web", spec={"selector": {"matchLabels": {"scrape": "yes"}}})
        ],
        "templates/apiservice.yaml": [
            make("APIService", "v1.web", spec={"service": {"name": "web", "namespace": "shop"}})
        ],
        "templates/webhook.yaml": [
            make(
                "ValidatingWebhookConfiguration",
                "web",
                webhooks=[{"clientConfig": {"service": {"name": "web", "namespace": "shop"}}}],
            )
        ],
    }


def test_references_are_followed_through_other_objects(make: Make, workload: Make, split_it: SplitIt) -> None:
    files = {
        "templates/deploy.yaml": [workload("web", serviceAccountName="web")],
        "templates/other.yaml": [workload("api")],
        **chain(make),
    }
    result = split_it(files)
    assert list(result.services) == ["api", "web"]
    assert len(result.services["web"]) == len(files) - 1
    backwards = split_it(dict(reversed(files.items())))
    assert backwards.assignments == result.assignments, "the order of the render does not matter"


def test_what_an_object_acts_on_weighs_more_than_who_uses_it(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    """The ingress of `web` names a certificate that `api` uses as well: it is still the ingress of `web`."""
    files = chain(make)
    files["templates/deploy.yaml"] = [workload("web", serviceAccountName="web")]
    files["templates/other.yaml"] = [workload("api", volumes=[{"secret": {"secretName": "web-tls"}}])]
    services = split_it(files).services
    kinds = {name: {item.manifest["kind"] for item in items} for name, items in services.items()}
    assert "Ingress" in kinds["web"]
    assert kinds["shared"] == {"Secret"}


def test_namespaces_are_kept_apart(make: Make, workload: Make, split_it: SplitIt) -> None:
    service = make("Service", "it", spec={"selector": {"app": "web"}})
    service["metadata"]["namespace"] = "elsewhere"
    result = split_it(
        {
            "templates/a.yaml": [workload("web")],
            "templates/b.yaml": [service],
            "templates/c.yaml": [workload("api")],
        }
    )
    assert [item.manifest["metadata"]["name"] for item in result.services["shared"]] == ["it"]


def test_where_there_is_one_workload_all_is_of_its_service(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    files = {
        "templates/web.yaml": [workload("web")],
        "templates/more.yaml": [make("ConfigMap", "nobodys"), make("Issuer", "own")],
    }
    assert list(split_it(files).services) == ["web"]
    both = split_it({**files, "templates/api.yaml": [workload("api")]})
    assert {name: len(items) for name, items in both.services.items()} == {"shared": 2, "api": 1, "web": 1}
    first = split_it(files)
    later = split_it({**files, "templates/api.yaml": [workload("api")]}, frozen=first.assignments)
    assert {name: len(items) for name, items in later.services.items()} == {"api": 1, "web": 3}


def test_objects_that_point_at_each_other_in_a_ring_end(
    make: Make, workload: Make, split_it: SplitIt
) -> None:
    ring = [
        make("Certificate", "a", spec={"issuerRef": {"kind": "Issuer", "name": "b"}}),
        make("Issuer", "b", spec={"ref": {"kind": "Certificate", "name": "a"}}),
    ]
    result = split_it(
        {
            "templates/web.yaml": [workload("web")],
            "templates/api.yaml": [workload("api")],
            "templates/ring.yaml": ring,
        }
    )
    assert len(result.services["shared"]) == 2


@pytest.mark.parametrize(("users", "service"), [({"a": "web"}, "web"), ({"a": "web", "b": "api"}, "shared")])
@pytest.mark.parametrize("step", [1, -1])
def test_objects_that_act_on_each_other_in_a_ring_join_who_uses_them(
    make: Make, workload: Make, split_it: SplitIt, users: dict[str, str], service: str, step: int
) -> None:
    ring = [
        make("Rollout", "a", spec={"targetRef": {"kind": "Rollout", "name": "b"}}),
        make("Rollout", "b", spec={"targetRef": {"kind": "Rollout", "name": "a"}}),
    ]
    routes = [
        make(
            "HTTPRoute",
            name,
            spec={
                "targetRef": {"kind": "Deployment", "name": name},
                "ref": {"kind": "Rollout", "name": used},
            },
        )
        for used, name in users.items()
    ]
    files = {f"templates/{name}.yaml": [workload(name)] for name in ("web", "api")}
    result = split_it({**files, "templates/ring.yaml": ring[::step], "templates/routes.yaml": routes})
    assert {name for key, name in result.assignments.items() if key.kind == "Rollout"} == {service}


THINGS = ("a", "b", "c", "d", "e")
targets = st.sampled_from(
    [("Rollout", name) for name in THINGS] + [("Deployment", "web"), ("Deployment", "api")]
)
links = st.lists(
    st.tuples(st.sampled_from(THINGS), st.sampled_from(["targetRef", "ref"]), targets), max_size=10
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(links, st.randoms(use_true_random=False))
def test_the_order_of_the_render_never_matters(
    make: Make, workload: Make, split_it: SplitIt, links: list[tuple[str, str, tuple[str, str]]], random: Any
) -> None:
    specs: dict[str, Manifest] = {name: {} for name in THINGS}
    for name, field, (kind, other) in links:
        specs[name].setdefault(field, []).append({"kind": kind, "name": other})
    objects = [workload("web"), workload("api"), *(make("Rollout", n, spec=s) for n, s in specs.items())]
    shuffled = random.sample(objects, len(objects))
    straight, mixed = (
        split_it({f"templates/{number}.yaml": [item] for number, item in enumerate(items)})
        for items in (objects, shuffled)
    )
    assert straight.assignments == mixed.assignments


def test_a_large_chart_is_split_in_time_of_its_size(make: Make, workload: Make, split_it: SplitIt) -> None:
    """Thousands of objects that lead to a workload only one after the other, each before what it acts on, and
    as many workloads with a service each."""
    count = 3_000
    chain = [
        make("Rollout", f"r{number}", spec={"targetRef": {"kind": "Rollout", "name": f"r{number + 1}"}})
        for number in range(count)
    ]
    last = make("Rollout", f"r{count}", spec={"targetRef": {"kind": "Deployment", "name": "w0"}})
    pairs = [
        item
        for number in range(count)
        for item in (
            workload(f"w{number}"),
            make("Service", f"s{number}", spec={"selector": {"app": f"w{number}"}}),
        )
    ]
    files = {f"templates/{number}.yaml": [item] for number, item in enumerate([*chain, last, *pairs])}
    services = split_it(files).services
    assert len(services["w0"]) == count + 3
    assert {len(items) for name, items in services.items() if name != "w0"} == {2}
