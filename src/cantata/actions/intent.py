"""What people changed between what is deployed and what was prepared, by key."""

from __future__ import annotations

import msgspec

from cantata.actions.concerning import concerning
from cantata.actions.diff_recorded import changed_values
from cantata.actions.lost_key import blobs_of
from cantata.actions.mask_plan import recorded_secrets, secrets_in
from cantata.actions.plan import Prepared
from cantata.actions.ports import Ports
from cantata.core.diff.intent import by_services, changed_adjustments, versions_of
from cantata.core.model.applications import Revision, ServiceVersion
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.plans import FieldChange, ValueChange
from cantata.core.plan import intent
from cantata.core.values import Effective
from cantata.ports import Records


class Intent(msgspec.Struct, frozen=True):
    """`secrets` are the texts of both sides that are never shown."""

    values: tuple[ValueChange, ...]
    secrets: frozenset[str]


def edited_intent(prepared: Prepared) -> Intent:
    """Of a deploy: the values that changed since the last revision, of the application, and by the overrides
    of single services beyond that."""
    source, latest = prepared.source, prepared.source.latest
    secrets = secrets_in(source, prepared.desired.values.values())
    if latest is None:
        return Intent((), secrets)
    whole = _whole(prepared, latest)
    own = {name: _adjusted(prepared, name) for name in prepared.decisions}
    for name, text in source.application.service_overrides.items():
        version = latest.services.get(name)
        if name in prepared.decisions and version is not None and text in prepared.desired.values:
            own[name] += _changed(source.inputs(version.inputs), prepared.desired.values[text])
    return Intent(by_services(own, whole), secrets)


async def own_intent(ports: Ports, prepared: Prepared, told: Intent) -> Intent:
    """What the services have to do with that are to be deployed, the others left out."""
    source = prepared.source
    versions = [version for name in prepared.decisions if (version := _present(prepared, name))]
    if len(versions) < len(prepared.decisions):
        return told  # What a new service reads is known when it is deployed.
    sides = [(version, source.inputs(version.inputs)) for version in versions]
    coming = [msgspec.json.encode(values.values()) for values in prepared.desired.values.values()]
    concerns = await concerning(ports, sides, coming)
    values = tuple(each for each in told.values if each.services or concerns(each.path))
    return msgspec.structs.replace(told, values=values)


async def recorded_intent(ports: Ports, prepared: Prepared) -> Intent:
    """Of what brings back recorded versions. Raises `RevisionUnreadable`."""
    wanted = {
        name: each.recorded
        for name, each in prepared.desired.services.items()
        if each.recorded is not None and name in prepared.decisions
    }
    addresses = {version.inputs for version in wanted.values() if version.inputs}

    def read(records: Records) -> dict[str, RecordedInputs]:
        with blobs_of(prepared.source.application, prepared.source.next_revision - 1):
            blobs = records.blobs.get_all(addresses)
        return {at: msgspec.json.decode(blob, type=RecordedInputs) for at, blob in blobs.items()}

    inputs = await ports.store.read(read)
    changed = {name: _adjusted(prepared, name) for name in prepared.decisions}
    for name, version in wanted.items():
        now = _present(prepared, name)
        if now is not None and now.inputs != version.inputs:
            changed[name] += changed_values(prepared.source.inputs(now.inputs), inputs.get(version.inputs))
    secrets = frozenset().union(secrets_in(prepared.source, ()), *map(recorded_secrets, inputs.values()))
    return Intent(by_services(changed), secrets)


def changed_versions(prepared: Prepared) -> tuple[ValueChange, ...]:
    """Template, configs and engine of the services that become others."""
    source = prepared.source
    template = source.application.template
    found = {}
    for name in prepared.decisions:
        old, new = _present(prepared, name), prepared.desired.services[name].recorded
        if old is not None:
            found[name] = versions_of((template, old), (template, new or _made(prepared, name)))
    return by_services(found)


def _made(prepared: Prepared, service: str) -> ServiceVersion:
    source = prepared.source
    return ServiceVersion(
        service=service,
        template_version=source.template.number,
        config=source.chain.pins,
        engine=prepared.desired.engine,
        inputs="",
        manifests="",
        digest="",
        changed_in=source.next_revision,
    )


def _present(prepared: Prepared, service: str) -> ServiceVersion | None:
    latest = prepared.source.latest
    return latest.services.get(service) if latest is not None else None


def _adjusted(prepared: Prepared, service: str) -> tuple[FieldChange, ...]:
    version = _present(prepared, service)
    wanted = prepared.desired.services[service].adjustments
    return changed_adjustments(version.adjustments, wanted) if version is not None else ()


def _changed(recorded: RecordedInputs | None, values: Effective) -> tuple[FieldChange, ...]:
    old = msgspec.json.decode(recorded.render.values) if recorded is not None else {}
    secret = {leaf.path for leaf in values.leaves if leaf.secret}
    return intent(old, values.values(), secret=secret.union(recorded.secrets if recorded is not None else ()))


def _whole(prepared: Prepared, latest: Revision) -> tuple[FieldChange, ...]:
    """Of the application since the service that changed last. What overrides of that service alone set is
    not the application's."""
    values = prepared.desired.values
    if not latest.services:
        return _changed(None, values[""])
    newest = max(latest.services.values(), key=lambda version: version.changed_in)
    recorded = prepared.source.inputs(newest.inputs)
    own = prepared.source.application.service_overrides.get(newest.service, "")
    if own not in values:
        return _changed(recorded, values[""])
    overridden = {each.path for each in intent(values[""].values(), values[own].values())}
    return tuple(each for each in _changed(recorded, values[own]) if each.path not in overridden)
