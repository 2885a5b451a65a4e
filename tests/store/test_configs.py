from __future__ import annotations

import pytest

from cantata.core.model.applications import Application
from cantata.core.model.configs import Config, ConfigVersion, Extends
from cantata.core.model.errors import (
    ConfigNotFound,
    ConfigVersionNotFound,
    EditConflict,
    InUse,
    NameTaken,
    ProjectNotFound,
    SecretNotFound,
)
from cantata.ports.store import Page, Records
from cantata.store import SqlStore
from cantata.store.errors import CursorInvalid


def save(records: Records, config: Config, text: str, parent: Extends | None = None) -> ConfigVersion:
    return records.configs.add_version(config, text, extends=parent, author="ann", message=text)


async def test_versions_count_from_one_and_stay(store: SqlStore) -> None:
    config = await store.write(lambda records: records.configs.create("default", "dev"))

    def save_three(records: Records) -> list[int]:
        return [save(records, config, f"n: {n}", Extends("base", n)).number for n in (1, 2, 3)]

    assert await store.write(save_three) == [1, 2, 3]

    assert (await store.read(lambda records: records.configs.get("default", "dev"))).latest == 3
    first = await store.read(lambda records: records.configs.version(config, 1))
    assert (first.text, first.extends, first.author) == ("n: 1", Extends("base", 1), "ann")
    assert (await store.read(lambda records: records.configs.version(config))).number == 3
    newest = await store.read(lambda records: records.configs.versions(config, page=Page(limit=2)))
    assert [version.number for version in newest] == [3, 2]
    rest = await store.read(lambda records: records.configs.versions(config, page=Page(after="2")))
    assert [version.number for version in rest] == [1]


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
    with pytest.raises(ConfigVersionNotFound, match="dev 7"):
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
    children = await store.read(lambda records: records.configs.children("default", "base"))
    assert [child.name for child in children] == ["dev"]

    with pytest.raises(InUse) as refusal:
        await store.write(lambda records: records.configs.delete(records.configs.get("default", "base")))
    assert [detail.message for detail in refusal.value.details] == ["config dev"]


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
