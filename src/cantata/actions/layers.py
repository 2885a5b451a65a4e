"""The layers of values of a config and of an application, read from the store and parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cantata.actions.config_text import parent_version
from cantata.actions.ports import Ports
from cantata.core.config import SecretText, parse_config, resolve_chain
from cantata.core.model.charts import YamlDocument
from cantata.core.model.configs import ConfigPin, ConfigVersion, Extends
from cantata.core.values import Layer, LayerKind
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class ConfigChain:
    """A config version and all that it extends, the child first, with the secret values that they refer to by
    id."""

    versions: tuple[tuple[str, ConfigVersion], ...]
    secrets: Mapping[str, str]

    @property
    def pins(self) -> tuple[ConfigPin, ...]:
        return tuple(ConfigPin(name, version.number, version.config_id) for name, version in self.versions)

    @classmethod
    def read(
        cls,
        records: Records,
        project: str,
        name: str,
        number: int | None,
        *,
        proposed: Mapping[str, ConfigVersion] = MappingProxyType({}),
    ) -> ConfigChain:
        """`proposed` are versions, by config, that stand for the latest though they are not stored.

        Raises `ConfigNotFound`, `ConfigVersionNotFound`, `ConfigExtendsCycle`, `SecretNotFound`.
        """
        versions: list[tuple[str, ConfigVersion]] = []

        def extends_of(config: Extends) -> Extends | None:
            version = proposed.get(config.config) if config.version is None else None
            versions.append((config.config, version or parent_version(records, project, config)))
            return versions[-1][1].extends

        resolve_chain(name, extends_of(Extends(name, number)), extends_of)
        ids = [id_ for _, each in versions for id_ in secret_ids(each.text)]
        return cls(tuple(versions), records.secrets.get_many(project, ids))

    @classmethod
    def pinned(cls, records: Records, project: str, pins: Sequence[ConfigPin]) -> ConfigChain:
        """The chain that a service was made with; its configs under the names that they have now. Raises
        `ConfigNotFound`, `ConfigVersionNotFound`, `SecretNotFound`."""
        configs = [
            records.configs.by_id(pin.config_id)
            if pin.config_id
            else records.configs.get(project, pin.config)
            for pin in pins
        ]
        versions = tuple(
            (config.name, records.configs.version(config, pin.version))
            for config, pin in zip(configs, pins, strict=True)
        )
        ids = [id_ for _, version in versions for id_ in secret_ids(version.text)]
        return cls(versions, records.secrets.get_many(project, ids))


SECRET_REFERENCE = re.compile(r"!secret\s+[\"']?ref:([A-Za-z0-9_-]+)")


def secret_ids(text: str) -> list[str]:
    """The ids of the secrets that a stored text refers to; a mention in a comment does no harm."""
    return SECRET_REFERENCE.findall(text)


async def config_layers(
    ports: Ports, project: str, name: str, number: int | None = None
) -> tuple[Layer, ...]:
    chain = await ports.store.read(lambda records: ConfigChain.read(records, project, name, number))
    return await chain_layers(ports, chain)


async def chain_layers(ports: Ports, chain: ConfigChain) -> tuple[Layer, ...]:
    """The farthest parent first, then the config itself, as `core.values.effective` wants them."""
    layers: list[Layer] = []
    for name, version in chain.versions:
        kind = LayerKind.PARENT if layers else LayerKind.CONFIG
        label = f"config {name}@{version.number}"
        document = await ports.documents.parse(version.text, label)
        parsed = parse_config(version.text, document, name=name)
        secrets = {
            path: secret.value or SecretText(chain.secrets[secret.ref])
            for path, secret in parsed.secrets.items()
        }
        layers.append(Layer(kind, label, document, secrets))
    return tuple(reversed(layers))


async def text_layer(ports: Ports, kind: LayerKind, label: str, text: str) -> Layer:
    """A layer without secrets: chart defaults and overrides."""
    document: YamlDocument = await ports.documents.parse(text, label)
    return Layer(kind, label, document, {})
