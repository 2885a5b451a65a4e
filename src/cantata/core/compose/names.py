"""Names and texts as Kubernetes takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cantata.core.services.naming import LABEL, name_of

LONGEST = 42
"""So that a name with an ending of ours still is a DNS label."""
KEY = re.compile(r"[^-._a-zA-Z0-9]+")
ANNOTATION = re.compile(
    r"([a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
EXPANDED = re.compile(r"\$(?=[$(])")
SECRET_WORD = re.compile(
    r"passw(or)?d|passphrase|secret|token|credential|api_?key|(access|private|encryption|signing|master)_?key"
    r"|(^|_)(pass|pwd|auth)(_|$)",
    re.IGNORECASE,
)
NO_SECRET = re.compile(
    r"_?(file|path|dir|url|ttl|name|header|length|enabled|lifetime|expir\w*|seconds|days|policy)$",
    re.IGNORECASE,
)
LOGIN = re.compile(r"[a-z][-a-z0-9+.]*://[^/@:\s]*:[^/@\s]+@", re.IGNORECASE)
PLAIN_VALUES = frozenset({"", "true", "false", "yes", "no", "on", "off"})


def object_name(name: str) -> str:
    """The nearest name of a Service: a DNS label that begins with a letter."""
    base = name_of(name)[:LONGEST].rstrip("-")
    return base if base[0].isalpha() else f"app-{base}"


def not_taken(name: str, taken: Iterable[str], join: str = "-") -> str:
    """With a number behind it where it is."""
    found, number, used = name, 2, set(taken)
    while found in used:
        found, number = f"{name}{join}{number}", number + 1
    return found


def is_host_name(name: str) -> bool:
    return len(name) <= LONGEST and LABEL.fullmatch(name) is not None and name[0].isalpha()


def data_key(name: str) -> str:
    """A key of a ConfigMap or a Secret."""
    return KEY.sub("-", name).strip("-")[:253] or "data"


def literal_text(text: str) -> str:
    """A text in which Kubernetes expands no `$(NAME)`."""
    return EXPANDED.sub("$$", text)


def holds_secret(name: str, value: str) -> bool:
    """Whether a variable looks like a secret, by its name or by an address with a password as its value."""
    if value.lower() in PLAIN_VALUES:
        return False
    if LOGIN.match(value):
        return True
    return SECRET_WORD.search(name) is not None and NO_SECRET.search(name) is None


def split_image(image: str) -> tuple[str, str]:
    """Repository and tag; the tag is empty where there is none, and where a digest stands."""
    head, colon, tag = image.rpartition(":")
    if "@" in image or not colon or "/" in tag:
        return image, ""
    return head, tag
