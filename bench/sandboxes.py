"""A control plane for one measurement."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cantata.sandbox import Sandbox


@contextmanager
def fresh_sandbox(folder: Path, name: str) -> Iterator[Sandbox]:
    """A fresh one for each side, so that both meet the same empty API server."""
    found = Sandbox(f"bench-{name}", folder / "sandboxes")
    found.start(lambda line: print(f"  {line}", flush=True), owner=os.getpid(), nodes=10)
    try:
        yield found
    finally:
        found.remove()
