"""Rendering: the only code that starts render workers and talks to them.

What belongs here: the pool of worker processes, the protocol on their pipes, the limits that hold for them,
and the errors that a render can end in. What does not: what a render is made of
(`cantata.core.model.charts`), where charts come from (`cantata.charts`), and anything that Helm does, which
is Go code in `renderer/`. `docs/internals/rendering.md` has the whole picture.

`RenderPool` implements the port `cantata.ports.Renderer`. Only `cantata.server` and tests import it.
"""

from cantata.render.errors import (
    ChartIncompatible,
    ChartInvalid,
    ChartTooLarge,
    ComposeInvalid,
    ConstraintInvalid,
    IndexInvalid,
    IndexTooLarge,
    ManifestInvalid,
    RenderBug,
    RenderError,
    RenderOutOfMemory,
    RenderRequestInvalid,
    RenderTimedOut,
    RenderTooLarge,
    RenderWorkerDied,
    SchemaInvalid,
    TemplateFailed,
    ValuesRejected,
    YamlInvalid,
)
from cantata.render.pool import RenderPool
from cantata.render.program import build_worker
from cantata.render.settings import RenderLimits, RenderSettings

__all__ = [
    "ChartIncompatible",
    "ChartInvalid",
    "ChartTooLarge",
    "ComposeInvalid",
    "ConstraintInvalid",
    "IndexInvalid",
    "IndexTooLarge",
    "ManifestInvalid",
    "RenderBug",
    "RenderError",
    "RenderLimits",
    "RenderOutOfMemory",
    "RenderPool",
    "RenderRequestInvalid",
    "RenderSettings",
    "RenderTimedOut",
    "RenderTooLarge",
    "RenderWorkerDied",
    "SchemaInvalid",
    "TemplateFailed",
    "ValuesRejected",
    "YamlInvalid",
    "build_worker",
]
