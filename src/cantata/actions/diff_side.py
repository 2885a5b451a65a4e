"""One side of a diff between recorded states: a revision of an application, with what the store has of it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.lost_key import blobs_of
from cantata.actions.mask_plan import recorded_secrets
from cantata.core.adjust import adjust
from cantata.core.model.applications import Application, Revision, RevisionState, ServiceVersion
from cantata.core.model.errors import RevisionNotFound
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.objects import Manifest
from cantata.errors import CantataError, Category
from cantata.ports import Page, Records

LOOK_BACK = Page(limit=1000)


class ApplicationNotDeployed(CantataError):
    """There is no revision yet that something could be held against."""

    category = Category.CONFLICT


@dataclass(frozen=True, slots=True)
class Side:
    """`manifests` are of the services that were asked for, adjusted; `inputs` are by address, with those of
    the whole revision where they are recorded."""

    application: Application
    revision: Revision
    manifests: Mapping[str, tuple[Manifest, ...]]
    inputs: Mapping[str, RecordedInputs]

    @classmethod
    def read(
        cls, records: Records, application: Application, revision: Revision, services: Collection[str]
    ) -> Side:
        """Raises `RevisionUnreadable`."""
        wanted = {name: revision.services[name] for name in services if name in revision.services}
        addresses = {version.inputs for version in wanted.values()} | {revision.inputs} - {""}
        with blobs_of(application, revision.number):
            blobs = records.blobs.get_all([*addresses, *(each.manifests for each in wanted.values())])
        return cls(
            application,
            revision,
            {
                name: adjust(_manifests(blobs[version.manifests]), version.adjustments, name)
                for name, version in wanted.items()
            },
            {address: msgspec.json.decode(blobs[address], type=RecordedInputs) for address in addresses},
        )

    def version(self, service: str) -> ServiceVersion | None:
        return self.revision.services.get(service)

    def labelled(self, service: str) -> tuple[str, ServiceVersion] | None:
        """With the name of its template."""
        version = self.version(service)
        return (self.application.template, version) if version is not None else None

    def inputs_of(self, service: str) -> RecordedInputs | None:
        version = self.version(service)
        return self.inputs.get(version.inputs) if version is not None else None

    def secrets(self) -> frozenset[str]:
        return frozenset().union(*map(recorded_secrets, self.inputs.values()))

    def charts(self, services: Collection[str]) -> list[str]:
        """The digests of the charts that these services were made from, the newest first."""
        versions = [version for name in services if (version := self.version(name)) is not None]
        newest = sorted(versions, key=lambda version: -version.template_version)
        found = [self.inputs[version.inputs].render.chart for version in newest if version.inputs]
        return list(dict.fromkeys(found))


def _manifests(blob: bytes) -> tuple[Manifest, ...]:
    return msgspec.json.decode(blob, type=tuple[Manifest, ...])


def find_revision(records: Records, application: Application, number: int | None) -> Revision:
    """Without a number the one that is deployed, or else the latest. Raises `RevisionNotFound`,
    `ApplicationNotDeployed`."""
    if number is not None:
        try:
            return records.revisions.get(application.id, number)
        except RevisionNotFound as error:
            raise RevisionNotFound(number, of=application.name) from error
    found = records.revisions.list(application.id, page=LOOK_BACK)
    deployed = next((each for each in found if each.state is RevisionState.DEPLOYED), None)
    if not found:
        raise not_deployed(application)
    return deployed or found[0]


def before(records: Records, application: Application, revision: Revision) -> Revision:
    """The last one before it that was deployed. Raises `RevisionNotFound`."""
    for earlier in records.revisions.list(application.id, page=LOOK_BACK):
        ran = earlier.state in (RevisionState.DEPLOYED, RevisionState.SUPERSEDED)
        if ran and earlier.number < revision.number:
            return earlier
    raise RevisionNotFound(f"of {application.name} before {revision.number}", of=application.name)


def not_deployed(application: Application) -> ApplicationNotDeployed:
    return ApplicationNotDeployed(
        f"application {application.name} was never deployed",
        subject=f"application {application.name}",
        hint=f"`cantata app deploy {application.name}` deploys it.",
    )


def chart_files(archive: bytes) -> dict[str, bytes]:
    """By path inside the chart. The archive was checked when it was imported."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as opened:
        members: Sequence[tarfile.TarInfo] = [each for each in opened.getmembers() if each.isfile()]
        found = ((each.name.partition("/")[2] or each.name, opened.extractfile(each)) for each in members)
        return {path: file.read() for path, file in found if file is not None}
