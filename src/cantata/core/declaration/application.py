"""`kind: Application`: template + config + place, with what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.core.config.quoting import yaml_lines, yaml_text
from cantata.core.declaration.document import API_VERSION, Declaration
from cantata.core.model.adjustments import Patch
from cantata.core.model.applications import Application, ApplicationDraft, UpdatePolicy
from cantata.core.model.configs import VersionRef
from cantata.core.model.drift import DriftPolicy

KIND = "Application"
TEXTS = ("overrides", "delivery")


class ApplicationSpec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """As it is written in a file. What is left out is as in `cantata app create`; `template_version` is a
    number or a semantic version, `config_version` a number or a tag."""

    template: str
    config: str
    template_version: VersionRef | None = None
    config_version: VersionRef | None = None
    cluster: str = "default"
    namespace: str = ""
    release: str = ""
    create_namespace: bool = False
    overrides: str = ""
    service_overrides: dict[str, str] = {}
    delivery: str = ""
    updates: UpdatePolicy = UpdatePolicy.MANUAL
    drift: DriftPolicy = DriftPolicy.REPORT
    drift_except: tuple[str, ...] = ()
    patches: dict[str, tuple[Patch, ...]] = {}


@dataclass(frozen=True, slots=True)
class ApplicationDeclaration:
    """What an application is to be; `patches` are by service, and those of others go. With a `config_tag`,
    the config's version is the one that has it when this is applied; with a `semantic_version`, the
    template's is the newest that has it then."""

    declaration: Declaration
    draft: ApplicationDraft
    config_tag: str
    semantic_version: str
    patches: Mapping[str, tuple[Patch, ...]]

    @property
    def name(self) -> str:
        return self.declaration.name


def read_application(declaration: Declaration) -> ApplicationDeclaration:
    """Raises `DeclarationInvalid`."""
    spec = declaration.decode_spec(ApplicationSpec)
    if declaration.labels:
        raise declaration.invalid("an Application has no labels", "metadata", "labels")
    for key in ("templateVersion", "configVersion"):
        if isinstance(number := declaration.spec.get(key), int) and number < 1:
            raise declaration.invalid("versions count from 1", "spec", key)
    fields = {field: getattr(spec, field) for field in spec.__struct_fields__ if field != "patches"}
    words = {}
    for field in ("template_version", "config_version"):
        words[field] = fields[field] if isinstance(fields[field], str) else ""
        if words[field]:
            fields[field] = None
    draft = ApplicationDraft(name=declaration.name, **fields)
    patches = {name: each for name, each in spec.patches.items() if each}
    return ApplicationDeclaration(
        declaration, draft, words["config_version"], words["template_version"], patches
    )


def application_yaml(application: Application) -> str:
    """The document that declares an application as it is: what is as in a new one is left out."""
    lines = list(
        yaml_lines({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": application.name}})
    )
    lines.append("spec:")
    plain: dict[str, Any] = {"template": application.template}
    plain |= _unless(application.template_version, None, "templateVersion")
    plain["config"] = application.config
    plain |= _unless(application.config_version, None, "configVersion")
    plain |= _unless(application.cluster, "default", "cluster")
    plain |= _unless(application.namespace, application.name, "namespace")
    plain |= _unless(application.release, application.name, "release")
    plain |= _unless(application.create_namespace, False, "createNamespace")
    plain |= _unless(application.updates.value, UpdatePolicy.MANUAL.value, "updates")
    plain |= _unless(application.drift.value, DriftPolicy.REPORT.value, "drift")
    plain |= _unless(list(application.drift_except), [], "driftExcept")
    lines += (f"  {line}" for line in yaml_lines(plain))
    lines += (f"  {key}: {yaml_text(text, '  ')}" for key in TEXTS if (text := getattr(application, key)))
    if application.service_overrides:
        lines.append("  serviceOverrides:")
        for service, text in sorted(application.service_overrides.items()):
            lines.append(f"    {service}: {yaml_text(text, '    ')}")
    patches = {name: each.patches for name, each in sorted(application.adjustments.items()) if each.patches}
    if patches:
        lines += (f"  {line}" for line in yaml_lines({"patches": msgspec.to_builtins(patches)}))
    return "\n".join(lines) + "\n"


def _unless(value: Any, usual: Any, key: str) -> dict[str, Any]:
    return {} if value == usual else {key: value}
