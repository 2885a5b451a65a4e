"""The market over HTTP, with a real repository on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from tests.api.conftest import PROJECT, Http, assert_error, chart

from cantata.client import Client, RemoteError
from cantata.contract.market import CredentialsDraft, RepositoryDraft, RepositoryEdit
from cantata.ports import Page
from cantata.server.compose import Composed, composed
from cantata.settings import load_settings

PASSWORD = "pass-word-of-the-repository"
LOGIN = CredentialsDraft("ann", PASSWORD)
WEB: dict[str, Any] = {
    "description": "The web",
    "keywords": ["http"],
    "maintainers": [{"name": "Ann", "email": "a@example.org"}],
}


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Composed]:
    """That may read repositories on this machine."""
    settings = load_settings(
        {
            "CANTATA_DATA_DIR": str(tmp_path / "data"),
            "CANTATA_WORKERS": "1",
            "CANTATA_MARKET_ALLOW": "127.0.0.0/8",
            "CANTATA_MARKET_FOLDERS": str(tmp_path / "charts"),
        }
    )
    async with composed(settings, lambda _: None) as parts:
        yield parts


class Repository:
    """An index.yaml with an ETag and its archives; who is not Ann is refused, if it is `closed`."""

    def __init__(self) -> None:
        self.url = ""
        self.closed = False
        self.asked: list[tuple[str, int]] = []
        self.files: dict[str, bytes] = {}
        self.entries: dict[str, list[dict[str, Any]]] = {}

    def put(self, name: str, version: str, files: Mapping[str, str] | None = None, **metadata: Any) -> bytes:
        """The newest version of a chart."""
        about = {"apiVersion": "v2", "name": name, "version": version, **metadata}
        head = {"Chart.yaml": json.dumps(about), "README.md": f"# {name}\n"}
        archive = chart(name, {**head, **(files or {})})
        file = f"{name}-{version}.tgz"
        self.files[file] = archive
        entry = {**about, "digest": hashlib.sha256(archive).hexdigest(), "urls": [file]}
        self.entries.setdefault(name, []).insert(0, entry)
        return archive

    async def answer(self, request: web.Request) -> web.Response:
        made = self._answer(request)
        self.asked.append((request.path, made.status))
        return made

    def _answer(self, request: web.Request) -> web.Response:
        wanted = "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
        if self.closed and request.headers.get("Authorization") != wanted:
            return web.Response(status=401)
        if request.path != "/index.yaml":
            content = self.files.get(request.path[1:])
            return web.Response(status=404) if content is None else web.Response(body=content)
        body = json.dumps({"apiVersion": "v1", "entries": self.entries}).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(body=body, headers={"ETag": tag})


@pytest.fixture
async def repository() -> AsyncIterator[Repository]:
    repository = Repository()
    app = web.Application()
    app.router.add_get("/{path:.*}", repository.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    repository.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    repository.put("web", "1.3.0", **WEB)
    repository.put("web", "1.4.0", **WEB, appVersion="7")
    repository.put("web", "2.0.0-rc.1", **WEB)
    repository.put("old", "1.0.0", description="A web of before", deprecated=True)
    yield repository
    await runner.cleanup()


async def add(client: Client, repository: Repository, **more: Any) -> None:
    await client.market.add(RepositoryDraft("stable", repository.url, **more))


async def codes(awaitable: Any) -> str:
    with pytest.raises(RemoteError) as caught:
        await awaitable
    return caught.value.code


async def test_a_chart_is_found_shown_imported_and_told_when_there_is_a_newer_one(
    client: Client, repository: Repository
) -> None:
    await add(client, repository)
    found = [each async for each in client.market.search(["WEB"])]
    assert [(each.name, each.version, each.deprecated) for each in found] == [
        ("web", "1.4.0", False),
        ("old", "1.0.0", True),
    ]
    assert [each.name async for each in client.market.search(["http", "a@example"])] == ["web"]
    (web_,) = [each async for each in client.market.search(["http"], versions=True)]
    assert [each.version for each in web_.versions] == ["2.0.0-rc.1", "1.4.0", "1.3.0"]
    shown = await client.market.show("stable/web", "~1.3")
    assert (shown.version, shown.readme, shown.values) == ("1.3.0", "# web\n", "greeting: hello\n")
    assert [each.name for each in shown.maintainers] == ["Ann"]
    assert shown.digest == f"sha256:{hashlib.sha256(repository.files['web-1.3.0.tgz']).hexdigest()}"

    imported = await client.templates.import_from_market("shop", "stable/web", "<1.4")
    source = imported.version.source
    assert source is not None
    assert (imported.version.chart_version, source.repository, source.chart) == ("1.3.0", "stable", "web")
    assert (source.digest, source.newer) == (shown.digest, "1.4.0")
    assert [each.newer async for each in client.templates.list()] == ["1.4.0"]
    newest = await client.templates.import_from_market("shop")
    assert (newest.version.number, newest.version.chart_version) == (2, "1.4.0")
    shown_template = await client.templates.show("shop")
    assert shown_template.source is not None
    assert shown_template.source.newer == ""
    assert not (await client.templates.import_from_market("shop", "stable/web")).fresh

    repository.put("web", "1.5.0")
    await client.market.refresh("stable")
    assert [each.newer async for each in client.templates.list()] == ["1.5.0"]
    await client.market.remove("stable")
    assert [each.newer async for each in client.templates.list()] == [""]
    assert [each async for each in client.market.search([])] == []
    kept = await client.templates.show("shop", 1)
    assert kept.source == msgspec.structs.replace(source, newer="")


async def test_an_edit_and_a_clone_came_from_there_too(client: Client, repository: Repository) -> None:
    await add(client, repository)
    await client.templates.import_from_market("shop", "stable/web", "1.3.0")
    await client.templates.edit("shop", {"templates/more.yaml": "{}"})
    await client.templates.clone("shop", "again", history=True)
    for name in ("shop", "again"):
        sources = [(await client.templates.show(name, number)).source for number in (1, 2)]
        told = [(each.version, each.edited, each.newer) for each in sources if each is not None]
        assert told == [("1.3.0", False, "1.4.0"), ("1.3.0", True, "1.4.0")]
    assert [each.newer async for each in client.templates.list()] == ["1.4.0", "1.4.0"]


async def test_what_does_not_answer_is_not_added(client: Client, repository: Repository) -> None:
    repository.closed = True
    assert await codes(add(client, repository)) == "RepositoryLoginRefused"
    wrong = CredentialsDraft("ann", "wrong")
    assert await codes(add(client, repository, credentials=wrong)) == "RepositoryLoginRefused"
    assert [each async for each in client.market.list()] == []
    await add(client, repository, credentials=LOGIN)
    assert await codes(add(client, repository, credentials=LOGIN)) == "NameTaken"
    (kept,) = [each async for each in client.market.list()]
    assert (kept.entries, kept.username, kept.error) == (2, "ann", "")


async def test_credentials_are_tried_before_they_are_kept_and_stay_with_their_address(
    client: Client, repository: Repository, admin: Http
) -> None:
    repository.closed = True
    await add(client, repository, credentials=LOGIN)
    other = RepositoryEdit(credentials=CredentialsDraft("ann", "wrong"))
    assert await codes(client.market.edit("stable", other)) == "RepositoryLoginRefused"
    assert (await client.market.refresh("stable")).error == ""
    elsewhere = RepositoryEdit(url=repository.url.replace("127.0.0.1", "localhost"))
    assert await codes(client.market.edit("stable", elsewhere)) == "RepositoryLoginRefused"
    await client.market.edit("stable", RepositoryEdit(credentials=CredentialsDraft()))
    assert await codes(client.market.refresh("stable")) == "RepositoryLoginRefused"
    told = await client.market.show_repository("stable")
    assert (told.username, told.entries, "401" in told.error) == ("", 2, True)
    assert [each.name async for each in client.market.search(["web"])] == ["web", "old"]
    for path in ("market/repositories", "market/repositories/stable", "audit"):
        assert PASSWORD not in (await admin.get(f"{PROJECT}/{path}")).text


async def test_nothing_is_read_again_that_has_not_changed(client: Client, repository: Repository) -> None:
    await add(client, repository)
    await client.market.refresh("stable")
    assert repository.asked == [("/index.yaml", 200), ("/index.yaml", 304)]
    repository.put("api", "0.1.0")
    assert (await client.market.refresh("stable")).entries == 3


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (RepositoryDraft("Bad Name", "https://example.org"), "NameInvalid"),
        (RepositoryDraft("x", "ftp://example.org"), "RepositoryAddressInvalid"),
        (RepositoryDraft("x", "https://ann:pass@example.org"), "RepositoryAddressInvalid"),
        (RepositoryDraft("x", "http://169.254.169.254/latest"), "RepositoryAddressClosed"),
        (RepositoryDraft("x", "/etc"), "RepositoryFolderClosed"),
        (RepositoryDraft("x", "/srv/x", charts=("a",)), "RepositoryOptionInvalid"),
        (RepositoryDraft("x", "/srv/x", credentials=LOGIN), "RepositoryOptionInvalid"),
        (RepositoryDraft("x", "https://example.org", plain_http=True), "RepositoryOptionInvalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_a_repository_is_refused(
    client: Client, draft: RepositoryDraft, code: str
) -> None:
    assert await codes(client.market.add(draft)) == code
    assert [each async for each in client.market.list()] == []


async def test_what_is_not_there_is_told(client: Client, repository: Repository) -> None:
    await add(client, repository)
    assert await codes(client.market.show("other/web")) == "RepositoryNotFound"
    assert await codes(client.market.show("stable/wep")) == "ChartNotListed"
    assert await codes(client.market.show("web")) == "ChartReferenceInvalid"
    assert await codes(client.market.show("stable/web", "^9")) == "ChartVersionNotFound"
    assert await codes(client.market.show("stable/web", "what")) == "ConstraintInvalid"
    assert await codes(client.market.show("oci://example.org/web:1.0.0")) == "RegistryNotConfigured"
    assert await codes(client.templates.import_from_market("shop")) == "TemplateNotFound"
    await client.templates.import_("own", chart("own"))
    assert await codes(client.templates.import_from_market("own")) == "TemplateNotFromMarket"
    assert [each.name async for each in client.templates.list()] == ["own"]


async def test_what_a_chart_depends_on_comes_with_it_pinned_and_works_without_the_repository(
    client: Client, repository: Repository
) -> None:
    database = repository.put("db", "2.1.0", description="A database")
    wanted = {"name": "db", "version": "^2.0", "repository": repository.url, "alias": "store"}
    repository.put("shop", "1.0.0", dependencies=[wanted])
    await add(client, repository)
    imported = await client.templates.import_from_market("shop", "stable/shop")
    source = imported.version.source
    assert source is not None
    (pin,) = source.pins
    assert (pin.name, pin.version, pin.alias, pin.path) == ("db", "2.1.0", "store", ("shop",))
    assert pin.digest == f"sha256:{hashlib.sha256(database).hexdigest()}"
    await client.market.remove("stable")
    repository.files.clear()
    shown = await client.templates.show("shop")
    assert "charts/db-2.1.0.tgz" in shown.files
    assert shown.source == msgspec.structs.replace(source, newer="")


async def test_what_an_archive_brings_along_is_told_too(client: Client, repository: Repository) -> None:
    database = "apiVersion: v2\nname: db\nversion: 2.1.0\n"
    repository.put("shop", "1.0.0", files={"charts/db/Chart.yaml": database})
    await add(client, repository)
    imported = await client.templates.import_from_market("shop", "stable/shop")
    assert imported.version.source is not None
    (pin,) = imported.version.source.pins
    assert (pin.name, pin.version, pin.repository) == ("db", "2.1.0", "")


async def test_an_archive_that_is_not_the_announced_one_is_not_imported(
    client: Client, repository: Repository
) -> None:
    await add(client, repository)
    repository.files["web-1.4.0.tgz"] = chart("web", {"evil": "x"})
    assert await codes(client.templates.import_from_market("shop", "stable/web")) == "ChartDigestWrong"
    assert [each async for each in client.templates.list()] == []


async def test_a_search_is_read_page_by_page(parts: Composed, client: Client, repository: Repository) -> None:
    for number in range(5):
        repository.put(f"page-{number}", "1.0.0")
    await add(client, repository)
    everything = [each.name async for each in client.market.search(["page"])]
    assert everything == [f"page-{number}" for number in range(5)]
    first = await parts.ports.store.read(
        lambda records: records.market.search("default", ["page"], page=Page(limit=2))
    )
    answer = await client._connection.get(
        f"{PROJECT}/market/charts", dict[str, Any], {"word": ["page"], "limit": 2}
    )
    assert [each["name"] for each in answer["items"]] == [each.name for each in first]
    assert answer["next"] == "2"


async def test_a_template_is_published_served_and_imported_again(
    client: Client, anyone: Http, url: str, tokens: dict[str, str]
) -> None:
    await client.templates.import_("shop", chart("shop"))
    await client.templates.import_("secret", chart("secret"))
    made = await client.market.publish("shop")
    assert (made.chart, made.version) == ("shop", "1.0.0")
    assert made.origin == "/market/default/charts/shop-1.0.0.tgz"
    assert await client.market.publish("shop") == made
    await client.templates.import_("shop", chart("shop", {"more": "x"}))
    assert await codes(client.market.publish("shop")) == "ChartAlreadyPublished"
    assert await client.market.publish("shop", 1) == made

    viewer = ("anybody", tokens["viewer"])
    answer = await anyone.get("/market/default/index.yaml", auth=viewer)
    entries = answer.json()["entries"]
    assert list(entries) == ["shop"]
    assert f"sha256:{entries['shop'][0]['digest']}" == made.digest
    archive = await anyone.get(f"/market/default/{entries['shop'][0]['urls'][0]}", auth=viewer)
    assert f"sha256:{hashlib.sha256(archive.content).hexdigest()}" == made.digest
    known = {"If-None-Match": answer.headers["ETag"]}
    assert (await anyone.get("/market/default/index.yaml", auth=viewer, headers=known)).status_code == 304

    login = CredentialsDraft(*viewer)
    await client.market.add(RepositoryDraft("own", f"{url}/market/default", credentials=login))
    imported = await client.templates.import_from_market("again", "own/shop")
    assert imported.version.source is not None
    assert imported.version.source.digest == made.digest
    await client.market.withdraw("shop", "1.0.0")
    assert (await client.market.own()).charts == ()
    assert (await client.market.refresh("own")).entries == 0


async def test_a_market_answers_without_a_token_only_where_it_was_opened(
    client: Client, anyone: Http, admin: Http
) -> None:
    index, archive = "/market/default/index.yaml", "/market/default/charts/shop-1.0.0.tgz"
    for path in (index, archive):
        assert_error(await anyone.get(path), 401, "TokenMissing")
        assert_error(await anyone.get(path, auth=("any", "wrong")), 401, "TokenInvalid")
        assert_error(await anyone.get(path, headers={"Authorization": "Basic %"}), 401, "TokenMissing")
        assert_error(await admin.get(path.replace("default", "other")), 403, "Forbidden")
    await client.market.open(public=True)
    assert (await anyone.get(index)).status_code == 200
    assert_error(await anyone.get(index, auth=("any", "wrong")), 401, "TokenInvalid")
    assert_error(await anyone.get(archive), 404, "PublicationNotFound")
    assert_error(await anyone.get("/market/other/index.yaml"), 401, "TokenMissing")
    await client.market.open(public=False)
    assert_error(await anyone.get(index), 401, "TokenMissing")


async def test_a_folder_is_published_to_and_read(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "charts" / "team"
    folder.mkdir(parents=True)
    await client.market.add(RepositoryDraft("team", str(folder)))
    await client.templates.import_("shop", chart("shop"))
    made = await client.market.publish("shop", None, "team")
    assert f"sha256:{hashlib.sha256((folder / 'shop-1.0.0.tgz').read_bytes()).hexdigest()}" == made.digest
    await client.templates.import_("shop", chart("shop", {"more": "x"}))
    assert await codes(client.market.publish("shop", None, "team")) == "ChartAlreadyPublished"
    index = json.loads((folder / "index.yaml").read_text())
    ((entry,),) = index["entries"].values()
    assert (entry["name"], entry["version"], entry["urls"]) == ("shop", "1.0.0", ["shop-1.0.0.tgz"])
    assert f"sha256:{entry['digest']}" == made.digest
    await client.market.refresh("team")
    assert [each.name async for each in client.market.search(["shop"])] == ["shop"]
    assert (await client.templates.import_from_market("again", "team/shop")).fresh


DECLARED = """apiVersion: cantata.dev/v1
kind: Template
metadata: {name: shop}
spec:
  market: {repository: stable, chart: web, version: %s}
"""


async def test_a_declared_template_comes_from_the_market_and_is_pulled_once(
    client: Client, repository: Repository
) -> None:
    await add(client, repository)

    async def applied(version: str, **more: Any) -> tuple[str, int, tuple[str, ...]]:
        answer = await client.declarations.apply({"a.yaml": DECLARED % version}, **more)
        (told,) = answer.documents
        return told.outcome, told.version, told.fields

    assert await applied("~1.3", dry_run=True) == ("created", 1, ())
    assert await applied("~1.3") == ("created", 1, ())
    shown = await client.templates.show("shop")
    assert shown.source is not None
    assert (shown.chart_version, shown.origin, shown.source.newer) == ("1.3.0", "stable/web 1.3.0", "1.4.0")
    repository.asked.clear()
    assert await applied("1.3.0") == ("unchanged", 1, ())
    assert repository.asked == []
    assert await applied('""') == ("changed", 2, ("chart",))
    assert await applied("1.3.0") == ("changed", 3, ("chart",))
    for wrong, code in (('">9"', "ChartVersionNotFound"), ("1.3.0, label: a", "DeclarationInvalid")):
        with pytest.raises(RemoteError) as caught:
            await applied(wrong)
        assert caught.value.code == code
        assert (caught.value.place.file, caught.value.place.key[:11]) == ("a.yaml", "spec.market")
    both = DECLARED % "1.3.0" + "  chart: web\n"
    assert await codes(client.declarations.apply({"a.yaml": both})) == "DeclarationInvalid"
