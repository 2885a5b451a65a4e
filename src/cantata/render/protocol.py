"""The messages on the pipes of a render worker.

A message, in both directions, is two frames: a JSON head and a body of raw bytes. A frame is its length as
four bytes, big-endian, and that many bytes. The body carries a chart archive or a text, and is empty
everywhere else.
`renderer/protocol.go` is the other end.
"""

from __future__ import annotations

from asyncio import StreamReader
from typing import Any

import msgspec

from cantata.errors import Detail, Place
from cantata.render.errors import (
    ChartIncompatible,
    ChartInvalid,
    ChartTooLarge,
    ChartUnknown,
    ComposeInvalid,
    ConstraintInvalid,
    IndexInvalid,
    IndexTooLarge,
    ManifestInvalid,
    OptionInvalid,
    RenderBug,
    RenderError,
    RenderRequestInvalid,
    RenderTooLarge,
    SchemaInvalid,
    TemplateFailed,
    TemplateUnknown,
    ValuesRejected,
    YamlInvalid,
)
from cantata.render.settings import RenderLimits

OVERHEAD = 1 << 20
"""What an answer may be longer than its result: the head's own fields and a failure's text."""


class Request(msgspec.Struct, frozen=True):
    op: str
    id: int
    limits: RenderLimits
    input: Any


class Trouble(msgspec.Struct, frozen=True):
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""


class Failure(msgspec.Struct, frozen=True):
    """An expected failure, as the worker tells it."""

    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    key: str = ""
    details: tuple[Trouble, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    id: int
    ok: msgspec.Raw = msgspec.Raw()
    error: Failure | None = None


ERRORS: dict[str, tuple[type[RenderError], str]] = {
    "chart_invalid": (ChartInvalid, "Correct the chart; `helm lint` may tell more."),
    "chart_unknown": (ChartUnknown, ""),
    "chart_too_large": (ChartTooLarge, "Leave out what the templates do not need, with .helmignore."),
    "chart_incompatible": (ChartIncompatible, "Choose a version of the chart that fits the cluster."),
    "template_failed": (TemplateFailed, "Correct the template, or the value that it reads."),
    "template_unknown": (TemplateUnknown, "Name it as `# Source:` does, from templates/ on."),
    "option_invalid": (OptionInvalid, "Write it as `helm` takes it: KEY=VALUE, several parted by commas."),
    "manifest_invalid": (ManifestInvalid, "Look at the template's output, indentation first."),
    "output_too_large": (RenderTooLarge, "Render less in one chart."),
    "values_rejected": (ValuesRejected, "Correct the values that are named."),
    "schema_invalid": (SchemaInvalid, "Make values.schema.json complete in itself."),
    "yaml_invalid": (YamlInvalid, "Correct the text at this place."),
    "index_invalid": (IndexInvalid, "Look at what the address answers; it ends in /index.yaml."),
    "index_too_large": (
        IndexTooLarge,
        "Use a registry in its place, if there is one.",
    ),
    "constraint_invalid": (
        ConstraintInvalid,
        "Write it as `1.2.3`, `^1.2`, `~1.2` or `>=1.0 <2.0`.",
    ),
    "compose_invalid": (ComposeInvalid, "`docker compose config` must accept the files, too."),
    "request_invalid": (RenderRequestInvalid, ""),
}
"""The error class for each code of the worker, and what to do about it."""

_answers = msgspec.json.Decoder(Answer)


def encode(request: Request, body: bytes) -> tuple[bytes, ...]:
    """The pieces to write, in order."""
    head = msgspec.json.encode(request)
    return len(head).to_bytes(4, "big"), head, len(body).to_bytes(4, "big"), body


async def read_answer(reader: StreamReader, longest: int) -> Answer:
    """Raises `IncompleteReadError` at the end of the stream, `ValueError` when it makes no sense."""
    head = await _read_frame(reader, longest)
    await _read_frame(reader, 0)
    try:
        return _answers.decode(head)
    except msgspec.DecodeError as error:
        raise ValueError(f"the answer is not one: {error}") from error


async def _read_frame(reader: StreamReader, longest: int) -> bytes:
    length = int.from_bytes(await reader.readexactly(4), "big")
    if length > longest:
        raise ValueError(f"a frame of {length} bytes is longer than {longest}")
    return await reader.readexactly(length)


def error_of(failure: Failure, subject: str) -> RenderError:
    """The error that a failure of the worker becomes."""
    kind, hint = ERRORS.get(failure.code, (RenderBug, "Report this with the chart, if you can share it."))
    return kind(
        failure.message,
        subject=subject,
        hint=hint,
        place=_place(failure),
        details=[Detail(each.message, _place(each)) for each in failure.details],
    )


def _place(spot: Failure | Trouble) -> Place:
    return Place(file=spot.file, line=spot.line, column=spot.column, key=spot.key)
