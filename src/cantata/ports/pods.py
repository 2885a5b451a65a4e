"""The port to what runs inside pods: logs, processes, network ports."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from cantata.core.model.objects import LiveObject, Manifest


class Channel(enum.IntEnum):
    """The streams of a process, with the numbers that Kubernetes gives them."""

    INPUT = 0
    OUTPUT = 1
    ERROR = 2


class Process(Protocol):
    """A process in a container. Iterating gives what it writes until it ends; only then has it an exit code.

    Who iterates slowly slows the process, and a process that does not read holds up `write`: nothing is kept
    beyond a few chunks.
    """

    def __aiter__(self) -> AsyncIterator[tuple[Channel, bytes]]: ...

    @property
    def exit_code(self) -> int: ...

    async def write(self, data: bytes) -> None: ...

    async def end_input(self) -> None:
        """The process reads the end of its input. Without effect where the cluster does not know how."""
        ...

    async def resize(self, width: int, height: int) -> None: ...


class Tunnel(Protocol):
    """One connection to a port of a pod. Iterating gives what comes from there until its end."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def write(self, data: bytes) -> None: ...


class Pods(Protocol):
    """What a cluster lets us do inside pods. Raises the errors of `cantata.kube.errors`."""

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        follow: bool = False,
        tail_lines: int | None = None,
        since_seconds: int | None = None,
        previous: bool = False,
        timestamps: bool = False,
    ) -> AsyncIterator[bytes]:
        """Lines without their line ends."""
        ...

    def run(
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        stdin: bool = False,
        tty: bool = False,
    ) -> AbstractAsyncContextManager[Process]:
        """Starts a command in a running container; with an empty one, attaches to its first process. It ends
        with the `async with`. With `tty` all output comes as `OUTPUT`."""
        ...

    def tunnel(self, namespace: str, pod: str, port: int) -> AbstractAsyncContextManager[Tunnel]: ...

    async def add_container(self, namespace: str, pod: str, container: Manifest) -> LiveObject:
        """Adds an ephemeral container to a pod; gives the pod back."""
        ...
