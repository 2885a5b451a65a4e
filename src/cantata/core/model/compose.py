"""A docker compose project as docker compose's own library reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class ComposeInputs(msgspec.Struct, frozen=True, rename="camel"):
    """Paths are relative to the project's folder. A file or a variable that is None was looked for and is not
    there; one that is missing here may be asked for. `compose` are the compose files, later over earlier.
    """

    name: str
    compose: tuple[str, ...]
    files: Mapping[str, str | None]
    environment: Mapping[str, str | None] = {}
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


class ComposePlace(msgspec.Struct, frozen=True):
    file: str = ""
    line: int = 0


class ComposeReading(msgspec.Struct, frozen=True, rename="camel"):
    """`files` and `variables` must be looked for before more is known; the project is empty then.
    `places` say where sections, their entries and the keys of these are written, by path. `disabled` are
    services that no profile has turned on, with their profiles. `secrets` are the values of
    secrets that come from variables."""

    project: dict[str, Any] = {}
    files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    disabled: dict[str, tuple[str, ...]] = {}
    secrets: dict[str, str] = {}
    places: dict[str, ComposePlace] = {}
