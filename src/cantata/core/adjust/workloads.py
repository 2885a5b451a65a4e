"""Which of a service's objects can be scaled, paused and restarted, and how that is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cantata.core.adjust.errors import AdjustmentImpossible
from cantata.core.model.objects import GVK, Manifest, ObjectKey
from cantata.core.services.fields import as_map
from cantata.core.stamp.templates import POD_TEMPLATES, is_workload

Kind = tuple[str, str]

REPLICATED: frozenset[Kind] = frozenset(
    {
        ("", "ReplicationController"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
    }
)
"""Kinds with `spec.replicas`."""

SUSPENDABLE: frozenset[Kind] = frozenset({("batch", "CronJob"), ("batch", "Job")})
"""Kinds with `spec.suspend`."""

RESTARTABLE: frozenset[Kind] = frozenset(
    {("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "StatefulSet")}
)
"""Kinds that replace their pods when their template changes: those of `kubectl rollout restart`."""

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""Annotation of a pod template, written by `kubectl rollout restart`: the same name, so that the newest of
both counts."""

AUTOSCALERS: frozenset[Kind] = frozenset(
    {("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")}
)
"""Kinds that set the number of pods of what `spec.scaleTargetRef` names."""


def scale(manifests: Sequence[Manifest], replicas: int, service: str) -> list[Manifest]:
    """Raises `AdjustmentImpossible` unless exactly one workload can be scaled and no autoscaler does it."""
    scalable = [manifest for manifest in manifests if kind_of(manifest) in REPLICATED]
    if len(scalable) != 1:
        raise _impossible(service, "be scaled", scalable or _workloads(manifests), several=bool(scalable))
    for scaler in autoscalers_of(manifests, scalable[0]):
        raise AdjustmentImpossible(
            f"service {service} cannot be scaled: {ObjectKey.of(scaler)} sets its number of pods",
            subject=f"service {service}",
            hint="Change the autoscaler's minimum and maximum instead; pausing the service is possible.",
        )
    return _each(manifests, REPLICATED, lambda manifest: _with_spec(manifest, replicas=replicas))


def pause(manifests: Sequence[Manifest], service: str) -> list[Manifest]:
    """Every workload at no pods. Raises `AdjustmentImpossible` for one that cannot be, or without any."""
    workloads = _workloads(manifests)
    others = [each for each in workloads if kind_of(each) not in REPLICATED | SUSPENDABLE]
    if others or not workloads:
        raise _impossible(service, "be paused", others)
    paused = _each(manifests, REPLICATED, lambda manifest: _with_spec(manifest, replicas=0))
    return _each(paused, SUSPENDABLE, lambda manifest: _with_spec(manifest, suspend=True))


def restart(manifests: Sequence[Manifest], at: str, service: str) -> list[Manifest]:
    """Raises `AdjustmentImpossible` without a workload that replaces its pods."""
    workloads = _workloads(manifests)
    if not any(kind_of(each) in RESTARTABLE for each in workloads):
        raise _impossible(service, "be restarted", workloads)
    return _each(manifests, RESTARTABLE, lambda manifest: _annotated(manifest, at))


def autoscalers_of(manifests: Sequence[Manifest], workload: Manifest) -> Iterator[Manifest]:
    wanted = (workload.get("kind"), as_map(workload.get("metadata")).get("name"))
    for manifest in manifests:
        if kind_of(manifest) in AUTOSCALERS:
            target = as_map(as_map(manifest.get("spec")).get("scaleTargetRef"))
            if (target.get("kind") or "Deployment", target.get("name")) == wanted:
                yield manifest


def kind_of(manifest: Manifest) -> Kind:
    gvk = GVK.of(manifest)
    return gvk.group, gvk.kind


def _workloads(manifests: Sequence[Manifest]) -> list[Manifest]:
    return list(filter(is_workload, manifests))


def _impossible(
    service: str, doing: str, those: Sequence[Manifest], *, several: bool = False
) -> AdjustmentImpossible:
    names = ", ".join(str(ObjectKey.of(each)) for each in those)
    if several:
        why, hint = f"it has several workloads: {names}", "Set their replicas in the config, or by patches."
    elif those:
        why, hint = f"that is not possible with {names}", "`cantata service undeploy` takes it away."
    else:
        why, hint = "it has no workload", "`cantata service show` lists its objects."
    return AdjustmentImpossible(
        f"service {service} cannot {doing}: {why}", subject=f"service {service}", hint=hint
    )


def _each(
    manifests: Sequence[Manifest], kinds: frozenset[Kind], change: Callable[[Manifest], Manifest]
) -> list[Manifest]:
    return [change(each) if kind_of(each) in kinds else each for each in manifests]


def _with_spec(manifest: Manifest, **fields: object) -> Manifest:
    return {**manifest, "spec": {**as_map(manifest.get("spec")), **fields}}


def _annotated(manifest: Manifest, at: str) -> Manifest:
    path = (*POD_TEMPLATES[kind_of(manifest)], "metadata", "annotations")
    return _with(manifest, path, {RESTARTED_AT: at})


def _with(value: Mapping[str, Any], path: Sequence[str], more: Mapping[str, str]) -> Manifest:
    if not path:
        return {**value, **more}
    return {**value, path[0]: _with(as_map(value.get(path[0])), path[1:], more)}
