"""What the store says of an application, read at once: everything that its desired state is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from cantata.actions.layers import ConfigChain
from cantata.core.model.applications import (
    Application,
    ObjectRecord,
    Revision,
    RevisionExtras,
)
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.templates import TemplateVersion
from cantata.ports import Records

NOTHING = RevisionExtras()


@dataclass(frozen=True, slots=True)
class Source:
    """What the store says of an application: everything that the desired state is made from."""

    application: Application
    template: TemplateVersion
    chain: ConfigChain
    latest: Revision | None
    deployed: bool
    recorded: Mapping[str, bytes]
    extras: RevisionExtras = NOTHING
    manifests: Mapping[str, bytes] = field(default_factory=dict)
    inventory: tuple[ObjectRecord, ...] = ()

    @property
    def next_revision(self) -> int:
        return self.latest.number + 1 if self.latest is not None else 1

    def inputs(self, address: str) -> RecordedInputs:
        return msgspec.json.decode(self.recorded[address], type=RecordedInputs)

    @classmethod
    def read(cls, records: Records, project: str, name: str) -> Source:
        """Raises `ApplicationNotFound` and the NotFound of what it names."""
        application = records.applications.get(project, name)
        template = records.templates.get(project, application.template)
        inputs = cls.read_inputs(
            records,
            application,
            records.templates.version(template, application.template_version),
            ConfigChain.read(records, project, application.config, application.config_version),
        )
        latest = inputs.latest
        services = latest.services.values() if latest is not None else ()
        blobs = records.blobs.get_all(each.manifests for each in services)
        return replace(
            inputs,
            extras=RevisionExtras.read(records.blobs.get(latest.extras)) if latest else NOTHING,
            manifests={each.service: blobs[each.manifests] for each in services},
            inventory=tuple(records.inventory.list(application.id)),
        )

    @classmethod
    def read_inputs(
        cls, records: Records, application: Application, template: TemplateVersion, chain: ConfigChain
    ) -> Source:
        """Without what is recorded as the result: extras, manifests and inventory."""
        latest = records.revisions.find_latest(application.id)
        services = latest.services.values() if latest is not None else ()
        whole = [latest.inputs] if latest is not None and latest.inputs else []
        return cls(
            application=application,
            template=template,
            chain=chain,
            latest=latest,
            deployed=records.revisions.was_deployed(application.id),
            recorded=records.blobs.get_all([*(each.inputs for each in services), *whole]),
        )
