"""The three renderings side by side, and what is flagged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.core.delivery.documents import random_document
from tests.core.delivery.kubelet import Seen, contents, see
from tests.core.delivery.small import NAME, one, workload

from cantata.core.config import MASK
from cantata.core.delivery import deliver, entries, environment_name
from cantata.core.delivery.parity import parity
from cantata.core.delivery.printed import printed
from cantata.core.model.charts import Numbers, YamlDocument
from cantata.core.model.objects import Manifest
from cantata.core.model.parity import KeyParity, ServiceParity
from cantata.core.model.templates import DeliverAs, Delivery
from cantata.core.stamp import pod_spec
from cantata.core.values import Effective, Layer, LayerKind, effective

Compose = Callable[[str], YamlDocument]
Show = Callable[..., ServiceParity]

ENV = Delivery(as_=DeliverAs.ENV)
FOLDER = Delivery(as_=DeliverAs.FILE, mount_path="/etc/app", directory=True)
WHOLE = [
    Delivery(as_=DeliverAs.FILE, mount_path=f"/etc/all.{format_}", format=format_)
    for format_ in ("yaml", "json", "properties", "dotenv")
]
EVERYTHING = [ENV, FOLDER, *WHOLE]
DROPPED = frozenset({"null", "invalid-key", "invalid-env-name", "env-collision", "env-shadowed"})


@pytest.fixture(scope="session")
def show(compose: Compose) -> Show:
    def run(text: str, *manifests: Manifest, **given: Any) -> ServiceParity:
        return delivered(compose, text, *manifests, **given)[0]

    return run


def delivered(
    compose: Compose,
    text: str,
    *manifests: Manifest,
    deliveries: Any = (ENV,),
    numbers: Numbers = Numbers.HELM,
) -> tuple[ServiceParity, Seen, Effective]:
    """The parity, and what the first container sees."""
    values = effective([Layer(LayerKind.CONFIG, "config dev@1", compose(text))])
    made = deliver(
        "web",
        manifests or (workload(one()),),
        config_name=NAME,
        entries=entries(values),
        deliveries=deliveries,
        release="shop",
        namespace="dev",
        keyed_hash=lambda content: hashlib.blake2b(content, key=b"k").hexdigest(),
        nulls=[leaf.key for leaf in values.leaves if leaf.value is None],
    )
    pod = next(pod for manifest in made.manifests if (pod := pod_spec(manifest)))
    seen = see(pod, pod["containers"][0], contents(made.objects))
    return parity("web", made, values, numbers), seen, values


def row(shown: ServiceParity, key: str) -> KeyParity:
    (found,) = [each for each in shown.keys if each.key == key]
    return found


def rules(key: KeyParity) -> list[str]:
    return [flag.rule for flag in key.flags]


def test_the_three_renderings_stand_side_by_side(show: Show) -> None:
    found = row(show("db: {host: postgres}\n", deliveries=EVERYTHING), "db.host")

    assert (found.variable.type, found.variable.value, found.variable.text) == ("string",) + 2 * ("postgres",)
    assert found.text == "postgres"
    assert [(each.container, each.name) for each in found.environment] == [("app", "DB_HOST")]
    assert [(each.path, each.format) for each in found.files] == [
        ("/etc/app/db.host", ""),
        ("/etc/all.yaml", "yaml"),
        ("/etc/all.json", "json"),
        ("/etc/all.properties", "properties"),
        ("/etc/all.dotenv", "dotenv"),
    ]
    assert (found.origin, found.line) == ("config dev@1", 1)
    assert rules(found) == ["renamed"]


FLAGS: list[tuple[str, str, Numbers, list[str], str]] = [
    ("LEVEL: info", "LEVEL", Numbers.HELM, [], ""),
    ("PORT: 5432", "PORT", Numbers.HELM, [], ""),
    ("LARGE: 1000000", "LARGE", Numbers.HELM, ["retyped"], "templates print 1e+06, there it is 1000000"),
    ("LARGE: 1000000", "LARGE", Numbers.EXACT, [], ""),
    ("EXP: 1.0e+3", "EXP", Numbers.HELM, ["retyped"], "templates print 1000, there it is 1.0e+3"),
    ("OCTAL: 017", "OCTAL", Numbers.EXACT, ["retyped"], "templates print 15, there it is 017"),
    ("SPLIT: 1_000", "SPLIT", Numbers.HELM, ["retyped"], "templates print 1000, there it is 1_000"),
    ("RATE: 1.50", "RATE", Numbers.HELM, ["retyped"], "templates print 1.5, there it is 1.50"),
    ("ON: true", "ON", Numbers.HELM, ["retyped"], "a boolean in templates is the text true there"),
    ("ON: 'true'", "ON", Numbers.HELM, [], ""),
    ("LIST: [1, a]", "LIST", Numbers.HELM, ["retyped"], 'templates print [1 a], there it is [1,"a"]'),
    ("MAP: {}", "MAP", Numbers.HELM, ["retyped"], "templates print map[], there it is {}"),
    ("NONE: ~", "NONE", Numbers.HELM, ["null"], "null is no entry"),
    ("1ST: a", "1ST", Numbers.HELM, ["invalid-env-name"], "1_ST cannot be the name of a variable"),
    ("a.b: 1\na-b: 2", "a.b", Numbers.HELM, ["env-collision"], "under the same name A_B"),
]


@pytest.mark.parametrize(("text", "key", "numbers", "wanted", "message"), FLAGS)
def test_what_differs_is_flagged(
    text: str, key: str, numbers: Numbers, wanted: list[str], message: str, show: Show
) -> None:
    found = row(show(text, numbers=numbers), key)

    assert rules(found) == wanted
    assert message in "".join(flag.message for flag in found.flags)


def test_a_key_that_is_not_delivered_has_nothing_to_differ(show: Show) -> None:
    shown = show("rate: 1.50\nnone: ~\nlevel: info\n", deliveries=[Delivery(DeliverAs.ENV, keys=("level",))])

    assert [(each.key, each.delivered, rules(each)) for each in shown.keys] == [
        ("level", True, ["renamed"]),
        ("none", False, []),
        ("rate", False, []),
    ]


def test_files_of_typed_formats_differ_only_where_numbers_do(show: Show) -> None:
    shown = show("on: true\nmany: 1000000\noctal: 017\nlist: [1, a]\n", deliveries=WHOLE[:2])

    assert {each.key: rules(each) for each in shown.keys} == {
        "list": ["retyped"], "many": ["retyped"], "octal": [], "on": []
    }  # fmt: skip


def test_what_the_chart_sets_itself_is_flagged(show: Show) -> None:
    shown = show("level: info\n", workload(one(env=[{"name": "LEVEL", "value": "own"}])))

    assert rules(row(shown, "level")) == ["env-shadowed"]
    assert not row(shown, "level").delivered


def test_findings_without_a_key_are_the_services(show: Show) -> None:
    mounted = workload(one(volumeMounts=[{"name": "own", "mountPath": "/etc/app"}]))

    shown = show("level: info\n", mounted, deliveries=[FOLDER])

    assert [finding.rule for finding in shown.findings] == ["mount-shadowed"]


def test_secrets_are_masked_everywhere_and_flagged_where_a_template_writes_them(show: Show) -> None:
    text = "password: !secret hunter2-hunter2\nkeys: [a, !secret in-the-list]\n"
    leak = workload(one(args=["--url=db://hunter2-hunter2@db"]))
    leak["metadata"]["annotations"] = {"list": "in-the-list"}

    shown = show(text, leak, deliveries=EVERYTHING)

    assert b"hunter2" not in msgspec.json.encode(shown)
    assert b"in-the-list" not in msgspec.json.encode(shown)
    password, keys = row(shown, "password"), row(shown, "keys")
    assert (password.variable.text, password.text, keys.variable.value) == (MASK, MASK, ["a", MASK])
    assert [rules(each) for each in (password, keys)] == [
        ["secret-in-plain", "renamed"], ["secret-in-plain", "renamed", "retyped"]
    ]  # fmt: skip
    assert "args[0]" in password.flags[0].message


@given(seed=st.integers(0, 2**32), numbers=st.sampled_from(Numbers))
def test_for_any_document_the_renderings_agree_or_are_flagged(
    seed: int, numbers: Numbers, compose: Compose
) -> None:
    text = random_document(Random(seed))
    volume = {"name": "native", "configMap": {"name": NAME}}
    pod = one(
        envFrom=[{"prefix": "NATIVE_", "configMapRef": {"name": NAME}}],
        volumeMounts=[{"name": "native", "mountPath": "/etc/native"}],
    )

    shown, seen, values = delivered(
        compose, text, workload({**pod, "volumes": [volume]}), deliveries=EVERYTHING, numbers=numbers
    )

    for leaf in values.leaves:
        key = row(shown, leaf.key)
        check_key(key, seen)
        if not leaf.secret:
            assert key.variable.text == printed(leaf.value, numbers)


def check_key(key: KeyParity | Any, seen: Seen) -> None:
    """Every name and place of the key holds one text, which is the template's or is flagged; where the key is
    not, that is flagged."""
    found = {flag.rule for flag in key.flags}
    for name in (environment_name(key.key), environment_name(key.key, "NATIVE_")):
        assert name in {each.name for each in key.environment} or found & DROPPED, (key, name)
    for folder in ("/etc/app", "/etc/native"):
        assert f"{folder}/{key.key}" in {each.path for each in key.files} or found & DROPPED, key
    if key.secret:
        return
    texts = [seen.environment[each.name] for each in key.environment]
    texts += [seen.files[each.path] for each in key.files if not each.format]
    assert set(texts) <= {key.text}
    assert set(texts) <= {key.variable.text} or "retyped" in found, key
    for file in key.files:
        if file.format in ("yaml", "json"):
            value = in_file(seen.files[file.path], file.format, key.key)
            same = value == key.variable.text or json.dumps(value) == key.variable.text
            assert same or "retyped" in found, (key, value)
            assert value == key.variable.value


def in_file(text: str, format_: str, key: str) -> Any:
    """The value at a key whose parts may have dots."""
    tree = yaml.safe_load(text) if format_ == "yaml" else json.loads(text)
    while key:
        part = next(part for part in sorted(tree, key=len, reverse=True) if f"{key}.".startswith(f"{part}."))
        tree, key = tree[part], key[len(part) + 1 :]
    return tree
