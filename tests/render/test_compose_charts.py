"""Compose projects as charts: a folder for each part of the specification, with what comes out beside it.

`CANTATA_UPDATE_GOLDEN=1` writes what comes out now. Each chart renders, once its required keys are set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cantata.cli.compose_files import ComposeFolder
from cantata.contract.compose import WantedPath
from cantata.core.compose import MISSING, Source, SourceState, Translation, translate
from cantata.core.model.charts import Numbers
from cantata.core.model.compose import ComposeInputs, ComposeReading
from cantata.render import RenderPool

FOLDER = Path(__file__).parent / "compose"
CASES = sorted(path.name for path in FOLDER.iterdir())
VARIABLES = {"THE_SECRET": "of a variable"}


def sources_of(folder: ComposeFolder) -> dict[str, Source]:
    return {**{path: SourceState(state) for path, state in folder.states.items()}, **folder.files}


async def reading_of(pool: RenderPool, folder: ComposeFolder) -> ComposeReading:
    while True:
        sources = sources_of(folder)
        texts = {path: found if isinstance(found, str) else None for path, found in sources.items()}
        reading = await pool.read_compose(ComposeInputs("shop", folder.compose, texts, folder.environment))
        if not reading.files and not reading.variables:
            return reading
        for path in reading.files:
            folder.look(WantedPath(path))
        folder.look_up(reading.variables, VARIABLES)


async def translated(pool: RenderPool, folder: ComposeFolder, *, allow_missing: bool = False) -> Translation:
    reading = await reading_of(pool, folder)
    while True:
        found = translate(reading, sources_of(folder), name="shop", allow_missing=allow_missing)
        if not found.wanted:
            return found
        for path, contents in found.wanted.items():
            folder.look(WantedPath(path, contents))


def written(found: Translation) -> str:
    files = [f"--- {path}\n{text}" for path, text in found.files.items() if path != "Chart.yaml"]
    findings = [
        f"{each.rule} {each.key} ({each.file}:{each.line}): {each.message}"
        + (f" ({each.suggestion})" if each.suggestion else "")
        for each in found.findings
    ]
    rest = ["--- config", found.config_text, "--- required", *found.required, "--- findings", *findings]
    return "\n".join([*files, *rest]) + "\n"


def set_required(values: dict[str, Any], required: tuple[str, ...]) -> None:
    for key in required:
        *above, last = key.split(".")
        tree = values
        for part in above:
            tree = tree.setdefault(part, {})
        tree[last] = "given:1"


@pytest.mark.parametrize("case", CASES)
async def test_a_project_becomes_the_chart_beside_it(
    case: str, pool: RenderPool, loaded: Callable[[bytes], Any]
) -> None:
    found = await translated(pool, ComposeFolder([FOLDER / case]), allow_missing=case == "missing")
    golden = FOLDER / case / "expected.txt"
    if os.environ.get("CANTATA_UPDATE_GOLDEN"):
        golden.write_text(written(found))
    assert written(found) == golden.read_text()

    files = {path: text.encode() for path, text in found.files.items()}
    rendering = await loaded(await pool.pack(files, "shop"))
    values = msgspec.json.decode((await pool.parse_yaml(found.config_text))[0].value)
    set_required(values, found.required)
    rendered = await rendering.render(values, numbers=Numbers.EXACT)
    services = {Path(item.path).stem for item in rendered.objects}
    assert services - {"shared"} == set(found.services)
    names = [(item.manifest["kind"], item.manifest["metadata"]["name"]) for item in rendered.objects]
    assert len(names) == len(set(names))


async def test_what_services_mount_must_be_there(pool: RenderPool) -> None:
    found = await translated(pool, ComposeFolder([FOLDER / "missing"]))
    missing = [each.message for each in found.findings if each.rule == MISSING]
    assert len(missing) == 3
    assert any("./nginx.conf is not there" in message for message in missing)


async def test_secrets_stand_in_the_config_and_nowhere_else(pool: RenderPool) -> None:
    for case, secrets in {"secrets": ("hunter2", "of a variable"), "environment": ("s3cret",)}.items():
        found = await translated(pool, ComposeFolder([FOLDER / case]))
        for secret in secrets:
            assert secret in found.config_text
            assert all(secret not in text for text in found.files.values())
            assert all(secret not in str(each) for each in found.findings)
