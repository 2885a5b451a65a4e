"""Every attribute of the compose specification is translated, which the docs say, or told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cantata.core.compose import translate
from cantata.core.model.compose import ComposeReading

ROOT = Path(__file__).resolve().parents[3]
ATTRIBUTES = (ROOT / "renderer" / "testdata" / "compose-attributes.txt").read_text().splitlines()
DOCS = (ROOT / "docs" / "concepts" / "compose.md").read_text()
SERVICE = sorted({path.split(".")[2] for path in ATTRIBUTES if re.fullmatch(r"services\.\*\.\w+", path)})

PARTS: dict[str, tuple[str, frozenset[str]]] = {
    "healthcheck": (
        r"services\.\*\.healthcheck\.(\w+)",
        frozenset({"disable", "interval", "retries", "start_period", "test", "timeout"}),
    ),
    "deploy": (r"services\.\*\.deploy\.(\w+)", frozenset({"labels", "mode", "replicas", "resources"})),
    "ports": (
        r"services\.\*\.ports\.\[\]\.(\w+)",
        frozenset({"app_protocol", "host_ip", "mode", "name", "protocol", "published", "target"}),
    ),
    "volumes": (
        r"services\.\*\.volumes\.\[\]\.(\w+)",
        frozenset({"bind", "consistency", "read_only", "source", "target", "tmpfs", "type", "volume"}),
    ),
    "secrets": (r"services\.\*\.secrets\.\[\]\.(\w+)", frozenset({"mode", "source", "target"})),
    "configs": (r"services\.\*\.configs\.\[\]\.(\w+)", frozenset({"mode", "source", "target"})),
}
"""Maps below a service: the pattern of their attributes, and those that are translated."""
FIRST: dict[str, dict[str, Any]] = {
    "ports": {"target": 80},
    "volumes": {"type": "volume", "target": "/data"},
    "secrets": {"source": "s"},
    "configs": {"source": "c"},
}


def told(service: dict[str, Any], path: str) -> bool:
    project = {"services": {"web": {"image": "a:1", **service}}}
    found = translate(ComposeReading(project=project), {}, name="shop")
    return any(finding.key.startswith(f"services.web.{path}") for finding in found.findings)


def documented(attribute: str) -> bool:
    return re.search(rf"^\|[^|]*`{attribute}`", DOCS, re.MULTILINE) is not None or f"`{attribute}`" in DOCS


@pytest.mark.parametrize("attribute", SERVICE)
def test_an_attribute_of_a_service_is_documented_or_told(attribute: str) -> None:
    if documented(attribute) and attribute not in ("logging", "devices", "ulimits", "develop"):
        return
    assert told({attribute: {"some": "thing"}}, attribute)


@pytest.mark.parametrize("part", PARTS)
def test_an_attribute_below_a_service_is_translated_or_told(part: str) -> None:
    pattern, translated = PARTS[part]
    known = {match[1] for path in ATTRIBUTES if (match := re.fullmatch(pattern, path))}
    assert translated <= known
    for attribute in sorted(known - translated):
        value = {attribute: {"some": "thing"} if attribute not in ("start_interval",) else "1s"}
        if part in FIRST:
            assert told({part: [{**FIRST[part], **value}]}, f"{part}[0].{attribute}"), attribute
        else:
            assert told({part: value}, f"{part}.{attribute}"), attribute
