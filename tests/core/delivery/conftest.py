"""A config text and manifests in, what is delivered out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from cantata.core.delivery import Delivered, Entry, deliver, entries
from cantata.core.model.charts import YamlDocument
from cantata.core.model.objects import Manifest
from cantata.core.values import Layer, LayerKind, effective

CONFIG = """
db: {host: postgres, port: 05432, password: !secret hidden}
logLevel: info
nginx.conf: "listen 80;"
routes: {a: {path: /a, seconds: 5}, list: [1, x]}
none: ~
"""


@pytest.fixture(scope="session")
def entries_of(compose: Callable[[str], YamlDocument]) -> Callable[[str], tuple[Entry, ...]]:
    return lambda text: entries(effective([Layer(LayerKind.CONFIG, "config shop@1", compose(text))]))


@pytest.fixture(scope="session")
def send(entries_of: Callable[[str], tuple[Entry, ...]]) -> Callable[..., Delivered]:
    def run(*manifests: Manifest, config: str = CONFIG, **given: Any) -> Delivered:
        options: dict[str, Any] = {
            "config_name": "cfg", "deliveries": (), "release": "rel", "namespace": "ns", "service": "web",
            "keyed_hash": lambda content: hashlib.blake2b(content, key=b"k").hexdigest(),
        }  # fmt: skip
        options |= given
        return deliver(options.pop("service"), manifests, entries=entries_of(config), **options)

    return run
