"""What differs between environments, taken out of objects and put into values."""

from __future__ import annotations

import base64
import copy
import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cantata.core.bundle.hosts import host_spots, host_values
from cantata.core.bundle.images import image_places
from cantata.core.bundle.keys import Keys
from cantata.core.bundle.secrecy import looks_secret
from cantata.core.chart_text import Value
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.services.fields import as_map, as_maps
from cantata.core.services.references import Reference, pointers
from cantata.core.stamp.templates import is_workload, pod_spec


class Extract(enum.StrEnum):
    """What becomes a value. Secrets do always: no template may hold one."""

    IMAGE = "image"
    REPLICAS = "replicas"
    RESOURCES = "resources"
    HOSTS = "hosts"
    ENV = "env"


SECRET = "secret"
RESERVED_ABOVE = ("global", "hosts")
"""Keys at the top that are no services: Helm gives `global` to subcharts."""
RESERVED = ("autoscaling", "env", "host", "hosts", "image", "replicas", "resources")
"""Keys of a service that are no containers and no Secrets."""


class Extracted(msgspec.Struct, frozen=True):
    """One value that was taken out. `what` is a word of `Extract`, or `secret`; `key` the object that held it
    first."""

    value: Value
    what: str
    service: str
    key: ObjectKey


Services = Mapping[str, Sequence[Manifest]]


def extract(
    services: Services, wanted: Collection[Extract]
) -> tuple[dict[str, list[Manifest]], tuple[Extracted, ...]]:
    """New objects with places where values were, and these values. Those of one service come together."""
    extracting = _Extracting(services, frozenset(wanted))
    return extracting.services, tuple(extracting.run())


class _Extracting:
    """One extraction. Works on copies of its own, in place. One use."""

    def __init__(self, services: Services, wanted: frozenset[Extract]) -> None:
        self.services = {name: [copy.deepcopy(each) for each in items] for name, items in services.items()}
        self._wanted = wanted
        taken = Keys(RESERVED_ABOVE)
        self._keys = {name: taken.take(name, "Service") for name in services}
        everything = (each for items in self.services.values() for each in items)
        self._environments = frozenset(_environments(everything))
        self._below = {name: Keys(RESERVED) for name in services}

    def run(self) -> Iterator[Extracted]:
        hosts = self._hosts() if Extract.HOSTS in self._wanted else []
        yield from (each for each in hosts if each.value.path[0] == "hosts")
        for service, manifests in self.services.items():
            found = [each for manifest in manifests for each in self._of_object(service, manifest)]
            yield from sorted(found, key=lambda each: len(each.value.path) > 3 or each.what == SECRET)
            yield from (each for each in hosts if each.service == service and each.value.path[0] != "hosts")

    def _of_object(self, service: str, manifest: Manifest) -> Iterator[Extracted]:
        key = ObjectKey.of(manifest)
        if is_workload(manifest):
            yield from self._of_workload(service, key, manifest)
        elif (key.group, key.kind) == ("autoscaling", "HorizontalPodAutoscaler"):
            yield from self._of_autoscaler(service, key, manifest)
        elif (key.group, key.kind) == ("", "Secret"):
            yield from self._of_secret(service, key, manifest)
        elif (key.group, key.kind) == ("", "ConfigMap") and key in self._environments:
            yield from self._of_environment(service, key, manifest)

    # Workloads

    def _of_workload(self, service: str, key: ObjectKey, manifest: Manifest) -> Iterator[Extracted]:
        prefix: tuple[str, ...] = (self._keys[service],)
        if key != self._leading(service):
            prefix = (*prefix, self._below[service].take(key.name, key.kind))
        spec = as_map(manifest.get("spec"))
        if Extract.REPLICAS in self._wanted and _is_count(spec.get("replicas")):
            value = Value((*prefix, "replicas"), spec["replicas"], f"How many pods {key.name} has")
            spec["replicas"] = value
            yield Extracted(value, Extract.REPLICAS, service, key)
        pod = pod_spec(manifest) or {}
        containers = as_maps(pod.get("containers"))
        main = _main_container(containers, {service, key.name})
        # Containers of a workload that does not lead have its key between, so that these are theirs alone.
        taken = self._below[service] if len(prefix) == 1 else Keys(RESERVED)
        for container in (*containers, *as_maps(pod.get("initContainers"))):
            name = str(container.get("name") or "container")
            inner = prefix if container is main else (*prefix, taken.take(name, "Container"))
            title = name if name in (service, key.name) else f"container {name} of {key.name}"
            yield from self._of_container(service, key, container, inner, title)

    def _leading(self, service: str) -> ObjectKey | None:
        """The workload whose values stand at the service itself: the one of its name, else the first."""
        keys = [ObjectKey.of(each) for each in self.services[service] if is_workload(each)]
        return min(keys, key=lambda key: key.name != service, default=None)

    def _of_container(
        self, service: str, key: ObjectKey, container: Manifest, prefix: tuple[str, ...], title: str
    ) -> Iterator[Extracted]:
        image = container.get("image")
        if Extract.IMAGE in self._wanted and isinstance(image, str) and image:
            container["image"], values = image_places(image, prefix, title)
            yield from (Extracted(each, Extract.IMAGE, service, key) for each in values)
        resources = container.get("resources")
        if Extract.RESOURCES in self._wanted and isinstance(resources, dict) and resources:
            comment = f"What {title} asks of its node, and may use at most"
            value = container["resources"] = Value((*prefix, "resources"), resources, comment)
            yield Extracted(value, Extract.RESOURCES, service, key)
        taken = Keys()
        for entry in as_maps(container.get("env")):
            name, text = entry.get("name"), entry.get("value")
            if not isinstance(name, str) or not isinstance(text, str):
                continue
            found = self._text((*prefix, "env"), taken, name, text, f"container {container.get('name')}")
            if found is not None:
                entry["value"] = found
                yield Extracted(found, SECRET if found.secret else Extract.ENV, service, key)

    def _text(self, above: tuple[str, ...], taken: Keys, name: str, text: str, holder: str) -> Value | None:
        """A value for a text of the environment, if it is to become one: what looks secret does always, what
        is put together of other variables by Kubernetes never, nor what no config can hold. A reference to a
        secret of ours is none in an object."""
        if "$(" in text or "\x00" in text:
            return None
        secret = looks_secret(name, text) and not text.startswith("ref:")
        if not secret and Extract.ENV not in self._wanted:
            return None
        path = (*above, taken.take(name))
        return _secret(path, text, f"{name} of {holder}") if secret else Value(path, text)

    # Other kinds

    def _of_autoscaler(self, service: str, key: ObjectKey, manifest: Manifest) -> Iterator[Extracted]:
        spec = as_map(manifest.get("spec"))
        above: tuple[str, ...] = (self._keys[service], "autoscaling")
        if key != next(each for each in map(ObjectKey.of, self.services[service]) if each.kind == key.kind):
            above = (self._keys[service], self._below[service].take(key.name, "Autoscaler"))
        for field, words in (("minReplicas", "Fewest pods"), ("maxReplicas", "Most pods")):
            if Extract.REPLICAS in self._wanted and _is_count(spec.get(field)):
                value = spec[field] = Value((*above, field), spec[field], words)
                yield Extracted(value, Extract.REPLICAS, service, key)

    def _of_secret(self, service: str, key: ObjectKey, manifest: Manifest) -> Iterator[Extracted]:
        """Text moves to `stringData`, so that the config has it as people write it; what is none stays in
        base64."""
        texts, data = as_map(manifest.get("stringData")), as_map(manifest.get("data"))
        if not texts and not data:
            return
        above = (self._keys[service], self._below[service].take(_bare(key.name, service, "secret"), "Secret"))
        taken = Keys()
        strings: Manifest = {}
        coded: Manifest = {}
        for name, given in {**data, **texts}.items():
            text = str(given) if name in texts else _decoded(str(given or ""))
            if text == "":
                strings[name] = ""
                continue
            plain = text is not None and not text.startswith("ref:") and "\x00" not in text
            comment = f"{name} of Secret {key.name}" + ("" if plain else ", in base64")
            default = text if plain and text is not None else _encoded(given, name in texts)
            value = _secret((*above, taken.take(name)), default, comment)
            (strings if plain else coded)[name] = value
            yield Extracted(value, SECRET, service, key)
        for field, entries in (("data", coded), ("stringData", strings)):
            manifest.pop(field, None)
            if entries:
                manifest[field] = entries

    def _of_environment(self, service: str, key: ObjectKey, manifest: Manifest) -> Iterator[Extracted]:
        data = as_map(manifest.get("data"))
        above: tuple[str, ...] = ()
        taken = Keys()
        for name, text in data.items():
            if isinstance(text, str):
                above = above or (
                    self._keys[service],
                    self._below[service].take(_bare(key.name, service, "config"), "Config"),
                )
                found = self._text(above, taken, name, text, f"ConfigMap {key.name}")
                if found is not None:
                    data[name] = found
                    yield Extracted(found, SECRET if found.secret else Extract.ENV, service, key)

    # Hosts

    def _hosts(self) -> list[Extracted]:
        found: dict[str, list[tuple[Any, Any, str, ObjectKey]]] = {}
        for service, manifests in self.services.items():
            for manifest in manifests:
                for (holder, key), host in host_spots(manifest):
                    found.setdefault(host, []).append((holder, key, service, ObjectKey.of(manifest)))
        users = {host: list(dict.fromkeys(spot[2] for spot in spots)) for host, spots in found.items()}
        values = host_values(users, self._keys)
        for host, spots in found.items():
            for holder, key, _, _ in spots:
                holder[key] = values[host]
        return [
            Extracted(values[host], Extract.HOSTS, spots[0][2], spots[0][3]) for host, spots in found.items()
        ]


def _environments(manifests: Iterable[Manifest]) -> Iterator[ObjectKey]:
    """ConfigMaps that containers read as environment, and that are nobody's files and no argument."""
    read: set[tuple[str, str]] = set()
    mounted: set[tuple[str, str]] = set()
    for manifest in manifests:
        pod = pod_spec(manifest)
        if pod is None:
            continue
        namespace = ObjectKey.of(manifest).namespace
        read |= {(namespace, name) for name in _named(manifest)}
        bare = {**pod, "containers": [], "initContainers": [], "ephemeralContainers": []}
        mounted |= {(namespace, name) for name in _named({"apiVersion": "v1", "kind": "Pod", "spec": bare})}
        for container in (*as_maps(pod.get("containers")), *as_maps(pod.get("initContainers"))):
            words = {
                str(word).rpartition("=")[2]
                for field in ("command", "args")
                for word in as_list(container.get(field))
            }
            mounted |= {(namespace, word) for word in words}
    yield from (ObjectKey("", "ConfigMap", *each) for each in read - mounted)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(manifest: Manifest) -> Iterator[str]:
    for each in pointers(manifest):
        if isinstance(each, Reference) and each.kind == "ConfigMap":
            yield each.name


def _main_container(containers: Sequence[Manifest], names: Collection[str]) -> Manifest | None:
    """The one that is called as the service or the workload, else the first."""
    return next(
        (each for each in containers if str(each.get("name")) in names), containers[0] if containers else None
    )


def _bare(name: str, service: str, kind: str) -> str:
    """A name without that of the service, under which it stands anyway."""
    return kind if name == service else name.removeprefix(f"{service}-")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _secret(path: tuple[str, ...], text: str, comment: str) -> Value:
    required = f"give {'.'.join(path)} in the config, tagged !secret"
    return Value(path, text, f"{comment}. Give it in the config, tagged `!secret`", required, secret=True)


def _decoded(coded: str) -> str | None:
    try:
        return base64.b64decode(coded, validate=True).decode()
    except ValueError:
        return None


def _encoded(given: Any, plain: bool) -> str:
    return base64.b64encode(str(given).encode()).decode() if plain else str(given)
