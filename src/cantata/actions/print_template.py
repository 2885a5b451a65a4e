"""Print what `helm template` would print of a chart. Nothing is stored, and no config is asked."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.draft import Subject, Whereto, read_archive
from cantata.actions.ports import Ports
from cantata.core.model.charts import Capabilities, HelmValues, Release, RenderedText, TextInputs


@dataclass(frozen=True, slots=True)
class Printing:
    """The options of `helm template` beside values and place."""

    include_crds: bool = False
    no_hooks: bool = False
    skip_tests: bool = False
    show_only: tuple[str, ...] = ()


async def print_template(
    ports: Ports, project: str, subject: Subject, layers: HelmValues, whereto: Whereto, printing: Printing
) -> RenderedText:
    """Without a cluster exactly what the `helm` command prints; with one what it would print of an
    installation there.

    Raises `DraftUnclear`, the NotFound of what is named, `ChartInvalid`, `ChartTooLarge`, `OptionInvalid`,
    `TemplateUnknown` and the errors of a render.
    """
    archive = await read_archive(ports, project, subject)
    chart = await ports.renderer.load(archive, subject=subject.name)
    capabilities = Capabilities(whereto.kube_version)
    if whereto.cluster:
        session = await ports.clusters.get(project, whereto.cluster)
        known = await session.cluster.capabilities()
        capabilities = Capabilities(whereto.kube_version or known.kube_version, known.api_versions)
    inputs = TextInputs(
        chart=chart.digest,
        release=Release(whereto.release, whereto.namespace, is_upgrade=whereto.is_upgrade),
        capabilities=capabilities,
        layers=layers,
        more_apis=whereto.api_versions,
        include_crds=printing.include_crds,
        no_hooks=printing.no_hooks,
        skip_tests=printing.skip_tests,
        show_only=printing.show_only,
    )

    async def fetch() -> bytes:
        return archive

    return await ports.renderer.text(inputs, fetch)
