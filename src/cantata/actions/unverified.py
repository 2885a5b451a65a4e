"""New objects that no dry run can try yet, since their namespace or their kind is still to come: they are
held against schemas instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cantata.actions.plan import Prepared
from cantata.core.lint import found
from cantata.core.lint.source import field_text
from cantata.core.model.findings import Finding
from cantata.core.model.objects import GVK
from cantata.core.plan import Desired
from cantata.core.schemas import KindSchema, Schemas, definitions, validate
from cantata.core.values import mask
from cantata.errors import CantataError, Category


class Unverified:
    """Of one plan."""

    def __init__(self, prepared: Prepared, *, namespace_exists: bool) -> None:
        self._cluster = prepared.session.cluster
        self._missing = "" if namespace_exists else prepared.source.application.namespace
        desired = prepared.desired
        rendered = [manifest for each in desired.services.values() for manifest in each.manifests]
        self._own = definitions([*desired.extras.definitions, *rendered])
        self._served: dict[GVK, bool] = {}
        self._schemas: dict[str, Schemas | None] = {}

    async def why(self, desired: Desired) -> str:
        """Empty for what the cluster could be asked of."""
        if self._missing and desired.key.namespace == self._missing:
            return f"namespace {self._missing} does not exist yet"
        if desired.gvk in self._own and not await self._is_served(desired.gvk):
            return f"the definition of {desired.gvk.kind} is not installed yet"
        return ""

    async def findings(
        self, service: str, objects: Collection[Desired], secrets: Collection[str]
    ) -> list[Finding]:
        """What their schemas say against these objects."""
        told: list[Finding] = []
        for desired in objects:
            kind = await self._schema(desired.gvk)
            if kind is not None:
                told += self._violations(service, desired, kind, secrets)
        return told

    def _violations(
        self, service: str, desired: Desired, kind: KindSchema, secrets: Collection[str]
    ) -> Iterator[Finding]:
        for each in validate(desired.manifest, kind):
            field = field_text(each.steps)
            message = str(mask(f"{desired.key}: {field} {each.message}", secrets))
            if each.rule == "field-missing":
                message = f"{desired.key} {each.message}: {field} is missing"
            yield found(each.rule, message, service=service, key=field, suggestion=each.suggestion)

    async def _schema(self, gvk: GVK) -> KindSchema | None:
        """None where nobody tells."""
        own = self._own.get(gvk)
        if own is not None:
            return own
        if gvk.api_version not in self._schemas:
            try:
                self._schemas[gvk.api_version] = await self._cluster.schemas(gvk.api_version)
            except CantataError as error:
                if error.category is Category.UNAVAILABLE:
                    raise
                self._schemas[gvk.api_version] = None
        known = self._schemas[gvk.api_version]
        return known.find(gvk) if known is not None else None

    async def _is_served(self, gvk: GVK) -> bool:
        if gvk not in self._served:
            try:
                await self._cluster.resource(gvk.group, gvk.kind, gvk.version)
                self._served[gvk] = True
            except CantataError as error:
                if error.category is not Category.NOT_FOUND:
                    raise
                self._served[gvk] = False
        return self._served[gvk]
