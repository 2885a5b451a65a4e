"""Set and remove single keys of a config; everything else in its text stays as it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cantata.actions.config_text import check_expected
from cantata.actions.moved_errors import move_error
from cantata.actions.ports import Ports
from cantata.actions.save_config import Save, save_config
from cantata.actions.stored_documents import read_document
from cantata.core.config import (
    Change,
    ConfigDocument,
    RemoveKey,
    SecretText,
    SetKey,
    SetSecret,
    edit_text,
    find_path,
    verify_edit,
)
from cantata.core.model.access import Actor
from cantata.core.model.configs import ConfigVersion
from cantata.core.model.errors import EditConflict
from cantata.errors import CantataError, Place

KeyValues = Mapping[str, str | SecretText | None]
"""By key such as `db.host`: one YAML value, the value of a secret, or None for a key that goes."""


async def set_config(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    values: KeyValues,
    *,
    message: str = "",
    expected: int | None = None,
) -> ConfigVersion:
    """The next version, or the latest when nothing changes. Without `expected` the keys go onto whatever is
    the latest by then: no edit of others is lost. Raises `ConfigChangeInvalid`, `ConfigEditImpossible`, and
    what `save_config` raises."""
    while True:
        latest = await ports.store.read(
            lambda records: records.configs.version(records.configs.get(project, name))
        )
        check_expected(latest.number, expected, name)
        text = await edited_text(ports, name, latest.text, values)
        try:
            save = Save(name, text, message=message, expected=latest.number, verb="set")
            return await save_config(ports, actor, project, save)
        except EditConflict:
            # Somebody else saved meanwhile, so that somebody gets on in every round.
            if expected is not None:
                raise


async def edited_text(ports: Ports, name: str, text: str, values: KeyValues) -> str:
    """The text with these keys changed and nothing else. Raises `ConfigChangeInvalid`,
    `ConfigEditImpossible`, `ConfigInvalid`."""
    before = await read_document(ports, name, text)
    changes = [_change(before, key, value) for key, value in values.items()]
    edited = edit_text(text, changes, name=name)
    after = await _edited_document(ports, name, edited, list(values))
    verify_edit(before, after, changes, name=name)
    return edited


async def _edited_document(ports: Ports, name: str, text: str, keys: Sequence[str]) -> ConfigDocument:
    """Nobody has seen this text: its errors name the key and no line."""
    try:
        return await read_document(ports, name, text)
    except CantataError as error:
        only = keys[0] if len(keys) == 1 else ""
        move_error(error, lambda place: Place(place.file, key=place.key or only))
        error.hint = "Correct the change, or edit the text."
        raise


def _change(document: ConfigDocument, key: str, value: str | SecretText | None) -> Change:
    path = find_path(document, key)
    if value is None:
        return RemoveKey(path)
    return SetSecret(path, value) if isinstance(value, SecretText) else SetKey(path, value)
