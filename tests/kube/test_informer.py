"""Informers against a server that breaks watches in every way."""

from __future__ import annotations

import asyncio
import logging

import msgspec
import pytest
from tests.kube.conftest import (
    CONFIG_MAPS,
    FAST,
    Reply,
    Script,
    broken_off,
    config_map,
    event,
    eventually,
    listed,
    refused,
    streamed,
    text,
)

from cantata.core.model.objects import LiveObject, ObjectKey
from cantata.kube import ClusterAccess, KubeCluster, KubeInformer, errors
from cantata.ports import Change

ALL = "/api/v1/namespaces/shop/configmaps"
WATCH = f"watch {ALL}"
GONE = {"kind": "Status", "status": "Failure", "reason": "Expired", "message": "too old", "code": 410}
QUIET = streamed(hold=True)


def key(name: str) -> ObjectKey:
    return ObjectKey("", "ConfigMap", "shop", name)


class Story:
    """What a listener was told, as `ADDED a@1`."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __call__(self, change: Change, live: LiveObject) -> None:
        self.told.append(f"{change} {live.metadata.name}@{live.metadata.resource_version}")


def inform(cluster: KubeCluster, story: Story | None = None) -> KubeInformer:
    return cluster.inform(CONFIG_MAPS, namespace="shop", listener=story)


async def test_a_list_then_a_watch_from_where_it_ended(script: Script, cluster: KubeCluster) -> None:
    story = Story()
    script.on(ALL, listed(config_map("a", "3"), version="5"))
    script.on(
        WATCH,
        streamed(
            event("ADDED", config_map("b", "6")),
            event("MODIFIED", config_map("a", "7", k="v")),
            event("DELETED", config_map("b", "8")),
            hold=True,
        ),
    )
    informer = inform(cluster, story)
    await informer.wait_synced()
    await eventually(lambda: len(story.told) == 4)
    assert story.told == ["ADDED a@3", "ADDED b@6", "MODIFIED a@7", "DELETED b@8"]
    (asked,) = script.asked(ALL, watch=True)
    assert asked.query["resourceVersion"] == "5"
    assert asked.query["allowWatchBookmarks"] == "true"
    assert informer.synced
    found = informer.find(key("a"))
    assert found is not None
    assert found.manifest()["data"] == {"k": "v"}
    assert [live.metadata.name for live in informer.objects()] == ["a"]


async def test_without_a_copy_all_goes_to_the_listener_and_nothing_is_kept(
    script: Script, cluster: KubeCluster
) -> None:
    story = Story()
    script.on(ALL, listed(config_map("a", "3"), version="5"))
    heard = (event("MODIFIED", config_map("a", "6", k="v")), event("DELETED", config_map("a", "7")))
    script.on(WATCH, streamed(*heard, hold=True))
    informer = cluster.inform(CONFIG_MAPS, namespace="shop", listener=story, keep=False)
    await informer.wait_synced()
    await eventually(lambda: len(story.told) == 3)
    assert story.told == ["ADDED a@3", "MODIFIED a@6", "DELETED a@7"]
    assert informer.objects() == ()


async def test_a_watch_that_ends_goes_on_from_the_last_bookmark(script: Script, cluster: KubeCluster) -> None:
    bookmark = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": "77"}}
    script.on(ALL, listed(version="5"))
    script.on(WATCH, streamed(event("BOOKMARK", bookmark)), QUIET)
    inform(cluster)
    await eventually(lambda: script.count(ALL, watch=True) == 2)
    assert script.asked(ALL, watch=True)[1].query["resourceVersion"] == "77"
    assert script.count(ALL) == 1


async def test_a_cluster_that_was_set_back_is_listed_anew(script: Script, cluster: KubeCluster) -> None:
    story = Story()
    bookmark = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": "77"}}
    script.on(ALL, listed(config_map("a", "500"), version="501"), listed(config_map("b", "70"), version="78"))
    script.on(WATCH, streamed(event("BOOKMARK", bookmark), hold=True), QUIET)
    informer = inform(cluster, story)
    await eventually(lambda: script.count(ALL, watch=True) == 2 and informer.synced)
    assert script.asked(ALL, watch=True)[1].query["resourceVersion"] == "78"
    assert story.told == ["ADDED a@500", "DELETED a@500", "ADDED b@70"]


async def test_a_copy_that_is_doubted_is_made_anew(script: Script, cluster: KubeCluster) -> None:
    story = Story()
    script.on(ALL, listed(config_map("a", "3"), version="5"), listed(config_map("a", "6"), version="6"))
    script.on(WATCH, QUIET)
    informer = inform(cluster, story)
    await eventually(lambda: script.count(ALL, watch=True) == 1)
    informer.doubt()
    await eventually(lambda: script.count(ALL, watch=True) == 2)
    assert informer.synced
    assert story.told == ["ADDED a@3", "MODIFIED a@6"]


@pytest.mark.parametrize(
    "expiry",
    [
        refused(410, "Expired", "too old resource version"),
        streamed(event("ERROR", GONE)),
        refused(400, "BadRequest", 'invalid resource version: strconv.ParseUint: parsing "5"'),
    ],
    ids=["as an answer", "as an event", "of another storage"],
)
async def test_after_a_lost_version_the_new_list_tells_what_was_deleted_meanwhile(
    script: Script, cluster: KubeCluster, expiry: Reply
) -> None:
    story = Story()
    replaced = config_map("d", "12")
    replaced["metadata"]["uid"] = "another"
    script.on(
        ALL,
        listed(config_map("a"), config_map("b"), config_map("c"), config_map("d"), version="5"),
        listed(config_map("a"), config_map("b", "9"), replaced, config_map("e", "10"), version="20"),
    )
    script.on(WATCH, expiry, QUIET)
    informer = inform(cluster, story)
    await eventually(lambda: script.count(ALL, watch=True) == 2 and informer.synced)
    assert story.told[4:] == ["DELETED c@1", "DELETED d@1", "MODIFIED b@9", "ADDED d@12", "ADDED e@10"]
    assert script.asked(ALL, watch=True)[1].query["resourceVersion"] == "20"


async def test_a_half_closed_watch_is_noticed(script: Script, cluster: KubeCluster) -> None:
    script.on(ALL, listed(version="5"))
    script.on(WATCH, streamed(event("ADDED", config_map("a", "6")), hold=True), QUIET)
    informer = inform(cluster)
    await eventually(lambda: script.count(ALL, watch=True) >= 2)
    assert script.asked(ALL, watch=True)[1].query["resourceVersion"] == "6"
    assert informer.synced
    assert script.count(ALL) == 1


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (refused(500, "InternalError", "boom"), errors.ClusterFailing),
        (refused(429, "TooManyRequests", "slow down", Retry_After="60"), errors.TooManyRequests),
        (text("<html>", 502), errors.ClusterFailing),
        (refused(403, "Forbidden", 'User "x" cannot watch'), errors.ClusterForbidden),
        (broken_off(b'{"type":"ADDED","object":{"kind":'), errors.ClusterUnreachable),
        (streamed(b'{"type":"ADDED","object":{"kind":\n', hold=True), errors.ClusterProtocolError),
        (streamed(b"not json at all\n", hold=True), errors.ClusterProtocolError),
        (streamed(event("SURPRISE", config_map("x")), hold=True), errors.ClusterProtocolError),
        (streamed(b"x" * 50_000, hold=True), errors.ClusterProtocolError),
    ],
    ids=["500", "429", "502", "403", "broken off", "truncated", "no JSON", "unknown type", "endless line"],
)
async def test_a_troubled_watch_makes_the_copy_stale_until_it_runs_again(
    script: Script, cluster: KubeCluster, trouble: Reply, error: type[Exception]
) -> None:
    heal = asyncio.Event()

    async def healed(request: object) -> object:
        await heal.wait()
        return await QUIET(request)  # type: ignore[arg-type]

    script.on(ALL, listed(config_map("a"), version="5"))
    script.on(WATCH, trouble, trouble, trouble, trouble, trouble, healed)  # type: ignore[arg-type]
    informer = inform(cluster)
    await eventually(lambda: informer.failure is not None)
    assert isinstance(informer.failure, error)
    assert not informer.synced
    assert informer.find(key("a")) is not None
    heal.set()
    await eventually(lambda: informer.synced)
    await informer.wait_synced()


async def test_an_event_that_cannot_be_read_is_never_skipped(script: Script, cluster: KubeCluster) -> None:
    story = Story()
    script.on(ALL, listed(version="5"), listed(config_map("a", "6"), version="7"))
    script.on(WATCH, streamed(b'{"type":"ADDED","object":{"metadata":{"name":7}}}\n', hold=True), QUIET)
    informer = inform(cluster, story)
    await eventually(lambda: story.told == ["ADDED a@6"])
    assert informer.synced


async def test_waiting_ends_where_it_is_hopeless(script: Script, cluster: KubeCluster) -> None:
    script.on(ALL, refused(403, "Forbidden", 'configmaps is forbidden: User "x" cannot list resource'))
    informer = inform(cluster)
    with pytest.raises(errors.ClusterForbidden):
        await informer.wait_synced()
    script.on(ALL, listed(version="5"))
    script.on(WATCH, QUIET)
    await eventually(lambda: informer.synced)


async def test_waiting_goes_on_while_the_cluster_is_down(script: Script, cluster: KubeCluster) -> None:
    script.on(ALL, *[refused(500, "InternalError", "boom")] * 3, listed(version="5"))
    script.on(WATCH, QUIET)
    async with asyncio.timeout(5):
        await inform(cluster).wait_synced()


@pytest.mark.parametrize(
    "told", [(), (event("ADDED", config_map("a", "6")),)], ids=["nothing told", "the same told again"]
)
async def test_watches_that_end_at_once_do_not_spin(script: Script, told: tuple[bytes, ...]) -> None:
    script.on(ALL, listed(version="5"))
    script.on(WATCH, streamed(*told))
    cluster = KubeCluster(
        ClusterAccess("played", script.url), msgspec.structs.replace(FAST, informer_pause=0.04)
    )
    inform(cluster)
    start = asyncio.get_running_loop().time()
    await eventually(lambda: script.count(ALL, watch=True) == 8)
    assert asyncio.get_running_loop().time() - start > 0.1
    await cluster.close()


async def test_a_failing_listener_does_not_stop_the_copy(
    script: Script, cluster: KubeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_change: Change, _live: LiveObject) -> None:
        raise RuntimeError("a defect")

    script.on(ALL, listed(config_map("a"), version="5"))
    script.on(WATCH, streamed(event("ADDED", config_map("b", "6")), hold=True))
    with caplog.at_level(logging.ERROR):
        informer = cluster.inform(CONFIG_MAPS, namespace="shop", listener=fail)
        await eventually(lambda: informer.find(key("b")))
    assert "a defect" in caplog.text


async def test_events_cut_anywhere_are_put_together(script: Script, cluster: KubeCluster) -> None:
    whole = b"".join(event("ADDED", config_map(f"m{i}", str(10 + i))) for i in range(30))
    script.on(ALL, listed(version="5"))
    script.on(WATCH, streamed(*(whole[i : i + 7] for i in range(0, len(whole), 7)), hold=True))
    informer = inform(cluster)
    await eventually(lambda: len(tuple(informer.objects())) == 30)


async def test_closing_ends_the_watch(script: Script, cluster: KubeCluster) -> None:
    script.on(ALL, listed(version="5"))
    script.on(WATCH, QUIET)
    informer = inform(cluster)
    await informer.wait_synced()
    await informer.close()
    assert not informer.synced
    with pytest.raises(errors.ClusterUnreachable, match="closed"):
        await informer.wait_synced()
