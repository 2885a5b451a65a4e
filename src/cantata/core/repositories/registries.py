"""What the distribution specification and Helm say about charts in OCI registries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from cantata.core.model.market import ChartRow
from cantata.core.repositories.errors import NotAChart, RepositoryAnswerInvalid

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
OLD_LAYER = "application/tar+gzip"
PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"

SIGNATURE = re.compile(r"cosign|sigstore|notary\.signature")
"""In the types of artifacts that sign another one: those of cosign, old and new, and of Notation."""
SIGNATURES = 20

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
CHALLENGE = re.compile(r"\s*(?P<scheme>[A-Za-z]+)\s+(?P<rest>.*)", re.S)
PARAMETER = re.compile(r'(?P<key>[A-Za-z0-9_-]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]+))')
NEXT = re.compile(r'<(?P<url>[^>]*)>\s*;[^,]*\brel="?next"?')


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    digest: str
    size: int
    media_type: str = ""
    annotations: dict[str, str] | None = None
    artifact_type: str = ""


class ImageManifest(msgspec.Struct, frozen=True, rename="camel"):
    """Of one chart. `manifests` are there in the place of the others when it is an index of manifests."""

    media_type: str = ""
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()
    annotations: dict[str, str] | None = None


class Challenge(msgspec.Struct, frozen=True):
    """How a registry wants to be asked: `scheme` in lower case, `basic` or `bearer`."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def parse_challenge(headers: list[str]) -> Challenge | None:
    """The first of WWW-Authenticate that we can answer, bearer before basic."""
    found: dict[str, Challenge] = {}
    for header in headers:
        match = CHALLENGE.match(header[:4000])
        if match is None:
            continue
        fields = {
            each["key"].lower(): each["bare"] or re.sub(r"\\(.)", r"\1", each["quoted"] or "")
            for each in PARAMETER.finditer(match["rest"])
        }
        known = {key: fields.get(key, "") for key in ("realm", "service", "scope")}
        found.setdefault(match["scheme"].lower(), Challenge(match["scheme"].lower(), **known))
    bearer = found.get("bearer")
    return bearer if bearer is not None and bearer.realm else found.get("basic")


def next_link(header: str) -> str:
    """The URL of the next page, as written; empty at the end."""
    match = NEXT.search(header[:4000])
    return match["url"] if match else ""


def tag_of(version: str) -> str:
    """A tag may not hold a `+`, so Helm writes `_`."""
    return version.replace("+", "_")


def version_of(tag: str) -> str:
    return tag.replace("_", "+")


def parse_manifest(body: bytes, subject: str) -> ImageManifest:
    """Raises `RepositoryAnswerInvalid`."""
    try:
        return msgspec.json.decode(body, type=ImageManifest)
    except msgspec.DecodeError as error:
        raise RepositoryAnswerInvalid(
            f"the manifest of {subject} is none: {str(error)[:200]}", subject=subject
        ) from error


def chart_layer(manifest: ImageManifest, subject: str) -> Descriptor:
    """Raises `NotAChart`, `RepositoryAnswerInvalid`."""
    for media_type in (LAYER, OLD_LAYER):
        for layer in manifest.layers:
            if layer.media_type == media_type:
                return checked(layer, subject)
    raise NotAChart(
        f"{subject} is no Helm chart: its manifest has no layer of the type {LAYER}",
        subject=subject,
        hint="It may be a container image; charts often stand in a path of their own.",
    )


def checked(descriptor: Descriptor, subject: str) -> Descriptor:
    """Raises `RepositoryAnswerInvalid` for a digest that is none, which becomes part of a URL."""
    if not DIGEST.fullmatch(descriptor.digest) or descriptor.size < 0:
        raise RepositoryAnswerInvalid(
            f"the manifest of {subject} names a layer by {descriptor.digest[:80]!r}, no sha256 digest",
            subject=subject,
        )
    return descriptor


def provenance_layer(manifest: ImageManifest, subject: str) -> Descriptor | None:
    found = [layer for layer in manifest.layers if layer.media_type == PROVENANCE]
    return checked(found[0], subject) if found else None


def signatures_in(referrers: ImageManifest) -> list[str]:
    """Of the artifacts that refer to a chart those that sign it, by type and digest."""
    return [
        f"{each.artifact_type} {each.digest}"
        for each in referrers.manifests
        if SIGNATURE.search(each.artifact_type[:200]) and DIGEST.fullmatch(each.digest)
    ][:SIGNATURES]


def signature_tag(digest: str) -> str:
    """Where cosign keeps the signature of a manifest in registries that do not know what refers to what."""
    return f"{digest.replace(':', '-')}.sig"


def manifest_of(config: Descriptor, layer: Descriptor, annotations: Mapping[str, str]) -> bytes:
    """The manifest of a chart, as `helm push` writes it."""
    described: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _written(config),
        "layers": [_written(layer)],
        "annotations": dict(sorted(annotations.items())),
    }
    return msgspec.json.encode(described)


def _written(descriptor: Descriptor) -> dict[str, Any]:
    return {"mediaType": descriptor.media_type, "digest": descriptor.digest, "size": descriptor.size}


def annotations_of(row: ChartRow) -> dict[str, str]:
    """What registries show of a chart, in the words of the image specification."""
    said = {
        "title": row.name,
        "version": row.version,
        "description": row.description,
        "url": row.home,
        "source": row.sources[0] if row.sources else "",
        "licenses": row.licence,
        "authors": ", ".join(f"{each.name} ({each.email})" for each in row.maintainers if each.name),
    }
    return {f"org.opencontainers.image.{key}": value for key, value in said.items() if value}
