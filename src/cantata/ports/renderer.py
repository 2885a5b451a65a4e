"""The port to the render engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

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

Archive = Callable[[], Awaitable[bytes]]
"""Fetches a chart's archive (.tgz); asked only when the worker does not have the chart yet."""


class Renderer(Protocol):
    """The real Helm engine behind a process boundary. Raises the errors of `cantata.render.errors`."""

    async def load(self, archive: bytes, *, subject: str = "chart") -> LoadedChart:
        """`subject` is what errors call the chart. Raises `ChartInvalid` and `ChartTooLarge`, with the file
        as place."""
        ...

    async def unpack(
        self, archive: bytes, *, only: Sequence[str] = (), subject: str = "chart"
    ) -> dict[str, bytes]:
        """The files of an archive by their path inside the chart folder, byte for byte, or those of `only`
        that are there; packed subcharts stay packed. What is not a chart is unpacked too. Raises
        `ChartInvalid` and `ChartTooLarge`, with the file as place."""
        ...

    async def pack(self, files: Mapping[str, bytes], folder: str) -> bytes:
        """The .tgz of files by their path inside the chart folder, which Helm wants to be called as the chart
        is. Equal files give equal bytes. Raises `ChartInvalid` for a path that leaves the folder, and
        `ChartTooLarge`."""
        ...

    async def render(
        self, inputs: RenderInputs, archive: Archive, *, only: Sequence[str] | None = None
    ) -> Rendered:
        """`only` names the template files (as in `RenderedObject.path`) whose objects are wanted; the others
        are left out, and so are CRDs. What is there is the same as in a whole render."""
        ...

    async def text(self, inputs: TextInputs, archive: Archive) -> RenderedText:
        """What `helm template` prints. Raises what `render` raises, `OptionInvalid` and `TemplateUnknown`."""
        ...

    async def variables(self, chart: str, archive: Archive) -> ChartVariables:
        """Which values each template file of the chart with this digest reads, and what is known of them.

        Raises `TemplateFailed` for a template that cannot be parsed, `ChartInvalid`.
        """
        ...

    async def validate(self, schema: bytes, values: bytes) -> tuple[str, ...]:
        """The violations of a JSON Schema, a line each; empty when the values fit."""
        ...

    async def parse_yaml(self, text: str, *, file: str = "") -> tuple[YamlDocument, ...]:
        """Raises `YamlInvalid` with file, line and column."""
        ...

    async def read_index(self, text: bytes, *, subject: str = "index") -> IndexRows:
        """The rows of a repository's index.yaml. Raises `IndexInvalid`, `IndexTooLarge`."""
        ...

    async def fitting_versions(self, constraint: str, versions: Sequence[str]) -> tuple[str, ...]:
        """Those that Helm would take for a constraint such as `^1.2`, the one that it takes first: an equal
        text, then newest first. Prereleases only where the constraint names one; without a constraint all.
        What is no semantic version is left out. Raises `ConstraintInvalid`."""
        ...

    async def dependencies(
        self, archive: bytes, repositories: Mapping[str, str], *, subject: str = "chart"
    ) -> ChartNode:
        """What a chart wants and what it brings along. `repositories` are the addresses of those that
        Chart.yaml may call `@name`. Raises `ChartInvalid`, `ChartTooLarge`."""
        ...

    async def read_compose(self, inputs: ComposeInputs) -> ComposeReading:
        """A docker compose project: its files put together, variables put in, defaults filled in. Raises
        `ComposeInvalid` with file and line, as far as these are known."""
        ...

    async def version(self) -> EngineVersion: ...

    async def capabilities(self) -> Capabilities:
        """What a render sees that is given none: those of `helm template`."""
        ...

    async def close(self) -> None: ...
