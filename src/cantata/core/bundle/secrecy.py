"""Whether a value is one that nobody should read, told by its name and by its look.

It errs on the safe side: what is no secret and is taken for one is asked for with each new config.
"""

from __future__ import annotations

import re
from itertools import pairwise

PARTS = frozenset({"credential", "credentials", "passphrase", "passwd", "password", "pwd", "secret", "token"})
PAIRS = frozenset(
    {("access", "key"), ("api", "key"), ("auth", "key"), ("encryption", "key"), ("private", "key"),
     ("secret", "key"), ("signing", "key")}
)  # fmt: skip
ABOUT = frozenset(
    {"algorithm", "audience", "dir", "enabled", "endpoint", "expiration", "expiry", "file", "header", "host",
     "id", "issuer", "length", "lifetime", "name", "path", "policy", "port", "prefix", "ref", "seconds",
     "timeout", "ttl", "type", "uri", "url", "user", "username", "version"}
)  # fmt: skip
"""Last words that tell of something about a secret instead: `TOKEN_TTL`, `PASSWORD_FILE`, `secretName`."""

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
LOGIN = re.compile(r"://[^/@:\s]*:[^/@\s]+@")
KEY_BLOCK = "-----BEGIN "
PUBLIC_BLOCKS = ("-----BEGIN CERTIFICATE", "-----BEGIN PUBLIC KEY")


def looks_secret(name: str, value: str) -> bool:
    """An empty value is none."""
    if not value:
        return False
    if LOGIN.search(value) or (KEY_BLOCK in value and not value.lstrip().startswith(PUBLIC_BLOCKS)):
        return True
    words = [word.lower() for word in WORDS.findall(name)]
    if not words or words[-1] in ABOUT or value.lower() in ("true", "false"):
        return False
    joined = {"".join(pair) for pair in PAIRS}
    return (
        not PARTS.isdisjoint(words) or not joined.isdisjoint(words) or not PAIRS.isdisjoint(pairwise(words))
    )
