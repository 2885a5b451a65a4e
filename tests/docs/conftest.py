"""The documentation is tested against the real server, like everything else."""

from __future__ import annotations

from tests.e2e.conftest import cluster, kubectl, server

__all__ = ["cluster", "kubectl", "server"]
