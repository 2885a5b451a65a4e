"""Through a proxy, or past it."""

from __future__ import annotations

import pytest
from tests.kube.conftest import FAST, Script, answer
from tests.kube.connect_proxy import connect_proxy

from cantata.kube import ClusterAccess, KubeCluster, Source, UserAccess, errors
from cantata.kube.proxies import environment_proxy

SYSTEM = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "kube-system", "uid": "u-1"}}


async def test_the_proxy_of_the_kubeconfig_is_used(script: Script) -> None:
    """A plain-HTTP proxy is asked for the whole URL, so the scripted server can play one."""
    script.on("/api/v1/namespaces/kube-system", answer(SYSTEM))
    cluster = KubeCluster(ClusterAccess("far", "http://api.far.invalid", proxy_url=script.url), FAST)
    assert await cluster.uid() == "u-1"
    await cluster.close()
    assert script.requests[-1].host == "api.far.invalid"


async def test_a_proxy_that_refuses_is_named_and_learns_no_token() -> None:
    user = UserAccess(token=Source(data=b"very-secret-token"))
    async with connect_proxy() as proxy:
        proxy.refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        access = ClusterAccess("far", "https://api.far.invalid:6443", proxy_url=proxy.url, user=user)
        cluster = KubeCluster(access, FAST)
        with pytest.raises(errors.ClusterUnreachable, match="the proxy refused with 407") as caught:
            await cluster.uid()
        await cluster.close()
    assert {head[0] for head in proxy.heads} == {"CONNECT api.far.invalid:6443 HTTP/1.1"}
    assert "very-secret" not in str(proxy.heads)
    link: BaseException | None = caught.value
    while link is not None:
        assert "hunter2" not in f"{link!s}{link!r}"
        link = link.__cause__


@pytest.mark.parametrize(
    ("server", "environ", "expected"),
    [
        ("https://api.far", {"https_proxy": "http://proxy:3128"}, "http://proxy:3128"),
        ("https://api.far", {"https_proxy": "proxy:3128"}, "http://proxy:3128"),
        ("https://api.far", {"http_proxy": "http://proxy:3128"}, None),
        ("https://api.far", {"https_proxy": "http://proxy:3128", "no_proxy": "api.far"}, None),
        (
            "https://10.96.0.1:443",
            {"https_proxy": "http://proxy:3128", "no_proxy": ".svc, 10.96.0.0/12"},
            None,
        ),
        ("https://[fd00::1]:443", {"https_proxy": "http://proxy:3128", "no_proxy": "fd00::/8"}, None),
        (
            "https://11.0.0.1",
            {"https_proxy": "http://proxy:3128", "no_proxy": "10.0.0.0/8,x/y,"},
            "http://proxy:3128",
        ),
        ("https://127.0.0.1:6443", {"https_proxy": "http://proxy:3128"}, None),
        ("https://localhost:6443", {"https_proxy": "http://proxy:3128"}, None),
    ],
)
def test_the_environment(
    monkeypatch: pytest.MonkeyPatch, server: str, environ: dict[str, str], expected: str | None
) -> None:
    for name in ("https_proxy", "http_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert environment_proxy(server) == expected
