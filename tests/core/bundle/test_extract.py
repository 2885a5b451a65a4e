"""What becomes a value, and under which key."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.bundle.objects import container, deployment, named, service
from tests.core.bundle.test_make import made

from cantata.core.bundle import Extract
from cantata.core.bundle.keys import Keys, key_of
from cantata.core.bundle.secrecy import looks_secret


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "x", True),
        ("apiKey", "x", True),
        ("APIKEY", "x", True),
        ("GITHUB_TOKEN", "x", True),
        ("AWS_SECRET_ACCESS_KEY", "x", True),
        ("DATABASE_URL", "postgres://shop:grey@db/shop", True),
        ("CERT", "-----BEGIN PRIVATE KEY-----", True),
        ("CA", "-----BEGIN CERTIFICATE-----", False),
        ("DATABASE_URL", "postgres://db/shop", False),
        ("PASSWORD_FILE", "/run/secrets/x", False),
        ("TOKEN_TTL", "30s", False),
        ("SECRET_NAME", "web", False),
        ("USE_PASSWORD", "true", False),
        ("MONKEY", "banana", False),
        ("LOG_LEVEL", "info", False),
        ("DB_PASSWORD", "", False),
    ],
)
def test_secrets_are_told_by_name_and_look(name: str, value: str, secret: bool) -> None:
    assert looks_secret(name, value) is secret


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("web", "web"),
        ("log-agent", "logAgent"),
        ("tls.crt", "tlsCrt"),
        (".dockerconfigjson", "dockerconfigjson"),
        ("DB_HOST", "DB_HOST"),
        ("2048-game", "n2048Game"),
        ("---", "value"),
    ],
)
def test_keys_are_words(name: str, key: str) -> None:
    assert key_of(name) == key


def test_a_key_is_given_away_once() -> None:
    keys = Keys(["image"])
    assert [keys.take(name, "Container") for name in ("image", "a-b", "aB", "aB", "image")] == [
        "imageContainer",
        "aB",
        "aBContainer",
        "aBContainer2",
        "imageContainer2",
    ]


def paths(*objects: Any, wanted: frozenset[Extract] = frozenset(Extract)) -> dict[str, Any]:
    return {".".join(each.value.path): each.value.default for each in made(*objects, wanted=wanted).extracted}


@pytest.mark.parametrize(
    ("image", "values"),
    [
        ("nginx", {"web.image.repository": "nginx"}),
        ("nginx:1.27", {"web.image.repository": "nginx", "web.image.tag": "1.27"}),
        ("localhost:5000/a", {"web.image.repository": "localhost:5000/a"}),
        ("localhost:5000/a:b", {"web.image.repository": "localhost:5000/a", "web.image.tag": "b"}),
        ("a@sha256:0f", {"web.image.repository": "a", "web.image.digest": "sha256:0f"}),
        (
            "a:1@sha256:0f",
            {"web.image.repository": "a", "web.image.tag": "1", "web.image.digest": "sha256:0f"},
        ),
        ("no image", {"web.image": "no image"}),
    ],
)
def test_images_are_taken_apart(image: str, values: dict[str, str]) -> None:
    assert paths(deployment("web", container("web", image))) == values


def test_containers_beside_the_main_one_have_their_own_keys() -> None:
    pod = {"initContainers": [container("wait", "busybox:1")]}
    found = paths(deployment("web", container("proxy", "envoy:2"), container("web", "web:1"), pod=pod))
    assert found == {
        "web.image.repository": "web",
        "web.image.tag": "1",
        "web.proxy.image.repository": "envoy",
        "web.proxy.image.tag": "2",
        "web.wait.image.repository": "busybox",
        "web.wait.image.tag": "1",
    }


def test_the_environment_is_what_containers_and_their_config_maps_say() -> None:
    env = [
        {"name": "LEVEL", "value": "info"},
        {"name": "URL", "value": "http://$(HOST):80"},
        {"name": "API_TOKEN", "value": "abc"},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    main = container("web", "web:1", env=env, envFrom=[{"configMapRef": {"name": "web-env"}}])
    mounted = {"volumes": [{"name": "files", "configMap": {"name": "files"}}]}
    objects = (
        deployment("web", main, pod=mounted),
        named("ConfigMap", "web-env", data={"MODE": "fast", "PASSWORD": "grey"}),
        named("ConfigMap", "files", data={"a.conf": "x"}),
    )
    assert paths(*objects, wanted=frozenset({Extract.ENV})) == {
        "web.env.LEVEL": "info",
        "web.env.API_TOKEN": "abc",
        "web.envConfig.MODE": "fast",
        "web.envConfig.PASSWORD": "grey",
    }
    bundle = made(*objects, wanted=frozenset())
    assert [(".".join(each.value.path), each.value.secret) for each in bundle.extracted] == [
        ("web.env.API_TOKEN", True),
        ("web.envConfig.PASSWORD", True),
    ]
    assert [each.rule for each in bundle.findings] == ["secret-in-the-open"] * 2
    assert not {"abc", "grey"} & {word.strip('"') for text in bundle.files.values() for word in text.split()}


def test_secrets_never_stand_in_the_chart() -> None:
    secret = named(
        "Secret",
        "web",
        type="Opaque",
        data={"text": "Z3JleQ==", "bytes": "//4=", "empty": "", "ref": "cmVmOmE="},
        stringData={"more": "horse"},
    )
    bundle = made(secret, deployment("web"), wanted=frozenset())
    assert {".".join(each.value.path): each.value.default for each in bundle.extracted} == {
        "web.secret.text": "grey",
        "web.secret.bytes": "//4=",
        "web.secret.ref": "cmVmOmE=",
        "web.secret.more": "horse",
    }
    for path, text in bundle.files.items():
        assert "horse" not in text, path
        assert "//4=" not in text, path
    assert 'text: !secret "grey"' in bundle.config_text


def test_hosts_of_several_services_stand_above_them() -> None:
    def ingress(name: str, *hosts: str) -> Any:
        backend = {"backend": {"service": {"name": name}}}
        rules = [{"host": host, "http": {"paths": [backend]}} for host in hosts]
        return named(
            "Ingress", name, group="networking.k8s.io", spec={"rules": rules, "tls": [{"hosts": [*hosts]}]}
        )

    objects = [each for name in ("web", "api", "hosts") for each in (deployment(name), service(name))]
    found = paths(
        *objects,
        ingress("web", "shop.example.com", "www.example.com"),
        ingress("api", "shop.example.com", "api.example.com"),
        ingress("hosts", "web.svc"),
        wanted=frozenset({Extract.HOSTS}),
    )
    assert found == {
        "hosts.shop": "shop.example.com",
        "web.host": "www.example.com",
        "api.host": "api.example.com",
    }
