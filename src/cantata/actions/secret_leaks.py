"""Renders once more, with others in the places of the secrets, to see which fields depend on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from cantata.actions.given_values import Given
from cantata.actions.ports import Ports
from cantata.core.config import Path
from cantata.core.leaks import find_leaks, find_values, hide_lines, notes_finding
from cantata.core.model.charts import Rendered, RenderedObject, RenderInputs
from cantata.core.model.findings import Finding
from cantata.core.model.leaks import Leak
from cantata.core.model.variables import ChartVariables
from cantata.core.values import mask
from cantata.core.variables import readers, related
from cantata.errors import CantataError
from cantata.ports import Archive

NOTES = "NOTES.txt"


@dataclass(frozen=True, slots=True)
class Leaking:
    """`notes` are those of the render, without secrets."""

    leaks: tuple[Leak, ...] = ()
    notes: str = ""
    findings: tuple[Finding, ...] = ()


class LeakSearch:
    """Looks at one render. `clean` makes the objects of a render comparable: it is asked for both."""

    def __init__(
        self,
        ports: Ports,
        inputs: RenderInputs,
        given: Given,
        archive: Archive,
        clean: Callable[[Rendered], Sequence[RenderedObject]],
    ) -> None:
        self._ports = ports
        self._inputs = inputs
        self._given = given
        self._archive = archive
        self._clean = clean

    async def look(self, rendered: Rendered, only: Sequence[str] | None) -> Leaking:
        """Costs a render where a template reads a secret, and nothing where none does."""
        given = self._given
        if not given.secrets:
            return Leaking(notes=rendered.notes)
        variables = await self._ports.reads.of(self._inputs.chart, self._archive)
        if not _reach(variables, given.secrets, only):
            return Leaking(notes=mask(rendered.notes, given.secret_keys))
        marked = await self._render_marked(rendered, only)
        texts, file = given.secret_keys, _notes_file(variables)
        if marked is None:
            leaks = find_values(self._clean(rendered), texts)
            notes = mask(rendered.notes, texts)
        else:
            leaks = find_leaks(self._clean(rendered), self._clean(marked), given.sentinels, texts)
            notes = hide_lines(rendered.notes, marked.notes, given.sentinels, texts)
        leaks = tuple(_placed(leak, variables, given.secrets) for leak in leaks)
        return Leaking(leaks, notes, (notes_finding(file),) if notes != rendered.notes else ())

    async def _render_marked(self, rendered: Rendered, only: Sequence[str] | None) -> Rendered | None:
        """None where the chart takes nothing but the real values."""
        values = msgspec.Raw(msgspec.json.encode(self._given.sentinels.values, order="deterministic"))
        inputs = msgspec.structs.replace(self._inputs, values=values, tape=rendered.tape)
        try:
            return await self._ports.renderer.render(inputs, self._archive, only=only)
        except CantataError:
            return None


def _reach(variables: ChartVariables, secrets: Sequence[Path], only: Sequence[str] | None) -> bool:
    """Whether a secret is read by one of the wanted templates, or decides over whole subcharts."""
    files = readers(secrets, variables)
    return any(only is None or file in only or "/templates/" not in file for file in files)


def _placed(leak: Leak, variables: ChartVariables, secrets: Sequence[Path]) -> Leak:
    """With the line of the template that reads the secret, where it is in the object's own file."""
    paths = [path for path in secrets if any(_holds(path, key) for key in leak.keys)]
    for template in variables.templates:
        if template.path == leak.file:
            spots = sorted(
                spot
                for read in template.reads
                if any(related(path, read.path) for path in paths)
                for spot in read.places
                if spot.file == leak.file
            )
            return msgspec.structs.replace(leak, line=spots[0].line) if spots else leak
    return leak


def _holds(path: Path, key: str) -> bool:
    return key == ".".join(path) or key.startswith(f"{'.'.join(path)}.")


def _notes_file(variables: ChartVariables) -> str:
    return next((each.path for each in variables.templates if each.path.endswith(f"/{NOTES}")), NOTES)
