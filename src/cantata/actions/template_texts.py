"""The texts of a template's files, out of its stored archive."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection

LARGEST = 1024 * 1024
"""Bytes; a file beyond that is no template that somebody edits."""


def template_texts(archive: bytes, files: Collection[str]) -> dict[str, str]:
    """By path. The paths have the chart's name first, those in the archive the folder's: they may differ, so
    only what follows is compared. What is not there, or no text, is left out."""
    wanted = {path.partition("/")[2]: path for path in files}
    found: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
            for entry in opened:
                path = wanted.get(entry.name.removeprefix("./").partition("/")[2])
                if path is None or not entry.isfile() or entry.size > LARGEST:
                    continue
                content = opened.extractfile(entry)
                if content is not None:
                    found[path] = content.read().decode()
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return found
    return found
