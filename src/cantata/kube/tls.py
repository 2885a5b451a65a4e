"""TLS contexts from certificates that come as bytes."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from cantata.kube.errors import KubeconfigInvalid


class ClientCertificate(msgspec.Struct, frozen=True):
    """A certificate chain and its private key, both PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "ClientCertificate(…)"


def tls_context(
    authority: bytes | None, client: ClientCertificate | None, *, insecure: bool, subject: str
) -> ssl.SSLContext:
    """Verifies the server by `authority` (PEM), or by the system's certificates when it is None.

    Not `create_default_context`: its newest strict flags refuse certificates that many clusters made for
    themselves and every other Kubernetes client takes. Raises `KubeconfigInvalid`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authority is None:
        context.load_default_certs()
    else:
        try:
            # Bundles have comments between the certificates, in any language.
            context.load_verify_locations(cadata=authority.decode("ascii", "ignore"))
        except (ssl.SSLError, ValueError) as error:
            raise KubeconfigInvalid(
                f"the certificate authority of {subject} is not a PEM certificate", subject=subject
            ) from error
    if client:
        try:
            with _as_file(client.certificate) as certificate, _as_file(client.key) as key:
                context.load_cert_chain(certificate, key, password=_refuse_password)
        except (ssl.SSLError, ValueError) as error:
            raise KubeconfigInvalid(
                f"the client certificate of {subject} and its key are not a pair in PEM form",
                subject=subject,
                hint="An encrypted key cannot be used.",
            ) from error
    return context


def _refuse_password() -> str:
    raise ValueError("the key is encrypted")


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """OpenSSL reads keys from files only: one in memory where the system has that, else a private one."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield file.name
