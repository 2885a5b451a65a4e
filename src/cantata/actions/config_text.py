"""From the text that a user saves to the text that is stored: checked, its new secrets put away."""

from __future__ import annotations

from dataclasses import dataclass

from cantata.actions.ports import Ports
from cantata.core.config import ConfigDocument, Path, parse_config, seal_text
from cantata.core.model.charts import YamlDocument
from cantata.core.model.configs import Extends
from cantata.core.model.errors import EditConflict, SecretNotFound
from cantata.errors import CantataError, Category, Place
from cantata.ports import Records


class ExtendsTooDeep(CantataError):
    """A config extends one parent; the parent itself extends none."""

    category = Category.INVALID


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A config text that may be saved."""

    name: str
    text: str
    document: YamlDocument
    parsed: ConfigDocument

    def store(self, records: Records, project: str) -> str:
        """Puts new secret values into the encrypted table, checks that references are there, and returns the
        text to store. Raises `SecretNotFound`, with the place of the reference."""
        for path, secret in self.parsed.secrets.items():
            if secret.ref:
                self._check_reference(records, project, path, secret.ref)
        ids = {
            path: records.secrets.add(project, secret.value.reveal())
            for path, secret in self.parsed.secrets.items()
            if secret.value is not None
        }
        return seal_text(self.text, self.document, ids)

    def _check_reference(self, records: Records, project: str, path: Path, ref: str) -> None:
        try:
            records.secrets.get_many(project, [ref])
        except SecretNotFound as error:
            node = next(node for node in self.document.nodes if node.path == path)
            error.place = Place(f"config {self.name}", node.line, node.column, ".".join(path))
            raise


async def check_text(ports: Ports, name: str, text: str) -> CheckedText:
    """Raises `YamlInvalid`, `ConfigInvalid`, each with line, column and key."""
    document = await ports.documents.parse(text, f"config {name}")
    return CheckedText(name, text, document, parse_config(text, document, name=name))


def check_extends(records: Records, project: str, name: str, extends: Extends | None) -> None:
    """The parent must exist, must not be the config itself, and must not extend another."""
    if extends is None:
        return
    if extends.config == name:
        raise ExtendsTooDeep(
            f"config {name} cannot extend itself", subject=f"config {name}", hint="Extend another config."
        )
    children = [child.name for child in records.configs.children(project, name)]
    if children:
        raise ExtendsTooDeep(
            f"config {name} is extended by {', '.join(children)} and so cannot extend another",
            subject=f"config {name}",
            hint="Let these extend nothing first, or leave this one without a parent.",
        )
    parent = records.configs.version(records.configs.get(project, extends.config), extends.version)
    if parent.extends is not None:
        raise ExtendsTooDeep(
            f"config {extends.config} extends {parent.extends.config} itself",
            subject=f"config {name}",
            hint=f"Extend {parent.extends.config}, or let {extends.config} extend nothing.",
        )


def check_expected(latest: int, expected: int | None, name: str) -> None:
    """Raises `EditConflict` when somebody saved since the editor read."""
    if expected is not None and expected != latest:
        raise EditConflict(
            f"config {name} is at version {latest}, your edit began at {expected}",
            subject=f"config {name}",
            hint=f"See `cantata config show {name}`, then edit again.",
        )
