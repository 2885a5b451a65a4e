"""Repositories of each kind, filled with charts that are packed on the fly."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import AsyncIterator, Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.charts.registries import RunningRegistry, build_registry, running_registry

from cantata.charts import Charts
from cantata.core.model.market import Credentials, Repository, RepositoryKind, Source
from cantata.render import RenderPool, build_worker

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
async def pool() -> AsyncIterator[RenderPool]:
    async with RenderPool(build_worker(print)) as pool:
        yield pool


@pytest.fixture
def charts(pool: RenderPool, tmp_path: Path) -> Charts:
    """Loopback is allowed, and folders below the test's own."""
    return Charts(pool, allowed=LOOPBACK, folders=[tmp_path])


@pytest.fixture(scope="session")
def registry_program() -> Path:
    return build_registry(print)


@pytest.fixture(scope="module")
def registry(registry_program: Path) -> Iterator[RunningRegistry]:
    """Open to everybody, shared by the tests of a module: use names of your own."""
    with running_registry(registry_program) as running:
        yield running


Files = Mapping[str, str | bytes]


def chart_files(
    name: str, version: str, files: Files | None = None, more: str = ""
) -> dict[str, str | bytes]:
    """The files of a chart with one object. `more` is further text of Chart.yaml."""
    head = f"apiVersion: v2\nname: {name}\nversion: {version}\ndescription: What {name} does\n{more}"
    config = f"kind: ConfigMap\napiVersion: v1\nmetadata: {{name: {{{{ .Release.Name }}}}-{name}}}\n"
    return {"Chart.yaml": head, "templates/config.yaml": config, **(files or {})}


def pack(name: str, version: str, files: Files | None = None, more: str = "") -> bytes:
    """A chart's archive; equal arguments give equal bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in chart_files(name, version, files, more).items():
            content = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def source(url: str, credentials: Credentials | None = None, **more: Any) -> Source:
    """Of a kind that its URL tells. Registries are spoken to without TLS."""
    kind = next((kind for start, kind in KINDS.items() if url.startswith(start)), RepositoryKind.HTTP)
    plain = kind is RepositoryKind.OCI
    repository = Repository("id", "default", "tests", kind, url, plain_http=plain, **more)
    return Source(repository, credentials or Credentials())


KINDS = {"oci://": RepositoryKind.OCI, "/": RepositoryKind.FOLDER}
