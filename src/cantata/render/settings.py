"""How many workers there are and what they may use up."""

from __future__ import annotations

import msgspec

MIB = 1 << 20


class RenderLimits(msgspec.Struct, frozen=True, rename="camel"):
    """Limits that go along with each request, in bytes where the name says so.

    Helm's own loader allows 100 MiB a chart and 5 MiB a file; real charts stay far below. `output_bytes`
    bounds both what the templates print and the answer. `yaml_nodes` counts after aliases are resolved,
    `depth` how deep maps and lists stand in each other.
    """

    archive_bytes: int = 20 * MIB
    unpacked_bytes: int = 64 * MIB
    file_bytes: int = 5 * MIB
    files: int = 10_000
    output_bytes: int = 32 * MIB
    yaml_bytes: int = 4 * MIB
    yaml_nodes: int = 200_000
    index_bytes: int = 40 * MIB
    depth: int = 100


class RenderSettings(msgspec.Struct, frozen=True):
    """The pool's settings.

    `deadline` is in seconds and holds for each request from the moment a worker has it. `memory_bytes` is the
    hard limit of one worker (`RLIMIT_DATA`), `heap_bytes` where its garbage collector starts to try hard,
    `cache_bytes` how much of unpacked charts one worker keeps parsed.
    """

    workers: int = 2
    deadline: float = 20.0
    memory_bytes: int = 600 * MIB
    heap_bytes: int = 400 * MIB
    cache_bytes: int = 32 * MIB
    limits: RenderLimits = RenderLimits()
