from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.applications import ObjectRecord
from cantata.core.model.objects import GVK, LiveObject, Manifest, Metadata
from cantata.core.model.plans import Action
from cantata.core.plan import Desired, decide
from cantata.core.stamp import REVISION, fingerprint

GOING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


def action(manifest: Manifest, record: ObjectRecord | None, live: LiveObject | None) -> Action:
    return decide(Desired.of(manifest, "web"), record, live).action


def changed(manifest: Manifest, *path: str, to: Any) -> Manifest:
    found = copy.deepcopy(manifest)
    inner = found
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = to
    return found


def test_what_nobody_knows_is_created(config_map: Manifest) -> None:
    decision = decide(Desired.of(config_map, "web"), None, None)
    assert (decision.action, decision.reason) == (Action.CREATE, "absent")


def test_what_was_only_meant_to_be_written_is_absent_and_not_gone(config_map: Manifest) -> None:
    desired = Desired.of(config_map, "web")
    decision = decide(desired, ObjectRecord(desired.key, desired.gvk, "web"), None)
    assert (decision.action, decision.reason) == (Action.CREATE, "absent")


def test_what_somebody_deleted_is_created_again(config_map: Manifest, answer: Any, record: Any) -> None:
    decision = decide(Desired.of(config_map, "web"), record(config_map, answer(config_map)), None)
    assert (decision.action, decision.reason) == (Action.CREATE, "gone from the cluster")


def test_what_is_going_away_is_created_again(config_map: Manifest, answer: Any, record: Any) -> None:
    live = answer(config_map)
    assert action(config_map, record(config_map, live), answer(config_map, metadata=GOING)) is Action.CREATE


def test_what_we_saw_last_is_unchanged(config_map: Manifest, answer: Any, record: Any) -> None:
    live = answer(config_map)
    assert action(config_map, record(config_map, live), live) is Action.UNCHANGED


def test_a_new_revision_alone_changes_nothing(config_map: Manifest, answer: Any, record: Any) -> None:
    live = answer(config_map)
    sent = changed(config_map, "metadata", "annotations", to={REVISION: "1"})
    later = changed(config_map, "metadata", "annotations", to={REVISION: "2"})
    assert action(later, record(sent, live), live) is Action.UNCHANGED


@pytest.mark.parametrize(
    "more",
    [
        {"status": {"phase": "ready"}},
        {"metadata": {"generation": 7}},
        {"metadata": {"managedFields": [{"manager": "somebody"}]}},
        {"metadata": {"annotations": {"somebody": "noted"}}},
        {"immutable": True},
    ],
    ids=["status", "generation", "managed fields", "a foreign annotation", "a foreign field"],
)
def test_a_new_version_that_has_all_that_we_set_is_unchanged(
    config_map: Manifest, answer: Any, record: Any, more: dict[str, Any]
) -> None:
    before = record(config_map, answer(config_map))
    assert action(config_map, before, answer(config_map, version="11", **more)) is Action.UNCHANGED


def test_a_field_of_ours_that_somebody_changed_is_taken_back(
    config_map: Manifest, answer: Any, record: Any
) -> None:
    before = record(config_map, answer(config_map))
    edited = answer(changed(config_map, "data", "colour", to="blue"), version="11")
    decision = decide(Desired.of(config_map, "web"), before, edited)
    assert (decision.action, decision.reason) == (Action.UPDATE, "changed in the cluster")


def test_a_field_that_we_no_longer_set_is_a_change(config_map: Manifest, answer: Any, record: Any) -> None:
    """The live object still has all that we set: only the hash of what we sent tells."""
    both = changed(config_map, "data", to={"colour": "red", "size": "1"})
    live = answer(both)
    assert action(config_map, record(both, live), live) is Action.UPDATE


def test_what_an_interrupted_operation_may_have_changed_is_written_again(
    config_map: Manifest, answer: Any, record: Any
) -> None:
    """A field that it added would stay for ever: the live object has all that we want."""
    both = changed(config_map, "data", to={"colour": "red", "size": "1"})
    before = record(config_map, answer(config_map))
    announced = msgspec.structs.replace(before, fingerprint="", resource_version="")
    assert action(config_map, announced, answer(both, version="11")) is Action.UPDATE


def test_an_object_of_another_uid_is_written_again(config_map: Manifest, answer: Any, record: Any) -> None:
    before = record(config_map, answer(config_map))
    decision = decide(Desired.of(config_map, "web"), before, answer(config_map, uid="u2"))
    assert (decision.action, decision.reason) == (Action.UPDATE, "replaced in the cluster")


@pytest.mark.parametrize("known", [True, False], ids=["meant to be written", "unknown"])
def test_an_unrecorded_object_of_ours_is_written_again(
    config_map: Manifest, answer: Any, known: bool
) -> None:
    desired = Desired.of(config_map, "web")
    before = ObjectRecord(desired.key, desired.gvk, "web") if known else None
    assert decide(desired, before, answer(config_map)).action is Action.UPDATE


def test_a_secret_is_compared_by_its_resource_version_only(
    secret: Manifest, answer: Any, record: Any
) -> None:
    """Its live copy is metadata: nothing in it can be compared."""
    live = answer(secret)
    before = record(secret, live)
    metadata_only = msgspec.structs.replace(live, body=b'{"metadata":{"name":"password"}}')
    assert action(secret, before, metadata_only) is Action.UNCHANGED
    newer = msgspec.structs.replace(live.metadata, resource_version="11")
    assert action(secret, before, msgspec.structs.replace(live, metadata=newer)) is Action.UPDATE


# --- Jobs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("spec", "template", "spec", "containers"), [{"name": "main", "image": "m:2"}], Action.RECREATE),
        (("spec", "template", "metadata"), {"labels": {"a": "b"}}, Action.RECREATE),
        (("spec", "completions"), 3, Action.RECREATE),
        (("spec", "completionMode"), "Indexed", Action.RECREATE),
        (("spec", "podFailurePolicy"), {"rules": []}, Action.RECREATE),
        (("metadata", "labels"), {"app": "other"}, Action.UPDATE),
        (("metadata", "annotations"), {"note": "new"}, Action.UPDATE),
        (("spec", "parallelism"), 2, Action.UPDATE),
        (("spec", "suspend"), True, Action.UPDATE),
        (("spec", "ttlSecondsAfterFinished"), 60, Action.UPDATE),
    ],
)
def test_a_job_is_made_anew_only_where_its_fields_are_immutable(
    job: Manifest, answer: Any, record: Any, path: tuple[str, ...], value: object, expected: Action
) -> None:
    live = answer(job)
    assert action(changed(job, *path, to=value), record(job, live), live) is expected


def test_another_kind_is_never_made_anew(config_map: Manifest, answer: Any, record: Any) -> None:
    live = answer(config_map)
    wanted = changed(config_map, "spec", to={"template": {}})
    assert action(wanted, record(config_map, live), live) is Action.UPDATE


@pytest.mark.parametrize("going", [True, False], ids=["going", "gone"])
def test_a_completed_job_does_not_run_again(job: Manifest, answer: Any, record: Any, going: bool) -> None:
    """Its time to live takes it away in two steps: marked first, then gone."""
    before = record(job, answer(job), completed=True)
    live = answer(job, metadata=GOING) if going else None
    decision = decide(Desired.of(job, "web"), before, live)
    assert (decision.action, decision.reason) == (Action.UNCHANGED, "completed earlier")


@pytest.mark.parametrize("going", [True, False], ids=["going", "gone"])
def test_a_job_that_did_not_complete_or_is_another_one_runs(
    job: Manifest, answer: Any, record: Any, going: bool
) -> None:
    live = answer(job, metadata=GOING) if going else None
    assert action(job, record(job, answer(job)), live) is Action.CREATE
    newer = changed(job, "spec", "completions", to=2)
    assert action(newer, record(job, answer(job), completed=True), live) is Action.CREATE


@pytest.mark.parametrize("image", ["m:1", "m:0"])
@pytest.mark.parametrize("state", ["unrecorded", "meant to be written", "replaced"])
def test_a_live_job_of_unknown_content_is_made_anew_where_it_differs(
    job: Manifest, answer: Any, record: Any, state: str, image: str
) -> None:
    """After an interruption the record is missing; an update of its template would be refused for ever."""
    there = changed(job, "spec", "template", "spec", "containers", to=[{"name": "main", "image": image}])
    there["spec"]["template"]["metadata"] = {"labels": {"batch.kubernetes.io/controller-uid": "1"}}
    desired = Desired.of(job, "web")
    before = {
        "unrecorded": None,
        "meant to be written": ObjectRecord(desired.key, desired.gvk, "web"),
        "replaced": record(job, answer(job, uid="u0")),
    }[state]
    expected = Action.UPDATE if image == "m:1" else Action.RECREATE
    assert decide(desired, before, answer(there)).action is expected


# --- properties ---------------------------------------------------------------------------------------------

words = st.text("abc", min_size=1, max_size=3)
data = st.dictionaries(words, words, max_size=3)


def live_of(content: dict[str, str], uid: str, version: str, going: bool) -> LiveObject:
    metadata = {"name": "settings", "namespace": "shop", "uid": uid, "resourceVersion": version}
    metadata |= GOING if going else {}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": content}
    return LiveObject(
        GVK("", "v1", "ConfigMap"), msgspec.convert(metadata, Metadata), msgspec.json.encode(body)
    )


lives = st.builds(live_of, data, st.sampled_from(["u1", "u2"]), st.sampled_from(["1", "2"]), st.booleans())


def wanted_of(content: dict[str, str]) -> Desired:
    metadata = {"name": "settings", "namespace": "shop"}
    return Desired.of({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": content}, "web")


def record_of(content: dict[str, str], live: LiveObject) -> ObjectRecord:
    desired, metadata = wanted_of(content), live.metadata
    return ObjectRecord(
        desired.key,
        desired.gvk,
        "web",
        desired=desired.digest,
        uid=metadata.uid,
        fingerprint=fingerprint(live.manifest()),
        resource_version=metadata.resource_version,
    )


@given(data, st.none() | st.builds(record_of, data, lives), lives)
def test_unchanged_needs_the_same_manifest_and_a_live_object_that_we_know(
    content: dict[str, str], record: ObjectRecord | None, live: LiveObject
) -> None:
    desired = wanted_of(content)
    if decide(desired, record, live).action is not Action.UNCHANGED:
        return
    assert record is not None
    assert record.desired == desired.digest
    assert record.uid == live.metadata.uid
    assert not live.metadata.deletion_timestamp
    seen = record.resource_version == live.metadata.resource_version
    same = record.fingerprint == fingerprint(live.manifest())
    assert seen or same or content.items() <= live.manifest()["data"].items()


@given(data, st.none() | lives, st.sampled_from(["u1", "u2"]))
def test_what_was_written_is_unchanged_at_the_next_look(
    content: dict[str, str], before: LiveObject | None, uid: str
) -> None:
    desired = wanted_of(content)
    assert decide(desired, None, before).action is not Action.UNCHANGED
    after = live_of(content, uid, "9", going=False)
    assert decide(desired, record_of(content, after), after).action is Action.UNCHANGED
