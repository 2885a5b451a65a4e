"""The schemas of a cluster's kinds, as its API server publishes them.

One document for each group version that is asked for. The index names each with a hash of its content, so
that a document is read anew only when it has changed. Equal definitions, as those of pods are, are kept once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from weakref import WeakValueDictionary

import msgspec

from cantata.core.schemas import Schema, Schemas
from cantata.kube.errors import ClusterProtocolError
from cantata.kube.status import Target
from cantata.kube.transport import JSON, Answer, Transport
from cantata.kube.wire import UNREADABLE

INDEX = "/openapi/v3"
ACCEPT = f"{JSON},text/plain"
"""The index is JSON, but API servers do not say so."""
KEPT = 64
"""Documents that are kept: each takes about a megabyte, less what it shares."""


class _Path(msgspec.Struct, frozen=True, rename="camel"):
    server_relative_url: str = msgspec.field(name="serverRelativeURL", default="")


class _Index(msgspec.Struct, frozen=True):
    paths: dict[str, _Path] = {}


class _Components(msgspec.Struct, frozen=True):
    schemas: dict[str, msgspec.Raw] = {}


class _Document(msgspec.Struct, frozen=True):
    components: _Components = _Components()


class _Kept(Schema, frozen=True, weakref=True):
    """A definition that several documents may share."""


class OpenAPI:
    """Asks the API server, and remembers what it was told."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._target = Target(transport.name, "read the schemas of")
        self._index: Answer | None = None
        self._paths: dict[str, _Path] = {}
        self._documents: OrderedDict[str, tuple[str, Schemas]] = OrderedDict()
        self._shared: WeakValueDictionary[bytes, _Kept] = WeakValueDictionary()
        self._lock = asyncio.Lock()

    async def find(self, api_version: str) -> Schemas | None:
        """The schemas of one group version, None where the API server has none. Raises the errors of the
        transport, and `ClusterProtocolError`."""
        async with self._lock:
            await self._read_index()
            path = self._paths.get(f"apis/{api_version}" if "/" in api_version else f"api/{api_version}")
            if path is None or not path.server_relative_url.startswith(f"{INDEX}/"):
                return None
            url = path.server_relative_url
            known = self._documents.get(api_version)
            if known is None or known[0] != url or "hash=" not in url:
                answer = await self._transport.request("GET", url, self._target)
                known = self._documents[api_version] = url, self._read(answer)
            self._documents.move_to_end(api_version)
            if len(self._documents) > KEPT:
                self._documents.popitem(last=False)
            return known[1]

    async def _read_index(self) -> None:
        known = self._index
        etag = known.headers.get("ETag", "") if known is not None else ""
        answer = await self._transport.request("GET", INDEX, self._target, accept=ACCEPT, etag=etag)
        if answer.status == 304 and known is not None:
            return
        try:
            self._paths = msgspec.json.decode(answer.body, type=_Index).paths
        except UNREADABLE as error:
            raise self._unreadable(error) from error
        self._index = answer

    def _read(self, answer: Answer) -> Schemas:
        try:
            document = msgspec.json.decode(answer.body, type=_Document)
            return Schemas.of({name: self._define(raw) for name, raw in document.components.schemas.items()})
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def _define(self, raw: msgspec.Raw) -> Schema:
        address = hashlib.blake2b(bytes(raw), digest_size=16).digest()
        known = self._shared.get(address)
        if known is None:
            known = self._shared[address] = msgspec.json.decode(raw, type=_Kept)
        return known

    def _unreadable(self, error: Exception) -> ClusterProtocolError:
        return ClusterProtocolError(
            f"{self._target.subject}: its schemas cannot be read: {error}", subject=self._target.subject
        )
