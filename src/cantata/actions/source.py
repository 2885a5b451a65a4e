"""What the store says of an application, read at once: everything that its desired state is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from cantata.actions.layers import ConfigChain
from cantata.actions.lost_key import blobs_of
from cantata.core.model.applications import (
    Application,
    ObjectRecord,
    Revision,
    RevisionExtras,
)
from cantata.core.model.errors import RevisionUnreadable
from cantata.core.model.holds import Hold
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
    holds: tuple[Hold, ...] = ()
    lost: int = 0
    """The number of the latest revision where what it ran with is lost with its key: `latest` has no services
    then."""

    @property
    def next_revision(self) -> int:
        return self.latest.number + 1 if self.latest is not None else 1

    def inputs(self, address: str) -> RecordedInputs:
        return msgspec.json.decode(self.recorded[address], type=RecordedInputs)

    @classmethod
    def read(cls, records: Records, project: str, name: str, *, anew: bool = False) -> Source:
        """`anew` is for a deploy of the whole application, which can do without what ran before.

        Raises `ApplicationNotFound` and the NotFound of what it names; `SecretUnreadable`,
        `RevisionUnreadable`.
        """
        application = records.applications.get(project, name)
        template = records.templates.get(project, application.template)
        version = records.templates.version(template, application.template_version)
        chain = ConfigChain.read(records, project, application.config, application.config_version)
        try:
            read = cls.read_inputs(records, application, version, chain).with_results(records)
        except RevisionUnreadable:
            if not anew:
                raise
            read = cls._without_past(records, application, version, chain)
        return replace(
            read,
            inventory=tuple(records.inventory.list(application.id)),
            holds=tuple(records.holds.list(application.id)),
        )

    @classmethod
    def read_inputs(
        cls, records: Records, application: Application, template: TemplateVersion, chain: ConfigChain
    ) -> Source:
        """Without what is recorded as the result: extras, manifests and inventory. Raises
        `RevisionUnreadable`."""
        latest = records.revisions.find_latest(application.id)
        services = latest.services.values() if latest is not None else ()
        inputs = {each.inputs for each in services}
        if latest is not None and latest.inputs:
            inputs.add(latest.inputs)
        with blobs_of(application, latest.number if latest is not None else 0):
            recorded = records.blobs.get_all(inputs)
        deployed = records.revisions.was_deployed(application.id)
        return cls(application, template, chain, latest, deployed, recorded)

    def with_results(self, records: Records) -> Source:
        """Raises `RevisionUnreadable`."""
        latest = self.latest
        if latest is None:
            return self
        manifests = {each.service: each.manifests for each in latest.services.values()}
        with blobs_of(self.application, latest.number):
            blobs = records.blobs.get_all([latest.extras, *manifests.values()])
        return replace(
            self,
            extras=RevisionExtras.read(blobs[latest.extras]),
            manifests={service: blobs[address] for service, address in manifests.items()},
        )

    @classmethod
    def _without_past(
        cls, records: Records, application: Application, template: TemplateVersion, chain: ConfigChain
    ) -> Source:
        latest = records.revisions.find_latest(application.id)
        if latest is None:
            raise AssertionError("only what is there can be lost")
        bare = msgspec.structs.replace(latest, services={}, inputs="")
        deployed = records.revisions.was_deployed(application.id)
        return cls(application, template, chain, bare, deployed, {}, lost=latest.number)
