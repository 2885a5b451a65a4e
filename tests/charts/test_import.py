"""Charts are imported with what they depend on, as `helm dependency build` would make them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.charts.conftest import Files, chart_files, digest, pack, source
from tests.charts.registries import RunningRegistry
from tests.charts.servers import Repository, serving

from cantata.actions.pull_chart import complete_chart, pull_chart
from cantata.charts import Charts
from cantata.core.model.market import ChartRow, Credentials, Pin, PinnedChart, Source
from cantata.core.repositories.errors import (
    ChartDependenciesTooMany,
    ChartDependencyCycle,
    ChartDependencyMissing,
    ChartDigestWrong,
    ChartNotInRepository,
    RepositoryAddressClosed,
)
from cantata.render import RenderPool
from cantata.sandbox import Sandbox


@dataclass
class Market:
    """An HTTP repository and a registry, filled by the test."""

    charts: Charts
    pool: RenderPool
    url: str
    files: Repository
    registry: Source
    lines: dict[str, list[str]] = field(default_factory=dict)

    def offer(self, name: str, version: str, archive: bytes) -> bytes:
        self.files.files[f"/{name}-{version}.tgz"] = archive
        self.lines.setdefault(name, []).append(
            f"  - {{apiVersion: v2, name: {name}, version: {version}, urls: [{name}-{version}.tgz], "
            f"digest: {digest(archive).removeprefix('sha256:')}}}\n"
        )
        text = "".join(f"  {key}:\n{''.join(lines)}" for key, lines in self.lines.items())
        self.files.files["/index.yaml"] = f"apiVersion: v1\nentries:\n{text}".encode()
        return archive

    async def push(self, name: str, version: str, archive: bytes) -> bytes:
        await self.charts.publish(self.registry, archive, ChartRow(name, version))
        return archive

    @property
    def http(self) -> Source:
        return source(self.url)

    async def pull(self, name: str, version: str, *known: Source) -> PinnedChart:
        row = ChartRow(name, version, urls=(f"{name}-{version}.tgz",))
        return await pull_chart(self.charts, self.pool, self.http, row, known)


@pytest.fixture
async def market(
    charts: Charts, pool: RenderPool, registry: RunningRegistry, request: pytest.FixtureRequest
) -> AsyncIterator[Market]:
    files = Repository()
    name = request.node.name.replace("_", "-").replace("[", "-").replace("]", "")
    async with serving(files.routes) as url:
        yield Market(charts, pool, url, files, source(f"oci://{registry.host}/{name}"))


def wants(*lines: str) -> str:
    """The `dependencies` of Chart.yaml."""
    return "dependencies:\n" + "".join(f"- {{{line}}}\n" for line in lines)


def wanted(market: Market) -> str:
    return wants(
        f"name: db, version: ^1.0.0, repository: '{market.url}', alias: store, condition: store.on",
        f"name: db, version: ^1.0.0, repository: '{market.url}'",
        f"name: cache, version: '>=2.0.0-0', repository: '{market.registry.repository.url}'",
        "name: log, version: 1.x, repository: 'file://parts/log'",
        "name: own, version: 0.1.0",
    )


INNER = {
    "parts/log/Chart.yaml": "apiVersion: v2\nname: log\nversion: 1.4.0\n",
    "parts/log/templates/l.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: log}\n",
    "charts/own/Chart.yaml": "apiVersion: v2\nname: own\nversion: 0.1.0\n",
    "charts/own/templates/o.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: own}\n",
}


async def fill(market: Market) -> dict[str, bytes]:
    base = {"charts/base/Chart.yaml": "apiVersion: v2\nname: base\nversion: 1.0.0\n"}
    db = pack("db", "1.10.0", base, wants("name: base, version: 1.0.0"))
    return {
        "db": market.offer("db", "1.10.0", db),
        "db old": market.offer("db", "1.9.0", pack("db", "1.9.0")),
        "db next": market.offer("db", "2.0.0", pack("db", "2.0.0")),
        "cache": await market.push("cache", "2.1.0-rc.1", pack("cache", "2.1.0-rc.1")),
        "cache old": await market.push("cache", "1.0.0", pack("cache", "1.0.0")),
    }


async def test_what_a_chart_lacks_is_fetched_and_pinned(market: Market) -> None:
    packed = await fill(market)
    shop = market.offer("shop", "3.0.0", pack("shop", "3.0.0", INNER, wanted(market)))
    pinned = await market.pull("shop", "3.0.0", market.registry)
    by_name = [(pin.name, pin.version, pin.alias, pin.path) for pin in pinned.pins]
    assert by_name == [
        ("shop", "3.0.0", "", ()),
        ("db", "1.10.0", "store", ("shop",)),
        ("base", "1.0.0", "", ("shop", "db")),
        ("db", "1.10.0", "", ("shop",)),
        ("base", "1.0.0", "", ("shop", "db")),
        ("cache", "2.1.0-rc.1", "", ("shop",)),
        ("log", "1.4.0", "", ("shop",)),
        ("own", "0.1.0", "", ("shop",)),
    ]
    assert pinned.pins[0] == Pin("shop", "3.0.0", market.url, digest(shop))
    assert pinned.pins[1].digest == digest(packed["db"])
    assert pinned.pins[5].digest == digest(packed["cache"])
    assert all(pin.digest.startswith("sha256:") for pin in pinned.pins)
    again = await market.pull("shop", "3.0.0", market.registry)
    assert again.archive == pinned.archive


async def test_it_works_without_any_network_afterwards(market: Market, pool: RenderPool) -> None:
    await fill(market)
    market.offer("shop", "3.0.0", pack("shop", "3.0.0", INNER, wanted(market)))
    pinned = await market.pull("shop", "3.0.0", market.registry)
    charts = await pool.dependencies(pinned.archive, {})
    assert sorted(each.name for each in charts.charts) == ["cache", "db", "log", "own"]
    # These have no network: loopback is closed to them.
    again, _ = await complete_chart(Charts(pool), pool, pinned.archive)
    assert again == pinned.archive


async def test_an_archive_that_lacks_nothing_stays_as_it_is(market: Market) -> None:
    files = {"charts/db-1.9.0.tgz": pack("db", "1.9.0")}
    more = wants("name: db, version: ^1.0.0, repository: 'https://nowhere.invalid'")
    archive = market.offer("shop", "1.0.0", pack("shop", "1.0.0", files, more))
    pinned = await market.pull("shop", "1.0.0")
    assert pinned.archive == archive
    assert [(pin.name, pin.version, pin.repository) for pin in pinned.pins[1:]] == [("db", "1.9.0", "")]


async def test_what_does_not_fit_makes_way(market: Market, pool: RenderPool) -> None:
    market.offer("db", "2.0.0", pack("db", "2.0.0"))
    files: Files = {"charts/db-1.9.0.tgz": pack("db", "1.9.0"), "charts/db-1.9.0.tgz.prov": "signed"}
    more = wants(f"name: db, version: ^2.0.0, repository: '{market.url}'")
    market.offer("shop", "1.0.0", pack("shop", "1.0.0", files, more))
    pinned = await market.pull("shop", "1.0.0")
    assert [each.path for each in (await pool.dependencies(pinned.archive, {})).charts] == [
        "charts/db-2.0.0.tgz"
    ]


async def test_dependencies_of_dependencies_come_along(market: Market) -> None:
    market.offer("c", "1.0.0", pack("c", "1.0.0"))
    for name, other, url in (("b", "c", market.url), ("a", "b", f"{market.url}/")):
        more = wants(f"name: {other}, version: '*', repository: '{url}'")
        market.offer(name, "1.0.0", pack(name, "1.0.0", more=more))
    pinned = await market.pull("a", "1.0.0")
    assert [(pin.name, pin.path) for pin in pinned.pins] == [("a", ()), ("b", ("a",)), ("c", ("a", "b"))]


async def test_a_repository_is_found_by_its_name(market: Market) -> None:
    market.offer("db", "1.0.0", pack("db", "1.0.0"))
    for name, repository in (("shop", "@tests"), ("web", "alias:other")):
        more = wants(f"name: db, version: 1, repository: '{repository}'")
        market.offer(name, "1.0.0", pack(name, "1.0.0", more=more))
    assert (await market.pull("shop", "1.0.0")).pins[1].repository == market.url
    with pytest.raises(ChartDependencyMissing, match="no repository other"):
        await market.pull("web", "1.0.0")


@pytest.mark.parametrize(
    ("dependency", "says"),
    [
        ("name: db, version: ^9.0.0, repository: 'URL'", "has no version that fits"),
        ("name: cart, version: '*', repository: 'URL'", "has no version that fits"),
        ("name: db, version: 1.0.0", "names no repository"),
        ("name: db, version: 1.0.0, repository: 'file://../db'", "outside of the archive"),
        ("name: db, version: 1.0.0, repository: 'file:///etc'", "outside of the archive"),
        ("name: db, version: 1.0.0, repository: 'file://parts/db'", "there is no chart at parts/db"),
        ("name: db, version: 1.0.0, repository: 'file://parts/log'", "parts/log holds log 1.4.0"),
        ("name: log, version: ^2.0.0, repository: 'file://parts/log'", "parts/log holds log 1.4.0"),
        ("name: own, version: ^2.0.0", "it brings 0.1.0"),
        ("name: db, version: 1.0.0, repository: 'ftp://example.org'", "is no repository"),
    ],
)  # fmt: skip
async def test_what_cannot_be_found_is_refused(market: Market, dependency: str, says: str) -> None:
    market.offer("db", "1.0.0", pack("db", "1.0.0"))
    more = wants(dependency.replace("URL", market.url))
    market.offer("shop", "1.0.0", pack("shop", "1.0.0", INNER, more))
    with pytest.raises(ChartDependencyMissing, match=says):
        await market.pull("shop", "1.0.0")


async def test_charts_that_want_each_other_are_refused(market: Market) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        more = wants(f"name: {other}, version: 1.0.0, repository: '{market.url}'")
        market.offer(name, "1.0.0", pack(name, "1.0.0", more=more))
    with pytest.raises(ChartDependencyCycle, match=r"a 1\.0\.0 → b 1\.0\.0 → a 1\.0\.0"):
        await market.pull("a", "1.0.0")
    more = wants("name: self, version: 1, repository: 'file://.'")
    market.offer("self", "1.0.0", pack("self", "1.0.0", more=more))
    with pytest.raises(ChartDependencyCycle):
        await market.pull("self", "1.0.0")


async def test_charts_that_want_others_without_end_are_refused(market: Market) -> None:
    for number in range(1, 20):
        more = wants(f"name: a, version: {number + 1}.0.0, repository: '{market.url}'")
        market.offer("a", f"{number}.0.0", pack("a", f"{number}.0.0", more=more))
    with pytest.raises(ChartDependenciesTooMany, match="deeper than"):
        await market.pull("a", "1.0.0")
    for number in range(101):
        market.offer(f"d{number}", "1.0.0", pack(f"d{number}", "1.0.0"))
    lines = [f"name: d{number}, version: 1.0.0, repository: '{market.url}'" for number in range(101)]
    market.offer("wide", "1.0.0", pack("wide", "1.0.0", more=wants(*lines)))
    with pytest.raises(ChartDependenciesTooMany, match="more than"):
        await market.pull("wide", "1.0.0")


async def test_a_dependency_with_the_wrong_digest_is_refused(market: Market) -> None:
    market.offer("db", "1.0.0", pack("db", "1.0.0"))
    more = wants(f"name: db, version: 1.0.0, repository: '{market.url}'")
    market.offer("shop", "1.0.0", pack("shop", "1.0.0", more=more))
    market.files.files["/db-1.0.0.tgz"] = pack("db", "1.0.0", {"templates/more.yaml": "a: 1\n"})
    with pytest.raises(ChartDigestWrong, match=r"chart shop depends on db|db 1\.0\.0 is not"):
        await market.pull("shop", "1.0.0")


async def test_a_chart_cannot_have_the_server_call_what_nobody_added(pool: RenderPool) -> None:
    """Loopback is closed here, and a private network is open only to those who were added."""
    for number, url in enumerate(("http://127.0.0.1:1", "http://10.0.0.1", "oci://169.254.169.254/a")):
        more = wants(f"name: db, version: '*', repository: '{url}'")
        archive = pack("shop", f"1.0.{number}", more=more)
        with pytest.raises(RepositoryAddressClosed):
            await complete_chart(Charts(pool), pool, archive)


async def test_a_missing_chart_of_a_registry_is_told(market: Market) -> None:
    await market.push("cache", "1.0.0", pack("cache", "1.0.0"))
    url = market.registry.repository.url
    for number, version in enumerate(("2.0.0", "^2.0.0")):
        more = wants(f"name: cache, version: {version}, repository: '{url}'")
        market.offer("shop", f"1.0.{number}", pack("shop", f"1.0.{number}", more=more))
        with pytest.raises((ChartNotInRepository, ChartDependencyMissing), match="cache"):
            await market.pull("shop", f"1.0.{number}", market.registry)


class Helm:
    """The real command, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self._program = Sandbox().tool("helm")
        self._homes = {f"HELM_{kind}_HOME": str(home / kind) for kind in ("CACHE", "CONFIG", "DATA")}

    async def __call__(self, *arguments: str | Path) -> str:
        def run() -> str:
            done = subprocess.run(
                [self._program, *arguments], env=self._homes, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        return await asyncio.to_thread(run)


@pytest.mark.sandbox
async def test_it_is_what_helm_makes(market: Market, tmp_path: Path) -> None:
    """Chart.lock too: what comes later is not taken."""
    helm = Helm(tmp_path / "home")
    await fill(market)
    folder = tmp_path / "shop"
    for path, content in chart_files("shop", "3.0.0", INNER, wanted(market)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(str(content))
    await helm("repo", "add", "mine", market.url)
    await helm("dependency", "update", "--plain-http", folder)
    locked = {**INNER, "Chart.lock": (folder / "Chart.lock").read_text()}
    archive, known = pack("shop", "3.0.0", locked, wanted(market)), (market.http, market.registry)
    for later in ("1.11.0", "1.12.0"):
        ours, pins = await complete_chart(market.charts, market.pool, archive, known)
        (tmp_path / "ours.tgz").write_bytes(ours)
        for values in ("store.on=true", "store.on=false"):
            mine = await helm("template", "rel", tmp_path / "ours.tgz", "--set", values)
            assert mine == await helm("template", "rel", folder, "--set", values)
            assert "rel-db" in mine
        assert {pin.version for pin in pins if pin.name == "db"} == {"1.10.0"}
        market.offer("db", later, pack("db", later))
        await helm("dependency", "build", "--plain-http", folder)


async def test_credentials_reach_the_dependencies_of_the_same_host(charts: Charts, pool: RenderPool) -> None:
    files = Repository(user="ada:right")
    async with serving(files.routes) as url:
        archive = pack("db", "1.0.0")
        files.files["/deep/db-1.0.0.tgz"] = archive
        files.files["/deep/index.yaml"] = (
            b"apiVersion: v1\nentries:\n  db:\n  - {version: 1.0.0, urls: [db-1.0.0.tgz]}\n"
        )
        shop = pack("shop", "1.0.0", more=wants(f"name: db, version: 1.0.0, repository: '{url}/deep'"))
        known = source(url, Credentials("ada", "right"))
        _, pins = await complete_chart(charts, pool, shop, [known])
        assert [pin.name for pin in pins] == ["db"]
