"""Values with secrets, and what a template makes of them and of their sentinels."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec

from cantata.core.config import Path, SecretText
from cantata.core.leaks import Sentinels, find_leaks, make_sentinels
from cantata.core.model.charts import RenderedObject, YamlDocument, YamlNode
from cantata.core.model.leaks import Leak
from cantata.core.model.objects import Manifest
from cantata.core.values import Effective, Layer, LayerKind, effective, secret_keys

Template = Callable[[dict[str, Any]], Manifest]


def values_with(secrets: dict[str, str]) -> Effective:
    """Top-level keys with secret values, and `plain: text`."""
    nodes = tuple(YamlNode((key,), "scalar", "!secret", 1, 1, text) for key, text in secrets.items())
    document = YamlDocument(msgspec.Raw(msgspec.json.encode({**secrets, "plain": "text"})), nodes)
    hidden: dict[Path, SecretText] = {(key,): SecretText(text) for key, text in secrets.items()}
    return effective([Layer(LayerKind.CONFIG, "config shop@1", document, hidden)])


def leaks_of(template: Template, secrets: dict[str, str]) -> tuple[Leak, ...]:
    values = values_with(secrets)
    sentinels = make_sentinels(values)
    real, marked = (
        [RenderedObject("shop/templates/web.yaml", 0, template(each))]
        for each in (values.values(), sentinels.values)
    )
    return find_leaks(real, marked, sentinels, secret_keys(values))


def config_map(data: dict[str, Any]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "n"},
        "data": data,
    }


def sentinels_of(secrets: dict[str, str]) -> Sentinels:
    return make_sentinels(values_with(secrets))


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


FORMS: dict[str, Callable[[str], str]] = {
    "alone": str,
    "in a URL": lambda text: f"db://app:{text}@db/x",
    "quoted for a URL": lambda text: f"db://app:{quote(text, safe='')}@db/x",
    "as JSON": lambda text: msgspec.json.encode({"password": text}).decode(),
    "as base64": encode,
    "as base64 behind a name": lambda text: f"Basic {encode(f'app:{text}')}",
    "as base64 behind another name": lambda text: encode(f"root:{text}!"),
    "in hexadecimal": lambda text: text.encode().hex(),
    "in capitals": lambda text: text.upper(),
    "cut": lambda text: text[:9],
    "backwards": lambda text: text[::-1],
    "in lines": lambda text: f"host = db\npassword = {text}\nport = 1\n",
}
