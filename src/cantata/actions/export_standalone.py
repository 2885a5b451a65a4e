"""An application as a plain chart, and the proof that Helm makes the same of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cantata.actions.audit import audit
from cantata.actions.build import Built, cleaned
from cantata.actions.desired import DesiredService, DesiredState
from cantata.actions.ports import Ports
from cantata.actions.renders import Renders
from cantata.actions.resolve import resolve
from cantata.actions.scopes import scopes
from cantata.actions.source import Source
from cantata.core.adjust.patch import apply_patches
from cantata.core.export.edits import edits
from cantata.core.export.facts import Facts, read_facts
from cantata.core.export.same import differences
from cantata.core.export.standalone import standalone_files
from cantata.core.export.texts import texts_of
from cantata.core.export.values import Values, layer_values, split_values
from cantata.core.model.access import Actor
from cantata.core.model.applications import Application
from cantata.core.model.charts import Numbers, RenderInputs
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest
from cantata.core.values import mask_error
from cantata.errors import CantataError, Category
from cantata.ports import Cluster, Records

LIBRARY = {path.name: path.read_bytes() for path in Path(__file__).with_name("standalone").glob("*.tpl")}
"""What the exported templates call, by file."""

WAIT_IMAGE = "registry.k8s.io/kubectl:v1.34.2"
"""What init containers that wait for dependencies run."""


class ChartNotExportable(CantataError):
    """What would be exported is not what Cantata deploys: Helm does not render it at all."""

    category = Category.REFUSED


@dataclass(frozen=True, slots=True)
class Standalone:
    """`chart` is its name and version, `archive` the .tgz. `values` and `secrets` are texts of values files,
    `secret_keys` what the first leaves out. `findings` are what the chart cannot keep, `differences` the
    objects that Helm makes otherwise than Cantata, of `objects` in all."""

    application: Application
    chart: str
    archive: bytes
    values: str
    secrets: str
    secret_keys: tuple[str, ...]
    objects: int
    differences: tuple[str, ...]
    findings: tuple[Finding, ...]


async def export_standalone(
    ports: Ports, project: str, name: str, *, wait: bool = False, actor: Actor | None = None
) -> Standalone:
    """Rendered once more by the engine as plain Helm does it, and held against what a deploy would apply.
    With an `actor` secrets are told, once the audit has kept who asked; else `secrets` is empty.

    Raises what `resolve` raises, and `ChartNotExportable`.
    """
    source = await ports.store.read(lambda records: Source.read(records, project, name))
    session = await ports.clusters.get(project, source.application.cluster)
    renders = await Renders.of(ports, source, session)
    desired = await resolve(renders)
    built = await renders.build(renders.base)
    facts = _facts(renders, built)
    values = _values(renders, facts, desired, wait=wait)
    chart = source.template.chart
    files: Mapping[str, bytes] = await ports.renderer.unpack(await _archive(ports, source))
    if facts.needed or values.settings.get("services"):
        files = standalone_files(
            files, chart=chart.name, spec=source.template.spec, facts=facts, library=LIBRARY
        )
    archive = await ports.renderer.pack(files, chart.name)
    wanted = [each for service in desired.services.values() for each in service.adjusted()]
    wanted += [hook.manifest for hook in desired.extras.hooks]
    made = await helm_objects(
        ports,
        f"application {name}",
        built.inputs.render,
        archive,
        values,
        session.cluster,
        {text for given in renders.values.values() for text in given.secret_keys},
    )
    if actor is not None:
        await _audit(ports, actor, project, name, values)
    return Standalone(
        application=source.application,
        chart=f"{chart.name}-{chart.version}",
        archive=archive,
        values=values.text(_head(source)),
        secrets=values.secrets_text(_secrets_head(source)) if actor is not None else "",
        secret_keys=values.keys,
        objects=len(wanted),
        differences=tuple(differences(wanted, made, source.application.release)),
        findings=tuple(_findings(source, built)),
    )


async def _archive(ports: Ports, source: Source) -> bytes:
    return await ports.store.read(lambda records: records.templates.archive(source.template.chart.digest))


async def _audit(ports: Ports, actor: Actor, project: str, name: str, values: Values) -> None:
    detail = f"secrets for a chart: {', '.join(values.keys)}"[:200]

    def write(records: Records) -> None:
        audit(records, actor, project, "reveal", "application", name, detail)

    await ports.store.write(write)


def _facts(renders: Renders, built: Built) -> Facts:
    source = renders.source
    chart = source.template.chart
    return read_facts(
        source.template.spec,
        built.split,
        chart=chart.name,
        release=source.application.release,
        added=renders.delivering.added,
        leaves=renders.values[""].effective.leaves,
        paths=chart.files,
        subcharts=tuple(each.alias or each.name for each in chart.dependencies),
        keep_name=any(each.shared for each in built.delivered.values()),
    )


# --- values ------------------------------------------------------------------------------------------------


def _values(renders: Renders, facts: Facts, desired: DesiredState, *, wait: bool) -> Values:
    effective = renders.values[""].effective
    made = split_values(effective)
    secrets, keys, services = dict(made.secrets), {*made.keys}, {}
    for name, service in desired.services.items():
        asked = _asked(renders, service)
        text = renders.overrides.get(name, "")
        if text:
            own = layer_values(renders.values[text].effective)
            asked["values"] = own.plain
            keys.update(own.keys)
            if own.secrets:
                _put(secrets, ("global", "cantata", "services", name, "values"), own.secrets)
        if asked:
            services[name] = asked
    settings = {
        **texts_of(effective, facts),
        "services": services,
        **(wait_settings() if wait else {}),
    }
    return Values(made.plain, secrets, tuple(sorted(keys)), settings)


def wait_settings() -> dict[str, Any]:
    return {"wait": {"initContainers": True, "image": WAIT_IMAGE}}


def _asked(renders: Renders, service: DesiredService) -> dict[str, Any]:
    wish = service.adjustments
    asked: dict[str, Any] = {}
    if wish.replicas is not None:
        asked["replicas"] = wish.replicas
    if wish.restarted_at:
        asked["restartedAt"] = wish.restarted_at
    asked |= {word: True for word in ("paused", "undeployed") if getattr(wish, word)}
    if wish.patches and not wish.undeployed:
        patched = apply_patches(service.manifests, wish.patches, service.name)
        asked["edits"] = edits(service.manifests, patched, renders.source.application.release)
    return asked


def _put(into: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *above, last = path
    for part in above:
        into = into.setdefault(part, {})
    into[last] = value


def _head(source: Source) -> str:
    application = source.application
    pins = ", ".join(f"{name}@{version.number}" for name, version in source.chain.versions)
    return (
        f"# The values of application {application.name}: config {pins}, and its overrides.\n"
        f"# helm install {application.release} CHART -n {application.namespace} -f THIS\n"
    )


def _secrets_head(source: Source) -> str:
    return f"# SECRET: secrets of application {source.application.name}, in clear.\n"


# --- the proof ---------------------------------------------------------------------------------------------


async def helm_objects(
    ports: Ports,
    subject: str,
    inputs: RenderInputs,
    archive: bytes,
    values: Values,
    namespaced: Mapping[tuple[str, str], bool] | Cluster,
    secrets: Collection[str],
) -> list[Manifest]:
    """What plain Helm makes of the chart; `inputs` are those of the render by Cantata, so that random results
    are the same. `namespaced` tells of kinds, or is the cluster to ask; `secrets` are masked in errors.
    Raises `ChartNotExportable`."""

    async def fetch() -> bytes:
        return archive

    asked = msgspec.structs.replace(
        inputs,
        chart=(await ports.renderer.load(archive)).digest,
        values=msgspec.Raw(msgspec.json.encode(values.whole())),
        numbers=Numbers.HELM,
    )
    try:
        rendered = await ports.renderer.render(asked, fetch)
    except CantataError as error:
        if error.category is Category.UNAVAILABLE:
            raise
        mask_error(error, secrets)
        raise ChartNotExportable(
            f"{subject} cannot be exported as a chart: {error.message}",
            subject=subject,
            place=error.place,
            hint="A preview tells whether it can be deployed; `--manifests` exports what it is then.",
        ) from error
    known = namespaced if isinstance(namespaced, Mapping) else await scopes(namespaced, rendered)
    return [item.manifest for item, _ in cleaned(rendered, inputs.release.namespace, known)]


def _findings(source: Source, built: Built) -> list[Finding]:
    """What a plain chart does not keep, and what is found at any deploy."""
    found = [each for each in built.findings if each.severity is not Severity.NOTICE]
    drawn: dict[tuple[str, str], None] = {}
    for entry in built.inputs.render.tape:
        drawn[entry.template, entry.function] = None
    found += [
        Finding(
            "drawn-anew",
            Severity.WARNING,
            f"{template} draws a value by {function}, which Helm draws anew at each upgrade",
            file=template,
            suggestion="Give the value in the values file, where the chart has a key for it.",
        )
        for template, function in drawn
    ]
    found += [
        Finding(
            "job-unchangeable",
            Severity.NOTICE,
            f"{workload} cannot be changed: Cantata makes it anew, Helm fails",
            service=service,
            suggestion="Delete it before an upgrade that changes what it uses.",
        )
        for service, workload in built.split.workloads.items()
        if (workload.group, workload.kind) == ("batch", "Job")
    ]
    if source.template.chart.dependencies:
        names = ", ".join(each.alias or each.name for each in source.template.chart.dependencies)
        found.append(
            Finding(
                "subcharts-as-they-are",
                Severity.NOTICE,
                f"templates of subcharts stay as they are: no config is delivered to objects of {names}, and "
                "nothing is adjusted of them",
            )
        )
    return found
