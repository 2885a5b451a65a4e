"""Objects become the files of a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.core.bundle.objects import container, deployment, named, service

from cantata.core.bundle import (
    Bundle,
    BundleDuplicate,
    BundleEmpty,
    BundleObjectInvalid,
    BundleTooLarge,
    Extract,
    Source,
    make_bundle,
)
from cantata.core.bundle.gather import MOST, gather

ALL = frozenset(Extract)


def made(*manifests: Any, wanted: frozenset[Extract] = ALL, live: bool = False, **more: Any) -> Bundle:
    if live:
        manifests = tuple(
            {**each, "metadata": {**each["metadata"], "uid": f"u{number}"}}
            for number, each in enumerate(manifests)
        )
    file = "" if live else "all.yaml"
    sources = [Source(each, file, number) for number, each in enumerate(manifests, 1)]
    return make_bundle(sources, name="shop", wanted=wanted, **more)


def rules(bundle: Bundle) -> list[str]:
    return [each.rule for each in bundle.findings]


def test_the_whole_of_a_small_system() -> None:
    bundle = made(
        deployment(
            "web",
            container("web", "ghcr.io/acme/web:1.2", env=[{"name": "LOG_LEVEL", "value": "info"}]),
            replicas=2,
        ),
        service("web"),
        named(
            "Ingress",
            "web",
            group="networking.k8s.io",
            spec={"rules": [{"host": "shop.example.com", "http": {"paths": [_path("web")]}}]},
        ),
        named(
            "Secret", "web-login", metadata={"labels": {"app": "web"}}, stringData={"password": "grey-horse"}
        ),
    )
    assert bundle.files["Chart.yaml"] == 'apiVersion: v2\nname: shop\nversion: "0.1.0"\n'
    assert bundle.files["values.yaml"] == VALUES
    assert bundle.files["templates/web.yaml"] == WEB
    assert bundle.config_text == CONFIG
    assert sorted(bundle.files) == [
        "Chart.yaml",
        "cantata.yaml",
        "templates/web.yaml",
        "values.yaml",
    ]


def _path(name: str) -> dict[str, Any]:
    backend = {"service": {"name": name, "port": {"number": 80}}}
    return {"path": "/", "pathType": "Prefix", "backend": backend}


VALUES = """\
# Defaults of shop. Secrets are given by the config.

web:
  # -- How many pods web has
  replicas: 2
  image:
    # -- Image of web
    repository: ghcr.io/acme/web
    # -- Tag of this image
    tag: "1.2"
  env:
    LOG_LEVEL: info
  login:
    # -- password of Secret web-login. Give it in the config, tagged `!secret`
    password: ""
  # -- Host name of web
  host: shop.example.com
"""
CONFIG = VALUES.replace(
    "# Defaults of shop. Secrets are given by the config.", "# Values of shop, as they were imported."
).replace('password: ""', 'password: !secret "grey-horse"')
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: {{ .Values.web.replicas }}
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: "{{ .Values.web.image.repository }}:{{ .Values.web.image.tag }}"
          env:
            - name: LOG_LEVEL
              value: {{ .Values.web.env.LOG_LEVEL | quote }}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - port: 80
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
    - host: {{ .Values.web.host | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: web
                port:
                  number: 80
---
apiVersion: v1
kind: Secret
metadata:
  name: web-login
  labels:
    app: web
stringData:
  password: {{ required "give web.login.password in the config, tagged !secret" .Values.web.login.password | quote }}
"""  # noqa: E501


def test_definitions_hooks_and_namespaces_find_their_places() -> None:
    bundle = made(
        named("Namespace", "home"),
        named(
            "CustomResourceDefinition", "things.acme.io", group="apiextensions.k8s.io", spec={"x": "{{ y }}"}
        ),
        deployment("hooks", namespace="home"),
        named("Job", "migrate", group="batch", metadata={"annotations": {"helm.sh/hook": "pre-install"}}),
        named("ConfigMap", "elsewhere", "other", data={"url": "http://hooks.home.svc:80"}),
        named(
            "RoleBinding",
            "hooks",
            "home",
            "rbac.authorization.k8s.io",
            subjects=[{"kind": "ServiceAccount", "name": "hooks", "namespace": "home"}],
        ),
    )
    assert bundle.namespace == "home"
    assert bundle.files["crds/things.acme.io.yaml"].endswith('spec:\n  x: "{{ y }}"\n')
    assert "helm.sh/hook: pre-install" in bundle.files["templates/helm-hooks.yaml"]
    assert "namespace: {{ .Release.Namespace | quote }}" in bundle.files["templates/hooks.yaml"]
    assert "namespace: other" in bundle.files["templates/hooks.yaml"]
    assert "namespace: home" not in "".join(bundle.files.values())
    assert [str(each.key) for each in bundle.left_out] == ["Namespace home"]
    assert rules(bundle) == ["namespace-fixed", "namespace-in-text"]


def test_names_are_those_that_a_deploy_would_find() -> None:
    labels = {"labels": {"app.kubernetes.io/instance": "prod"}}
    objects = [deployment("prod-web"), deployment("prod-api"), service("prod-web")]
    for each in objects[:2]:
        each["metadata"] |= labels
    assert sorted(made(*objects).services) == ["api", "web"]


def test_what_a_cluster_makes_by_itself_is_left_out_and_told() -> None:
    owner = {"ownerReferences": [{"kind": "ReplicaSet", "name": "web-1", "controller": True}]}
    claim = {"volumeClaimTemplates": [{"metadata": {"name": "data"}}], "template": {"spec": {}}}
    bundle = made(
        deployment("web", namespace="home"),
        service("web", "home"),
        named("Pod", "web-1-x", "home", metadata=owner),
        named("ConfigMap", "kube-root-ca.crt", "home"),
        named("ServiceAccount", "default", "home"),
        named("Endpoints", "web", "home"),
        named("Endpoints", "outside", "home"),
        named("Secret", "token", "home", type="kubernetes.io/service-account-token"),
        named("Secret", "sh.helm.release.v1.r.v1", "home", type="helm.sh/release.v1"),
        named("StatefulSet", "db", "home", "apps", spec=claim),
        named("PersistentVolumeClaim", "data-db-0", "home"),
        named("PersistentVolumeClaim", "data-db-x", "home"),
        named("Lease", "leader", "home", "coordination.k8s.io"),
        named("ConfigMap", "gone", "home", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
        live=True,
        namespace="home",
    )
    assert {each.key.name: each.reason for each in bundle.left_out} == {
        "web-1-x": "made by ReplicaSet web-1",
        "kube-root-ca.crt": "in every namespace",
        "default": "in every namespace",
        "web": "made by the cluster for Service web",
        "token": "a token of a ServiceAccount",
        "sh.helm.release.v1.r.v1": "Helm keeps a release in it: import that by --release",
        "data-db-0": "made by StatefulSet db",
        "leader": "who leads is agreed anew in every namespace",
        "gone": "being deleted",
    }
    assert {key.name for keys in bundle.services.values() for key in keys} == {
        "web", "outside", "db", "data-db-x"
    }  # fmt: skip


def test_one_object_of_two_groups_is_one() -> None:
    new = named("Ingress", "web", "home", "networking.k8s.io", metadata={"uid": "same"})
    old = {**new, "apiVersion": "extensions/v1beta1"}
    for both in ([new, old], [old, new]):
        bundle = make_bundle([Source(each) for each in both], name="shop", wanted=ALL)
        assert [str(each.key) for each in map(Source, bundle.objects)] == [
            "Ingress.networking.k8s.io home/web"
        ]


def test_replicas_that_an_autoscaler_sets_are_left_to_it() -> None:
    scaler = named(
        "HorizontalPodAutoscaler",
        "web",
        group="autoscaling",
        spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 9},
    )
    live = made(deployment("web", replicas=7), scaler, live=True)
    assert "replicas: " not in live.files["templates/web.yaml"]
    assert [".".join(each.value.path) for each in live.extracted if each.what == "replicas"] == [
        "web.autoscaling.minReplicas",
        "web.autoscaling.maxReplicas",
    ]
    written = made(deployment("web", replicas=7), scaler)
    assert "replicas: {{ .Values.web.replicas }}" in written.files["templates/web.yaml"]


def test_what_helm_or_we_have_deployed_is_told() -> None:
    helm = deployment("web", namespace="home")
    helm["metadata"]["annotations"] = {"meta.helm.sh/release-name": "prod"}
    ours = deployment("api", namespace="home")
    ours["metadata"]["labels"] = {"cantata.dev/application": "abc"}
    bundle = made(helm, ours, live=True)
    assert rules(bundle) == ["of-a-release", "of-an-application"]
    assert not {"cantata.dev", "meta.helm.sh"} & set("".join(bundle.files.values()).split("/"))


NESTED: dict[str, Any] = {}
for _ in range(200):
    NESTED = {"a": NESTED}
CYCLE: dict[str, Any] = {"apiVersion": "v1", "kind": "List", "items": []}


@pytest.mark.parametrize(
    ("documents", "error", "word"),
    [
        ([], BundleEmpty, "no object"),
        ([{}, None], BundleEmpty, "no object"),
        ([{"apiVersion": "v1", "kind": "List"}], BundleEmpty, "no object"),
        (["text"], BundleObjectInvalid, "no map"),
        ([{"kind": "Pod"}], BundleObjectInvalid, "has no apiVersion"),
        ([{"apiVersion": "v1", "metadata": {"name": "a"}}], BundleObjectInvalid, "has no kind"),
        ([{"apiVersion": "v1", "kind": "Pod"}], BundleObjectInvalid, "no metadata"),
        ([named("Pod", "")], BundleObjectInvalid, "no name"),
        (
            [{"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}}],
            BundleObjectInvalid,
            "only gen",
        ),
        ([named("Pod", "a", metadata={"labels": [1]})], BundleObjectInvalid, "are no map"),
        ([named("ConfigMap", "a", data=NESTED)], BundleObjectInvalid, "deeper than 100"),
        ([service("a"), service("a")], BundleDuplicate, "Service a is there twice"),
        ([service("a", "home"), service("a"), service("b", "home")], BundleDuplicate, "there twice"),
        ([{**CYCLE, "items": [{**CYCLE, "items": ["x"]}]}], BundleObjectInvalid, "no map"),
        ([{**CYCLE, "items": [named("Pod", f"p{n}") for n in range(MOST + 1)]}], BundleTooLarge, "more than"),
    ],
)
def test_bad_documents_are_refused(documents: Sequence[Any], error: type[Exception], word: str) -> None:
    with pytest.raises(error, match=word):
        made(*documents)


def test_lists_are_taken_apart_however_they_stand_in_each_other() -> None:
    inner = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "b"}}]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [named("Pod", "a"), inner, named("Pod", "c")]}
    found = gather([Source(outer, "x.yaml", 1)])
    assert [str(each.key) for each in found] == ["Pod a", "ConfigMap b", "Pod c"]


def test_ten_thousand_objects_are_a_template() -> None:
    objects = [each for n in range(MOST // 2) for each in (deployment(f"web-{n}"), service(f"web-{n}"))]
    bundle = made(*objects)
    assert len(bundle.services) == MOST // 2
