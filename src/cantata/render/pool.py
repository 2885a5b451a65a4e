"""A pool of render workers behind the port `cantata.ports.Renderer`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from cantata.core.model.charts import (
    Capabilities,
    EngineVersion,
    LoadedChart,
    Rendered,
    RenderedText,
    RenderInputs,
    TextInputs,
    YamlDocument,
)
from cantata.core.model.compose import ComposeInputs, ComposeReading
from cantata.core.model.market import ChartNode, IndexRows
from cantata.core.model.variables import ChartVariables
from cantata.ports import Archive
from cantata.render.errors import ChartUnknown, RenderBug, RenderWorkerDied, YamlInvalid
from cantata.render.program import build_worker
from cantata.render.protocol import Request, error_of
from cantata.render.settings import RenderSettings
from cantata.render.worker import Worker
from cantata.render.yaml_hints import explain

T = TypeVar("T")


class _Violations(msgspec.Struct, frozen=True):
    violations: tuple[str, ...]


class _Index(msgspec.Struct, frozen=True):
    rows: tuple[msgspec.Raw, ...]
    skipped: tuple[str, ...]


class _Versions(msgspec.Struct, frozen=True):
    versions: tuple[str, ...]


class _Asked(RenderInputs, frozen=True, rename="camel", kw_only=True):
    only: Sequence[str] | None


class _Documents(msgspec.Struct, frozen=True):
    documents: tuple[YamlDocument, ...]


class _Files(msgspec.Struct, frozen=True):
    files: dict[str, bytes]


class _Packing(msgspec.Struct, frozen=True):
    folder: str
    files: Mapping[str, bytes]


class _Packed(msgspec.Struct, frozen=True):
    archive: bytes


class RenderPool:
    """Some worker processes, each serving one request at a time; callers wait for a free one.

    A worker that timed out, died, or whose caller went away in the middle is killed, and a new one is started
    when the next request needs it. Use it as `async with await RenderPool.start() as renderer:`.
    """

    def __init__(self, program: Path, settings: RenderSettings | None = None) -> None:
        self._program = program
        self._settings = settings or RenderSettings()
        self._numbers = itertools.count(1)
        self._closed = False
        self._closing = asyncio.Lock()
        self._busy: set[Worker] = set()
        self._dying: set[asyncio.Task[None]] = set()
        # A slot is a running worker, or None for one that is yet to be started. The last one used comes
        # first: it has the charts.
        self._slots: asyncio.LifoQueue[Worker | None] = asyncio.LifoQueue()
        for _ in range(self._settings.workers):
            self._slots.put_nowait(None)

    @classmethod
    async def start(
        cls,
        settings: RenderSettings | None = None,
        *,
        program: Path | None = None,
        say: Callable[[str], None] = lambda _line: None,
    ) -> Self:
        """Build the program if needed and start a first worker, so that a broken one shows at once."""
        if program is None:
            program = await asyncio.to_thread(build_worker, say)
        pool = cls(program, settings)
        await pool.version()
        return pool

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def busy(self) -> tuple[int, ...]:
        """The process ids of the workers that are serving a request right now."""
        return tuple(worker.pid for worker in self._busy)

    async def load(self, archive: bytes, *, subject: str = "chart") -> LoadedChart:
        """Parse a chart archive, which errors call `subject`. Raises `ChartInvalid` and
        `ChartTooLarge`, with the file as place."""
        async with self._lease() as worker:
            return await self._ask(worker, "load", {}, archive, LoadedChart, subject)

    async def unpack(
        self, archive: bytes, *, only: Sequence[str] = (), subject: str = "chart"
    ) -> dict[str, bytes]:
        """The files of an archive by their path inside the chart folder, or some of them. Raises
        `ChartInvalid` and `ChartTooLarge`, with the file as place."""
        async with self._lease() as worker:
            return (await self._ask(worker, "unpack", {"only": only}, archive, _Files, subject)).files

    async def pack(self, files: Mapping[str, bytes], folder: str) -> bytes:
        """The .tgz of these files. Raises `ChartInvalid`, `ChartTooLarge`."""
        inputs = _Packing(folder, files)
        async with self._lease() as worker:
            return (await self._ask(worker, "pack", inputs, b"", _Packed, f"chart {folder}")).archive

    async def render(
        self, inputs: RenderInputs, archive: Archive, *, only: Sequence[str] | None = None
    ) -> Rendered:
        """Render a chart; `archive` is asked only when the worker does not have the chart. `only` limits the
        answer to the objects of some template files.

        Raises `TemplateFailed`, `ManifestInvalid`, `ValuesRejected`, `SchemaInvalid`, `ChartInvalid`,
        `ChartIncompatible`, `RenderTooLarge`, `RenderTimedOut`, `RenderOutOfMemory`, `RenderWorkerDied`.
        """
        subject = f"release {inputs.release.name}"
        asked = _Asked(**msgspec.structs.asdict(inputs), only=only)
        return await self._ask_of_chart("render", inputs.chart, asked, archive, Rendered, subject)

    async def text(self, inputs: TextInputs, archive: Archive) -> RenderedText:
        """What `helm template` prints. Raises what `render` raises, `OptionInvalid` and `TemplateUnknown`."""
        subject = f"release {inputs.release.name}"
        return await self._ask_of_chart("template", inputs.chart, inputs, archive, RenderedText, subject)

    async def variables(self, chart: str, archive: Archive) -> ChartVariables:
        """Which values each template file of the chart with this digest reads, and what is known of them.

        Raises `TemplateFailed` for a template that cannot be parsed, `ChartInvalid`, and what a worker can
        end in.
        """
        inputs = {"chart": chart}
        return await self._ask_of_chart("variables", chart, inputs, archive, ChartVariables, "chart")

    async def validate(self, schema: bytes, values: bytes) -> tuple[str, ...]:
        """The violations of a JSON Schema, a line each. Raises `SchemaInvalid`."""
        inputs = {"schema": schema.decode(), "values": values.decode()}
        async with self._lease() as worker:
            return (await self._ask(worker, "schema", inputs, b"", _Violations, "schema")).violations

    async def parse_yaml(self, text: str, *, file: str = "") -> tuple[YamlDocument, ...]:
        """The documents of a text as kubectl reads them. Raises `YamlInvalid` with file, line and column."""
        async with self._lease() as worker:
            inputs = {"file": file}
            try:
                return (await self._ask(worker, "yaml", inputs, text.encode(), _Documents, file)).documents
            except YamlInvalid as error:
                explain(error, text)
                raise

    async def read_index(self, text: bytes, *, subject: str = "index") -> IndexRows:
        """The rows of a repository's index.yaml. Raises `IndexInvalid`, `IndexTooLarge`."""
        async with self._lease() as worker:
            index = await self._ask(worker, "index", {}, text, _Index, subject)
        return IndexRows(index.rows, index.skipped)

    async def fitting_versions(self, constraint: str, versions: Sequence[str]) -> tuple[str, ...]:
        """Those that Helm would take for a constraint, the one that it takes first. Raises
        `ConstraintInvalid`."""
        inputs = {"constraint": constraint, "versions": versions}
        async with self._lease() as worker:
            return (await self._ask(worker, "versions", inputs, b"", _Versions, constraint)).versions

    async def dependencies(
        self, archive: bytes, repositories: Mapping[str, str], *, subject: str = "chart"
    ) -> ChartNode:
        """What a chart wants and what it brings along. Raises `ChartInvalid`, `ChartTooLarge`."""
        async with self._lease() as worker:
            inputs = {"repositories": repositories}
            return await self._ask(worker, "dependencies", inputs, archive, ChartNode, subject)

    async def read_compose(self, inputs: ComposeInputs) -> ComposeReading:
        """A docker compose project as docker compose reads it. Raises `ComposeInvalid`."""
        async with self._lease() as worker:
            return await self._ask(worker, "compose", inputs, b"", ComposeReading, "compose project")

    async def version(self) -> EngineVersion:
        async with self._lease() as worker:
            return await self._ask(worker, "version", {}, b"", EngineVersion, "engine")

    async def capabilities(self) -> Capabilities:
        """Those of `helm template`."""
        async with self._lease() as worker:
            return await self._ask(worker, "version", {}, b"", Capabilities, "engine")

    async def close(self) -> None:
        """Kill all workers. Requests that are under way or come later end in `RenderWorkerDied`."""
        self._closed = True
        async with self._closing:
            await asyncio.gather(*(worker.kill() for worker in self._busy))
            # All slots come back: a request whose worker is gone ends, and so does one whose worker is yet to
            # start. Only then are all workers known.
            slots = [await self._slots.get() for _ in range(self._settings.workers)]
            idle = [worker for worker in slots if worker is not None]
            await asyncio.gather(*(worker.kill() for worker in idle), *self._dying)
            for _ in slots:  # Whoever waits for a slot gets one, and learns that the pool is closed.
                self._slots.put_nowait(None)

    async def _ask_of_chart(
        self, op: str, chart: str, inputs: Any, archive: Archive, kind: type[T], subject: str
    ) -> T:
        """Ask something of a chart that the worker may have; `archive` is fetched only when it does not."""
        try:
            async with self._lease() as worker:
                return await self._ask(worker, op, inputs, b"", kind, subject)
        except ChartUnknown:
            # No worker waits while the archive comes.
            fetched = await archive()
        async with self._lease() as worker:
            loaded = await self._ask(worker, "load", {}, fetched, LoadedChart, subject)
            if loaded.digest != chart:
                raise RenderBug(f"the archive of {chart} holds {loaded.digest}", subject=subject)
            return await self._ask(worker, op, inputs, b"", kind, subject)

    async def _ask(self, worker: Worker, op: str, inputs: Any, body: bytes, kind: type[T], subject: str) -> T:
        request = Request(op=op, id=next(self._numbers), limits=self._settings.limits, input=inputs)
        answer = await worker.ask(request, body, subject)
        if answer.error is not None:
            raise error_of(answer.error, subject)
        try:
            return msgspec.json.decode(answer.ok, type=kind)
        except msgspec.DecodeError as error:
            raise RenderBug(f"{op}: the result is not a {kind.__name__}: {error}", subject=subject) from error

    @asynccontextmanager
    async def _lease(self) -> AsyncIterator[Worker]:
        """A running worker while the block lasts; it is killed if it is left in the middle of an answer."""
        slot = await self._slots.get()
        worker: Worker | None = None
        try:
            if slot is not None and not slot.usable:
                self._bury(slot)
                slot = None
            worker = slot
            if worker is None and not self._closed:
                worker = await Worker.start(self._program, self._settings)
            if worker is None or self._closed:
                raise RenderWorkerDied("the render pool is closed")
            self._busy.add(worker)
            yield worker
        finally:
            if worker is not None:
                self._busy.discard(worker)
                if not worker.usable:
                    self._bury(worker)
                    worker = None
            self._slots.put_nowait(worker)

    def _bury(self, worker: Worker) -> None:
        """End a worker without waiting for it, since this also happens while a caller is being cancelled."""
        task = asyncio.create_task(worker.kill(), name=f"end of render worker {worker.pid}")
        self._dying.add(task)
        task.add_done_callback(self._dying.discard)
