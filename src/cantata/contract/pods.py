"""The pods of a service, and what goes to and fro while one is entered.

Over a WebSocket go messages of two sorts. Texts are the structs below, told apart by `type`: a client begins
with a `RunRequest` or a `ForwardRequest`; the server ends with an `EndedInfo` or a `FailedInfo`. Bytes are
data: of a process, each message begins with one byte, 0 for its input, 1 for its output, 2 for its error
output; of a port, they are what is sent and what comes.
"""

from __future__ import annotations

import msgspec

from cantata.contract.errors import ErrorInfo
from cantata.contract.states import ContainerKind

INPUT, OUTPUT, ERROR = 0, 1, 2


class ContainerInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`state` is `running`, `waiting` or `terminated`, or empty where nobody has told one yet."""

    name: str
    kind: ContainerKind
    image: str = ""
    state: str = ""
    reason: str = ""
    ready: bool = False
    restarts: int = 0


class PodInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`leaving` while it is being deleted; `default` is the container that is meant where none is named."""

    name: str
    phase: str = ""
    ready: bool = False
    leaving: bool = False
    node: str = ""
    created_at: str = ""
    default: str = ""
    containers: tuple[ContainerInfo, ...] = ()


class LogLineInfo(msgspec.Struct, frozen=True, rename="camel"):
    """A line of a container, at the time when it was written; or why no more come from it."""

    pod: str
    container: str
    at: str = ""
    text: str = ""
    error: ErrorInfo | None = None


class DebugRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A container of `image` beside those of a pod; with `target`, it sees the processes of that one. Without
    `command`, the image's own runs."""

    image: str
    pod: str = ""
    target: str = ""
    command: tuple[str, ...] = ()
    tty: bool = False


class DebugInfo(msgspec.Struct, frozen=True, rename="camel"):
    pod: str
    container: str


class RunRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag="run"):
    """Without `command`, the container's own process is attached to, once it runs."""

    command: tuple[str, ...] = ()
    pod: str = ""
    container: str = ""
    stdin: bool = False
    tty: bool = False


class ForwardRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag="forward"):
    port: int
    pod: str = ""


class ResizeRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag="resize"):
    """The size of the terminal, in characters."""

    width: int
    height: int


class InputEndRequest(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag="inputEnd"
):
    """Nothing more is sent."""


class OpenedInfo(msgspec.Struct, frozen=True, rename="camel", tag="opened"):
    """What was chosen; data may flow from now on."""

    pod: str
    container: str = ""


class EndedInfo(msgspec.Struct, frozen=True, rename="camel", tag="ended"):
    exit_code: int = 0


class FailedInfo(msgspec.Struct, frozen=True, rename="camel", tag="failed"):
    error: ErrorInfo


Opening = RunRequest | ForwardRequest
Saying = ResizeRequest | InputEndRequest
Telling = OpenedInfo | EndedInfo | FailedInfo
