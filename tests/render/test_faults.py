"""Hostile charts and dying workers cost one request, never the pool."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.render import (
    RenderError,
    RenderLimits,
    RenderOutOfMemory,
    RenderPool,
    RenderSettings,
    RenderTimedOut,
    RenderTooLarge,
    RenderWorkerDied,
    TemplateFailed,
)

GOOD = {"templates/good.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n"}
LOOP = "{{ range until 10000 }}{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}{{ end }}"
DOUBLING = '{{ $text := "0123456789" }}{{ range until 60 }}{{ $text = print $text $text }}{{ end }}'
FLOOD = '{{ range until 64 }}{{ repeat 65536 "x" }}{{ end }}'
MIB = 1 << 20


@pytest.fixture
async def tight(worker_program: Path, request: pytest.FixtureRequest) -> AsyncIterator[RenderPool]:
    """A pool with limits that are reached soon; where memory is to end first, a busy machine has the time."""
    limits = RenderLimits(output_bytes=MIB)
    deadline = getattr(request, "param", 1.5)
    settings = RenderSettings(deadline=deadline, memory_bytes=250 * MIB, heap_bytes=150 * MIB, limits=limits)
    async with RenderPool(worker_program, settings) as pool:
        yield pool


async def _render(pool: RenderPool, archive: bytes, name: str = "rel") -> Any:
    chart = await pool.load(archive)

    async def fetch() -> bytes:
        return archive

    inputs = RenderInputs(
        chart=chart.digest,
        release=Release(name, "space"),
        capabilities=Capabilities(""),
        values=msgspec.Raw(b"{}"),
    )
    return await pool.render(inputs, fetch)


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.001)


async def _busy(pool: RenderPool) -> int:
    """The process id of a worker that is serving a request."""
    await _until(lambda: pool.busy)
    return pool.busy[0]


async def _gone(pid: int) -> None:
    await _until(lambda: not _exists(pid))


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _still_serves(pool: RenderPool, archive: bytes) -> None:
    rendered = await _render(pool, archive)
    assert [found.manifest["metadata"]["name"] for found in rendered.objects] == ["good"]


@pytest.mark.parametrize(
    ("template", "error", "tight"),
    [(LOOP, RenderTimedOut, 1.5), (DOUBLING, RenderOutOfMemory, 60.0), (FLOOD, RenderTooLarge, 60.0)],
    ids=["endless range", "memory bomb", "output bomb"],
    indirect=["tight"],
)
async def test_a_hostile_template_costs_one_request(
    template: str, error: type[RenderError], tight: RenderPool, pack: Callable[..., bytes]
) -> None:
    with pytest.raises(error) as caught:
        await _render(tight, pack({"templates/bad.yaml": template}), "hostile")
    assert caught.value.subject == "release hostile"
    await _still_serves(tight, pack(GOOD))


@pytest.mark.parametrize("call", ["include", "template"])
async def test_a_template_that_calls_itself_for_ever_is_an_error(
    call: str, tight: RenderPool, pack: Callable[..., bytes]
) -> None:
    files = {
        "templates/x.yaml": f'{{{{ define "a" }}}}{{{{ {call} "a" . }}}}{{{{ end }}}}{{{{ {call} "a" . }}}}'
    }
    with pytest.raises((TemplateFailed, RenderOutOfMemory)):
        await _render(tight, pack(files))
    await _still_serves(tight, pack(GOOD))


async def test_a_worker_that_is_killed_in_the_middle_is_replaced(
    pool: RenderPool, pack: Callable[..., bytes]
) -> None:
    slow = asyncio.create_task(_render(pool, pack({"templates/slow.yaml": LOOP})))
    pid = await _busy(pool)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(RenderWorkerDied, match="status -9"):
        await slow
    await _still_serves(pool, pack(GOOD))


async def test_a_worker_that_died_while_idle_costs_at_most_one_request(
    worker_program: Path, pack: Callable[..., bytes]
) -> None:
    async with RenderPool(worker_program, RenderSettings(workers=1)) as pool:
        asking = asyncio.create_task(pool.version())
        pid = await _busy(pool)
        await asking
        os.kill(pid, signal.SIGKILL)
        await _gone(pid)
        with contextlib.suppress(RenderWorkerDied):
            await pool.version()
        await _still_serves(pool, pack(GOOD))


async def test_a_cancelled_caller_leaves_no_worker_in_the_middle_of_an_answer(
    worker_program: Path, pack: Callable[..., bytes]
) -> None:
    async with RenderPool(worker_program, RenderSettings(workers=1)) as pool:
        await pool.load(pack({"templates/slow.yaml": LOOP}))
        slow = asyncio.create_task(_render(pool, pack({"templates/slow.yaml": LOOP})))
        pid = await _busy(pool)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        await _gone(pid)
        await _still_serves(pool, pack(GOOD))


async def test_fifty_requests_at_once_are_all_answered_right(
    pool: RenderPool, pack: Callable[..., bytes]
) -> None:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n"
    archives = [pack({"templates/x.yaml": template, "README.md": str(number)}) for number in range(5)]
    hostile = pack({"templates/x.yaml": "{{ fail .Release.Name }}"})

    async def one(number: int) -> str:
        archive = hostile if number % 7 == 0 else archives[number % 5]
        try:
            rendered = await _render(pool, archive, f"rel-{number}")
        except Exception as error:
            return str(getattr(error, "message", error))
        return str(rendered.objects[0].manifest["metadata"]["name"])

    answers = await asyncio.gather(*(one(number) for number in range(50)))
    for number, answer in enumerate(answers):
        assert f"rel-{number}" in answer.split(" ")[-1]


async def test_close_ends_what_is_under_way_and_what_comes_later(
    worker_program: Path, pack: Callable[..., bytes]
) -> None:
    pool = RenderPool(worker_program, RenderSettings(workers=1))
    waiting: list[Awaitable[Any]] = [
        asyncio.create_task(_render(pool, pack({"templates/slow.yaml": LOOP}))),
        asyncio.create_task(pool.version()),
    ]
    pid = await _busy(pool)
    await pool.close()
    for each in waiting:
        with pytest.raises(RenderWorkerDied):
            await each
    with pytest.raises(RenderWorkerDied, match="closed"):
        await pool.version()
    assert not _exists(pid)


def _workers_of(program: Path) -> list[str]:
    """The process ids of all processes of this program."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cmdline").read_bytes().split(b"\0")[0] == os.fsencode(program):
                    found.append(entry.name)
    return found


@pytest.mark.parametrize("steps", range(1, 9))
async def test_close_ends_a_worker_that_is_just_starting(
    steps: int, worker_program: Path, tmp_path: Path
) -> None:
    program = tmp_path / "worker"  # By another name, so that no worker of another test is meant.
    program.symlink_to(worker_program)
    pool = RenderPool(program, RenderSettings(workers=1))
    asking = asyncio.create_task(pool.version())
    for _ in range(steps):
        await asyncio.sleep(0)
    await asyncio.gather(pool.close(), pool.close())
    with pytest.raises(RenderWorkerDied):
        await asking
    assert _workers_of(program) == []


async def test_a_worker_that_cannot_be_started_costs_one_request(
    worker_program: Path, tmp_path: Path
) -> None:
    program = tmp_path / "worker"
    async with RenderPool(program, RenderSettings(workers=1)) as pool:
        with pytest.raises(RenderWorkerDied, match="cannot be started: No such file"):
            await pool.version()
        program.symlink_to(worker_program)
        assert (await pool.version()).helm


def _look_at(pid: int) -> tuple[bytes, str]:
    return Path(f"/proc/{pid}/environ").read_bytes(), Path(f"/proc/{pid}/limits").read_text()


async def test_the_worker_has_no_environment_and_opens_nothing(worker_program: Path) -> None:
    async with RenderPool(worker_program) as pool:
        asking = asyncio.create_task(pool.version())
        pid = await _busy(pool)
        await asking
        environment, limits = _look_at(pid)
        assert environment == b""
        assert "Max open files            3                    3" in limits
        assert str(RenderSettings().memory_bytes) in limits
