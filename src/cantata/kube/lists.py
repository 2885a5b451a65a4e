"""Complete lists: all pages, or an error."""

from __future__ import annotations

import asyncio

import msgspec

from cantata.core.model.objects import LiveObject, ObjectKey, Resource
from cantata.kube.errors import AnswerTooLarge, ResourceExpired
from cantata.kube.paths import collection_path, query
from cantata.kube.status import Target
from cantata.kube.transport import JSON, Transport
from cantata.kube.wire import Shape, decode_item, decode_list

_PARTIAL = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
LIST_ACCEPT = f"{_PARTIAL.format('List')},{JSON}"
WATCH_ACCEPT = f"{_PARTIAL.format('')},{JSON}"
EXPIRED_TOKENS = 2
"""So often a list starts anew because it took too long; then it is asked for in one piece."""


class Selection(msgspec.Struct, frozen=True):
    """Which objects a list or a watch is about."""

    resource: Resource
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False

    @property
    def shape(self) -> Shape:
        return Shape(self.resource.gvk, self.metadata_only)

    def target(self, cluster: str, verb: str) -> Target:
        gvk = self.resource.gvk
        return Target(cluster, verb, ObjectKey(gvk.group, gvk.kind, self.namespace, ""))

    def path(self, **parameters: str | int | bool | None) -> str:
        return collection_path(self.resource, self.namespace) + query(
            labelSelector=self.label_selector, fieldSelector=self.field_selector, **parameters
        )


class Listed(msgspec.Struct, frozen=True):
    """`resource_version` is where a watch goes on."""

    objects: tuple[LiveObject, ...]
    resource_version: str


async def read_list(transport: Transport, selection: Selection) -> Listed:
    """Raises the errors of the transport, `ClusterProtocolError`, and `ResourceExpired` only if even a list
    in one piece expires."""
    page = transport.limits.page
    for _ in range(EXPIRED_TOKENS):
        try:
            return await _read_pages(transport, selection, page)
        except ResourceExpired:
            continue
    return await _read_pages(transport, selection, 0)


async def _read_pages(transport: Transport, selection: Selection, page: int) -> Listed:
    """Each page is decoded while its bytes are at hand, so that no more than one is held as a whole."""
    target = selection.target(transport.name, "list")
    shape = selection.shape
    head = shape.head
    objects: list[LiveObject] = []
    token = ""
    while True:
        parameters: dict[str, str | int | bool | None] = {"limit": page, "continue": token}
        path = selection.path(**parameters)
        try:
            answer = await transport.request(
                "GET", path, target, accept=LIST_ACCEPT if selection.metadata_only else JSON
            )
        except AnswerTooLarge:
            if page <= 1:
                raise
            page = max(1, page // 10)
            continue
        wire = decode_list(answer.body, target.subject)
        objects += [decode_item(raw, shape, head, target.subject) for raw in wire.items or ()]
        token = wire.metadata.continue_
        if not token:
            return Listed(tuple(objects), wire.metadata.resource_version)
        await asyncio.sleep(0)
