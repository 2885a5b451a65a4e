"""Cards from causes: what Kubernetes says on one side, facts and the likely cause on the other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.cards import Evidence, build_card
from cantata.core.cards.build import FINDERS
from cantata.core.health.health import Cause
from cantata.core.model.cards import CauseKind, FailureCard
from cantata.core.model.objects import Manifest


def pod(container: Manifest, **spec: Any) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"containers": [{"name": "main", **container}], **spec},
    }


def card(
    kind: CauseKind, message: str, *, reason: str = "", container: Manifest | None = None, **known: Any
) -> FailureCard:
    more = {name: known.pop(name) for name in ("exit_code", "restarts") if name in known}
    spec = known.pop("spec", {})
    cause = Cause(kind, reason or kind.value, message, pod="web-1", container="main", **more)
    return build_card(Evidence("web", cause, pod=pod(container or {}, **spec), **known))


def told(found: FailureCard) -> dict[str, str]:
    return {fact.name: fact.value for fact in found.facts}


@pytest.mark.parametrize(
    ("message", "reason", "likely"),
    [
        ("rpc error: code = NotFound: manifest unknown", "ErrImagePull", "does not exist"),
        ("pull access denied, repository does not exist", "ErrImagePull", "asks for a login"),
        ("unexpected status from HEAD request: 401 Unauthorized", "ErrImagePull", "asks for a login"),
        ("dial tcp: lookup registry.local: no such host", "ErrImagePull", "cannot be reached"),
        ("x509: certificate signed by unknown authority", "ErrImagePull", "cannot be reached"),
        ("couldn't parse image name", "InvalidImageName", "name is not one"),
        ("Container image is not present with pull policy of Never", "ErrImageNeverPull", "not on the node"),
        ("no match for platform in manifest", "ErrImagePull", "architecture"),
        ("unexpected status code 403: denied", "ErrImagePull", "asks for a login"),
        ("Get https://r.io/v2/: net/http: TLS handshake timeout", "ErrImagePull", "cannot be reached"),
        ("failed to pull shop/network-tls:1.403: not found", "ErrImagePull", "does not exist"),
        ("shop/certificate-timeout@sha256:a401b: not found", "ErrImagePull", "does not exist"),
    ],
)
def test_why_an_image_is_not_pulled(message: str, reason: str, likely: str) -> None:
    """The image's own name says nothing of why."""
    found = card(CauseKind.IMAGE_PULL, message, reason=reason, container={"image": "shop/web:9"})
    assert likely in found.likely
    assert told(found)["image"] == "shop/web:9"


def test_an_image_whose_pull_secret_is_missing_is_another_cause() -> None:
    secrets = {"imagePullSecrets": [{"name": "here"}, {"name": "gone"}]}
    unknown = card(CauseKind.IMAGE_PULL, "denied", spec=secrets)
    there = card(CauseKind.IMAGE_PULL, "denied", spec=secrets, present=frozenset({"here", "gone"}))
    missing = card(CauseKind.IMAGE_PULL, "denied", spec=secrets, present=frozenset({"here"}))
    assert [each.kind for each in (unknown, there, missing)] == ["image_pull", "image_pull", "pull_secret"]
    assert told(missing)["missing secret"] == "gone"


@pytest.mark.parametrize(
    ("code", "likely"),
    [(1, "ends by itself"), (127, "does not exist in the image"), (139, "SIGSEGV"), (0, "without an error")],
)
def test_what_an_exit_code_says(code: int, likely: str) -> None:
    found = card(CauseKind.CRASH_LOOP, "it ended", exit_code=code, restarts=4, container={"args": ["-v", 3]})
    assert likely in found.likely
    assert told(found) == {"exit code": str(code), "restarts": "4", "command": "-v 3"}


def test_memory_with_and_without_a_limit() -> None:
    limits = {"resources": {"limits": {"memory": "64Mi"}}}
    assert "its limit of 64Mi" in card(CauseKind.OUT_OF_MEMORY, "", container=limits).likely
    assert "no limit of its own" in card(CauseKind.OUT_OF_MEMORY, "").likely


PROBED = {
    "ports": [{"name": "http", "containerPort": 8080}],
    "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5},
    "livenessProbe": {"exec": {"command": ["ls", "/"]}},
    "startupProbe": {"tcpSocket": {"port": 9}},
}


@pytest.mark.parametrize(
    ("message", "facts", "likely"),
    [
        (
            "Readiness probe failed: HTTP probe failed with statuscode: 404",
            {"probe": "readinessProbe", "path": "/ready", "port": "http (8080)", "period": "5 s"},
            "no page /ready at port http (8080)",
        ),
        ("Liveness probe failed: ", {"probe": "livenessProbe", "command": "ls /"}, "as the probe wants"),
        (
            "Startup probe failed: dial tcp 10.0.0.1:9: connect: connection refused",
            {"probe": "startupProbe", "port": "9"},
            "nothing listens at port 9",
        ),
        ("Readiness probe failed: context deadline exceeded", {"path": "/ready"}, "not answer in time"),
    ],
)
def test_which_probe_fails_and_why(message: str, facts: dict[str, str], likely: str) -> None:
    found = card(CauseKind.PROBE, message, container=PROBED)
    assert facts.items() <= told(found).items()
    assert likely in found.likely


@pytest.mark.parametrize(
    ("message", "likely"),
    [
        ('configmap "web" not found', "the ConfigMap web does not exist"),
        ('secret "web.tls" not found', "the Secret web.tls does not exist"),
        ('MountVolume.SetUp failed for volume "x" : configmap "web" not found', "the ConfigMap web does not"),
        (
            'persistentvolumeclaim "data" not found. not schedulable',
            "the PersistentVolumeClaim data does not",
        ),
        (
            'pods "web-" is forbidden: error looking up service account shop/robot: '
            'serviceaccount "robot" not found',
            "the ServiceAccount robot does not",
        ),
        ("couldn't find key a.b in ConfigMap shop/web", "the ConfigMap web has no key a.b"),
        ("couldn't find key KEY in Secret shop/web", "the Secret web has no key KEY"),
        ("references non-existent config key: nginx.conf", "the ConfigMap has no key nginx.conf"),
        ("something else is not found", "something that the pod names"),
    ],
)
def test_what_is_missing(message: str, likely: str) -> None:
    assert likely in card(CauseKind.MISSING_REFERENCE, message).likely


def node(cpu: str, *taints: Manifest) -> Manifest:
    return {"spec": {"taints": list(taints)}, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi"}}}


def test_which_request_fits_on_no_node() -> None:
    asked = {"resources": {"requests": {"cpu": "9", "memory": "1Gi"}}}
    found = card(
        CauseKind.UNSCHEDULABLE,
        "0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. preemption: 0/2 nodes.",
        container=asked,
        nodes=(node("3900m"), node("4")),
    )
    assert told(found) == {
        "memory requested": "1Gi",
        "memory of the largest node": "8Gi",
        "cpu requested": "9",
        "cpu of the largest node": "4",
        "nodes": "2",
    }
    assert found.likely == "no node has 1Gi memory, 9 cpu free"


def test_which_taints_keep_a_pod_off() -> None:
    gpu = {"key": "gpu", "value": "only", "effect": "NoSchedule"}
    soft = {"key": "soft", "effect": "PreferNoSchedule"}
    old = {"key": "old", "effect": "NoExecute"}
    found = card(
        CauseKind.UNSCHEDULABLE,
        "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: only}.",
        nodes=(node("4", gpu, soft, old),),
        spec={"tolerations": [{"key": "old", "operator": "Exists"}]},
    )
    assert told(found)["taints"] == "gpu=only:NoSchedule"
    assert "taints" in found.likely


@pytest.mark.parametrize(
    ("message", "likely", "advice"),
    [
        ("3 node(s) didn't match pod topology spread constraints", "spread", "Loosen the constraints"),
        ("3 node(s) didn't match pod anti-affinity rules", "affinity to other pods", "Loosen the affinity"),
        ("3 node(s) didn't satisfy existing pods anti-affinity rules", "or theirs to it", "Loosen"),
        ("3 node(s) didn't have free ports for the requested pod ports", "host port", "another hostPort"),
        ("3 Too many pods", "as many pods as they may have", "add nodes"),
        ("3 node(s) had volume node affinity conflict", "volume can be had on no node", "zone of the volume"),
        ("3 node(s) were unschedulable", "cordoned", "until they are back"),
        ("3 node(s) didn't match Pod's node affinity/selector", "has the labels", "Change the selector"),
        (
            "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
            "2 node(s) didn't match pod topology spread constraints",
            "spread",
            "Loosen the constraints",
        ),
        (
            "1 node(s) had untolerated taint {gpu: x}, 2 node(s) didn't match Pod's node affinity/selector",
            "taints that the pod does not tolerate",
            "Tolerate the taint",
        ),
        ("no nodes available to schedule pods", "finds no node", "See what the message names"),
    ],
)
def test_why_no_node_fits(message: str, likely: str, advice: str) -> None:
    found = card(CauseKind.UNSCHEDULABLE, f"0/3 nodes are available: {message}.")
    assert likely in found.likely
    assert advice in found.advice


def test_what_the_program_said_is_told_by_the_card_and_explains_it() -> None:
    cause = Cause(CauseKind.PROBE, "Unhealthy", "Readiness probe failed", said="connection refused by db")
    found = build_card(Evidence("web", cause, pod=pod(PROBED)))
    assert found.message == "Readiness probe failed: connection refused by db"
    assert "nothing listens" in found.likely


def test_what_a_quota_lacks() -> None:
    found = card(
        CauseKind.QUOTA,
        'pods "web-1" is forbidden: exceeded quota: team, requested: limits.cpu=2,pods=1, '
        "used: limits.cpu=3,pods=4, limited: limits.cpu=4,pods=4",
    )
    assert told(found) == {
        "quota": "team",
        "limits.cpu": "asked 2, used 3 of 4",
        "pods": "asked 1, used 4 of 4",
    }
    unnamed = card(
        CauseKind.QUOTA, "failed quota: team: must specify limits.cpu for: main; limits.memory for: main"
    )
    assert "must specify" in " ".join(told(unnamed))


@pytest.mark.parametrize(
    ("message", "facts", "likely"),
    [
        (
            "forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi",
            {"maximum": "1Gi memory", "asked": "4Gi", "limit range": "small"},
            "a Container may have at most 1Gi memory",
        ),
        (
            "forbidden: [minimum cpu usage per Pod is 100m, but request is 10m., minimum memory …]",
            {"minimum": "100m cpu", "asked": "10m"},
            "a Pod may have at least 100m cpu",
        ),
        (
            "forbidden: maximum cpu usage per Container is 1. No limit is specified",
            {"maximum": "1 cpu"},
            "at most 1 cpu",
        ),
        (
            "forbidden: memory max limit to request ratio per Container is 2",
            {"limit range": "small"},
            "outside",
        ),
    ],
)
def test_what_a_limit_range_allows(message: str, facts: dict[str, str], likely: str) -> None:
    found = card(CauseKind.LIMIT_RANGE, message, limits=({"metadata": {"name": "small"}},))
    assert facts.items() <= told(found).items()
    assert likely in found.likely


def claim(name: str, **spec: Any) -> Manifest:
    return {"metadata": {"name": name}, "spec": spec, "status": {"phase": "Pending"}}


def test_why_a_claim_gets_no_volume() -> None:
    fast = claim("data-web-0", storageClassName="fast", accessModes=["ReadWriteMany"])
    gone = card(CauseKind.VOLUME, "claim data-web-0: not found", claims=(fast,), classes={"fast": None})
    assert gone.likely == "the storage class fast does not exist"
    assert told(gone)["access modes"] == "ReadWriteMany"
    slow = {"provisioner": "nfs", "volumeBindingMode": "Immediate"}
    waits = card(CauseKind.VOLUME, "claim data-web-0: waiting", claims=(fast,), classes={"fast": slow})
    assert waits.likely == "the provisioner of the storage class fast makes no volume"
    assert told(waits)["provisioner"] == "nfs"
    bare = card(CauseKind.VOLUME, "claim a: no persistent volumes available", claims=(claim("a"),))
    assert "names no storage class" in bare.likely


@pytest.mark.parametrize(
    ("message", "name", "value", "likely"),
    [
        (
            'admission webhook "policy.shop.io" denied the request: images must be signed',
            "webhook",
            "policy.shop.io",
            "webhook policy.shop.io does not allow",
        ),
        (
            'pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged',
            "pod security",
            "restricted:latest",
            "pod security level restricted:latest",
        ),
        (
            "ValidatingAdmissionPolicy 'small' with binding 'all' denied request: too many replicas",
            "policy",
            "small",
            "policy small",
        ),
        ('Internal error: failed calling webhook "w.io": no endpoints', "webhook", "w.io", "does not answer"),
    ],
)
def test_who_refused(message: str, name: str, value: str, likely: str) -> None:
    found = card(CauseKind.ADMISSION, message)
    assert told(found)[name] == value
    assert likely in found.likely


def test_a_cause_without_a_rule_is_shown_as_it_is() -> None:
    found = card(CauseKind.PROGRESS_DEADLINE, "no progress for 600 s")
    assert (found.likely, found.advice, found.facts) == ("", "", ())
    assert found.message == "no progress for 600 s"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["spec", "status", "metadata", "name", "containers", "resources", "image", "env"])
            | st.sampled_from(
                ["taints", "allocatable", "cpu", "httpGet", "readinessProbe", "volumes", "phase"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
MAPS = st.dictionaries(st.sampled_from(["spec", "status", "metadata"]), JSON, max_size=3)


@given(
    kind=st.sampled_from(sorted(FINDERS)),
    message=st.text(max_size=40)
    | st.sampled_from(["Insufficient cpu", "untolerated taint", "didn't match", "exceeded quota: a, b"]),
    live=MAPS,
    others=st.lists(MAPS, max_size=2),
)
def test_evidence_of_any_shape_gives_a_card(
    kind: CauseKind, message: str, live: Any, others: list[Any]
) -> None:
    cause = Cause(kind, "Any", message, pod="p", container="c")
    found = build_card(
        Evidence("web", cause, pod=live, nodes=others, quotas=others, limits=others, claims=others)
    )
    assert found.service == "web"
