"""Who points at whom: the references that one manifest holds, before anyone looks what is there.

Two relations matter for the question of where an object belongs. What *acts on* others belongs with them:
a Service with the pods it selects, an autoscaler with what it scales, a binding with its account. What *is
used* by others belongs with its users: a ConfigMap with the pods that mount it, a Role with its binding.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.services.fields import annotations_of, as_map, as_maps, labels_of
from cantata.core.stamp.templates import pod_spec


class Relation(enum.Enum):
    ACTS_ON = enum.auto()
    USES = enum.auto()


class Pool(enum.Enum):
    """Whose labels a selector is held against."""

    PODS = enum.auto()
    SERVICES = enum.auto()


class Reference(msgspec.Struct, frozen=True):
    """By kind and name. An empty namespace is that of the object which refers. What is `required` has to be
    there for a pod to start."""

    relation: Relation
    kind: str
    name: str
    namespace: str = ""
    required: bool = False

    def means(self, key: ObjectKey, namespace: str) -> bool:
        """Whether it is this object; `namespace` is that of the object which refers."""
        if (key.kind, key.name) != (self.kind, self.name):
            return False
        return key.namespace in ("", self.namespace or namespace)


class Selection(msgspec.Struct, frozen=True):
    """By labels, always of the relation `ACTS_ON`. `plain` is the form that Services use."""

    selector: Any
    pool: Pool = Pool.PODS
    plain: bool = False


Pointer = Reference | Selection


def pointers(manifest: Manifest) -> Iterator[Pointer]:
    """All references of a manifest. What has a wrong shape refers to nothing."""
    gvk = GVK.of(manifest)
    pod = pod_spec(manifest)
    if pod is not None:
        yield from _pod_pointers(pod)
    reader = READERS.get((gvk.group, gvk.kind))
    if reader:
        yield from reader(manifest)
    elif pod is None and gvk.group not in PLAIN_GROUPS:
        yield from _custom_selections(_spec(manifest))
        yield from _custom_pointers(manifest.get("spec"))


def _spec(manifest: Manifest) -> dict[str, Any]:
    return as_map(manifest.get("spec"))


def _use(kind: str, name: Any) -> Iterator[Reference]:
    if isinstance(name, str) and name:
        yield Reference(Relation.USES, kind, name)


def _need(kind: str, name: Any, optional: Any = False) -> Iterator[Reference]:
    if isinstance(name, str) and name:
        yield Reference(Relation.USES, kind, name, required=optional is not True)


def _act(kind: Any, name: Any, namespace: Any = "") -> Iterator[Reference]:
    if isinstance(kind, str) and isinstance(name, str) and name:
        yield Reference(Relation.ACTS_ON, kind, name, str(namespace or ""))


# Pods


def _pod_pointers(pod: Manifest) -> Iterator[Pointer]:
    yield from _need("ServiceAccount", pod.get("serviceAccountName") or pod.get("serviceAccount"))
    yield from _need("PriorityClass", pod.get("priorityClassName"))
    for secret in as_maps(pod.get("imagePullSecrets")):
        yield from _need("Secret", secret.get("name"))
    for volume in as_maps(pod.get("volumes")):
        yield from _volume_pointers(volume)
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in as_maps(pod.get(field)):
            yield from _container_pointers(container)


def _volume_pointers(volume: Manifest) -> Iterator[Pointer]:
    claim, secret = as_map(volume.get("persistentVolumeClaim")), as_map(volume.get("secret"))
    yield from _need("PersistentVolumeClaim", claim.get("claimName"))
    yield from _need("Secret", secret.get("secretName"), secret.get("optional"))
    for source in (volume, *as_maps(as_map(volume.get("projected")).get("sources"))):
        yield from _source(as_map(source.get("configMap")), as_map(source.get("secret")))


def _source(config_map: Manifest, secret: Manifest) -> Iterator[Pointer]:
    yield from _need("ConfigMap", config_map.get("name"), config_map.get("optional"))
    yield from _need("Secret", secret.get("name"), secret.get("optional"))


def _container_pointers(container: Manifest) -> Iterator[Pointer]:
    for variable in as_maps(container.get("env")):
        source = as_map(variable.get("valueFrom"))
        yield from _source(as_map(source.get("configMapKeyRef")), as_map(source.get("secretKeyRef")))
    for bulk in as_maps(container.get("envFrom")):
        yield from _source(as_map(bulk.get("configMapRef")), as_map(bulk.get("secretRef")))
    for field in ("command", "args"):
        words = container.get(field)
        for word in words if isinstance(words, list) else ():
            # Controllers are told the name of their ConfigMap by a flag: `--configmap=…`, or by a word alone.
            name = str(word).rpartition("=")[2]
            yield from _use("ConfigMap", name)
            yield from _use("Secret", name)


# Built-in kinds


def _stateful_set(manifest: Manifest) -> Iterator[Pointer]:
    yield from _use("Service", _spec(manifest).get("serviceName"))


def _service(manifest: Manifest) -> Iterator[Pointer]:
    yield Selection(_spec(manifest).get("selector"), plain=True)


def _endpoints(manifest: Manifest) -> Iterator[Pointer]:
    metadata = as_map(manifest.get("metadata"))
    yield from _act("Service", metadata.get("name"))
    yield from _act("Service", labels_of(manifest).get("kubernetes.io/service-name"))


def _secret(manifest: Manifest) -> Iterator[Pointer]:
    annotations = annotations_of(manifest)
    yield from _act("ServiceAccount", annotations.get("kubernetes.io/service-account.name"))


def _service_account(manifest: Manifest) -> Iterator[Pointer]:
    for field in ("secrets", "imagePullSecrets"):
        for secret in as_maps(manifest.get(field)):
            yield from _use("Secret", secret.get("name"))


def _claim(manifest: Manifest) -> Iterator[Pointer]:
    yield from _use("PersistentVolume", _spec(manifest).get("volumeName"))
    yield from _use("StorageClass", _spec(manifest).get("storageClassName"))


def _autoscaler(manifest: Manifest) -> Iterator[Pointer]:
    target = as_map(_spec(manifest).get("scaleTargetRef"))
    yield from _act(target.get("kind"), target.get("name"))


def _disruption_budget(manifest: Manifest) -> Iterator[Pointer]:
    yield Selection(_spec(manifest).get("selector"))


def _network_policy(manifest: Manifest) -> Iterator[Pointer]:
    yield Selection(_spec(manifest).get("podSelector"))


def _ingress(manifest: Manifest) -> Iterator[Pointer]:
    spec = _spec(manifest)
    backends = [spec.get("defaultBackend"), spec.get("backend")]
    for rule in as_maps(spec.get("rules")):
        backends += [path.get("backend") for path in as_maps(as_map(rule.get("http")).get("paths"))]
    for backend in backends:
        yield from _act("Service", as_map(as_map(backend).get("service")).get("name"))
        yield from _act("Service", as_map(backend).get("serviceName"))
    for entry in as_maps(spec.get("tls")):
        yield from _use("Secret", entry.get("secretName"))


def _binding(manifest: Manifest) -> Iterator[Pointer]:
    for subject in as_maps(manifest.get("subjects")):
        if subject.get("kind") == "ServiceAccount":
            yield from _act("ServiceAccount", subject.get("name"), subject.get("namespace"))
    role = as_map(manifest.get("roleRef"))
    if role.get("kind") in ("Role", "ClusterRole"):
        yield from _use(role["kind"], role.get("name"))


def _api_service(manifest: Manifest) -> Iterator[Pointer]:
    service = as_map(_spec(manifest).get("service"))
    yield from _act("Service", service.get("name"), service.get("namespace"))


def _webhooks(manifest: Manifest) -> Iterator[Pointer]:
    for webhook in as_maps(manifest.get("webhooks")):
        service = as_map(as_map(webhook.get("clientConfig")).get("service"))
        yield from _act("Service", service.get("name"), service.get("namespace"))


# Custom resources


def _service_monitor(manifest: Manifest) -> Iterator[Pointer]:
    yield Selection(_spec(manifest).get("selector"), Pool.SERVICES)


def _pod_monitor(manifest: Manifest) -> Iterator[Pointer]:
    yield Selection(_spec(manifest).get("selector"))


def _custom_selections(spec: Manifest) -> Iterator[Selection]:
    """Policies of meshes and networks select pods as built-in ones do, or by a plain map of labels."""
    for field in SELECTOR_FIELDS:
        selector = as_map(spec.get(field))
        if as_map(selector.get("matchLabels")):
            yield Selection(selector)
        elif as_map(selector.get("labels")):
            yield Selection(selector["labels"], plain=True)


def _custom_pointers(value: Any, field: str = "") -> Iterator[Pointer]:
    """What custom resources have in common: `{kind, name}` pairs (scale targets, issuers), route backends and
    destination hosts, names of secrets."""
    if isinstance(value, list):
        for item in value:
            yield from _custom_pointers(item, field)
        return
    if not isinstance(value, dict):
        return
    kind, name = value.get("kind"), value.get("name")
    if field in BACKEND_FIELDS:
        yield from _act(kind or "Service", name, value.get("namespace"))
    elif field in SCALE_FIELDS:
        yield from _act(kind or "Deployment", name)
    elif field == "parentRefs":
        yield from _use(str(kind or "Gateway"), name)
    elif isinstance(kind, str):
        yield from _use(kind, name)
    host = value.get("host")
    if field in ("destination", "") and isinstance(host, str):
        yield from _act("Service", host.partition(".")[0])
    for key, item in value.items():
        if key in ("secretName", "configMapName"):
            yield from _use("Secret" if key == "secretName" else "ConfigMap", item)
        yield from _custom_pointers(item, key)


SELECTOR_FIELDS = ("selector", "podSelector", "workloadSelector", "endpointSelector")
BACKEND_FIELDS = frozenset({"backendRef", "backendRefs", "services"})
SCALE_FIELDS = frozenset({"scaleTargetRef", "targetRef", "workloadRef"})

PLAIN_GROUPS = frozenset({"", "apps", "batch", "apiextensions.k8s.io", "storage.k8s.io", "scheduling.k8s.io"})
"""Built-in groups: a kind of theirs without a reader refers to nothing."""

READERS: Mapping[tuple[str, str], Callable[[Manifest], Iterator[Pointer]]] = {
    ("", "Endpoints"): _endpoints,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("", "ServiceAccount"): _service_account,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("apps", "StatefulSet"): _stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("discovery.k8s.io", "EndpointSlice"): _endpoints,
    ("extensions", "Ingress"): _ingress,
    ("monitoring.coreos.com", "PodMonitor"): _pod_monitor,
    ("monitoring.coreos.com", "ServiceMonitor"): _service_monitor,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _binding,
    ("rbac.authorization.k8s.io", "RoleBinding"): _binding,
}
"""(group, kind) → what its objects point at. Pod templates are read in every workload beside this."""
