"""What holds for any config and any way of using it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.config import SecretText
from cantata.core.delivery import Delivered, Entry, deliver
from cantata.core.model.objects import Manifest
from cantata.core.model.templates import DeliverAs, Delivery, UpdateMode

NAME = "shop-config"
KEYS = ("cache.host", "cache.size", "db.host", "db.password", "logLevel")

keys = st.sampled_from(KEYS)
prefixes = st.sampled_from(("", "cache", "db", *KEYS))
configs = st.fixed_dictionaries(
    {}, optional={key: st.tuples(st.text("ab", max_size=3), st.booleans()) for key in KEYS}
)
variables = st.builds(
    lambda name, kind, key: {"name": name, "valueFrom": {f"{kind}KeyRef": {"name": NAME, "key": key}}},
    st.sampled_from(("A", "B", "DB_HOST")),
    st.sampled_from(("configMap", "secret")),
    keys,
)
sources = st.builds(
    lambda kind, prefix: {f"{kind}Ref": {"name": NAME}, "prefix": prefix},
    st.sampled_from(("configMap", "secret")),
    st.sampled_from(("", "P_")),
)
containers = st.fixed_dictionaries(
    {"name": st.sampled_from(("app", "side"))},
    optional={"env": st.lists(variables, max_size=2), "envFrom": st.lists(sources, max_size=2)},
)
items = st.lists(st.builds(lambda key: {"key": key, "path": key}, keys), min_size=1, max_size=2)
files = st.fixed_dictionaries({}, optional={"items": items})
volumes = st.one_of(
    st.builds(lambda source: {"name": "v", "configMap": {"name": NAME, **source}}, files),
    st.builds(lambda source: {"name": "v", "secret": {"secretName": NAME, **source}}, files),
    st.builds(
        lambda source: {"name": "v", "projected": {"sources": [{"configMap": {"name": NAME, **source}}]}},
        files,
    ),
)
pods = st.fixed_dictionaries(
    {"containers": st.lists(containers, min_size=1, max_size=2)},
    optional={"initContainers": st.lists(containers, max_size=1), "volumes": st.lists(volumes, max_size=2)},
)
manifests = st.builds(
    lambda pod: {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": {"spec": pod}},
    },
    pods,
)
deliveries = st.lists(
    st.one_of(
        st.builds(Delivery, as_=st.just(DeliverAs.ENV), keys=st.lists(prefixes, max_size=2).map(tuple)),
        st.builds(
            Delivery,
            as_=st.just(DeliverAs.FILE),
            mount_path=st.just("/etc/one"),
            key=prefixes,
            format=st.sampled_from(("yaml", "json", "properties", "dotenv")),
        ),
        st.builds(
            Delivery,
            as_=st.just(DeliverAs.FILE),
            mount_path=st.just("/etc/folder"),
            directory=st.just(True),
            keys=st.lists(prefixes, max_size=2).map(tuple),
            update=st.sampled_from(UpdateMode),
        ),
    ),
    max_size=2,
)
Config = dict[str, tuple[str, bool]]


def to_entries(config: Config) -> list[Entry]:
    return [
        Entry(
            tuple(key.split(".")), SecretText(text) if secret else text, SecretText(text) if secret else text
        )
        for key, (text, secret) in config.items()
    ]


def run(manifest: Manifest, config: Config, wanted: Sequence[Delivery]) -> Delivered:
    return deliver(
        "web",
        [manifest],
        config_name=NAME,
        entries=to_entries(config),
        deliveries=wanted,
        release="shop",
        namespace="dev",
        keyed_hash=lambda content: hashlib.blake2b(content, key=b"key", digest_size=16).hexdigest(),
    )


def references(value: Any) -> Iterator[tuple[str, str, str]]:
    """(kind, name, key) of every reference to a key, in variables and in volumes."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for field, item in value.items():
        kind = "Secret" if field.startswith("secret") else "ConfigMap"
        if field in ("configMapKeyRef", "secretKeyRef"):
            yield kind, item["name"], item["key"]
        elif field in ("configMap", "secret"):
            for each in item["items"]:
                yield kind, item.get("name", item.get("secretName")), each["key"]
        else:
            yield from references(item)


@settings(deadline=None)
@given(manifests, configs, deliveries)
def test_every_reference_finds_its_key_and_every_key_its_reference(
    manifest: Manifest, config: Config, wanted: list[Delivery]
) -> None:
    before = copy.deepcopy(manifest)

    delivered = run(manifest, config, wanted)

    assert manifest == before
    if any(finding.rule == "missing-key" for finding in delivered.findings):
        return
    held = {
        (each["kind"], each["metadata"]["name"], key) for each in delivered.objects for key in each["data"]
    }
    assert set(references(list(delivered.manifests))) == held
    assert set(delivered.used) <= config.keys()


@settings(deadline=None)
@given(manifests, configs, deliveries)
def test_the_order_of_the_entries_does_not_matter(
    manifest: Manifest, config: Config, wanted: list[Delivery]
) -> None:
    assert run(manifest, config, wanted) == run(manifest, dict(reversed(config.items())), wanted)


@settings(deadline=None)
@given(manifests, configs, deliveries, keys, st.text("xy", min_size=1, max_size=2))
def test_a_changed_value_changes_a_service_exactly_when_it_uses_the_key(
    manifest: Manifest, config: Config, wanted: list[Delivery], key: str, text: str
) -> None:
    if key not in config:
        return
    before = run(manifest, config, wanted)

    after = run(manifest, config | {key: (text, config[key][1])}, wanted)

    if key in before.used:
        assert after.objects != before.objects
        in_place = any(delivery.update is UpdateMode.IN_PLACE for delivery in wanted)
        assert in_place or after.manifests != before.manifests
    else:
        assert after == before


@settings(deadline=None)
@given(manifests, configs, deliveries)
def test_secrets_stand_only_in_secrets(manifest: Manifest, config: Config, wanted: list[Delivery]) -> None:
    config = {key: (f"s3cret-{key}" if secret else text, secret) for key, (text, secret) in config.items()}

    delivered = run(manifest, config, wanted)

    plain = [each for each in delivered.objects if each["kind"] != "Secret"]
    assert "s3cret" not in repr((delivered.manifests, plain, delivered.shared, delivered.findings))
