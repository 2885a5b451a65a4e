"""`delivery:` of the template, written into the containers of a service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cantata.core.config import SecretText
from cantata.core.delivery.context import Context, place_of
from cantata.core.delivery.entries import Entry
from cantata.core.delivery.formats import format_subtree, variables
from cantata.core.delivery.pods import all_containers, listed, maps, pods, source_variables
from cantata.core.delivery.subtrees import subtree_name
from cantata.core.delivery.volumes import FileVolume
from cantata.core.model.findings import Severity
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import DeliverAs, Delivery


def inject(context: Context, manifests: list[Manifest], deliveries: Sequence[Delivery]) -> None:
    """Changes `manifests` in place. What the chart sets wins, with a finding."""
    for index, delivery in enumerate(deliveries):
        _check_containers(context, manifests, delivery)
        selected = _selected(context, delivery)
        for manifest, pod in pods(manifests):
            if delivery.as_ is DeliverAs.ENV:
                for container in _targets(pod, delivery):
                    known = source_variables(container, manifests)
                    _inject_environment(context, manifest, container, delivery, selected, known)
            else:
                _inject_files(context, manifest, pod, delivery, selected, f"cantata-config-{index}")


def _where(delivery: Delivery) -> str:
    return f"the delivery to {delivery.mount_path or 'the environment'}"


# --- what is delivered -------------------------------------------------------------------------------------


def _selected(context: Context, delivery: Delivery) -> list[Entry]:
    """The entries that a delivery names, in the order of the config. A subtree in a format is one entry."""
    if delivery.as_ is DeliverAs.FILE and not delivery.directory:
        return _one_file(context, delivery)
    keys = delivery.keys or ("",)
    found = {key: context.select(key) for key in keys}
    for key, entries in found.items():
        if key and not entries:
            context.missing(key, _where(delivery))
    chosen = {entry.key for entries in found.values() for entry in entries}
    return [entry for entry in context.entries.values() if entry.key in chosen]


def _one_file(context: Context, delivery: Delivery) -> list[Entry]:
    """A leaf is the file as it is; a subtree needs a format."""
    leaf = context.entries.get(delivery.key)
    if leaf is not None:
        return [leaf]
    subtree = context.select(delivery.key) if delivery.format else []
    if not subtree:
        if delivery.key:
            context.missing(delivery.key, _where(delivery))
        return []
    if delivery.format == "dotenv":
        _check_variables(context, delivery, subtree)
    return [_formatted(context, delivery, subtree)]


def _formatted(context: Context, delivery: Delivery, entries: list[Entry]) -> Entry:
    text = format_subtree(entries, delivery.key, delivery.format)
    secret = any(entry.secret for entry in entries)
    name = subtree_name(delivery.key, delivery.format, context.entries)
    if delivery.format == "dotenv":
        entries = list(variables(entries, delivery.key).named.values())
    made = tuple(entry.key for entry in entries)
    return Entry((name,), SecretText(text) if secret else text, None, made)


def _check_variables(context: Context, delivery: Delivery, entries: list[Entry]) -> None:
    for entry, name in variables(entries, delivery.key).left_out:
        context.find(
            "env-collision" if name else "invalid-env-name",
            Severity.WARNING,
            f"{_where(delivery)} leaves out {entry.key}: "
            + (f"there is another variable {name}" if name else "it cannot be the name of a variable"),
            key=entry.key,
            suggestion="Rename the key.",
        )


# --- where it goes -----------------------------------------------------------------------------------------


def _targets(pod: Manifest, delivery: Delivery) -> Iterator[Manifest]:
    """The service's own containers, or those that the delivery names, init containers among them."""
    if not delivery.containers:
        yield from maps(pod.get("containers"))
        return
    for container in all_containers(pod):
        if container.get("name") in delivery.containers:
            yield container


def _check_containers(context: Context, manifests: list[Manifest], delivery: Delivery) -> None:
    known = {str(container.get("name")) for _, pod in pods(manifests) for container in all_containers(pod)}
    if not known:
        context.find(
            "unknown-container",
            Severity.ERROR,
            f"{_where(delivery)} has no container to go to: the service has no pods",
            suggestion="Move the delivery to the service that uses it.",
        )
        return
    for name in delivery.containers:
        if name not in known:
            context.find(
                "unknown-container",
                Severity.ERROR,
                f"{_where(delivery)} names the container {name}, which the service does not have",
                suggestion=f"Its containers are {', '.join(sorted(known))}.",
            )


# --- environment and files ---------------------------------------------------------------------------------


def _inject_environment(
    context: Context,
    manifest: Manifest,
    container: Manifest,
    delivery: Delivery,
    entries: list[Entry],
    known: frozenset[str],
) -> None:
    """`known` are variables that the chart sets by `envFrom` of an object of its own: explicit ones would win
    over them."""
    where = place_of(manifest, container)
    written = listed(container, "env")
    if written is None:
        return
    named = context.named(entries, delivery.prefix, where, asked=delivery.keys)
    present = [*({"name": name} for name in sorted(known)), *maps(written)]
    made = context.variables(named, present, where)
    if made:
        container["env"] = [*made, *written]


def _inject_files(
    context: Context, manifest: Manifest, pod: Manifest, delivery: Delivery, entries: list[Entry], volume: str
) -> None:
    entries = list(context.valid(entries, _where(delivery)))
    volumes = listed(pod, "volumes")
    targets = [
        (each, mounts)
        for each in _targets(pod, delivery)
        if _free(context, manifest, each, delivery) and (mounts := listed(each, "volumeMounts")) is not None
    ]
    if not entries or not targets or volumes is None:
        return
    while any(item.get("name") == volume for item in maps(pod.get("volumes"))):
        volume = f"{volume}-x"
    mount: dict[str, Any] = {"name": volume, "mountPath": delivery.mount_path, "readOnly": True}
    file = delivery.mount_path.rstrip("/").rpartition("/")[2]
    if not delivery.directory:
        mount["subPath"] = file
    items = [(entry, {"path": entry.key if delivery.directory else file}) for entry in entries]
    made = {"name": volume}
    context.volumes.append(FileVolume(made, context.files(items, delivery.update), {}))
    pod["volumes"] = [*volumes, made]
    for container, mounts in targets:
        container["volumeMounts"] = [*mounts, dict(mount)]


def _free(context: Context, manifest: Manifest, container: Manifest, delivery: Delivery) -> bool:
    path = delivery.mount_path.rstrip("/")
    if all(
        str(item.get("mountPath", "")).rstrip("/") != path for item in maps(container.get("volumeMounts"))
    ):
        return True
    context.find(
        "mount-shadowed",
        Severity.WARNING,
        f"{place_of(manifest, container)} mounts something at {path} already; this delivery does not",
        suggestion="Remove the other mount, or deliver to another path.",
    )
    return False
