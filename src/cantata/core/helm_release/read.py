"""What Helm keeps of a release: base64 of gzip of JSON, in a Secret or a ConfigMap of its namespace.

Whoever may write Secrets there may write anything into one, so nothing of it is believed before it is read.
Source: `pkg/storage/driver` of Helm.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import Any

import msgspec

from cantata.core.model.objects import LiveObject
from cantata.errors import CantataError, Category

LARGEST = 64 * 1024 * 1024
"""Bytes of a release, unpacked; a chart may unpack to as many."""
DEEPEST = 100
GZIP = b"\x1f\x8b\x08"
OWNER = "owner=helm"
"""The label that Helm puts on what it keeps."""
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?")
"""Names that Helm gives releases; others are not asked for, since they stand in a selector."""


class HelmReleaseInvalid(CantataError):
    """What is kept of a release is not what Helm writes, or is too large."""

    category = Category.INVALID


class ReleaseRecord(msgspec.Struct, frozen=True):
    """One revision of a release, by the labels of the object that keeps it. `kind` is Secret or ConfigMap,
    `object` its name; `updated` is in seconds since 1970, 0 for unknown."""

    name: str
    namespace: str
    revision: int
    status: str
    kind: str
    object: str
    updated: int = 0


class ChartFile(msgspec.Struct, frozen=True):
    name: str
    data: bytes = b""


class StoredChart(msgspec.Struct, frozen=True):
    """`values` are the chart's defaults as Helm parsed them: comments and order are lost."""

    metadata: dict[str, Any]
    templates: tuple[ChartFile, ...] | None = None
    files: tuple[ChartFile, ...] | None = None
    values: dict[str, Any] | None = None
    schema: bytes | None = None


class StoredHook(msgspec.Struct, frozen=True):
    path: str = ""
    manifest: str = ""


class HelmRelease(msgspec.Struct, frozen=True):
    """`config` is what the user gave, `manifest` what was rendered, hooks apart."""

    name: str
    namespace: str
    chart: StoredChart
    version: int = 1
    config: dict[str, Any] | None = None
    manifest: str = ""
    hooks: tuple[StoredHook, ...] | None = None

    @property
    def title(self) -> str:
        return f"release {self.name} in namespace {self.namespace}"


def read_record(live: LiveObject) -> ReleaseRecord | None:
    """None for an object that keeps no release, or not one that has a number."""
    labels = live.metadata.labels
    revision, updated = labels.get("version", ""), labels.get("modifiedAt") or labels.get("createdAt") or ""
    if labels.get("owner") != "helm" or not labels.get("name") or not _is_number(revision):
        return None
    return ReleaseRecord(
        labels["name"],
        live.metadata.namespace,
        int(revision),
        labels.get("status", ""),
        live.gvk.kind,
        live.metadata.name,
        int(updated) if _is_number(updated) else 0,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


def read_release(payload: bytes, subject: str) -> HelmRelease:
    """`payload` is the text that Helm keeps, without the base64 that Kubernetes puts around it in a Secret.
    Raises `HelmReleaseInvalid`, without any of its content."""
    try:
        packed = base64.b64decode(payload, validate=True)
        content = _unpacked(packed) if packed.startswith(GZIP) else packed
        if len(content) > LARGEST:
            raise _invalid(f"it is larger than {LARGEST >> 20} MiB", subject)
        release = msgspec.json.decode(content, type=HelmRelease)
    except (binascii.Error, zlib.error) as error:
        raise _invalid("it is neither gzip nor base64 as Helm writes it", subject) from error
    except RecursionError as error:
        raise _invalid(f"it is nested deeper than {DEEPEST}", subject) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # Only the place: the error of a wrong value may hold it.
        where = str(error).rpartition(" - at ")[2] if " - at " in str(error) else ""
        raise _invalid(
            f"it is not JSON as Helm writes it{f', at {where}' if where else ''}", subject
        ) from None
    for tree in (release.config, release.chart.values, release.chart.metadata):
        if deeper_than(tree, DEEPEST):
            raise _invalid(f"it is nested deeper than {DEEPEST}", subject)
    return release


def _unpacked(packed: bytes) -> bytes:
    """At most one byte more than is allowed: what would be larger is not unpacked to its end."""
    decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    content = decompressor.decompress(packed, LARGEST + 1)
    if len(content) <= LARGEST and not decompressor.eof:
        raise zlib.error("it breaks off")
    return content


def deeper_than(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most + 1):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _invalid(trouble: str, subject: str) -> HelmReleaseInvalid:
    return HelmReleaseInvalid(
        f"{subject} cannot be read: {trouble}",
        subject=subject,
        hint="`helm get all` shows whether Helm itself can read it.",
    )
