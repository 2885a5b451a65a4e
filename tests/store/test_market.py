"""Repositories and what they list, on each database."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from cantata.core.model.applications import Application
from cantata.core.model.charts import LoadedChart
from cantata.core.model.errors import (
    ChartNotListed,
    EditConflict,
    NameTaken,
    PublicationNotFound,
    RepositoryNotFound,
)
from cantata.core.model.listings import ChartSource, FoundChart, KeptRepository, Publication, Refreshed
from cantata.core.model.market import (
    ChartRow,
    Credentials,
    IndexMark,
    Maintainer,
    Pin,
    Repository,
    RepositoryKind,
)
from cantata.core.model.templates import TemplateSpec
from cantata.core.repositories.errors import ChartAlreadyPublished
from cantata.ports import Page, Records
from cantata.store import SqlStore

SECRET = Credentials("ann", "pass-word")
EMPTY = Credentials()


def draft(name: str = "stable", **more: object) -> Repository:
    made = Repository("", "default", name, RepositoryKind.HTTP, f"https://{name}.example.org")
    return msgspec.structs.replace(made, **more)


async def make(store: SqlStore, repository: Repository, credentials: Credentials = EMPTY) -> KeptRepository:
    return await store.write(lambda records: records.market.create(repository, credentials))


async def lists(store: SqlStore, repository: Repository, *rows: ChartRow) -> KeptRepository:
    refreshed = Refreshed(refreshed_at="now", mark=IndexMark("e1"), next_at=50.0)
    return await store.write(lambda records: records.market.refreshed(repository, refreshed, rows))


async def search(store: SqlStore, *words: str, **more: object) -> list[str]:
    found: Sequence[FoundChart] = await store.read(
        lambda records: records.market.search("default", words, **more)  # type: ignore[arg-type]
    )
    return [f"{each.repository}/{each.name}" for each in found]


async def test_a_repository_is_made_changed_and_deleted_with_what_it_lists(store: SqlStore) -> None:
    made = await make(store, draft(charts=("web",), ca_text="pem", plain_http=True), SECRET)
    assert made.username == "ann"
    with pytest.raises(NameTaken):
        await make(store, draft())
    assert await store.read(lambda records: records.market.get("default", "stable")) == made
    assert await store.read(lambda records: records.market.list("default")) == [made]
    assert await store.read(lambda records: records.market.credentials(made.repository)) == SECRET
    await lists(store, made.repository, ChartRow("web", "1.0.0"))
    wanted = msgspec.structs.replace(made.repository, url="https://other.example.org", name="not this")
    edited = await store.write(lambda records: records.market.update(wanted))
    assert (edited.repository.name, edited.repository.url) == ("stable", "https://other.example.org")
    assert (edited.refreshed.mark, edited.refreshed.next_at) == (IndexMark(), 0.0)
    assert await store.read(lambda records: records.market.credentials(made.repository)) == SECRET
    with pytest.raises(EditConflict):
        await store.write(lambda records: records.market.update(made.repository))
    again = await store.write(lambda records: records.market.update(edited.repository, EMPTY))
    assert again.username == ""
    assert await store.read(lambda records: records.market.credentials(made.repository)) == EMPTY
    await store.write(lambda records: records.market.delete(again.repository))
    with pytest.raises(RepositoryNotFound):
        await store.read(lambda records: records.market.get("default", "stable"))
    assert await search(store) == []


async def test_a_refresh_replaces_what_is_listed_and_a_failed_one_leaves_it(store: SqlStore) -> None:
    made = (await make(store, draft())).repository
    kept = await lists(
        store,
        made,
        ChartRow("api", "0.1.0"),
        ChartRow("web", "2.0.0-rc.1", description="to come"),
        ChartRow("web", "1.4.0", description="the web", digest="sha256:1", urls=("web-1.4.0.tgz",)),
        ChartRow("web", "1.3.0"),
    )
    assert (kept.refreshed.entries, kept.refreshed.mark, kept.refreshed.next_at) == (2, IndexMark("e1"), 50.0)
    chart = await store.read(lambda records: records.market.chart(made, "web"))
    assert (chart.newest.version, chart.newest.description) == ("1.4.0", "the web")
    assert [each.version for each in chart.versions] == ["2.0.0-rc.1", "1.4.0", "1.3.0"]
    assert (chart.versions[1].digest, chart.versions[1].urls) == ("sha256:1", ("web-1.4.0.tgz",))
    failed = msgspec.structs.replace(kept.refreshed, error="no answer", failures=1, next_at=9.0)
    await store.write(lambda records: records.market.refreshed(made, failed))
    assert await search(store) == ["stable/api", "stable/web"]
    assert (await store.read(lambda records: records.market.by_id(made.id))).refreshed == failed
    newest = await store.read(
        lambda records: records.market.newest([(made.id, "web"), (made.id, "gone"), ("gone", "web")])
    )
    assert newest == {(made.id, "web"): "1.4.0"}
    await lists(store, made, ChartRow("api", "0.2.0"))
    with pytest.raises(ChartNotListed):
        await store.read(lambda records: records.market.chart(made, "web"))


async def test_nothing_is_listed_for_a_repository_that_was_changed_meanwhile(store: SqlStore) -> None:
    made = (await make(store, draft())).repository
    await store.write(lambda records: records.market.update(made))
    with pytest.raises(EditConflict):
        await lists(store, made, ChartRow("web", "1.0.0"))
    assert await search(store) == []


async def test_the_longest_due_comes_first(store: SqlStore) -> None:
    first, second, third = [(await make(store, draft(name))).repository for name in ("a", "b", "c")]
    for repository, at in ((first, 30.0), (second, 10.0), (third, 99.0)):
        await store.write(
            lambda records, of=repository, at=at: records.market.refreshed(of, Refreshed(next_at=at))  # type: ignore[misc]
        )
    due = await store.read(lambda records: records.market.due(50.0, 9))
    assert [each.repository.name for each in due] == ["b", "a"]
    assert await store.read(lambda records: records.market.next_at()) == 10.0


async def test_every_word_hits_and_the_best_comes_first(store: SqlStore) -> None:
    made = (await make(store, draft())).repository
    other = (await make(store, draft("other"))).repository
    await lists(
        store,
        made,
        ChartRow("a-cache", "1.0.0", description="In front of Redis"),
        ChartRow("a-store", "1.0.0", keywords=("REDIS", "kv_x")),
        ChartRow("my-redis", "1.0.0"),
        ChartRow("old-redis", "1.0.0", deprecated=True),
        ChartRow("redis", "1.0.0", maintainers=(Maintainer("Ann", "ann@example.org"),)),
        ChartRow("redis-cluster", "1.0.0", description="100% cache"),
    )
    await lists(store, other, ChartRow("redis", "2.0.0", deprecated=True))
    names = ["redis", "redis-cluster", "my-redis", "a-store", "a-cache"]
    assert await search(store, "Redis") == [
        *(f"stable/{name}" for name in names),
        "other/redis",
        "stable/old-redis",
    ]
    assert await search(store, "cache", "redis") == ["stable/redis-cluster", "stable/a-cache"]
    assert await search(store, "redis", "ANN@") == ["stable/redis"]
    assert await search(store, "0%") == ["stable/redis-cluster"]
    assert await search(store, "kvyx") == []
    assert await search(store, "redis", repository="other") == ["other/redis"]
    assert await search(store, "redis", page=Page(limit=2)) == ["stable/redis", "stable/redis-cluster"]
    assert await search(store, "redis", page=Page(limit=2, after="2")) == [
        "stable/my-redis",
        "stable/a-store",
    ]
    found = await store.read(lambda records: records.market.search("default", ["ann"], versions=True))
    assert [each.version for each in found[0].versions] == ["1.0.0"]
    assert await store.read(lambda records: records.market.search("another", [])) == []


async def test_where_a_version_came_from_goes_with_it(store: SqlStore, shop: Application) -> None:
    """`shop` is of a template that came from a file."""
    pins = (Pin("db", "1.0.0", "https://db.example.org", "sha256:2"),)
    source = ChartSource("id", "stable", "web", "1.4.0", "https://x/web.tgz", "sha256:1", pins=pins)

    def write(records: Records) -> str:
        template = records.templates.get("default", shop.template)
        chart = LoadedChart(digest="sha256:9", name="web", version="1.4.0")
        version = records.templates.add_version(
            template, chart=chart, spec=TemplateSpec(), archive=b"tgz", origin="", author="ann"
        )
        records.market.imported(version.id, msgspec.structs.replace(source, version="1.3.0"))
        records.market.imported(version.id, source)
        assert records.market.source(version.id) == source
        assert records.market.source(records.templates.version(template, 1).id) is None
        return template.id

    template_id = await store.write(write)
    assert await store.read(lambda records: records.market.sources("default")) == {template_id: source}
    assert await store.read(lambda records: records.market.sources("another")) == {}


def publication(version: str, digest: str, name: str = "web") -> Publication:
    row = ChartRow(name, version, digest=digest)
    return Publication("", "default", f"{name}-{version}.tgz", row, "shop", 3, "ann", "")


async def publish(store: SqlStore, wanted: Publication) -> Publication:
    return await store.write(lambda records: records.publications.add(wanted, wanted.row.digest.encode()))


async def test_what_is_published_under_a_version_stays(store: SqlStore) -> None:
    made = await publish(store, publication("1.9.0", "a"))
    assert await publish(store, publication("1.9.0", "a")) == made
    with pytest.raises(ChartAlreadyPublished, match=r"web 1\.9\.0"):
        await publish(store, publication("1.9.0", "b"))
    # The same name of a file, of another chart.
    clash = Publication("", "default", made.file, ChartRow("we", "b-1.9.0", digest="a"), "", 1, "", "")
    with pytest.raises(ChartAlreadyPublished):
        await publish(store, clash)
    for version in ("1.10.0", "2.0.0-rc.1"):
        await publish(store, publication(version, version))
    await publish(store, publication("0.1.0", "c", "api"))
    listed = await store.read(lambda records: records.publications.list("default"))
    assert [f"{each.row.name} {each.row.version}" for each in listed] == [
        "api 0.1.0",
        "web 2.0.0-rc.1",
        "web 1.10.0",
        "web 1.9.0",
    ]
    assert await store.read(lambda records: records.publications.archive("default", made.file)) == b"a"
    await store.write(lambda records: records.publications.delete("default", "web", "1.9.0"))
    with pytest.raises(PublicationNotFound):
        await store.write(lambda records: records.publications.delete("default", "web", "1.9.0"))
    with pytest.raises(PublicationNotFound):
        await store.read(lambda records: records.publications.archive("default", made.file))


async def test_the_blob_of_a_published_archive_is_named(store: SqlStore) -> None:
    await publish(store, publication("1.0.0", "kept"))
    digest = "sha256:" + "a" * 64
    await store.write(lambda records: records.blobs.put(b"nobody names this"))
    made = (await make(store, draft())).repository
    await lists(store, made, ChartRow("web", "1.0.0", digest=digest))
    unnamed = await store.read(lambda records: records.blobs.unnamed(20))
    contents = await store.read(lambda records: records.blobs.get_all(unnamed))
    assert list(contents.values()) == [b"nobody names this"]


async def test_a_market_is_closed_until_it_is_opened(store: SqlStore) -> None:
    for public in (False, True, False):
        await store.write(lambda records, public=public: records.publications.set_public("default", public))  # type: ignore[misc]
        assert await store.read(lambda records: records.publications.is_public("default")) is public
    assert await store.read(lambda records: records.publications.is_public("another")) is False
