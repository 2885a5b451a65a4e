"""Stored versions as documents, and whether two secrets in them are the same."""

from __future__ import annotations

from collections.abc import Iterable

from cantata.actions.ports import Ports
from cantata.core.config import ConfigDocument, SameSecret, Secret, SecretText, parse_config
from cantata.ports import Records


async def read_document(ports: Ports, name: str, text: str) -> ConfigDocument:
    """Raises `YamlInvalid`, `ConfigInvalid`."""
    document = await ports.documents.parse(text, f"config {name}")
    return parse_config(text, document, name=name)


async def secret_judge(ports: Ports, project: str, documents: Iterable[ConfigDocument]) -> SameSecret:
    """Tells by their values whether secrets of these documents are equal. Raises `SecretNotFound`."""
    ids = {secret.ref for document in documents for secret in document.secrets.values() if secret.ref}

    def read(records: Records) -> dict[str, str]:
        return records.secrets.get_many(project, ids)

    values = {id_: SecretText(value) for id_, value in (await ports.store.read(read)).items()} if ids else {}

    def value(secret: Secret) -> SecretText | None:
        return values.get(secret.ref) if secret.ref else secret.value

    def same(one: Secret, other: Secret) -> bool:
        found = value(one)
        return found is not None and found == value(other)

    return same
