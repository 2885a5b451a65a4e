from __future__ import annotations

import msgspec
import pytest

from cantata.core.model.applications import Application
from cantata.core.model.configs import Config, ConfigEntry, ConfigVersion, Extends
from cantata.core.model.errors import (
    ConfigNotFound,
    ConfigTagNotFound,
    ConfigVersionNotFound,
    EditConflict,
    InUse,
    NameTaken,
    ProjectNotFound,
    SecretNotFound,
)
from cantata.ports.pages import Page
from cantata.ports.store import Records
from cantata.store import SqlStore
from cantata.store.errors import CursorInvalid


def save(records: Records, config: Config, text: str, parent: Extends | None = None) -> ConfigVersion:
    return records.configs.add_version(config, text, extends=parent, author="ann", message=text)


async def test_versions_count_from_one_and_stay(store: SqlStore) -> None:
    config = await store.write(lambda records: records.configs.create("default", "dev"))
    await store.write(lambda records: records.configs.create("default", "base"))

    def save_three(records: Records) -> list[int]:
        return [save(records, config, f"n: {n}", Extends("base", n)).number for n in (1, 2, 3)]

    assert await store.write(save_three) == [1, 2, 3]

    assert (await store.read(lambda records: records.configs.get("default", "dev"))).latest == 3
    first = await store.read(lambda records: records.configs.version(config, 1))
    assert (first.text, first.extends, first.author) == ("n: 1", Extends("base", 1), "ann")
    assert (await store.read(lambda records: records.configs.version(config))).number == 3
    newest = await store.read(lambda records: records.configs.versions(config, page=Page(limit=2)))
    assert [(version.number, version.text) for version in newest] == [(3, "n: 3"), (2, "n: 2")]
    rest = await store.read(lambda records: records.configs.versions(config, page=Page(after="2")))
    assert [version.number for version in rest] == [1]
    bare = await store.read(lambda records: records.configs.versions(config, texts=False))
    assert [(version.number, version.text) for version in bare] == [(3, ""), (2, ""), (1, "")]


async def test_a_stale_edit_is_refused(store: SqlStore) -> None:
    def edit(records: Records) -> None:
        config = records.configs.create("default", "dev")
        save(records, config, "a: 1")
        records.configs.add_version(config, "a: 2", extends=None, author="bob", message="", expected=0)

    with pytest.raises(EditConflict, match="at version 1, not at 0"):
        await store.write(edit)


async def test_names_are_unique_in_a_project_that_exists(store: SqlStore) -> None:
    await store.write(lambda records: records.configs.create("default", "dev"))
    with pytest.raises(NameTaken):
        await store.write(lambda records: records.configs.create("default", "dev"))
    with pytest.raises(ProjectNotFound):
        await store.write(lambda records: records.configs.create("elsewhere", "dev"))


async def test_what_is_not_there_is_named(store: SqlStore) -> None:
    with pytest.raises(ConfigNotFound, match="dev"):
        await store.read(lambda records: records.configs.get("default", "dev"))
    config = await store.write(lambda records: records.configs.create("default", "dev"))
    with pytest.raises(ConfigVersionNotFound, match="dev"):
        await store.read(lambda records: records.configs.version(config))
    with pytest.raises(ConfigVersionNotFound, match="dev@7"):
        await store.read(lambda records: records.configs.version(config, 7))


async def test_the_list_is_searched_and_paged_by_name(store: SqlStore) -> None:
    def create(records: Records) -> None:
        for name in ("shop-prod", "shop-dev", "blog", "shop-100"):
            records.configs.create("default", name)

    await store.write(create)

    async def names(search: str = "", page: Page = Page()) -> list[str]:
        found = await store.read(lambda records: records.configs.list("default", search=search, page=page))
        return [config.name for config in found]

    assert await names() == ["blog", "shop-100", "shop-dev", "shop-prod"]
    assert await names("SHOP-") == ["shop-100", "shop-dev", "shop-prod"]
    assert await names("shop-", Page(limit=2, after="shop-100")) == ["shop-dev", "shop-prod"]
    assert await names("100%") == await names("shop_dev") == await names("\\") == []


async def test_a_cursor_of_another_list_is_refused(store: SqlStore) -> None:
    config = await store.write(lambda records: records.configs.create("default", "dev"))
    with pytest.raises(CursorInvalid, match="'dev'"):
        await store.read(lambda records: records.configs.versions(config, page=Page(after="dev")))
    with pytest.raises(CursorInvalid):
        await store.read(lambda records: records.configs.versions(config, page=Page(after="9" * 30)))


async def test_children_are_those_whose_newest_version_extends(store: SqlStore) -> None:
    def create(records: Records) -> None:
        for name in ("base", "dev", "prod"):
            save(records, records.configs.create("default", name), "a: 1")
        dev, prod = (records.configs.get("default", name) for name in ("dev", "prod"))
        save(records, dev, "a: 2", Extends("base"))
        save(records, prod, "a: 2", Extends("base"))
        save(records, prod, "a: 3")

    await store.write(create)
    children = await store.read(
        lambda records: records.configs.children(records.configs.get("default", "base"))
    )
    assert [child.name for child in children] == ["dev"]

    with pytest.raises(InUse) as refusal:
        await store.write(lambda records: records.configs.delete(records.configs.get("default", "base")))
    assert [detail.message for detail in refusal.value.details] == ["config dev"]


def entry(key: str, text: str, *, secret: bool = False) -> ConfigEntry:
    return ConfigEntry(key, text, "str", 1, secret)


async def test_a_key_remembers_the_version_that_set_it(store: SqlStore) -> None:
    def save_three(records: Records) -> list[tuple[str, int]]:
        config = records.configs.create("default", "dev")
        for entries in (
            [entry("a", "1"), entry("b", "1")],
            [entry("a", "2"), entry("b", "1"), entry("c", "1")],
            [entry("b", "1"), entry("c", "1"), entry("a", "2")],
        ):
            records.configs.add_version(config, "…", extends=None, author="ann", message="", entries=entries)
        return [(each.key, each.set_in) for each in records.configs.entries(config)]

    assert await store.write(save_three) == [("a", 2), ("b", 1), ("c", 2)]


async def test_configs_are_found_by_key_and_value_but_not_by_secret(store: SqlStore) -> None:
    def create(records: Records) -> None:
        for name, entries in {
            "dev": [entry("db.host", "db-dev"), entry("db.password", "ref:x1", secret=True)],
            "prod": [entry("db.host", "db-prod"), entry("100%", "_")],
        }.items():
            config = records.configs.create("default", name)
            records.configs.add_version(config, "…", extends=None, author="a", message="", entries=entries)

    await store.write(create)

    async def names(key: str = "", value: str = "") -> list[str]:
        found = await store.read(lambda records: records.configs.list("default", key=key, value=value))
        return [config.name for config in found]

    assert await names("DB.HOST") == ["dev", "prod"]
    assert await names("host", "PROD") == ["prod"]
    assert await names("password") == ["dev"]
    assert await names(value="x1") == await names("host", "_") == []
    assert await names("0%") == ["prod"]


async def test_a_tag_names_a_version_until_it_is_taken_away(store: SqlStore) -> None:
    def tag(records: Records) -> Config:
        config = records.configs.create("default", "dev")
        save(records, config, "a: 1")
        save(records, config, "a: 2")
        records.configs.tag(config, "prod-2026-11", 1)
        return config

    config = await store.write(tag)
    assert await store.read(lambda records: records.configs.tagged(config, "prod-2026-11")) == 1
    with pytest.raises(NameTaken, match="is on version 1"):
        await store.write(lambda records: records.configs.tag(config, "prod-2026-11", 2))
    with pytest.raises(ConfigVersionNotFound):
        await store.write(lambda records: records.configs.tag(config, "next", 3))
    await store.write(lambda records: records.configs.untag(config, "prod-2026-11"))
    assert await store.read(lambda records: records.configs.tags(config)) == []
    with pytest.raises(ConfigTagNotFound, match="prod-2026-11"):
        await store.read(lambda records: records.configs.tagged(config, "prod-2026-11"))
    with pytest.raises(ConfigTagNotFound):
        await store.write(lambda records: records.configs.untag(config, "prod-2026-11"))


async def test_a_renamed_config_keeps_its_children_and_its_users(store: SqlStore, shop: Application) -> None:
    def rename(records: Records) -> None:
        base = records.configs.get("default", shop.config)
        save(records, records.configs.create("default", "child"), "a: 1", Extends(base.name, 1))
        renamed = msgspec.structs.replace(base, name="shop-new", labels={"team": "web"}, schema="{}")
        assert records.configs.update(renamed).row_version == 2
        with pytest.raises(EditConflict):
            records.configs.update(renamed)
        with pytest.raises(NameTaken):
            records.configs.update(msgspec.structs.replace(renamed, name="child", row_version=2))

    await store.write(rename)
    child = await store.read(lambda records: records.configs.version(records.configs.get("default", "child")))
    assert child.extends == Extends("shop-new", 1)
    found = await store.read(lambda records: records.configs.get("default", "shop-new"))
    assert (found.labels, found.schema, found.row_version) == ({"team": "web"}, "{}", 2)
    assert (
        await store.read(lambda records: records.applications.get("default", shop.name))
    ).config == "shop-new"


async def test_a_config_goes_with_its_versions_unless_in_use(store: SqlStore, shop: Application) -> None:
    def delete(records: Records) -> None:
        records.configs.delete(records.configs.get("default", shop.config))

    with pytest.raises(InUse) as refusal:
        await store.write(delete)
    assert [detail.message for detail in refusal.value.details] == ["application shop-dev"]

    config = await store.read(lambda records: records.configs.get("default", shop.config))
    await store.write(lambda records: records.applications.delete(shop.id))
    await store.write(delete)
    assert await store.read(lambda records: records.configs.versions(config)) == []
    with pytest.raises(ConfigNotFound):
        await store.write(lambda records: records.configs.delete(config))


async def test_secrets_belong_to_their_project(store: SqlStore) -> None:
    first = await store.write(lambda records: records.secrets.add("default", "hunter2"))
    second = await store.write(lambda records: records.secrets.add("default", "pässwörd"))
    values = await store.read(lambda records: records.secrets.get_many("default", [first, second, first]))
    assert values == {first: "hunter2", second: "pässwörd"}
    with pytest.raises(SecretNotFound):
        await store.read(lambda records: records.secrets.get_many("other", [first]))
    with pytest.raises(SecretNotFound):
        await store.read(lambda records: records.secrets.get_many("default", [first, "unknown"]))
