"""Names of environment variables."""

from __future__ import annotations

import re

VALID_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
OTHER = re.compile(r"[^A-Za-z0-9_]")


def environment_name(key: str, prefix: str = "") -> str:
    """Upper-snake behind the prefix, which stays as it is: `db.maxSize` → `DB_MAX_SIZE`. The result can be
    invalid (a digit first); check it with `VALID_NAME`."""
    return prefix + OTHER.sub("_", HUMP.sub("_", key)).upper()
