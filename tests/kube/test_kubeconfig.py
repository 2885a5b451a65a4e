"""Kubeconfig files: merged as kubectl merges them, and what one context comes to."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cantata.kube import Kubeconfig, in_cluster, kubeconfig_paths, read_kubeconfig
from cantata.kube.errors import KubeconfigInvalid

PEM = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()


async def parse(text: str, _file: str) -> Any:
    return json.loads(text)


def document(name: str = "dev", **changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": "https://10.0.0.1:6443", **changes.get("cluster", {})}}
        ],
        "users": [{"name": name, "user": changes.get("user", {"token": "secret"})}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "shop"}}],
        "preferences": {},
    }


def kubeconfig(**changes: Any) -> Kubeconfig:
    return Kubeconfig([("/home/me/.kube/config", document(**changes))])


def test_the_first_file_wins_for_a_whole_entry() -> None:
    first, second = document(), document()
    first["users"][0]["user"] = {"username": "me", "password": "pw"}
    second["users"][0]["user"] = {"token": "second", "as": "root"}
    second["current-context"] = "other"
    second["contexts"].append({"name": "other", "context": {"cluster": "dev", "user": "dev"}})
    merged = Kubeconfig([("/a", first), ("/b", second)])
    access = merged.access()
    assert (access.name, access.user.username, access.user.token) == ("dev", "me", None)
    assert access.user.impersonation is None
    assert merged.contexts == ("dev", "other")
    assert merged.access("other").user.username == "me"


def test_parts_may_stand_in_different_files() -> None:
    whole = document()
    parts = [
        ("/a", None),
        ("/b", {"contexts": whole["contexts"], "users": None}),
        ("/c", {"clusters": whole["clusters"]}),
        ("/d", {"users": whole["users"], "current-context": "dev"}),
    ]
    assert Kubeconfig(parts).access().server == "https://10.0.0.1:6443"


def test_paths_count_from_the_file_that_has_them() -> None:
    files = {"client-certificate": "pki/me.crt", "client-key": "/abs/me.key"}
    access = kubeconfig(user=files, cluster={"certificate-authority": "ca.crt"}).access()
    assert access.authority is not None
    assert access.authority.path == "/home/me/.kube/ca.crt"
    assert access.user.certificate is not None
    assert access.user.certificate.path == "/home/me/.kube/pki/me.crt"
    assert access.user.key is not None
    assert access.user.key.path == "/abs/me.key"


def test_inline_data_wins_over_files_and_token_files_over_tokens() -> None:
    cluster = {"certificate-authority": "ca.crt", "certificate-authority-data": PEM}
    access = kubeconfig(cluster=cluster, user={"token": "old", "tokenFile": "/run/token"}).access()
    assert access.authority is not None
    assert access.authority.data.startswith(b"-----BEGIN")
    assert access.user.token is not None
    assert access.user.token.path == "/run/token"


def test_everything_else_that_a_context_says() -> None:
    user = {"token": "t", "as": "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"x": ["1"]}}
    cluster = {
        "server": "https://api.example:6443/k8s/",
        "tls-server-name": "kubernetes",
        "insecure-skip-tls-verify": True,
        "proxy-url": "http://proxy:3128",
        "disable-compression": True,
    }
    access = kubeconfig(user=user, cluster=cluster).access()
    assert access.server == "https://api.example:6443/k8s"
    assert (access.tls_server_name, access.insecure, access.proxy_url, access.compression) == (
        "kubernetes",
        True,
        "http://proxy:3128",
        False,
    )
    assert access.namespace == "shop"
    someone = access.user.impersonation
    assert someone is not None
    assert (someone.user, someone.uid, someone.groups) == ("jane", "7", ("a", "b"))
    assert someone.extra == {"x": ("1",)}


def test_the_scheme_may_be_written_in_capitals() -> None:
    assert kubeconfig(cluster={"server": "HTTPS://10.0.0.1:6443"}).access().server == "https://10.0.0.1:6443"


def test_nothing_secret_is_shown() -> None:
    assert "secret" not in repr(kubeconfig().access())
    assert "secret" not in repr(kubeconfig().access().user)


EXEC = {"command": "aws", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable"}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"cluster": {"server": ""}}, "clusters.dev.server"),
        ({"cluster": {"server": "10.0.0.1:6443"}}, "clusters.dev.server"),
        ({"cluster": {"server": "https://h:99999"}}, "clusters.dev.server"),
        ({"cluster": {"server": "https://me:secret@h:6443"}}, "clusters.dev.server"),
        ({"cluster": {"server": "https://h:6443?token=secret"}}, "clusters.dev.server"),
        ({"cluster": {"server": "https://h:6443#there"}}, "clusters.dev.server"),
        ({"cluster": {"server": "https://a..b:6443"}}, "clusters.dev.server"),
        ({"cluster": {"server": f"https://{'a' * 64}"}}, "clusters.dev.server"),
        ({"cluster": {"server": "https://h/x\r\nHost: other"}}, "clusters.dev.server"),
        ({"cluster": {"server": "https://a b"}}, "clusters.dev.server"),
        ({"cluster": {"proxy-url": "socks5://h:1"}}, "clusters.dev.proxy-url"),
        ({"cluster": {"proxy-url": "http://a..b:3128"}}, "clusters.dev.proxy-url"),
        ({"cluster": {"certificate-authority-data": "%%%"}}, "clusters.dev.certificate-authority-data"),
        ({"cluster": {"certificate-authority-data": PEM, "insecure-skip-tls-verify": True}}, "clusters.dev"),
        ({"user": {"client-certificate": "a"}}, "users.dev"),
        ({"user": {"token": "secret", "username": "me"}}, "users.dev"),
        ({"user": {"auth-provider": {"name": "gcp"}}}, "users.dev"),
        ({"user": {"as-groups": ["a"]}}, "users.dev"),
        ({"user": {"exec": {**EXEC, "apiVersion": "x/v1alpha1"}}}, "users.dev.exec.apiVersion"),
        ({"user": {"exec": {**EXEC, "interactiveMode": "Always"}}}, "users.dev.exec.interactiveMode"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_an_error_with_its_place(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(KubeconfigInvalid) as caught:
        kubeconfig(**changes).access()
    assert (caught.value.place.file, caught.value.place.key) == ("/home/me/.kube/config", key)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        [],
        "text",
        {"clusters": {"dev": {}}},
        {"clusters": [{"cluster": {}}]},
        {"users": [{"name": "a"}]},
        {"users": [{"name": "a", "user": {}}, {"name": "a", "user": {}}]},
        {"users": [{"name": "a", "user": {"token": 7}}]},
    ],
)
def test_a_document_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(KubeconfigInvalid):
        Kubeconfig([("/a", value)])


def test_names_that_lead_nowhere_say_what_is_there() -> None:
    with pytest.raises(KubeconfigInvalid, match="'prod'") as caught:
        kubeconfig().access("prod")
    assert "dev" in caught.value.hint
    broken = document()
    broken["contexts"][0]["context"]["user"] = "nobody"
    with pytest.raises(KubeconfigInvalid, match="'nobody'"):
        Kubeconfig([("/a", broken)]).access()
    with pytest.raises(KubeconfigInvalid, match="no current context"):
        Kubeconfig([("/a", {})]).access()


@pytest.mark.parametrize(
    "changes",
    [
        {"cluster": {"certificate-authority": "/etc/passwd"}},
        {"user": {"client-certificate": "a", "client-key": "b"}},
        {"user": {"tokenFile": "/etc/shadow"}},
        {"user": {"exec": EXEC}},
    ],
)
def test_from_outside_only_inline_credentials_are_taken(changes: dict[str, Any]) -> None:
    with pytest.raises(KubeconfigInvalid, match="only inline"):
        kubeconfig(**changes).access(inline_only=True)
    kubeconfig().access(inline_only=True)


def test_kubeconfig_names_several_files() -> None:
    assert kubeconfig_paths({"KUBECONFIG": "/a::/b:/a"}) == [Path("/a"), Path("/b")]
    assert kubeconfig_paths({}) == [Path("~/.kube/config").expanduser()]


async def test_files_that_are_missing_are_left_out(tmp_path: Path) -> None:
    there, empty = tmp_path / "there", tmp_path / "empty"
    there.write_text(json.dumps(document()))
    empty.write_text("\n")
    merged = await read_kubeconfig([tmp_path / "missing", empty, there], parse)
    assert merged.access().name == "dev"
    with pytest.raises(KubeconfigInvalid, match="no kubeconfig"):
        await read_kubeconfig([tmp_path / "missing"], parse)
    with pytest.raises(KubeconfigInvalid, match="cannot be read"):
        await read_kubeconfig([tmp_path], parse)


def test_in_a_pod(tmp_path: Path) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    with pytest.raises(KubeconfigInvalid):
        in_cluster(environ, tmp_path)
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("cantata\n")
    access = in_cluster(environ, tmp_path)
    assert (access.server, access.namespace) == ("https://[fd00::1]:443", "cantata")
    with pytest.raises(KubeconfigInvalid):
        in_cluster({}, tmp_path)
