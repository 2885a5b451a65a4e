"""Rules of users: what they find in payloads, and which cannot work."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.model.triggers import ImagePart, ImageRule, KeyRule, Trigger, TriggerKind
from cantata.core.triggers import (
    TriggerPayloadInvalid,
    TriggerRuleInvalid,
    check_rules,
    map_payload,
    read_payload,
    same_as_present,
    source_allowed,
    value_text,
)
from cantata.core.triggers.images import repository_name


def generic(*rules: KeyRule, sources: tuple[str, ...] = ()) -> Trigger:
    return Trigger("1", "default", "ci", "dev", TriggerKind.GENERIC, keys=rules, sources=sources)


def images(kind: TriggerKind, *rules: ImageRule) -> Trigger:
    return Trigger("1", "default", "ci", "dev", kind, images=rules)


PAYLOAD = (
    b'{"image": {"tag": "v1.30", "n": 3, "x": 1.30, "on": true, "none": null, "list": [1]},'
    b' "events": [{"action": "pull", "tag": "a"}, {"action": "push", "tag": "b"}], "x-y": "dash"}'
)


@pytest.mark.parametrize(
    ("path", "pattern", "value"),
    [
        ("image.tag", "", "v1.30"),
        ("image.tag", "v(.+)", "1.30"),
        ("image.tag", "v.+", "v1.30"),
        ("image.tag", "1.30", None),
        ("image.tag", "(x)?v1.30", None),
        ("image.n", "", 3),
        ("image.n", "[0-9]", "3"),
        ("image.x", "", Decimal("1.30")),
        ("image.on", "", True),
        ("image.on", "true", "true"),
        ("image.none", "", None),
        ("image.other.deeper", "", None),
        ("events[0].tag", "", "a"),
        ("events[?action=='push'].tag | [0]", "", "b"),
        ('"x-y"', "", "dash"),
    ],
)
def test_what_a_path_finds(path: str, pattern: str, value: object) -> None:
    told = map_payload(generic(KeyRule("key", path, pattern)), read_payload(PAYLOAD))
    assert told.values == ({} if value is None else {"key": value})
    assert told.cause == ("" if value is None else path)


@pytest.mark.parametrize("path", ["image", "image.list", "events[*].tag"])
def test_a_list_or_a_map_is_no_value(path: str) -> None:
    with pytest.raises(TriggerPayloadInvalid, match="a single value"):
        map_payload(generic(KeyRule("key", path)), read_payload(PAYLOAD))


def test_a_value_has_a_limit() -> None:
    with pytest.raises(TriggerPayloadInvalid, match="4096"):
        map_payload(generic(KeyRule("key", "a")), {"a": "x" * 4097})


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff", b'{"a": 1} x', b"[" * 100_000])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(TriggerPayloadInvalid, match="no JSON"):
        read_payload(body)


WORDS = (
    "action",
    "push",
    "tag",
    "events",
    "target",
    "repository",
    "event_data",
    "resources",
    "type",
    "PUSH_ARTIFACT",
    "data",
    "package",
    "push_data",
    "registry_package",
    "package_version",
    "package_url",
    "object_kind",
    "object_attributes",
    "workflow_run",
    "release",
    "project",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=30,
)


@given(JSON, st.sampled_from([kind for kind in TriggerKind if kind is not TriggerKind.GENERIC]))
def test_any_payload_is_read(payload: Any, kind: TriggerKind) -> None:
    map_payload(images(kind, ImageRule("key", "shop/web")), payload)


@pytest.mark.parametrize(
    ("rule", "trouble"),
    [
        (KeyRule("key", ""), "1 to 300 characters"),
        (KeyRule("key", "a."), "is no JMESPath"),
        (KeyRule("key", "length(a)"), "uses function expression"),
        (KeyRule("key", "a.[b, c]"), "uses multi select list"),
        (KeyRule("key", "a[?max(b) == `1`]"), "uses function expression"),
        (KeyRule("key", "(" * 200), "is no JMESPath"),
        (KeyRule("key", "a", "("), "is no RE2 pattern"),
        (KeyRule("key", "a", "(?=x)"), "is no RE2 pattern"),
        (KeyRule("key", "a", "((((x{100}){100}){100}){100})"), "is no RE2 pattern"),
        (KeyRule("", "a"), "1 to 253"),
    ],
)
def test_a_rule_for_keys_that_cannot_work(rule: KeyRule, trouble: str) -> None:
    with pytest.raises(TriggerRuleInvalid, match=trouble) as caught:
        check_rules(generic(rule))
    assert caught.value.details


@pytest.mark.parametrize(
    ("kind", "rule", "trouble"),
    [
        ("harbor", ImageRule("key", ""), "is no repository"),
        ("harbor", ImageRule("key", "shop web"), "is no repository"),
        ("harbor", ImageRule("key", "shop/web:v1"), "names a tag"),
        ("harbor", ImageRule("key", "shop/web@sha256:00"), "names a tag"),
        ("harbor", ImageRule("key", "shop/web", ImagePart.COMMIT, "main"), "does not tell commits"),
        ("github", ImageRule("key", "shop/web", ImagePart.COMMIT), "needs a pattern"),
        ("dockerhub", ImageRule("key", "shop/web", ImagePart.DIGEST), "does not tell digests"),
        ("harbor", ImageRule("key", "shop/web", pattern="["), "is no RE2 pattern"),
    ],
)
def test_a_rule_for_images_that_cannot_work(kind: str, rule: ImageRule, trouble: str) -> None:
    with pytest.raises(TriggerRuleInvalid, match=trouble):
        check_rules(images(TriggerKind(kind), rule))


def test_rules_fit_the_kind_and_no_key_has_two() -> None:
    with pytest.raises(TriggerRuleInvalid, match="no rule"):
        check_rules(generic())
    with pytest.raises(TriggerRuleInvalid, match="key a has 2 rules"):
        check_rules(generic(KeyRule("a", "x"), KeyRule("a", "y")))
    with pytest.raises(TriggerRuleInvalid, match="only a generic one"):
        check_rules(Trigger("1", "p", "ci", "dev", TriggerKind.HARBOR, keys=(KeyRule("a", "x"),)))
    with pytest.raises(TriggerRuleInvalid, match="no rules for images"):
        check_rules(images(TriggerKind.GENERIC, ImageRule("a", "shop/web")))


def test_rules_that_can_work() -> None:
    check_rules(generic(KeyRule("a", "a.b[0] || c"), KeyRule("b", "a", "v(.+)"), sources=("10.0.0.0/8",)))
    check_rules(images(TriggerKind.GITHUB, ImageRule("a", "registry.example:5000/shop/web")))


@pytest.mark.parametrize("source", ["10.0.0.1/8", "example.com", "", "10.0.0.0/33", "1.2.3"])
def test_a_source_that_is_no_network(source: str) -> None:
    with pytest.raises(TriggerRuleInvalid, match="no network"):
        check_rules(generic(KeyRule("a", "x"), sources=(source,)))


@pytest.mark.parametrize(
    ("address", "sources", "allowed"),
    [
        ("10.1.2.3", (), True),
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("11.1.2.3", ("10.0.0.0/8", "11.1.2.3"), True),
        ("11.1.2.4", ("10.0.0.0/8", "11.1.2.3"), False),
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), True),
        ("fd00::1", ("10.0.0.0/8", "fd00::/8"), True),
        ("fe80::1%eth0", ("fe80::/10",), True),
        ("", ("0.0.0.0/0",), False),
        ("unix:", ("0.0.0.0/0", "::/0"), False),
    ],
)
def test_who_may_call(address: str, sources: tuple[str, ...], allowed: bool) -> None:
    assert source_allowed(address, sources) == allowed


@pytest.mark.parametrize(
    ("value", "present", "text"),
    [
        ("v1", "v0", "v1"),
        ("1.30", "1.29", '"1.30"'),
        (Decimal("1.30"), "1.29", '"1.30"'),
        (7, "6", '"7"'),
        (True, "false", '"true"'),
        ("yes", "no", '"yes"'),
        ("7", 6, "7"),
        ("007", 6, '"007"'),
        ("true", False, "true"),
        (7, 6, "7"),
        (Decimal("1.30"), 1.2, "1.30"),
        (True, False, "true"),
        ("a: b\nc", "x", '"a: b\\nc"'),
        ("x", None, "x"),
    ],
)
def test_a_value_is_written_as_the_type_that_the_key_has(value: Any, present: Any, text: str) -> None:
    assert value_text(value, present) == text


@pytest.mark.parametrize(
    ("value", "present", "same"),
    [
        ("1", "1", True),
        (1, "1", True),
        ("1", 1, True),
        (True, True, True),
        (1, True, False),
        ("a", None, False),
    ],
)
def test_what_a_key_has_already_is_not_written(value: Any, present: Any, same: bool) -> None:
    assert same_as_present(value, present) == same


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ghcr.io/Shop/web:1.2", "ghcr.io/shop/web"),
        ("shop/web@sha256:00", "shop/web"),
        ("registry:5000/web", "registry:5000/web"),
        ("web:1", "web"),
    ],
)
def test_the_name_of_a_repository(text: str, name: str) -> None:
    assert repository_name(text) == name
