"""The worker's program, built from `renderer/`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from cantata import toolchain
from cantata.errors import InternalError


def build_worker(say: Callable[[str], None] = lambda _line: None) -> Path:
    """Build the program, or take it from the cache. Raises what `toolchain.build` raises."""
    stamp = f"-X helm.sh/helm/v4/internal/version.version={helm_version()}"
    return toolchain.build("renderer", ldflags=f"-s -w {stamp}", say=say)


def helm_version() -> str:
    """The engine's version, such as `v4.2.4`. Charts read it as `.Capabilities.HelmVersion`."""
    modules = (toolchain.source_folder("renderer") / "go.mod").read_text()
    found = re.search(r"^\thelm\.sh/helm/v4 (v\S+)", modules, re.MULTILINE)
    if found is None:
        raise InternalError("go.mod of the render worker does not require helm.sh/helm/v4")
    return found[1]
