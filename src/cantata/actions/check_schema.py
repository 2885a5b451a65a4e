"""Hold configs against their schemas: the one that is saved, and those that follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec

from cantata.actions.config_text import parent_version
from cantata.actions.layers import ConfigChain, chain_layers
from cantata.actions.ports import Ports
from cantata.core.config import ConfigSchemaViolated
from cantata.core.model.configs import Config, ConfigVersion
from cantata.core.model.errors import ConfigNotFound, EditConflict, SecretUnreadable
from cantata.core.values import effective, mask, schema_values, schema_violated, secrets_of
from cantata.errors import CantataError, Detail, Place
from cantata.ports import Records

TRIES = 5
"""Saves of parents and schemas that may come between before a save gives up."""


@dataclass(frozen=True, slots=True)
class Checks:
    """Configs as they would be, each with the text of its schema. Equal ones have the same outcome."""

    of: tuple[tuple[str, str, ConfigChain], ...] = ()

    def same_content(self, other: Checks) -> bool:
        """Of two runs of one write: what was made anew has other ids and times, secrets too."""
        return self._content() == other._content()

    def _content(self) -> list[object]:
        return [
            (name, schema, [_content_of(*each, chain.secrets) for each in chain.versions])
            for name, schema, chain in self.of
        ]


def _content_of(name: str, version: ConfigVersion, secrets: Mapping[str, str]) -> object:
    text = version.text
    for id_, value in secrets.items():
        text = text.replace(id_, value)
    return name, version.number, text, version.extends


def read_checks(
    records: Records,
    project: str,
    name: str,
    *,
    proposed: Mapping[str, ConfigVersion] = MappingProxyType({}),
    schema: str | None = None,
) -> Checks:
    """The config and all that follow it, as far as they have a schema. With `proposed`, only those that would
    see it; with `schema`, that is the one of the config `name`. One with secrets that are lost with their key
    is left out: nothing else could be set anew then, and the last secret that is brings it back."""
    schemas: dict[str, str] = {} if schema is None else {name: schema}

    def schema_of(config: str) -> str:
        if config not in schemas:
            try:
                schemas[config] = records.configs.get(project, config).schema
            except ConfigNotFound:
                schemas[config] = ""  # It is about to be made.
        return schemas[config]

    found = []
    for each in (name, *_followers(records, project, name)):
        names = _names(records, project, each, proposed)
        text = next((text for config in names if (text := schema_of(config))), "")
        if text:
            try:
                chain = ConfigChain.read(records, project, each, None, proposed=proposed)
            except SecretUnreadable:
                continue
            seen = [version for _, version in chain.versions]
            if not proposed or any(version is seen_ for version in proposed.values() for seen_ in seen):
                found.append((each, text, chain))
    return Checks(tuple(found))


def _followers(records: Records, project: str, name: str) -> Sequence[str]:
    try:
        waiting = [records.configs.get(project, name)]
    except ConfigNotFound:
        return ()
    found: dict[str, Config] = {}
    while waiting:
        for child in records.configs.children(waiting.pop()):
            if child.name not in found and child.name != name:
                found[child.name] = child
                waiting.append(child)
    return sorted(found)


def _names(records: Records, project: str, name: str, proposed: Mapping[str, ConfigVersion]) -> Sequence[str]:
    """The config and those that it extends, the nearest first."""
    names = [name]
    version = proposed.get(name) or records.configs.version(records.configs.get(project, name))
    while (parent := version.extends) is not None and parent.config not in names:
        names.append(parent.config)
        known = proposed.get(parent.config) if parent.version is None else None
        version = known or parent_version(records, project, parent)
    return names


async def run_checks(ports: Ports, name: str, checks: Checks) -> None:
    """Raises `ConfigSchemaViolated`, with the place of each value that does not fit: of the config `name`
    itself, or else of its followers by name. Raises `SchemaInvalid`."""
    refused: dict[str, ConfigSchemaViolated] = {}
    for each, schema, chain in checks.of:
        error = await _check(ports, each, schema, chain)
        if error is not None:
            _name_draft(error, name, chain)
        if error is not None and each == name:
            raise error
        if error is not None:
            refused[each] = error
    if refused:
        raise ConfigSchemaViolated(
            f"with this, {_listed(refused)} would no longer fit {'its' if len(refused) == 1 else 'their'} "
            f"schema: {next(iter(refused.values())).details[0].message}",
            subject=f"config {name}",
            hint="Change what follows this config first, or pin it to the present version.",
            place=next(iter(refused.values())).place,
            details=[
                Detail(f"config {each}: {detail.message}", detail.place)
                for each, error in refused.items()
                for detail in error.details
            ],
        )


def _name_draft(error: ConfigSchemaViolated, name: str, chain: ConfigChain) -> None:
    """A version that is not saved yet has no number: its places are those of the text, as in other errors."""
    draft = next(
        (f"config {each}@{version.number}" for each, version in chain.versions if not version.id), ""
    )

    def named(place: Place) -> Place:
        return replace(place, file=f"config {name}") if draft and place.file == draft else place

    error.place = named(error.place)
    error.details = tuple(Detail(each.message, named(each.place)) for each in error.details)


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"config {name}" for name in names)


async def _check(ports: Ports, name: str, schema: str, chain: ConfigChain) -> ConfigSchemaViolated | None:
    values = effective(await chain_layers(ports, chain))
    document = msgspec.json.encode(schema_values(values.leaves))
    violations = await ports.renderer.validate(await schema_json(ports, name, schema), document)
    if not violations:
        return None
    secrets = secrets_of(values)
    return schema_violated(name, [mask(line, secrets) for line in violations], values.leaves)


async def schema_json(ports: Ports, name: str, text: str) -> bytes:
    """A schema as JSON, which may be written as YAML. Raises `YamlInvalid`."""
    try:
        return bytes(msgspec.json.encode(msgspec.json.decode(text)))
    except msgspec.DecodeError:
        return bytes((await ports.documents.parse(text, f"schema of config {name}")).value)


def came_between(name: str) -> CantataError:
    return EditConflict(
        f"what config {name} extends, or its schema, keeps changing",
        subject=f"config {name}",
        hint="Save again.",
    )
