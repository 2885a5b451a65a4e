"""What is too much for one ConfigMap or Secret goes into several, where that can be."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.delivery.small import NAME, app, key_variable, one, pod_of, rules, run, workload

from cantata.core.config import SecretText
from cantata.core.delivery import Delivered, DeliveryTooLarge, Entry
from cantata.core.delivery.packing import MAX_SENT, MAX_STORED, MAX_VALUES, pack
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import DeliverAs, Delivery, UpdateMode
from cantata.core.values import LayerKind
from cantata.core.values.layers import Origin

LARGE = "x" * 600_000
THREE = tuple(Entry((name,), LARGE, LARGE) for name in "abc")
SECRET = Entry(("d",), SecretText(LARGE), SecretText(LARGE))
FOLDER = Delivery(as_=DeliverAs.FILE, mount_path="/etc/app", directory=True)


def holders(delivered: Delivered) -> dict[str, str]:
    """The object of each key."""
    return {key: each["metadata"]["name"] for each in delivered.objects for key in each["data"]}


def test_variables_name_the_object_that_holds_their_key() -> None:
    delivered = run(workload(one(env=[key_variable("B", "b"), key_variable("A", "a")])), entries=THREE)

    held = holders(delivered)
    assert len(set(held.values())) == 2
    references = [item["valueFrom"]["configMapKeyRef"] for item in app(delivered)["env"]]
    assert references == [{"name": held["b"], "key": "b"}, {"name": held["a"], "key": "a"}]
    assert all(each["immutable"] for each in delivered.objects)


@pytest.mark.parametrize(
    ("pod", "deliveries"),
    [
        ({}, [FOLDER]),
        ({"volumes": [{"name": "v", "configMap": {"name": NAME}}]}, []),
        ({"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": NAME}}]}}]}, []),
    ],
)
def test_a_volume_over_several_objects_is_projected(pod: Manifest, deliveries: list[Delivery]) -> None:
    delivered = run(workload({**one(), **pod}), entries=(*THREE, SECRET), deliveries=deliveries)

    (volume,) = pod_of(delivered)["volumes"]
    assert volume.keys() == {"name", "projected"}
    sources = volume["projected"]["sources"]
    assert [next(iter(source)) for source in sources] == ["configMap", "configMap", "configMap", "secret"]
    found = {
        item["path"]: source["name"]
        for each in sources
        for source in each.values()
        for item in source["items"]
    }
    assert found == holders(delivered)


def test_modes_and_paths_of_items_survive_a_split() -> None:
    items = [{"key": "a", "path": "x/a", "mode": 0o400}, {"key": "c", "path": "c"}, {"key": "a", "path": "z"}]
    volume = {"name": "v", "configMap": {"name": NAME, "defaultMode": 0o440, "items": items}}

    delivered = run(workload({**one(), "volumes": [volume]}), entries=THREE)

    projected = pod_of(delivered)["volumes"][0]["projected"]
    assert projected["defaultMode"] == 0o440
    assert [source["configMap"]["items"] for source in projected["sources"]] == [
        [items[0], items[2]],
        [items[1]],
    ]


def test_what_fits_stays_one_object() -> None:
    exact = [Entry(("a",), "x" * MAX_VALUES, "")]

    delivered = run(workload(one(env=[key_variable("A", "a")])), entries=exact)

    assert len(delivered.objects) == 1
    assert rules(delivered) == ["env-too-long"]


def test_a_changed_part_leaves_the_names_of_the_others() -> None:
    changed = (THREE[0], THREE[1], Entry(("c",), "y", "y"))

    before, after = (
        holders(run(workload(one()), entries=entries, deliveries=[FOLDER])) for entries in (THREE, changed)
    )

    assert before["a"] == after["a"]
    assert before["c"] != after["c"]


def test_one_entry_that_is_too_large_is_named_with_its_place() -> None:
    origin = Origin(LayerKind.CHART, "values.yaml of shop", 3, 5)
    big = Entry(("files", "big"), "x" * (MAX_VALUES + 1), "", origin=origin)

    with pytest.raises(
        DeliveryTooLarge, match=r"entry files\.big of service web has 1048577 bytes"
    ) as raised:
        run(workload(one(env=[key_variable("B", "files.big")])), entries=[big])

    place = raised.value.place
    assert (place.file, place.line, place.column, place.key) == ("values.yaml of shop", 3, 5, "files.big")


def test_escapes_count_as_they_are_sent() -> None:
    with pytest.raises(DeliveryTooLarge, match=r"\(3600027 with its control characters escaped"):
        run(workload(one(env=[key_variable("B", "b")])), entries=[Entry(("b",), "\x01" * 600_000, "")])


def test_a_file_of_a_subtree_that_is_too_large_is_named_as_what_it_is() -> None:
    delivery = Delivery(as_=DeliverAs.FILE, mount_path="/etc/app.json", key="files", format="json")
    entries = [Entry(("files", name), LARGE, LARGE) for name in "ab"]

    with pytest.raises(DeliveryTooLarge, match="the json file of files of service web has 12000"):
        run(workload(one()), entries=entries, deliveries=[delivery])


def test_what_changes_in_place_cannot_be_split() -> None:
    folder = Delivery(as_=DeliverAs.FILE, mount_path="/etc/app", directory=True, update=UpdateMode.IN_PLACE)

    with pytest.raises(DeliveryTooLarge, match=r"1800000 bytes.*largest is a") as raised:
        run(workload(one()), entries=THREE, deliveries=[folder])

    assert "cannot be split" in raised.value.hint
    assert raised.value.subject == "service web"


def test_the_object_of_the_configs_own_name_cannot_be_split() -> None:
    with pytest.raises(DeliveryTooLarge, match="entries of config shop-config have 1800000 bytes") as raised:
        run(workload(one(args=[f"--config={NAME}"])), entries=THREE)

    assert raised.value.subject == f"config {NAME}"


def test_a_workload_that_would_name_too_many_entries_is_refused() -> None:
    entries = [Entry((f"some.config.key{number:05d}",), "1", 1) for number in range(9000)]

    with pytest.raises(DeliveryTooLarge, match=r"Deployment\.apps .*names 9000 config entries one by one"):
        run(workload(one()), entries=entries, deliveries=[Delivery(as_=DeliverAs.ENV)])


def entry(key: str, size: int, secret: bool) -> Entry:
    text: Any = "x" * size
    return Entry((key,), SecretText(text) if secret else text, text)


sizes = st.one_of(st.integers(0, 50), st.integers(0, MAX_VALUES), st.just(MAX_VALUES))


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=6), sizes, max_size=12),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_packing_loses_nothing_and_fills_no_object_beyond_its_limits(
    wanted: dict[str, int], secret: bool, random: Any
) -> None:
    entries = [entry(key, size, secret) for key, size in wanted.items()]

    parts = pack(entries, "ConfigMap", "service web")

    assert [each.key for part in parts for each in part] == sorted(wanted)
    assert all(sum(wanted[each.key] for each in part) <= MAX_VALUES for part in parts)
    for left, right in itertools.pairwise(parts):
        assert sum(wanted[each.key] for each in left) + wanted[right[0].key] > MAX_VALUES
    random.shuffle(entries)
    assert pack(entries, "ConfigMap", "service web") == parts


@pytest.mark.parametrize(("length", "text"), [(253, ""), (20, "1"), (9, '"' * 100)])
def test_many_small_entries_stay_below_what_etcd_takes(length: int, text: str) -> None:
    entries = [Entry((f"{number:06d}".rjust(length, "k"),), text, text) for number in range(40_000)]

    parts = pack(entries, "ConfigMap", "service web")

    for part in parts:
        assert sum(len(text) + 2 * length for _ in part) < MAX_STORED
        assert sum(2 * len(text) + length for _ in part) < MAX_SENT
