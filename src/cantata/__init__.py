"""Cantata: application orchestration for Kubernetes.

Folders are the architecture; `docs/internals/architecture.md` says what belongs where, and the contracts in
`pyproject.toml` check the directions between them.
"""

__version__ = "0.1.0"
