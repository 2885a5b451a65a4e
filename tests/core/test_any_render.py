"""Templates write what they like: whatever has a wrong shape is left for the API server to refuse, or is an
error that says so, all the way from the renderer to what is sent."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cantata.core.config import SecretText
from cantata.core.delivery import Entry, deliver
from cantata.core.model.charts import RenderedObject
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import ConfigName, DeliverAs, Delivery, TemplateSpec
from cantata.core.plan import Desired, effect
from cantata.core.services import split
from cantata.core.stamp import is_subset, normalise, place, stamp
from cantata.errors import CantataError

POD = {
    "serviceAccountName": "account",
    "imagePullSecrets": [{"name": "pull"}],
    "initContainers": [{"name": "init", "envFrom": [{"configMapRef": {"name": "cfg"}, "prefix": "P_"}]}],
    "containers": [
        {
            "name": "web",
            "args": ["--config=cfg"],
            "ports": [{"containerPort": 80}, {"containerPort": 81}],
            "env": [
                {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "cfg", "key": "db.host"}}},
                {"name": "B", "value": "x"},
            ],
            "envFrom": [{"secretRef": {"name": "cfg"}}, {"configMapRef": {"name": "own"}}],
            "volumeMounts": [{"name": "v", "mountPath": "/x"}],
        }
    ],
    "volumes": [
        {"name": "v", "configMap": {"name": "cfg", "items": [{"key": "db.host", "path": "h"}]}},
        {"name": "w", "projected": {"sources": [{"secret": {"name": "cfg"}}]}},
    ],
}
TEMPLATE = {"metadata": {"labels": {"app": "web"}, "annotations": {"note": "cfg"}}, "spec": POD}
SELECTOR = {
    "matchLabels": {"app": "web"},
    "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}],
}
SERVICE = {"service": {"name": "web", "namespace": "shop"}}


def build(api_version: str, kind: str, **fields: Any) -> Manifest:
    metadata = {"name": kind.lower(), "namespace": "shop", "labels": {"a": "b"}, "annotations": {"a": "b"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


RENDER: list[Manifest] = [
    build("apps/v1", "Deployment", spec={"selector": SELECTOR, "template": TEMPLATE}),
    build("batch/v1", "CronJob", spec={"jobTemplate": {"spec": {"template": TEMPLATE}}}),
    build("batch/v1", "Job", spec={"completions": 1, "template": TEMPLATE}),
    build("v1", "Service", spec={"selector": {"app": "web"}, "ports": [{"port": 80}, {"port": 81}]}),
    build("v1", "ConfigMap", data={"a": "b"}),
    build("v1", "Secret", data={"a": "Yg=="}, stringData={"c": "d"}),
    build("v1", "ServiceAccount", secrets=[{"name": "a"}, {"name": "b"}]),
    build(
        "networking.k8s.io/v1",
        "Ingress",
        spec={"rules": [{"http": {"paths": [{"backend": SERVICE}]}}], "tls": [{"secretName": "t"}]},
    ),
    build("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": SELECTOR}),
    build(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        subjects=[{"kind": "ServiceAccount", "name": "account"}],
        roleRef={"kind": "Role", "name": "role"},
    ),
    build("rbac.authorization.k8s.io/v1", "Role", rules=[{"resourceNames": ["cfg"]}]),
    build(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        webhooks=[{"name": "a", "clientConfig": SERVICE}],
    ),
    build(
        "example.com/v1",
        "Thing",
        spec={
            "targetRef": {"kind": "Deployment", "name": "deployment"},
            "backendRefs": [{"name": "service"}],
            "parentRefs": [{"name": "gateway"}],
            "destination": {"host": "service.shop"},
            "secretName": "secret",
        },
    ),
]
DELIVERIES = (
    Delivery(as_=DeliverAs.ENV),
    Delivery(as_=DeliverAs.FILE, mount_path="/one", key="db", format="yaml"),
    Delivery(as_=DeliverAs.FILE, mount_path="/all", directory=True),
)
ENTRIES = (
    Entry(("a",), "1", 1),
    Entry(("db", "host"), "h", "h"),
    Entry(("db", "password"), SecretText("s"), SecretText("s")),
)

Path = tuple[str | int, ...]


def paths(value: Any, prefix: Path = ()) -> list[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [prefix] if prefix else []
    for key, inner in items:
        found += paths(inner, (*prefix, key))
    return found


# `apiVersion` and `kind` are checked by the renderer.
PLACES = [
    (number, path)
    for number, manifest in enumerate(RENDER)
    for path in paths(manifest)
    if path not in (("apiVersion",), ("kind",))
]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "cfg"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "key", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def send(manifests: list[Manifest]) -> None:
    objects = [RenderedObject(f"shop/templates/{n}.yaml", 0, item) for n, item in enumerate(manifests)]
    placed = place(objects, "shop", lambda _group, kind: kind != "ValidatingWebhookConfiguration")
    clean = [RenderedObject(item.path, item.index, normalise(item.manifest)[0]) for item in placed]
    spec = TemplateSpec(config=ConfigName("cfg"))
    parts = split(clean, spec, chart="shop", release="rel", namespace="shop", frozen={})
    for name, items in parts.services.items():
        delivered = deliver(
            name,
            [item.manifest for item in items],
            config_name="cfg",
            entries=ENTRIES,
            deliveries=DELIVERIES,
            release="rel",
            namespace="shop",
            keyed_hash=lambda content: f"{len(content):040}",
            rendered=parts.assignments,
        )
        for manifest in (*delivered.objects, *delivered.manifests):
            wanted = Desired.of(stamp(manifest, application_id="a", service=name, revision=1), name)
            assert effect({}, wanted.manifest)
            assert is_subset(wanted.manifest, copy.deepcopy(wanted.manifest))


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), values)
def test_a_field_of_any_shape_is_no_defect(broken: tuple[int, Path], value: Any) -> None:
    number, path = broken
    manifests = copy.deepcopy(RENDER)
    spot: Any = manifests[number]
    for key in path[:-1]:
        spot = spot[key]
    spot[path[-1]] = value
    with contextlib.suppress(CantataError):
        send(manifests)
