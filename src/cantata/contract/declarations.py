"""Declarative files: what `apply` sends and what became of it; what `export` gets."""

from __future__ import annotations

import msgspec

from cantata.contract.config_history import KeyChangeInfo
from cantata.contract.states import Outcome


class DeclaredFileDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A file of YAML documents, or one that such a document names. `name` is a path with slashes."""

    name: str
    text: str


class DeclaredChartDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A chart that a document names, as .tgz in base64."""

    name: str
    archive: bytes


class ApplyRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`prune` is a label selector such as `app=shop`: what has these labels and is declared in no file is
    deleted. Null deletes nothing."""

    files: tuple[DeclaredFileDraft, ...]
    dry_run: bool = False
    prune: str | None = None
    charts: tuple[DeclaredChartDraft, ...] = ()


class ReferencesRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    files: tuple[DeclaredFileDraft, ...]


class FileReferenceInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A file, or a chart, that is still to be sent, under this `name`: the document in `file` calls it
    `path`."""

    file: str
    path: str
    name: str
    chart: bool = False


class AppliedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What became of one document. `version` is the latest one, 0 of what is pruned; `fields` names what is
    other than before: of a config `document`, `extends`, `labels`, `schema`, of a template `chart`,
    `description`, `deprecated`, of an application keys of its `spec`."""

    kind: str
    name: str
    outcome: Outcome
    version: int = 0
    fields: tuple[str, ...] = ()
    changes: tuple[KeyChangeInfo, ...] = ()


class ApplyInfo(msgspec.Struct, frozen=True, rename="camel"):
    """After a dry run it tells what would be; nothing is stored."""

    dry_run: bool
    documents: tuple[AppliedInfo, ...]


class ExportedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`text` is one YAML document."""

    kind: str
    name: str
    text: str
