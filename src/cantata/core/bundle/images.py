"""References of images, taken apart."""

from __future__ import annotations

import re

from cantata.core.chart_text import Text, Value

REFERENCE = re.compile(
    r"(?P<repository>[^\s@:]+(?::[0-9]+/[^\s@:]+)?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9+._-]+:[0-9a-fA-F]+))?",
    re.ASCII,
)


def image_places(image: str, prefix: tuple[str, ...], title: str) -> tuple[Value | Text, tuple[Value, ...]]:
    """What stands for an image in a template, and the values that it is made of. What is no reference is one
    value as a whole."""
    found = REFERENCE.fullmatch(image)
    if found is None:
        value = Value((*prefix, "image"), image, f"Image of {title}")
        return value, (value,)
    repository = Value((*prefix, "image", "repository"), found["repository"], f"Image of {title}")
    parts: list[str | Value] = [repository]
    if found["tag"]:
        parts += [":", Value((*prefix, "image", "tag"), found["tag"], "Tag of this image")]
    if found["digest"]:
        parts += ["@", Value((*prefix, "image", "digest"), found["digest"], "Digest of this image")]
    values = tuple(part for part in parts if isinstance(part, Value))
    return (repository if len(parts) == 1 else Text(tuple(parts))), values
