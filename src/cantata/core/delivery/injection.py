"""`delivery:` of the template and the application, written into the containers of a service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cantata.core.config import SecretText
from cantata.core.delivery.context import Context, place_of
from cantata.core.delivery.entries import Entry
from cantata.core.delivery.formats import format_subtree
from cantata.core.delivery.native import file_volume
from cantata.core.delivery.pods import all_containers, maps, pods
from cantata.core.model.findings import Severity
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import DeliverAs, Delivery


def inject(context: Context, manifests: list[Manifest], deliveries: Sequence[Delivery]) -> None:
    """Changes `manifests` in place. What the chart sets wins, with a finding."""
    for index, delivery in enumerate(deliveries):
        selected = _selected(context, delivery)
        for manifest, pod in pods(manifests):
            if delivery.as_ is DeliverAs.ENV:
                for container in _targets(context, manifest, pod, delivery):
                    _inject_environment(context, manifest, container, delivery, selected)
            else:
                _inject_files(context, manifest, pod, delivery, selected, f"cantata-config-{index}")


def _selected(context: Context, delivery: Delivery) -> list[Entry]:
    """The entries that a delivery names, in the order of the config. A subtree in a format is one entry."""
    where = f"the delivery to {delivery.mount_path or 'the environment'}"
    keys = (delivery.key,) if delivery.key else delivery.keys or ("",)
    if delivery.as_ is DeliverAs.FILE and delivery.key and not delivery.format:
        entry = context.entries.get(delivery.key)
        found = {delivery.key: [entry] if entry is not None else []}
    else:
        found = {key: context.select(key) for key in keys}
    for key, entries in found.items():
        if key and not entries:
            context.missing(key, where)
    chosen = {entry.key for entries in found.values() for entry in entries}
    selected = [entry for entry in context.entries.values() if entry.key in chosen]
    if delivery.format and selected:
        context.used.update(chosen)
        return [_formatted(delivery, selected)]
    return selected


def _formatted(delivery: Delivery, entries: list[Entry]) -> Entry:
    """The double dot keeps the name apart from entries: nobody has an empty key below another."""
    text = format_subtree(entries, delivery.key, delivery.format)
    secret = any(entry.secret for entry in entries)
    path = (f"{delivery.key or 'config'}..{delivery.format}",)
    return Entry(path, SecretText(text) if secret else text, None)


def _targets(context: Context, manifest: Manifest, pod: Manifest, delivery: Delivery) -> Iterator[Manifest]:
    if not delivery.containers:
        yield from maps(pod.get("containers"))
        return
    named = {container.get("name"): container for container in all_containers(pod)}
    for name in delivery.containers:
        if name in named:
            yield named[name]
        else:
            context.find(
                "unknown-container",
                Severity.WARNING,
                f"a delivery names the container {name}, which {place_of(manifest)} does not have",
                suggestion=f"Its containers are {', '.join(map(str, named))}.",
            )


def _inject_environment(
    context: Context, manifest: Manifest, container: Manifest, delivery: Delivery, entries: list[Entry]
) -> None:
    where = place_of(manifest, container)
    written = [*(container.get("env") or [])]
    names = {item.get("name") for item in maps(written)}
    made = []
    for name, entry in context.named(entries, delivery.prefix, where).items():
        if name not in names:
            made.append(context.variable(name, entry))
            continue
        context.find(
            "env-already-set",
            Severity.NOTICE,
            f"{where} sets {name} itself; the config key {entry.key} is not delivered there",
            key=entry.key,
            suggestion="Remove the variable from the chart, or give the delivery a prefix.",
        )
    if made:
        container["env"] = [*made, *written]


def _inject_files(
    context: Context, manifest: Manifest, pod: Manifest, delivery: Delivery, entries: list[Entry], volume: str
) -> None:
    entries = list(context.valid(entries, f"the delivery to {delivery.mount_path}"))
    if not entries:
        return
    targets = [
        container
        for container in _targets(context, manifest, pod, delivery)
        if _free(context, manifest, container, delivery)
    ]
    if not targets:
        return
    mount: dict[str, Any] = {"name": volume, "mountPath": delivery.mount_path, "readOnly": True}
    file = delivery.mount_path.rstrip("/").rpartition("/")[2]
    if not delivery.directory:
        mount["subPath"] = file
    items = [(entry, {"path": entry.key if delivery.directory else file}) for entry in entries]
    source = file_volume(context, items, {}, delivery.update)
    pod["volumes"] = [*(pod.get("volumes") or []), {"name": volume, **source}]
    for container in targets:
        container["volumeMounts"] = [*(container.get("volumeMounts") or []), dict(mount)]


def _free(context: Context, manifest: Manifest, container: Manifest, delivery: Delivery) -> bool:
    path = delivery.mount_path.rstrip("/")
    if all(
        str(item.get("mountPath", "")).rstrip("/") != path for item in maps(container.get("volumeMounts"))
    ):
        return True
    context.find(
        "mount-already-set",
        Severity.NOTICE,
        f"{place_of(manifest, container)} mounts something at {path} itself; no config is delivered there",
        suggestion="Remove the mount from the chart, or deliver to another path.",
    )
    return False
