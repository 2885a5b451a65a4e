"""Edits of a template's files, each of which makes a version."""

from __future__ import annotations

from typing import Annotated

import msgspec

from cantata.contract.findings import FindingInfo
from cantata.contract.states import Bump, Condition, WorkloadKind
from cantata.contract.templates import TemplateVersionInfo


class TemplateEdit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """New texts of files by their path in the chart; null removes a file. `bump` is the part of the chart's
    version that is raised, or `none`, unless the edit changes that version itself."""

    files: dict[str, str | None]
    bump: Bump = "patch"


class TemplateServiceDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A new service. Without `image` and `port` it has those of its kind; `depends_on` has conditions by
    service."""

    name: str
    kind: WorkloadKind = "deployment"
    image: str = ""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    depends_on: dict[str, Condition] = {}
    bump: Bump = "patch"


class TemplateServiceRenameRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """With `keep_values` its section of values.yaml keeps its name."""

    name: str
    keep_values: bool = False
    bump: Bump = "patch"


class TemplateEditedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`version` is the one that the edit made; the latest one, and `fresh` false, when it changed nothing.
    `notes` say what the edit left as it was, and what else it means."""

    version: TemplateVersionInfo
    fresh: bool
    findings: tuple[FindingInfo, ...] = ()
    notes: tuple[str, ...] = ()
