"""The documentation is tested against the real server, like everything else."""

from __future__ import annotations

from tests.e2e.conftest import server

__all__ = ["server"]
