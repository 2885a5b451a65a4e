"""What the HTTP library raises, as errors of ours."""

from __future__ import annotations

import aiohttp

from cantata.kube.errors import (
    ClusterProtocolError,
    ClusterSilent,
    ClusterUnreachable,
    ClusterUntrusted,
    KubeError,
)

ALIVE = "Is the cluster running, and is its address right?"

_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientHttpProxyError, "the proxy refused"),
    (aiohttp.ClientProxyConnectionError, "no connection to the proxy"),
    (aiohttp.ClientConnectorDNSError, "its name is not known"),
    (aiohttp.ClientConnectorSSLError, "TLS could not be agreed on"),
    (aiohttp.ClientConnectorError, "no connection"),
    (aiohttp.ServerDisconnectedError, "it closed the connection"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
    (aiohttp.ClientOSError, "the connection broke"),
)


def connection_error(error: Exception, cluster: str, server: str, *, streaming: bool = False) -> KubeError:
    """`streaming` where an answer had begun: then silence is no failure to connect."""
    subject = f"cluster {cluster}"
    where = f"{subject} ({server})"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        found = error.certificate_error
        reason = getattr(found, "verify_message", "") or str(found)
        return ClusterUntrusted(
            f"{where}: its certificate is not trusted: {reason}",
            subject=subject,
            hint="Check certificate-authority-data and tls-server-name of the kubeconfig.",
        )
    if isinstance(error, TimeoutError):
        if streaming:
            return ClusterSilent(f"{where} fell silent", subject=subject, hint=ALIVE)
        return ClusterUnreachable(f"{where} did not answer in time", subject=subject, hint=ALIVE)
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, aiohttp.ClientHttpProxyError):
        return ClusterProtocolError(f"{where} does not speak HTTP properly", subject=subject, hint=ALIVE)
    reason = next((text for kind, text in _FAILURES if isinstance(error, kind)), "the connection failed")
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.strerror:
        reason = f"{reason}: {error.os_error.strerror}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        reason = f"{reason} with {error.status}"
    return ClusterUnreachable(
        f"{where} cannot be reached: {reason}",
        subject=subject,
        hint=ALIVE,
    )


def shown_cause(error: Exception) -> Exception | None:
    """None where it holds our request, with its credential and the password of a proxy."""
    return None if isinstance(error, aiohttp.ClientResponseError) else error
