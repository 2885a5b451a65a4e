"""Objects of shapes that no API server takes: refused with an error of ours, or written as they are."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.bundle.objects import container, deployment, named, service

from cantata.core.bundle import Extract, Source, make_bundle
from cantata.errors import CantataError

ENV = [{"name": "A", "value": "b"}, {"name": "TOKEN", "value": "c"}]
REFERENCE = {"configMapRef": {"name": "env"}}
OBJECTS: list[dict[str, Any]] = [
    deployment(
        "web",
        container("web", env=ENV, envFrom=[REFERENCE], resources={"limits": {"cpu": "1"}}, command=["a"]),
        namespace="home",
        replicas=2,
        pod={"volumes": [{"name": "v", "configMap": {"name": "files"}}]},
    ),
    service("web", "home"),
    named("ConfigMap", "env", "home", data={"MODE": "fast"}),
    named("Secret", "login", "home", data={"password": "Z3JleQ=="}, stringData={"user": "me"}),
    named(
        "Ingress",
        "web",
        "home",
        "networking.k8s.io",
        spec={"rules": [{"host": "a.example.com"}], "tls": [{"hosts": ["a.example.com"]}]},
    ),
    named(
        "HorizontalPodAutoscaler",
        "web",
        "home",
        "autoscaling",
        spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 1},
    ),
    named(
        "StatefulSet",
        "db",
        "home",
        "apps",
        spec={"volumeClaimTemplates": [{"metadata": {"name": "data"}}], "template": {"spec": {}}},
    ),
    named("PersistentVolumeClaim", "data-db-0", "home"),
    named("Pod", "lonely", "home", spec={"containers": [container()], "tolerations": [{"key": "a"}]}),
]
LIVE = {
    "uid": "u",
    "ownerReferences": [],
    "finalizers": ["kubernetes.io/pvc-protection"],
    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    "managedFields": [
        {
            "manager": "me",
            "operation": "Apply",
            "apiVersion": "v1",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
        }
    ],
}
JUNK = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.sampled_from(["", "web", "home", "{{", "\x00", "=="])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["name", "kind", "items", "spec", "data", "a"]), inner, max_size=2),
    ),
    max_leaves=3,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    for key, item in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        found += paths(item, (*path, key))
    return found


@st.composite
def mangled(draw: st.DrawFn) -> list[Any]:
    objects = copy.deepcopy(OBJECTS)
    for each in objects:
        if draw(st.booleans()):
            each["metadata"] = {**each["metadata"], **copy.deepcopy(LIVE)}
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from([path for path in paths(objects) if path]))
        place: Any = objects
        for step in above:
            place = place[step]
        place[last] = draw(JUNK)
    return objects


@settings(max_examples=200)
@given(mangled(), st.booleans())
def test_whatever_their_shape_they_break_nothing(objects: list[Any], live: bool) -> None:
    sources = [Source(each, "" if live else "all.yaml", number) for number, each in enumerate(objects, 1)]
    try:
        bundle = make_bundle(sources, name="shop", wanted=frozenset(Extract))
    except CantataError as error:
        assert error.category in ("invalid", "limit")  # noqa: PT017  # Most do not raise.
    else:
        assert bundle.files
