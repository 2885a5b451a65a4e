"""Which version of which config last set the value of one key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cantata.actions.layers import ConfigChain, chain_layers
from cantata.actions.ports import Ports
from cantata.core.config import Path, config_entries, parse_config
from cantata.core.model.configs import Config, ConfigEntry, ConfigPin, ConfigVersion
from cantata.core.model.errors import NotFound
from cantata.core.values import effective
from cantata.core.where import KeyValue, given_value
from cantata.ports import Page, Records

LOOK_BACK = 500
"""How many versions are read back for the one that set a value which is not the latest."""

PAGE = 50


@dataclass(frozen=True, slots=True)
class ValueOrigin:
    """`version` reads `shop-dev@17` and is empty for a value that no config sets; `layer` is where the value
    is written."""

    version: str = ""
    layer: str = ""


class ValueOrigins:
    """Of one key in all applications that are asked about. Remembers what it has found."""

    def __init__(self, ports: Ports, project: str, path: Path) -> None:
        self._ports = ports
        self._project = project
        self._path = path
        self._key = ".".join(path)
        self._set_in: dict[ConfigPin, str] = {}
        self._chains: dict[tuple[ConfigPin, ...], tuple[KeyValue, ConfigPin | None]] = {}

    async def of_layer(self, chain: ConfigChain, layer: str) -> ValueOrigin:
        """`layer` is the label of a leaf's origin; one of the chain is a config version."""
        pin = _pin_of(chain.pins, layer)
        return ValueOrigin(await self._last_set(pin), layer) if pin is not None else ValueOrigin("", layer)

    async def of_recorded(self, pins: Sequence[ConfigPin], value: KeyValue) -> str:
        """Empty where the value that was recorded is not that of these pins: an override gave it, or the
        config has gone."""
        pins = tuple(pins)
        if pins not in self._chains:
            self._chains[pins] = await self._of_chain(pins)
        known, pin = self._chains[pins]
        return await self._last_set(pin) if pin is not None and known.value == value.value else ""

    async def _of_chain(self, pins: tuple[ConfigPin, ...]) -> tuple[KeyValue, ConfigPin | None]:
        try:
            chain = await self._ports.store.read(
                lambda records: ConfigChain.pinned(records, self._project, pins)
            )
        except NotFound:
            return KeyValue(b""), None
        values = effective(await chain_layers(self._ports, chain))
        leaf = next((leaf for leaf in values.leaves if leaf.path == self._path), None)
        found = given_value(values.values(), (), self._path)
        return found, _pin_of(chain.pins, leaf.origin.layer) if leaf is not None else None

    async def _last_set(self, pin: ConfigPin) -> str:
        if pin not in self._set_in:
            self._set_in[pin] = f"{pin.config}@{await self._number(pin)}"
        return self._set_in[pin]

    async def _number(self, pin: ConfigPin) -> int:
        """The latest value's version is kept with the entries; for an earlier one the texts are read."""

        def read(records: Records) -> tuple[Config, ConfigEntry | None]:
            config = records.configs.get(self._project, pin.config)
            entries = records.configs.entries(config)
            return config, next((entry for entry in entries if entry.key == self._key), None)

        config, latest = await self._ports.store.read(read)
        if latest is not None and 0 < latest.set_in <= pin.version:
            return latest.set_in
        found, wanted, after = pin.version, None, str(pin.version + 1)
        for _ in range(0, LOOK_BACK, PAGE):
            versions = await self._versions(config, after)
            for version in versions:
                entry = await self._entry(pin.config, version)
                wanted = wanted or entry
                if entry is None or wanted is None or entry != wanted:
                    return found
                found = version.number
            if len(versions) < PAGE:
                break
            after = str(versions[-1].number)
        return found

    async def _versions(self, config: Config, after: str) -> Sequence[ConfigVersion]:
        page = Page(PAGE, after)
        return await self._ports.store.read(lambda records: records.configs.versions(config, page=page))

    async def _entry(self, name: str, version: ConfigVersion) -> tuple[str, str] | None:
        """The text, of a secret its reference, and the type."""
        document = await self._ports.documents.parse(version.text, f"config {name}@{version.number}")
        parsed = parse_config(version.text, document, name=name)
        for entry in config_entries(parsed, {}):
            if entry.key == self._key:
                return entry.text, entry.type
        return None


def _pin_of(pins: Sequence[ConfigPin], layer: str) -> ConfigPin | None:
    return next((pin for pin in pins if layer == f"config {pin.config}@{pin.version}"), None)
