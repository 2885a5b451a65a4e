"""Charts as Cantata imports them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping


def pack(name: str, files: Mapping[str, str]) -> bytes:
    """A chart of these files as a `.tgz`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
