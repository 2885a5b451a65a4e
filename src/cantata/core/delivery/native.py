"""References of manifests to the config by its name, rewritten to the service's own objects."""

from __future__ import annotations

from typing import Any

from cantata.core.delivery.context import Context, place_of
from cantata.core.delivery.entries import Entry
from cantata.core.delivery.pods import all_containers, child, listed, maps, pods
from cantata.core.delivery.volumes import FILE_SOURCES, FileVolume, ProjectedVolume
from cantata.core.model.findings import Severity
from cantata.core.model.objects import Manifest

KEY_REFERENCES = ("configMapKeyRef", "secretKeyRef")
BULK_REFERENCES = ("configMapRef", "secretRef")


def rewrite(context: Context, manifests: list[Manifest], name: str, kept: frozenset[str]) -> None:
    """Changes `manifests` in place. `kept` are the kinds (ConfigMap, Secret) of which the chart renders an
    object of this name itself: references to it stay."""
    for manifest, pod in pods(manifests):
        native = _Native(context, name, kept, manifest)
        for container in all_containers(pod):
            native.environment(container)
        for volume in maps(pod.get("volumes")):
            native.volume(volume)


class _Native:
    def __init__(self, context: Context, name: str, kept: frozenset[str], manifest: Manifest) -> None:
        self._context = context
        self._name = name
        self._kept = kept
        self._manifest = manifest

    def _ours(self, reference: Any, kind: str, field: str = "name") -> bool:
        if not isinstance(reference, dict) or reference.get(field) != self._name:
            return False
        if kind not in self._kept:
            return True
        self._context.find(
            "config-rendered-by-chart",
            Severity.NOTICE,
            f"{place_of(self._manifest)} refers to {kind} {self._name}, which the chart renders itself; "
            "the reference is left alone",
            suggestion="Name another config in cantata.yaml, or take the object out of the chart.",
        )
        return False

    # --- environment ---------------------------------------------------------------------------------------

    def environment(self, container: Manifest) -> None:
        where = place_of(self._manifest, container)
        if maps(container.get("env")):
            container["env"] = [
                item for item in container["env"] if not isinstance(item, dict) or self._key(item, where)
            ]
        self._bulk(container, where)

    def _key(self, item: dict[str, Any], where: str) -> bool:
        """Rewrites one variable; False where an optional key does not exist and the variable goes."""
        source = child(item, "valueFrom")
        for field in KEY_REFERENCES:
            reference = child(source, field)
            if not self._ours(reference, _kind(field)):
                continue
            key = str(reference.get("key", ""))
            entry = self._context.entries.get(key)
            if entry is None:
                if reference.get("optional") is True:
                    return False
                self._context.missing(key, where)
                return True
            made = self._context.variable(str(item.get("name", "")), entry)
            if "optional" in reference:
                next(iter(made["valueFrom"].values()))["optional"] = reference["optional"]
            item["valueFrom"] = made["valueFrom"]
        return True

    def _bulk(self, container: Manifest, where: str) -> None:
        """`envFrom` becomes explicit variables, since names are upper-snake. They come before those that the
        chart writes, which win and may refer to them by `$(NAME)`; a later source wins over an earlier."""
        sources, written = container.get("envFrom"), listed(container, "env")
        if not isinstance(sources, list) or written is None:
            return
        rest: list[Any] = []
        taken: dict[str, Entry] = {}
        for source in sources:
            field = next(
                (each for each in BULK_REFERENCES if self._ours(child(source, each), _kind(each))), ""
            )
            if field:
                found = self._entries(field == "secretRef")
                taken |= self._context.named(found, str(source.get("prefix") or ""), where)
                continue
            rest.append(source)
            if taken:
                self._context.find(
                    "env-source-order",
                    Severity.NOTICE,
                    f"{where} takes another source after the config; the config's variables win over it",
                    suggestion="Put the config last in `envFrom`.",
                )
        if len(rest) == len(sources):
            return
        made = self._context.variables(taken, maps(written), where)
        container["env"] = [*made, *written]
        container["envFrom"] = rest
        for field in ("env", "envFrom"):
            if not container[field]:
                del container[field]

    def _entries(self, only_secrets: bool) -> list[Entry]:
        """A reference to the ConfigMap means the config, secrets included; one to the Secret only those."""
        return [entry for entry in self._context.select("") if entry.secret or not only_secrets]

    # --- files ---------------------------------------------------------------------------------------------

    def volume(self, volume: dict[str, Any]) -> None:
        where = f"volume {volume.get('name', '')} of {place_of(self._manifest)}"
        for field, name_field in FILE_SOURCES.items():
            source = child(volume, field)
            if not self._ours(source, _kind(field), name_field):
                continue
            items = self._items(field, source, where)
            if items is None:
                continue
            del volume[field]
            mode = {"defaultMode": source["defaultMode"]} if "defaultMode" in source else {}
            self._context.volumes.append(FileVolume(volume, self._context.files(items), mode))
        projected = child(volume, "projected")
        if isinstance(projected.get("sources"), list):
            sources = tuple(self._projected(source, where) for source in projected["sources"])
            self._context.volumes.append(ProjectedVolume(projected, sources))

    def _projected(self, source: Any, where: str) -> Any:
        """The source as it is, or the `Files` that take its place."""
        for field in FILE_SOURCES:
            reference = child(source, field)
            if self._ours(reference, _kind(field)):
                items = self._items(field, reference, where)
                if items is not None:
                    return self._context.files(items)
        return source

    def _items(
        self, field: str, source: dict[str, Any], where: str
    ) -> list[tuple[Entry, dict[str, Any]]] | None:
        """The files; None where one does not exist and must, so that the reference is left alone."""
        if not isinstance(source.get("items"), list):
            valid = self._context.valid(self._entries(field == "secret"), where)
            return [(entry, {"path": entry.key}) for entry in valid]
        found, missing = [], False
        for item in maps(source["items"]):
            key = str(item.get("key", ""))
            entry = self._context.entries.get(key)
            if entry is not None:
                found.append((entry, {name: value for name, value in item.items() if name != "key"}))
            elif source.get("optional") is not True:
                self._context.missing(key, where)
                missing = True
        return None if missing else found


def _kind(field: str) -> str:
    return "Secret" if field.startswith("secret") else "ConfigMap"
