"""Which of the changed values single services have to do with: where these are asked for, others tell
nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from cantata.actions.ports import Ports
from cantata.core.model.applications import ServiceVersion
from cantata.core.model.inputs import RecordedInputs
from cantata.core.model.variables import ChartVariables
from cantata.core.variables import concerns

Concerns = Callable[[str], bool]
"""Whether a service has to do with the value of a key."""


async def concerning(
    ports: Ports, sides: Iterable[tuple[ServiceVersion, RecordedInputs]], values: Iterable[bytes] = ()
) -> Concerns:
    """Of a service, or several, by what its versions were made from; `values` are those that are to come.
    Raises `TemplateFailed` for a template that cannot be parsed."""
    read = [(version, inputs, await _variables(ports, inputs.render.chart)) for version, inputs in sides]
    texts = [*(bytes(inputs.render.values) for _, inputs, _ in read), *values]
    code = any(b"{{" in text for text in texts)
    return partial(_any, [(version, variables) for version, _, variables in read], code)


def _any(read: Collection[tuple[ServiceVersion, ChartVariables]], code: bool, key: str) -> bool:
    path = tuple(key.split("."))
    return any(
        concerns(path, version.files, version.keys, variables, code=code) for version, variables in read
    )


async def _variables(ports: Ports, digest: str) -> ChartVariables:
    async def archive() -> bytes:
        return await ports.store.read(lambda records: records.templates.archive(digest))

    return await ports.reads.of(digest, archive)
