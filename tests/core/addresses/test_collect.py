"""Addresses from live objects, and why nobody gets through yet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.addresses import Around, collect_addresses, gateways_of
from cantata.core.model.objects import Manifest


def thing(
    kind: str, spec: Manifest, status: Manifest | None = None, *, name: str = "web", api: str = "v1"
) -> Manifest:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec, "status": status or {}}


def service(status: Manifest | None = None, **spec: Any) -> Manifest:
    ports = [
        {"name": "http", "port": 80, "nodePort": 30080},
        {"name": "metrics", "port": 9090, "nodePort": 30090},
    ]
    return thing("Service", {"selector": {"app": "web"}, "ports": ports, **spec}, status)


def pod(ready: str = "True", app: str = "web", **metadata: Any) -> Manifest:
    status = {"conditions": [{"type": "Ready", "status": ready}]}
    named = {"name": "web-1", "namespace": "shop", "labels": {"app": app, "more": "x"}, **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "status": status}


def ways(
    *objects: Manifest, pods: tuple[Manifest, ...] = (pod(),), **around: Any
) -> list[tuple[str, str, str]]:
    services = {("shop", each["metadata"]["name"]): each for each in objects if each["kind"] == "Service"}
    found = collect_addresses("web", objects, Around(services, pods, **around))
    return [(each.kind.value, each.address, each.why_not) for each in found]


INSIDE = [("in_cluster", "http://web.shop.svc", ""), ("in_cluster", "web.shop.svc:9090", "")]


def test_a_name_in_the_cluster_has_every_port() -> None:
    assert ways(service()) == INSIDE


def test_a_headless_service_has_a_name_for_each_pod() -> None:
    assert ("in_cluster", "http://POD.web.shop.svc", "") in ways(service(clusterIP="None"))


@pytest.mark.parametrize(
    ("pods", "why"),
    [
        ((), "no pod of the application has the labels that it selects"),
        ((pod(app="other"),), "no pod of the application has the labels that it selects"),
        ((pod("False"),), "its pod is not ready"),
        ((pod("False"), pod("False")), "none of its 2 pods is ready"),
        ((pod(deletionTimestamp="2026-01-01T00:00:00Z"),), "its pod is not ready"),
        ((pod("False"), pod()), ""),
    ],
)
def test_nobody_answers_without_a_ready_pod(pods: tuple[Manifest, ...], why: str) -> None:
    assert {each[2] for each in ways(service(), pods=pods)} == {why}


def test_of_a_service_without_a_selector_nobody_knows_who_answers() -> None:
    assert ways(service(selector=None), pods=()) == INSIDE


def test_a_node_port_is_at_a_node() -> None:
    found = ways(service(type="NodePort"), node="203.0.113.7")
    assert found[:2] == [
        ("node_port", "203.0.113.7:30090", ""),
        ("node_port", "http://203.0.113.7:30080", ""),
    ]
    assert ways(service(type="NodePort"))[0][1] == "any node:30080"


def test_a_load_balancer_has_an_address_or_waits_for_it() -> None:
    given_ = {"loadBalancer": {"ingress": [{"ip": "198.51.100.1"}, {"hostname": "lb.example.org"}]}}
    found = [each for each in ways(service(given_, type="LoadBalancer")) if each[0] == "load_balancer"]
    assert ("load_balancer", "http://198.51.100.1", "") in found
    assert ("load_balancer", "lb.example.org:9090", "") in found
    waits = [each for each in ways(service(type="LoadBalancer")) if each[0] == "load_balancer"]
    assert waits == [("load_balancer", "", "no address is assigned yet")] * 2


def test_an_external_name_says_what_it_stands_for() -> None:
    found = ways(thing("Service", {"type": "ExternalName", "externalName": "db.example.org"}))
    assert found == [("external_name", "web.shop.svc → db.example.org", "")]


def test_an_address_of_version_six_is_bracketed() -> None:
    given_ = {"loadBalancer": {"ingress": [{"ip": "2001:db8::1"}]}}
    assert ways(service(given_, type="LoadBalancer"))[0][1] == "[2001:db8::1]:9090"


def ingress(status: Manifest | None = None, **spec: Any) -> Manifest:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = [{"path": "/", "backend": backend}, {"path": "/api", "backend": {"service": {"name": "gone"}}}]
    rules = [{"host": "shop.example.org", "http": {"paths": paths}}]
    return thing("Ingress", {"rules": rules, **spec}, status, api="networking.k8s.io/v1")


GIVEN = {"loadBalancer": {"ingress": [{"ip": "198.51.100.1"}]}}


def test_an_ingress_has_a_url_for_each_path() -> None:
    found = ways(service(), ingress(GIVEN, tls=[{"hosts": ["shop.example.org"]}]))
    assert found[:2] == [
        ("ingress", "https://shop.example.org/", ""),
        ("ingress", "https://shop.example.org/api", "the Service gone is not there"),
    ]


def test_an_ingress_without_a_host_is_at_its_address() -> None:
    plain = ingress(GIVEN, rules=[], defaultBackend={"service": {"name": "web"}})
    assert ways(service(), plain)[0] == ("ingress", "http://198.51.100.1/", "")


@pytest.mark.parametrize(
    ("spec", "around", "why"),
    [
        ({}, {}, "no address is assigned yet"),
        ({"ingressClassName": "fast"}, {"classes": frozenset({"slow"})}, "there is no ingress class fast"),
        (
            {},
            {"classes": frozenset({"slow"})},
            "it names no ingress class, and the cluster has no default one",
        ),
        (
            {},
            {"classes": frozenset({"slow"}), "default": "slow"},
            "the controller of the ingress class slow has given it no address yet",
        ),
    ],
)
def test_why_an_ingress_has_no_address(spec: Manifest, around: dict[str, Any], why: str) -> None:
    assert {each[2] for each in ways(ingress(**spec), **around)} == {why}


def route(status: Manifest | None = None, **spec: Any) -> Manifest:
    backends = [{"backendRefs": [{"name": "web", "port": 80}]}]
    more = {"parentRefs": [{"name": "edge", "namespace": "net"}], "hostnames": ["shop.example.org"], **spec}
    return thing("HTTPRoute", {"rules": backends, **more}, status, api="gateway.networking.k8s.io/v1")


GATEWAY: Manifest = {
    "spec": {
        "listeners": [
            {"name": "plain", "port": 8080, "protocol": "HTTP"},
            {"name": "tls", "port": 443, "protocol": "HTTPS"},
        ]
    },
    "status": {"addresses": [{"value": "198.51.100.9"}]},
}


def taken(status: str = "True", message: str = "") -> Manifest:
    ref = {"name": "edge", "namespace": "net"}
    return {
        "parents": [
            {"parentRef": ref, "conditions": [{"type": "Accepted", "status": status, "message": message}]}
        ]
    }


def test_a_route_has_a_url_for_each_listener() -> None:
    found = ways(service(), route(taken()), gateways={("net", "edge"): GATEWAY})
    assert found[:2] == [
        ("route", "http://shop.example.org:8080", ""),
        ("route", "https://shop.example.org", ""),
    ]
    one = route(
        taken(), parentRefs=[{"name": "edge", "namespace": "net", "sectionName": "tls"}], hostnames=[]
    )
    assert ways(service(), one, gateways={("net", "edge"): GATEWAY})[0][1] == "https://198.51.100.9"


@pytest.mark.parametrize(
    ("status", "gateways", "why"),
    [
        ({}, {("net", "edge"): GATEWAY}, "no controller has taken the route up at the gateway edge yet"),
        (taken(), {("net", "edge"): None}, "there is no gateway net/edge"),
        (taken("False", "no such host"), {("net", "edge"): GATEWAY}, "no such host"),
        (taken(), {("net", "edge"): {**GATEWAY, "status": {}}}, "the gateway edge has no address yet"),
        (taken(), {}, ""),
    ],
)
def test_why_a_route_leads_nowhere(status: Manifest, gateways: Any, why: str) -> None:
    found = [each for each in ways(service(), route(status), gateways=gateways) if each[0] == "route"]
    assert {each[2] for each in found} == {why}


def test_the_gateways_that_are_asked_for_are_those_of_routes() -> None:
    mine = route(parentRefs=[{"name": "here"}, {"name": "svc", "kind": "Service"}])
    assert gateways_of([route(), mine, service()]) == {("net", "edge"), ("shop", "here")}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["rules", "http", "paths", "backend", "service", "name", "ports", "port", "type", "tls"]
            )
            | st.sampled_from(
                ["loadBalancer", "ingress", "ip", "hosts", "parentRefs", "parents", "selector"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)
KINDS = [
    ("v1", "Service"),
    ("networking.k8s.io/v1", "Ingress"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
]


@given(kind=st.sampled_from(KINDS), spec=JSON, status=JSON, metadata=JSON)
def test_objects_of_any_shape_do_no_harm(
    kind: tuple[str, str], spec: Any, status: Any, metadata: Any
) -> None:
    live = {"apiVersion": kind[0], "kind": kind[1], "metadata": metadata, "spec": spec, "status": status}
    collect_addresses("web", [live], Around({("", ""): live}, (live,)))
    gateways_of([live])
