"""From the text that a user saves to the text that is stored: checked, its new secrets put away."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.core.config import (
    ConfigDocument,
    Path,
    SecretText,
    config_entries,
    entry_references,
    extends_cycle,
    parse_config,
    resolve_chain,
    seal_text,
)
from cantata.core.model.charts import YamlDocument
from cantata.core.model.configs import Config, ConfigEntry, ConfigVersion, Extends
from cantata.core.model.errors import ConfigNotFound, EditConflict, SecretNotFound, SecretUnreadable
from cantata.errors import Place
from cantata.ports import Records


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text as it is stored, references in the places of secrets, and its leaves as rows."""

    text: str
    entries: tuple[ConfigEntry, ...]


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A config text that may be saved."""

    name: str
    text: str
    document: YamlDocument
    parsed: ConfigDocument

    def store(self, records: Records, config: Config) -> StoredText:
        """Puts new secret values into the encrypted table, and checks that references are there. A value that
        the latest version has at the same key stays the secret that it is. Raises `SecretNotFound`, with the
        place of the reference."""
        self.check_references(records, config.project)
        given = {
            path: secret.value for path, secret in self.parsed.secrets.items() if secret.value is not None
        }
        known = _known_secrets(records, config, given) if given and config.latest else {}
        ids = {
            path: known.get(path) or records.secrets.add(config.project, value.reveal())
            for path, value in given.items()
        }
        return StoredText(seal_text(self.text, self.document, ids), config_entries(self.parsed, ids))

    def check_references(self, records: Records, project: str) -> None:
        for path, secret in self.parsed.secrets.items():
            if secret.ref:
                self._check_reference(records, project, path, secret.ref)

    def _check_reference(self, records: Records, project: str, path: Path, ref: str) -> None:
        try:
            records.secrets.require(project, [ref])
        except SecretNotFound as error:
            node = next(node for node in self.document.nodes if node.path == path)
            error.place = Place(f"config {self.name}", node.line, node.column, ".".join(path))
            raise


def _known_secrets(records: Records, config: Config, given: Mapping[Path, SecretText]) -> dict[Path, str]:
    """The ids of those that the latest version has at the same path with the same value."""
    references = entry_references(records.configs.entries(config))
    found: dict[Path, str] = {}
    for path, value in given.items():
        id_ = references.get(".".join(path), "")
        # What looked like a reference was a plain text, or its value is lost and set anew with this.
        with suppress(SecretNotFound, SecretUnreadable):
            if id_ and SecretText(records.secrets.get_many(config.project, [id_])[id_]) == value:
                found[path] = id_
    return found


async def check_text(ports: Ports, name: str, text: str) -> CheckedText:
    """Raises `YamlInvalid`, `ConfigInvalid`, each with line, column and key."""
    document = await ports.documents.parse(text, f"config {name}")
    return CheckedText(name, text, document, parse_config(text, document, name=name))


def check_extends(records: Records, project: str, name: str, extends: Extends | None) -> None:
    """Every ancestor must exist, and none may be the config itself or one that follows it. Raises
    `ConfigNotFound`, `ConfigVersionNotFound`, `ConfigExtendsCycle`."""
    chain = resolve_chain(name, extends, lambda parent: parent_version(records, project, parent).extends)
    above = {parent.config for parent in chain}
    waiting: list[Config] = []
    with suppress(ConfigNotFound):  # Nobody follows one that is about to be made.
        waiting = [records.configs.get(project, name)] if chain else []
    while waiting:
        for child in records.configs.children(waiting.pop()):
            parent = records.configs.version(child).extends
            if parent is None or parent.version is not None:
                continue
            if child.name in above:
                raise extends_cycle(name, child.name)
            waiting.append(child)


def parent_version(records: Records, project: str, parent: Extends) -> ConfigVersion:
    return records.configs.version(records.configs.get(project, parent.config), parent.version)


def check_expected(latest: int, expected: int | None, name: str) -> None:
    """Raises `EditConflict` when somebody saved since the editor read."""
    if expected is not None and expected != latest:
        raise EditConflict(
            f"config {name} is at version {latest}, your edit began at {expected}",
            subject=f"config {name}",
            hint=f"See `cantata config show {name}`, then edit again.",
        )
