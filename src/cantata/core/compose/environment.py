"""Variables of a service: keys of the config, and those that look like secrets by way of a Secret."""

from __future__ import annotations

from collections.abc import Iterator

from cantata.core.chart_text import Value
from cantata.core.compose.names import holds_secret, literal_text
from cantata.core.compose.project import Object, Part


def environment_of(part: Part) -> Iterator[Object]:
    variables = part.fields.take("environment", {})
    files = [file.get("path", "") for file in part.fields.take("env_file", ())]
    if files:
        part.changed(
            "env_file", f"the variables of {', '.join(files)} are keys of {part.section}.environment"
        )
    secrets: dict[str, Value] = {}
    for name, text in variables.items():
        if holds_secret(name, f"{text}" if text is not None else "?"):
            secrets[name] = _secret(part, name, text)
            source = {"name": secret_object(part), "key": part.key_of("environment", name, name)}
            yield {"name": name, "valueFrom": {"secretKeyRef": source}}
            continue
        if text is None:
            part.changed(
                f"environment.{name}",
                f"{name} has no value here; {part.section}.environment.{name} is empty",
                "Set it in the config, or import where the variable is set.",
            )
        yield {
            "name": name,
            "value": part.value(
                "environment", part.key_of("environment", name, name), default=literal_text(text or "")
            ),
        }
    if secrets:
        part.changed(
            "environment",
            f"{', '.join(secrets)} {'looks like a secret' if len(secrets) == 1 else 'look like secrets'}:"
            " set in the config, tagged !secret, and given by a Secret",
        )
        metadata = part.metadata(secret_object(part))
        data = {part.key_of("environment", name, name): value for name, value in secrets.items()}
        part.add({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})
        part.roll_with((part.section, "environment"))


def secret_object(part: Part) -> str:
    return part.project.unique("Secret", f"{part.name}-environment", f"environment of {part.name}")


def _secret(part: Part, name: str, text: str | None) -> Value:
    key = part.key_of("environment", name, name)
    path = f"{part.section}.environment.{key}"
    if text is None:
        part.decide(
            f"environment.{name}", f"{name} has no value here: {path} must be set", "Set it, tagged !secret."
        )
    return part.value(
        "environment",
        key,
        default=text or "",
        comment="A secret: set it in the config, tagged !secret",
        required=f"{path} is not set: give it in the config, tagged !secret",
        secret=True,
    )
