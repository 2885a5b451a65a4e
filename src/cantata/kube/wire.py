"""What the API server's JSON is, as types, and how it becomes `LiveObject`s.

Bodies stay bytes. The hot path decodes a text once, for its metadata only, and takes the body as a slice.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from cantata.core.model.objects import GVK, LiveObject, Metadata
from cantata.kube.errors import ClusterProtocolError

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for a text that is not what it should be, however broken or deeply nested."""
PARTIAL = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",'
EVENT_END = b"}"

T = TypeVar("T")


class WireMetadata(Metadata, frozen=True, rename="camel"):
    """Metadata as it comes, with the bytes of `managedFields`, which informers cut out of their bodies."""

    managed_fields: msgspec.Raw = msgspec.Raw()


class WireObject(msgspec.Struct, frozen=True, rename="camel"):
    metadata: WireMetadata
    kind: str = ""
    api_version: str = ""


class WireEvent(msgspec.Struct, frozen=True):
    type: str
    object: WireObject


class RawEvent(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class ListMetadata(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class WireList(msgspec.Struct, frozen=True):
    metadata: ListMetadata
    items: list[msgspec.Raw] | None = None


class _PlainObject(msgspec.Struct, frozen=True, rename="camel"):
    metadata: Metadata
    kind: str = ""
    api_version: str = ""


_object = msgspec.json.Decoder(WireObject)
_plain = msgspec.json.Decoder(_PlainObject)
_event = msgspec.json.Decoder(WireEvent)
_raw_event = msgspec.json.Decoder(RawEvent)
_list = msgspec.json.Decoder(WireList)


class Shape(msgspec.Struct, frozen=True):
    """How objects of one list or watch are kept: their kind, and whether as metadata only."""

    gvk: GVK
    metadata_only: bool = False

    @property
    def head(self) -> bytes:
        """The beginning of a body; list items come without their kind."""
        kind = msgspec.json.encode(self.gvk.kind)
        version = msgspec.json.encode(self.gvk.api_version)
        return b'{"kind":' + kind + b',"apiVersion":' + version + b","


def decode_object(body: bytes, gvk: GVK, subject: str) -> LiveObject:
    """An answer that is one object, kept whole. Raises `ClusterProtocolError`."""
    try:
        decoded = _plain.decode(body)
    except msgspec.ValidationError:
        decoded = _without_nulls(body, _PlainObject, subject)
    except UNREADABLE as error:
        raise _broken(subject, error) from error
    if decoded.kind != gvk.kind or not decoded.metadata.name:
        raise ClusterProtocolError(f"{subject}: the answer is not the object asked for", subject=subject)
    return LiveObject(gvk, decoded.metadata, body)


def decode_list(body: bytes, subject: str) -> WireList:
    """One page. Raises `ClusterProtocolError`."""
    try:
        return _list.decode(body)
    except UNREADABLE as error:
        raise _broken(subject, error) from error


def decode_item(raw: msgspec.Raw, shape: Shape, head: bytes, subject: str) -> LiveObject:
    """One item of a page; `head` is `shape.head`, computed once per list."""
    return _live(bytes(raw), None, shape, head, subject)


def decode_event(line: bytes, shape: Shape, head: bytes, subject: str) -> tuple[str, LiveObject] | RawEvent:
    """One line of a watch: the type and the object, or the raw event of a BOOKMARK or an ERROR.

    Raises `ClusterProtocolError`.
    """
    for kind, prefix in _PREFIXES.items():
        if line.startswith(prefix) and line.endswith(EVENT_END):
            try:
                event = _event.decode(line)
            except msgspec.ValidationError:
                break
            except UNREADABLE as error:
                raise _broken(subject, error) from error
            return kind, _live(line[len(prefix) : -1], event.object, shape, head, subject)
    try:
        raw = _raw_event.decode(line)
    except UNREADABLE as error:
        raise _broken(subject, error) from error
    if raw.type in _PREFIXES:
        return raw.type, _live(bytes(raw.object), None, shape, head, subject)
    return raw


_PREFIXES = {kind: f'{{"type":"{kind}","object":'.encode() for kind in ("MODIFIED", "ADDED", "DELETED")}
"""How the API server writes events. Others decode too, only slower."""


def _live(body: bytes, decoded: WireObject | None, shape: Shape, head: bytes, subject: str) -> LiveObject:
    if decoded is None:
        try:
            decoded = _object.decode(body)
        except msgspec.ValidationError:
            decoded = _without_nulls(body, WireObject, subject)
        except UNREADABLE as error:
            raise _broken(subject, error) from error
    wire = decoded.metadata
    if not wire.name:
        raise ClusterProtocolError(f"{subject}: an object without a name came", subject=subject)
    metadata = Metadata(
        wire.name,
        wire.namespace,
        wire.uid,
        wire.resource_version,
        wire.generation,
        wire.creation_timestamp,
        wire.deletion_timestamp,
        wire.labels,
        wire.annotations,
        wire.owner_references,
        wire.finalizers,
    )
    return LiveObject(shape.gvk, metadata, _kept(body, decoded, shape, head))


def _kept(body: bytes, decoded: WireObject, shape: Shape, head: bytes) -> bytes:
    """The body with its real kind and without `managedFields`, which are half of a small object."""
    partial = decoded.kind == "PartialObjectMetadata"
    if not partial and shape.metadata_only:
        return _reduced(body, head)
    start = body.find(b'"managedFields":') if len(bytes(decoded.metadata.managed_fields)) else -1
    if start >= 0:
        raw = bytes(decoded.metadata.managed_fields)
        end = start + len(b'"managedFields":') + len(raw)
        if not body.startswith(raw, end - len(raw)):
            return _reencoded(body, head)
        if body[start - 1 : start] == b",":
            start -= 1
        elif body[end : end + 1] == b",":
            end += 1
        body = body[:start] + body[end:]
    elif bytes(decoded.metadata.managed_fields):
        return _reencoded(body, head)
    if partial:
        return head + body[len(PARTIAL) :] if body.startswith(PARTIAL) else _reencoded(body, head)
    return body if decoded.kind else head + body[1:]


def _reencoded(body: bytes, head: bytes) -> bytes:
    """The slow way, for a text that is not written as the API server writes it."""
    document: dict[str, Any] = msgspec.json.decode(body)
    document["metadata"].pop("managedFields", None)
    return _with_head(document, head)


def _reduced(body: bytes, head: bytes) -> bytes:
    """Metadata only, where a server sent more than it was asked for."""
    metadata: dict[str, Any] = msgspec.json.decode(body)["metadata"]
    metadata.pop("managedFields", None)
    return _with_head({"metadata": metadata}, head)


def _with_head(document: dict[str, Any], head: bytes) -> bytes:
    rest = {key: value for key, value in document.items() if key not in {"kind", "apiVersion"}}
    return head + msgspec.json.encode(rest)[1:]


def _without_nulls(body: bytes, kind: type[T], subject: str) -> T:
    """Once more, leaving out nulls: some add-on servers write absent metadata so."""
    try:
        document = msgspec.json.decode(body)
        if isinstance(document, dict) and isinstance(document.get("metadata"), dict):
            metadata = document["metadata"]
            document["metadata"] = {key: value for key, value in metadata.items() if value is not None}
        return msgspec.json.decode(msgspec.json.encode(document), type=kind)
    except UNREADABLE as error:
        raise _broken(subject, error) from error


def _broken(subject: str, error: Exception) -> ClusterProtocolError:
    return ClusterProtocolError(f"{subject}: the answer cannot be read: {error}", subject=subject)
