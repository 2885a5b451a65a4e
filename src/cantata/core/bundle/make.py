"""Objects become a chart: one file per service, their values in values.yaml and in a config."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from cantata.core.bundle.errors import BundleDuplicate, BundleEmpty
from cantata.core.bundle.extract import SECRET, Extract, Extracted, extract
from cantata.core.bundle.gather import Source, gather
from cantata.core.bundle.live import LeftOut, choose
from cantata.core.bundle.namespaces import check_namespaces, home_of, released
from cantata.core.bundle.written import canonical_secret, is_live, written
from cantata.core.chart_text import Value, template_text, values_text
from cantata.core.config import MASK
from cantata.core.config.quoting import yaml_lines
from cantata.core.model.charts import RenderedObject
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import TemplateSpec
from cantata.core.services import split
from cantata.core.services.fields import annotations_of, as_map, labels_of
from cantata.core.stamp import APPLICATION, normalise
from cantata.core.stamp.templates import is_workload

HOOK = "helm.sh/hook"
HOOKS = "hooks"
"""The file of hooks, which are the application's and no service's."""
DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
NAMESPACE = ("", "Namespace")
RELEASE_NAME = "meta.helm.sh/release-name"
INSTANCE = "app.kubernetes.io/instance"
CLUSTER_KINDS = frozenset(
    {
        "APIService", "CSIDriver", "ClusterIssuer", "ClusterRole", "ClusterRoleBinding", "GatewayClass",
        "IngressClass", "MutatingWebhookConfiguration", "Namespace", "PersistentVolume", "PriorityClass",
        "RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration", "VolumeSnapshotClass",
    }
)  # fmt: skip
"""Kinds whose names are the whole cluster's. Others are told by discovery when they are deployed."""
ORDER = (
    "ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Secret", "PersistentVolumeClaim", "Service",
    "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "HorizontalPodAutoscaler",
    "PodDisruptionBudget", "NetworkPolicy", "Ingress",
)  # fmt: skip
"""In which order people write the objects of a service; a cluster lists them by kind."""
FIRST = "0.1.0"
"""The chart's version."""
SPEC = """\
layout: file     # each file below templates/ is one service
numbers: exact   # 1000000 stays 1000000
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """`files` are the chart's, by path. `config_text` has all values, secrets in it tagged, and `shown` the
    same with masks. `objects` are what the chart renders with this config,
    those of `namespace` without one. `services` are told by their objects; hooks and definitions belong to
    none."""

    files: dict[str, str]
    config_text: str
    shown: str
    namespace: str
    objects: tuple[Manifest, ...]
    services: dict[str, tuple[ObjectKey, ...]]
    extracted: tuple[Extracted, ...]
    left_out: tuple[LeftOut, ...]
    findings: tuple[Finding, ...]


def make_bundle(
    sources: Iterable[Source],
    *,
    name: str,
    wanted: Collection[Extract],
    namespace: str = "",
    description: str = "",
) -> Bundle:
    """`name` is the template's. Objects of `namespace` go where the release goes; without one the namespace
    that most of them name is taken. Objects that were read from a cluster are cleaned of what nobody wrote.

    Raises `BundleInvalid`, `ServiceNameInvalid`.
    """
    kept, left_out = choose(gather(sources))
    scaled = {target for source in kept for target in _scaled(source.manifest)}
    cleaned = [msgspec.structs.replace(each, manifest=_clean(each.manifest, scaled)) for each in kept]
    home = namespace or home_of(source.manifest for source in cleaned)
    cleaned, spaces = _without_home(cleaned, home)
    _check_unique(cleaned, home)
    if not cleaned:
        raise BundleEmpty(
            "nothing is left to make a template of: a cluster makes all of these objects by itself",
            hint="Name another namespace or selector.",
        )
    definitions = [each for each in cleaned if (each.key.group, each.key.kind) == DEFINITION]
    hooks = [each for each in cleaned if HOOK in annotations_of(each.manifest)]
    apart = {id(each) for each in (*definitions, *hooks)}
    plain = [each for each in cleaned if id(each) not in apart]
    services = _services(plain, name, _release_of(kept) or name, home)
    grouped = {service: [released(each, home) for each in items] for service, items in services.items()}
    hook_file = next(each for each in (HOOKS, "helm-hooks", "hooks-of-helm") if each not in grouped)
    if hooks:
        grouped[hook_file] = [released(each.manifest, home) for each in hooks]
    replaced, extracted = extract(grouped, wanted)
    values = [each.value for each in extracted]
    files = {
        "Chart.yaml": chart_text(name, FIRST, description),
        "cantata.yaml": SPEC,
        "values.yaml": values_text(values, comment=f"Defaults of {name}. Secrets are given by the config."),
        **{f"templates/{service}.yaml": template_text(items) for service, items in replaced.items()},
        **{f"crds/{each.key.name}.yaml": _plain_text(each.manifest) for each in definitions},
    }
    return Bundle(
        files=files,
        config_text=_config_text(name, values),
        shown=_config_text(name, [replace(each, default=MASK) if each.secret else each for each in values]),
        namespace=home,
        objects=tuple(each.manifest for each in cleaned),
        services={service: tuple(map(ObjectKey.of, items)) for service, items in services.items()},
        extracted=extracted,
        left_out=tuple(sorted((*left_out, *spaces))),
        findings=tuple(_findings(kept, cleaned, replaced, extracted, home)),
    )


def _clean(manifest: Manifest, scaled: Collection[tuple[str, str]]) -> Manifest:
    """`scaled` are what autoscalers scale, by kind and name: how many pods these have now nobody wrote."""
    clean = written(manifest) if is_live(manifest) else normalise(manifest)[0]
    key, spec = ObjectKey.of(clean), clean.get("spec")
    if is_live(manifest) and (key.kind, key.name) in scaled and isinstance(spec, dict):
        clean = {**clean, "spec": {field: spec[field] for field in spec if field != "replicas"}}
    return canonical_secret(clean) if (key.group, key.kind) == ("", "Secret") else clean


def _without_home(sources: Sequence[Source], home: str) -> tuple[list[Source], list[LeftOut]]:
    """Without the namespace itself, which a deploy makes."""
    word = "the namespace of the release: `--create-namespace` makes one"
    key = ObjectKey(*NAMESPACE, "", home)
    kept = [each for each in sources if each.key != key]
    return kept, [LeftOut(key, word)] if len(kept) < len(sources) else []


def _scaled(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if ObjectKey.of(manifest).kind == "HorizontalPodAutoscaler":
        target = as_map(as_map(manifest.get("spec")).get("scaleTargetRef"))
        yield str(target.get("kind")), str(target.get("name"))


def _check_unique(sources: Sequence[Source], home: str) -> None:
    """An object without a namespace and one of the release's are the same. Raises `BundleDuplicate`."""
    seen: dict[ObjectKey, Source] = {}
    for source in sources:
        key = msgspec.structs.replace(source.key, namespace=source.key.namespace or home)
        if key in seen:
            raise BundleDuplicate(source.key, seen[key].place, source.place)
        seen[key] = source


def _services(sources: Sequence[Source], name: str, release: str, home: str) -> dict[str, list[Manifest]]:
    """By the same analysis as of any chart's objects. What stands in one file is taken for written together;
    live objects stand alone."""
    files: dict[str, int] = {}
    objects = []
    for index, source in enumerate(sources):
        file = files.setdefault(source.file or f"/{index}", len(files))
        manifest = source.manifest
        if not source.key.namespace and source.key.kind not in CLUSTER_KINDS and home:
            manifest = {**manifest, "metadata": {**manifest["metadata"], "namespace": home}}
        objects.append(RenderedObject(f"{name}/templates/{file}.yaml", index, manifest))
    found = split(objects, TemplateSpec(), chart=name, release=release, namespace=home, frozen={})
    live = all(not source.file for source in sources)
    services: dict[str, list[Manifest]] = {}
    for service, items in found.services.items():
        ordered = sorted(items, key=lambda item: _rank(item.manifest)) if live else list(items)
        services[service] = [sources[item.index].manifest for item in ordered]
    return services


def _rank(manifest: Manifest) -> tuple[int, str]:
    key = ObjectKey.of(manifest)
    return (ORDER.index(key.kind) if key.kind in ORDER else len(ORDER), key.name)


def _release_of(sources: Iterable[Source]) -> str:
    """The one release that all workloads say they are of: their names begin with it."""
    named = {
        str(annotations_of(each.manifest).get(RELEASE_NAME) or labels_of(each.manifest).get(INSTANCE) or "")
        for each in sources
        if is_workload(each.manifest)
    }
    return named.pop() if len(named) == 1 else ""


def _config_text(name: str, values: Sequence[Value]) -> str:
    comment = f"Values of {name}, as they were imported." if values else f"{name} has no values yet."
    return values_text(values, secrets=True, comment=comment)


def chart_text(name: str, version: str, description: str) -> str:
    """Chart.yaml."""
    chart = {"apiVersion": "v2", "name": name, "version": version, "description": description}
    return "".join(f"{line}\n" for line in yaml_lines({key: value for key, value in chart.items() if value}))


def _plain_text(manifest: Manifest) -> str:
    """Helm does not take definitions for templates."""
    return "".join(f"{line}\n" for line in yaml_lines(manifest))


def _findings(
    kept: Sequence[Source],
    cleaned: Sequence[Source],
    replaced: dict[str, list[Manifest]],
    extracted: Sequence[Extracted],
    home: str,
) -> Iterator[Finding]:
    yield from _owners(kept)
    for source in cleaned:
        if source.key.kind in CLUSTER_KINDS:
            yield Finding(
                "cluster-scoped",
                Severity.NOTICE,
                f"{source.key} is the whole cluster's: a second application of this template cannot have it",
                suggestion="Put `{{ .Release.Name }}` into its name, or keep it in a template of its own.",
            )
    for service, manifests in replaced.items():
        for finding in check_namespaces(manifests, home):
            yield msgspec.structs.replace(finding, service=service, file=f"templates/{service}.yaml")
    for each in extracted:
        if each.what == SECRET and each.key.kind != "Secret":
            yield Finding(
                "secret-in-the-open",
                Severity.WARNING,
                f"{each.key} holds what looks like a secret in the open; it is in the config as one",
                service=each.service,
                key=".".join(each.value.path),
                suggestion="Read it from a Secret: everyone who sees the pod sees its environment.",
            )


def _owners(kept: Sequence[Source]) -> Iterator[Finding]:
    """Who has installed the objects already."""
    releases = Counter(
        str(name) for each in kept if (name := annotations_of(each.manifest).get(RELEASE_NAME))
    )
    for release, count in sorted(releases.items()):
        yield Finding(
            "of-a-release",
            Severity.NOTICE,
            f"{count} of the objects are of the Helm release {release}",
            suggestion=f"`--release {release}` imports its chart, with templates as their author wrote them.",
        )
    count = sum(APPLICATION in labels_of(each.manifest) for each in kept)
    if count:
        yield Finding(
            "of-an-application",
            Severity.NOTICE,
            f"{count} of the objects were deployed by Cantata",
            suggestion="`cantata app clone` makes another application of the same template.",
        )
