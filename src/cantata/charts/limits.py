"""How much a repository may send, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are seconds: for a connection, between two pieces of an answer, for an answer as a whole, and for
    all of a refresh, a pull or a publication. `answer_bytes` is for manifests, tokens and lists."""

    connect: float = 5.0
    idle: float = 15.0
    whole: float = 90.0
    conversation: float = 300.0
    index_bytes: int = 40 * MIB
    archive_bytes: int = 20 * MIB
    answer_bytes: int = 4 * MIB
    redirects: int = 5
    pages: int = 200
    charts: int = 1000
