"""After the loss of the key file: what cannot be read says what it is, and everything else goes on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.store.conftest import create_nouns
from tests.store.test_market import SECRET as REPOSITORY_SECRET
from tests.store.test_market import draft as repository_draft
from tests.store.test_triggers import SECRETS as TRIGGER_SECRETS
from tests.store.test_triggers import draft as trigger_draft
from tests.store.test_triggers import receive

from cantata.core.model.applications import Application
from cantata.core.model.configs import ConfigEntry
from cantata.core.model.errors import (
    RepositoryCredentialsUnreadable,
    SealedUnderLostKey,
    SecretNotFound,
    SecretUnreadable,
)
from cantata.core.model.market import Credentials
from cantata.core.model.triggers import Trigger, TriggerCall
from cantata.ports.store import Records
from cantata.store import StoreKey, open_store, replace_lost_key


@dataclass(frozen=True)
class Before:
    application: Application
    trigger: Trigger
    call: TriggerCall
    secrets: tuple[str, str]


def fill(records: Records) -> Before:
    application = create_nouns(records)
    old, new = (records.secrets.add("default", value) for value in ("sentinel-1", "sentinel-2"))
    config = records.configs.get("default", "shop-dev")
    for id_ in (old, new):
        records.configs.add_version(
            config,
            f"db:\n  password: !secret ref:{id_}\n",
            extends=None,
            author="ann",
            message="",
            entries=[ConfigEntry("db.password", f"ref:{id_}", "secret", 2, secret=True)],
        )
    extras = records.blobs.put_sealed(b"{}")
    records.revisions.add(
        application.id,
        cause="",
        author="ann",
        operation_id="",
        services={},
        extras=extras,
        notes="sentinel-notes",
    )
    trigger = records.triggers.create(trigger_draft(), TRIGGER_SECRETS)
    call, _ = receive(records, trigger, "d1")
    records.market.create(repository_draft(), REPOSITORY_SECRET)
    records.market.create(repository_draft("open"), Credentials())
    return Before(application, trigger, call, (old, new))


@pytest.fixture
async def before(url: str, key: StoreKey) -> Before:
    store = await open_store(url, key)
    try:
        return await store.write(fill)
    finally:
        await store.close()


@pytest.fixture
async def key_of_later(url: str, before: Before) -> StoreKey:
    assert before.secrets
    key = StoreKey.generate()
    await replace_lost_key(url, key)
    return key


async def test_a_secret_says_where_it_is_used(url: str, before: Before, key_of_later: StoreKey) -> None:
    store = await open_store(url, key_of_later)
    try:
        for id_, told in zip(
            before.secrets,
            ("a secret of config shop-dev@2", "secret db.password of config shop-dev@3"),
            strict=True,
        ):
            with pytest.raises(SecretUnreadable, match=f"{told} was sealed under a key") as refusal:
                await store.read(lambda records, id_=id_: records.secrets.get_many("default", [id_]))  # type: ignore[misc]
            assert "cantata config set shop-dev --secret" in refusal.value.hint
        assert refusal.value.place.key == "db.password"
        await store.read(lambda records: records.secrets.require("default", before.secrets))
        with pytest.raises(SecretNotFound):
            await store.read(lambda records: records.secrets.require("default", ["nothing"]))
    finally:
        await store.close()


async def test_lists_go_on(url: str, before: Before, key_of_later: StoreKey) -> None:
    store = await open_store(url, key_of_later)
    try:
        (revision,) = await store.read(lambda records: records.revisions.list(before.application.id))
        assert revision.notes.endswith("was sealed under a key that is lost)")
        assert await store.read(lambda records: records.triggers.list("default")) == [before.trigger]
        assert await store.read(lambda records: records.triggers.by_id(before.trigger.id)) == before.trigger
        assert await store.read(lambda records: records.triggers.queued(9)) == [before.call]
    finally:
        await store.close()


async def test_a_trigger_is_given_a_new_secret(url: str, before: Before, key_of_later: StoreKey) -> None:
    store = await open_store(url, key_of_later)
    try:
        with pytest.raises(SealedUnderLostKey, match=f"secrets of trigger {before.trigger.id}"):
            await store.read(lambda records: records.triggers.find(before.trigger.id))
        with pytest.raises(SealedUnderLostKey, match=f"payload of call {before.call.id}"):
            await store.read(lambda records: records.triggers.payload(before.call))
        await store.write(lambda records: records.triggers.set_secrets(before.trigger, TRIGGER_SECRETS))
        found = await store.read(lambda records: records.triggers.find(before.trigger.id))
        assert found == (before.trigger, TRIGGER_SECRETS)
    finally:
        await store.close()


async def test_a_repository_wants_its_credentials_again(
    url: str, before: Before, key_of_later: StoreKey
) -> None:
    assert before.secrets
    store = await open_store(url, key_of_later)
    try:

        def read(records: Records, name: str) -> Credentials:
            return records.market.credentials(records.market.get("default", name).repository)

        with pytest.raises(RepositoryCredentialsUnreadable) as caught:
            await store.read(lambda records: read(records, "stable"))
        assert "market login stable" in caught.value.hint
        assert await store.read(lambda records: read(records, "open")) == Credentials()
    finally:
        await store.close()
