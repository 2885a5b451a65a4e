"""The certificates and keys of one sandbox, made once and kept in its folder."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = datetime.timedelta(days=3650)
SERVER_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "metrics-server.kube-system.svc",
)
SERVER_ADDRESSES = ("127.0.0.1", "10.96.0.1")


@dataclass(frozen=True)
class User:
    """Someone whom the API server knows by a bearer token (`--token-auth-file`)."""

    name: str
    groups: tuple[str, ...] = ()


USERS = (User("admin", ("system:masters",)), User("viewer"), User("nobody"))
"""`viewer` may read (bound to ClusterRole `view`), `nobody` may nothing: so that 403 can be provoked."""


@dataclass(frozen=True)
class _Signer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def create_pki(folder: Path) -> None:
    """Make whatever is missing; a complete folder is left as it is, so that a kubeconfig stays true.

    Files: `ca`, `server`, `admin` and `front-proxy` with `.crt` and `.key`, `service-account.key` and `.pub`,
    `tokens.csv`. Keys are readable by the owner only.
    """
    if (folder / "complete").exists():
        return
    authority = _authority(folder)
    _issue(folder, authority, "server", "kube-apiserver", usage=ExtendedKeyUsageOID.SERVER_AUTH, serves=True)
    _issue(folder, authority, "admin", "admin", groups=["system:masters"])
    _issue(folder, authority, "front-proxy", "front-proxy")
    service_account = ec.generate_private_key(ec.SECP256R1())
    _keep_key(folder / "service-account.key", service_account)
    public = service_account.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _keep(folder / "service-account.pub", public)
    rows = [
        f'{secrets.token_urlsafe(24)},{user.name},{user.name},"{",".join(user.groups)}"\n' for user in USERS
    ]
    _keep(folder / "tokens.csv", "".join(rows).encode())
    _keep(folder / "complete", b"")


def read_tokens(folder: Path) -> dict[str, str]:
    """The bearer token of each of `USERS`, by name."""
    rows = (line.split(",") for line in (folder / "tokens.csv").read_text().splitlines())
    return {name: token for token, name, *_ in rows}


def kubeconfig(folder: Path, name: str, server: str) -> str:
    """The text of a kubeconfig with the administrator's client certificate inline."""

    def inline(file: str) -> str:
        return base64.b64encode((folder / file).read_bytes()).decode()

    return f"""\
apiVersion: v1
kind: Config
current-context: {name}
clusters:
- name: {name}
  cluster:
    server: {server}
    certificate-authority-data: {inline("ca.crt")}
users:
- name: {name}
  user:
    client-certificate-data: {inline("admin.crt")}
    client-key-data: {inline("admin.key")}
contexts:
- name: {name}
  context:
    cluster: {name}
    user: {name}
"""


def _authority(folder: Path) -> _Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject("cantata-sandbox")
    certificate = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _keep_pair(folder, "ca", certificate, key)
    return _Signer(certificate, key)


def _issue(
    folder: Path,
    authority: _Signer,
    file: str,
    common_name: str,
    *,
    groups: Iterable[str] = (),
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    serves: bool = False,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_subject(common_name, groups), authority.certificate.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    if serves:
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in SERVER_NAMES]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in SERVER_ADDRESSES]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    _keep_pair(folder, file, builder.sign(authority.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    # An hour of tolerance for a clock that is set back.
    now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + LIFETIME)
    )


def _subject(common_name: str, groups: Iterable[str] = ()) -> x509.Name:
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _keep_pair(
    folder: Path, file: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    _keep(folder / f"{file}.crt", certificate.public_bytes(serialization.Encoding.PEM))
    _keep_key(folder / f"{file}.key", key)


def _keep_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    _keep(
        path,
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _keep(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
