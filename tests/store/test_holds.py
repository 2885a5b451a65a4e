"""Values that are held, in the store."""

from __future__ import annotations

from cantata.core.model.applications import Application
from cantata.core.model.holds import Hold
from cantata.store import SqlStore


async def test_a_value_is_held_once_until_it_is_lifted(store: SqlStore, shop: Application) -> None:
    def hold(service: str, value: str) -> Hold:
        return Hold("", shop.id, service, ("image", "tag"), value, 3, "ann")

    twice = [hold("web", "v9"), hold("web", "v9"), hold("api", "v9")]
    for made in (twice, [hold("web", "v9"), hold("web", "v8")], []):
        await store.write(lambda records, made=made: records.holds.add(made))  # type: ignore[misc]
    held = await store.read(lambda records: records.holds.list(shop.id))
    assert sorted((each.service, each.value) for each in held) == [
        ("api", "v9"),
        ("web", "v8"),
        ("web", "v9"),
    ]
    assert all(each.id and each.created_at for each in held)
    newest = await store.read(lambda records: records.holds.list_all("default"))
    assert [each.id for each in newest] == sorted((each.id for each in held), reverse=True)
    await store.write(lambda records: records.holds.remove(each.id for each in held if each.service == "web"))
    left = await store.read(lambda records: records.holds.list(shop.id))
    assert [each.service for each in left] == ["api"]
