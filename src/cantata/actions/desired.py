"""What an application's services should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cantata.core.adjust import adjust
from cantata.core.model.adjustments import UNADJUSTED, Adjustments
from cantata.core.model.applications import (
    Assignment,
    RevisionExtras,
    ServiceVersion,
)
from cantata.core.model.findings import Finding
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import Condition
from cantata.core.plan.closure import COMPLETE, Closure
from cantata.core.values import Effective


@dataclass(frozen=True, slots=True)
class DesiredService:
    """One service as it should be. `digest` is a keyed hash over the manifests, since they may hold Secrets;
    `recorded` is a version that it had already, when it is to have that again; `files`, `keys` and `leaks`
    are those of `ServiceVersion`."""

    name: str
    manifests: tuple[Manifest, ...]
    kind: str
    depends_on: dict[str, Condition]
    inputs: RecordedInputs | None
    digest: str
    recorded: ServiceVersion | None = None
    files: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    leaks: tuple[Leak, ...] = ()
    adjustments: Adjustments = UNADJUSTED

    @classmethod
    def of(
        cls, version: ServiceVersion, manifests: tuple[Manifest, ...], adjustments: Adjustments | None = None
    ) -> DesiredService:
        """A recorded version again, as it was adjusted then or otherwise."""
        return cls(
            name=version.service,
            manifests=manifests,
            kind=version.kind,
            depends_on=version.depends_on,
            inputs=None,
            digest=version.digest,
            recorded=version,
            leaks=version.leaks,
            adjustments=version.adjustments if adjustments is None else adjustments,
        )

    def adjusted(self) -> tuple[Manifest, ...]:
        """Its manifests as they are wanted in the cluster, not yet stamped. Raises what `adjust` raises."""
        return adjust(self.manifests, self.adjustments, self.name)


@dataclass(frozen=True, slots=True)
class DesiredState:
    """All services of the application after the operation, those outside of it as recorded. `inputs` are
    those whose render has exactly these services, or their address where they are recorded; empty where none
    is known to. `closure` is what those in the operation need of the others."""

    services: dict[str, DesiredService]
    extras: RevisionExtras
    engine: str
    notes: str = ""
    assignments: tuple[Assignment, ...] = ()
    findings: tuple[Finding, ...] = ()
    values: Mapping[str, Effective] = field(default_factory=dict)
    inputs: RecordedInputs | str = ""
    closure: Closure = COMPLETE
