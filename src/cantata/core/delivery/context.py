"""What the steps of one delivery share: the entries, the objects being filled, and what was found."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cantata.core.delivery.buckets import Bucket, Buckets
from cantata.core.delivery.entries import VALID_KEY, Entry, under, within
from cantata.core.delivery.environment import VALID_NAME, environment_name
from cantata.core.delivery.volumes import Files, FileVolume, ProjectedVolume
from cantata.core.model.findings import Finding, Severity
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import UpdateMode

MAX_VARIABLE = (1 << 17) - 1
"""Bytes of name, equals sign and value of one variable: `MAX_ARG_STRLEN` of Linux, less the NUL behind it."""


@dataclass(slots=True)
class Context:
    """`update` counts for references that say nothing of it. `composed` are the keys of the leaves in each
    file that holds several. `nulls` are the keys without a value, `absent` those of them that a selection
    covers."""

    service: str
    entries: dict[str, Entry]
    update: UpdateMode = UpdateMode.ROLLOUT
    buckets: Buckets = field(default_factory=Buckets)
    volumes: list[FileVolume | ProjectedVolume] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    composed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    nulls: frozenset[str] = frozenset()
    absent: set[str] = field(default_factory=set)
    findings: dict[Finding, None] = field(default_factory=dict)

    def find(
        self,
        rule: str,
        severity: Severity,
        message: str,
        *,
        key: str = "",
        suggestion: str = "",
    ) -> None:
        entry = self.entries.get(key)
        place = (entry.origin.layer, entry.origin.line) if entry is not None and entry.origin else ("", 0)
        finding = Finding(rule, severity, message, self.service, *place, key=key, suggestion=suggestion)
        self.findings.setdefault(finding)

    def missing(self, key: str, where: str) -> None:
        self.find(
            "missing-key",
            Severity.ERROR,
            f"{where} uses the config key {key}, which does not exist",
            key=key,
            suggestion="Add the key to the config, correct its name, or mark the reference `optional: true`.",
        )

    def store(self, entry: Entry, update: UpdateMode | None = None) -> Bucket:
        """Puts an entry into the object of its kind."""
        bucket = self.buckets.of(entry.secret, update or self.update)
        bucket.add(entry)
        self.used.update(entry.made_of or (entry.key,))
        if entry.made_of:
            self.composed[entry.key] = entry.made_of
        return bucket

    def files(self, items: Iterable[tuple[Entry, dict[str, Any]]], update: UpdateMode | None = None) -> Files:
        """Entries as files of a volume."""
        files = Files(tuple(items), update or self.update)
        for entry, _ in files.items:
            self.store(entry, update)
        return files

    def variable(self, name: str, entry: Entry) -> dict[str, Any]:
        """An `env[]` entry that takes its value from the service's own object."""
        if len(f"{name}={entry.reveal()}".encode()) > MAX_VARIABLE:
            self.find(
                "env-too-long",
                Severity.WARNING,
                f"the variable {name} from {entry.key} has more than {MAX_VARIABLE} bytes, with which Linux "
                "starts no program",
                key=entry.key,
                suggestion="Deliver the key as a file.",
            )
        reference: dict[str, Any] = {"name": "", "key": entry.key}
        self.store(entry).point(reference, entry.key)
        return {"name": name, "valueFrom": {key_reference(entry.secret): reference}}

    def variables(
        self, named: Mapping[str, Entry], written: Iterable[dict[str, Any]], where: str
    ) -> list[dict[str, Any]]:
        """`env[]` entries for what is not yet written in the container; what is, wins, with a finding unless
        it is the same entry."""
        present = {str(item.get("name")): item for item in written}
        made = []
        for name, entry in named.items():
            if name not in present:
                made.append(self.variable(name, entry))
            elif not self._same(present[name], entry):
                self.find(
                    "env-shadowed",
                    Severity.NOTICE,
                    f"{where} sets {name} already; the config key {entry.key} does not reach it by that name",
                    key=entry.key,
                    suggestion="Remove the variable where it is set, select keys, or give a prefix.",
                )
        return made

    def _same(self, item: dict[str, Any], entry: Entry) -> bool:
        source = item.get("valueFrom")
        reference = source.get(key_reference(entry.secret)) if isinstance(source, dict) else None
        own = self.buckets.of(entry.secret, self.update)
        return isinstance(reference, dict) and reference.get("key") == entry.key and own.holds(reference)

    def valid(self, entries: Iterable[Entry], where: str) -> Iterator[Entry]:
        """Those whose key an object can hold."""
        for entry in entries:
            if VALID_KEY.fullmatch(entry.key):
                yield entry
                continue
            self.find(
                "invalid-key",
                Severity.NOTICE,
                f"{where} leaves out {entry.key}: a ConfigMap cannot have such a key",
                key=entry.key,
                suggestion="Use letters, digits, `-`, `_` and `.` only, or select keys.",
            )

    def named(
        self, entries: Iterable[Entry], prefix: str, where: str, asked: Container[str] = ()
    ) -> dict[str, Entry]:
        """Entries by the names of their environment variables; of equal names the first stays. It is an error
        where a key is left out that is `asked` for by its name."""
        names: dict[str, Entry] = {}
        for entry in self.valid(entries, where):
            name = environment_name(entry.key, prefix)
            severity = Severity.ERROR if entry.key in asked else Severity.WARNING
            if not VALID_NAME.fullmatch(name):
                self.find(
                    "invalid-env-name",
                    severity,
                    f"{where} leaves out {entry.key}: {name} cannot be the name of a variable",
                    key=entry.key,
                    suggestion="Give the environment a prefix, or rename the key.",
                )
            elif name in names:
                self.find(
                    "env-collision",
                    severity,
                    f"{where} has {names[name].key} and {entry.key} under the same name {name}; "
                    f"{names[name].key} is taken",
                    key=entry.key,
                    suggestion="Rename one of the keys.",
                )
            else:
                names[name] = entry
        return names

    def select(self, key: str) -> list[Entry]:
        self.absent.update(null for null in self.nulls if within(null, key))
        return [entry for entry in self.entries.values() if under(entry, key)]


def key_reference(secret: bool) -> str:
    return "secretKeyRef" if secret else "configMapKeyRef"


def place_of(manifest: Manifest, container: Manifest | None = None) -> str:
    key = ObjectKey.of(manifest)
    name = f"{key.kind} {key.name}"
    return f"container {container.get('name', '')} of {name}" if container is not None else name
