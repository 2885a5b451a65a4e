"""Names of the objects that hold a service's config."""

from __future__ import annotations

import hashlib

MAX_NAME = 63
HASH = 10
SUFFIX = len("-config-") + HASH
"""`-secret-` is as long."""


def base_name(release: str, service: str) -> str:
    """`<release>-<service>`, cut so that suffix and hash fit into 63 characters; a cut name ends in a hash of
    the whole one, so that two long names do not become the same."""
    whole = f"{release}-{service}"
    if len(whole) <= MAX_NAME - SUFFIX:
        return whole
    short = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: MAX_NAME - SUFFIX - len(short) - 1].rstrip('-.')}-{short}"


def object_name(release: str, service: str, kind: str, content_hash: str = "") -> str:
    """`<release>-<service>-config-<hash>` for a ConfigMap, `…-secret-<hash>` for a Secret; without a hash for
    an object that changes in place."""
    word = {"ConfigMap": "config", "Secret": "secret"}[kind]
    name = f"{base_name(release, service)}-{word}"
    return f"{name}-{content_hash[:HASH]}" if content_hash else name
