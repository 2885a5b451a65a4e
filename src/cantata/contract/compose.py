"""Docker compose projects that become templates. The client sends what it is asked for, until nothing is
wanted any more."""

from __future__ import annotations

from typing import Literal

import msgspec

from cantata.contract.findings import FindingInfo
from cantata.contract.templates import ImportedInfo

SourceStateName = Literal["absent", "folder", "binary", "large", "outside"]


class ComposeImportRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Paths are relative to the project's folder, with slashes. `compose` are the compose files, later ones
    over earlier; `files` are texts by path, `states` says why a path has none. A variable that is null is not
    set. With `allowMissing` what services mount may be absent: it is empty then."""

    compose: tuple[str, ...]
    files: dict[str, str]
    states: dict[str, SourceStateName] = {}
    environment: dict[str, str | None] = {}
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    allow_missing: bool = False


class WantedPath(msgspec.Struct, frozen=True, rename="camel"):
    """`contents`: when it is a folder, the files below it are wanted."""

    path: str
    contents: bool = False


class ComposeImportInfo(msgspec.Struct, frozen=True, rename="camel"):
    """While `wanted` or `variables` are there, send these too; the rest is not complete then.

    `files` are the chart's, by path. `config_text` has what differs between environments, secrets included:
    it can be saved as a config. `required` are the keys in it that have no value yet. `imported` is missing
    when nothing was stored.
    """

    wanted: tuple[WantedPath, ...] = ()
    variables: tuple[str, ...] = ()
    files: dict[str, str] = {}
    services: tuple[str, ...] = ()
    findings: tuple[FindingInfo, ...] = ()
    required: tuple[str, ...] = ()
    config_text: str = ""
    imported: ImportedInfo | None = None
