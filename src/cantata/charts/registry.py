"""An OCI registry over HTTP: authentication, tags, manifests and blobs of the distribution specification."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TypeVar
from urllib.parse import quote, urljoin

import msgspec

from cantata.charts.door import REDIRECTS, Answer, Door, check_status
from cantata.charts.http_repository import authorization
from cantata.charts.tokens import Tokens
from cantata.core.model.market import Source
from cantata.core.repositories.addresses import base_of, same_origin, shown
from cantata.core.repositories.errors import (
    ChartDigestWrong,
    ChartNotInRepository,
    RepositoryAnswerInvalid,
    RepositoryAnswerTooLarge,
)
from cantata.core.repositories.registries import (
    DIGEST,
    INDEX,
    MANIFEST,
    Descriptor,
    ImageManifest,
    next_link,
    parse_challenge,
    parse_manifest,
    signature_tag,
    signatures_in,
)

PULL, PUSH = "pull", "pull,push"
PAGE = 1000


class Tags(msgspec.Struct):
    tags: list[str] | None = None


class Catalog(msgspec.Struct):
    repositories: list[str] | None = None


T = TypeVar("T", Tags, Catalog)


class Registry:
    """One registry during one conversation."""

    def __init__(self, door: Door, source: Source, tokens: Tokens) -> None:
        parts = base_of(source.repository)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.netloc
        self._door = door
        self._credentials = source.credentials
        self._tokens = tokens
        self._basic = ""

    async def tags(self, name: str) -> list[str]:
        """Raises `ChartNotInRepository`."""
        found = await self._pages(
            f"/v2/{name}/tags/list", self._scope(name, PULL), Tags, f"the tags of {name}"
        )
        return [tag for page in found for tag in page.tags or []]

    async def catalog(self) -> list[str]:
        """All repositories that the registry tells of; many tell none. Raises `ChartNotInRepository`,
        `RepositoryLoginRefused`, `RepositoryAnswerInvalid`."""
        found = await self._pages("/v2/_catalog", "registry:catalog:*", Catalog, "a list of what is there")
        return [name for page in found for name in page.repositories or []]

    async def manifest(self, name: str, reference: str) -> tuple[ImageManifest, str]:
        """A manifest by tag or digest, and its digest. From an index of manifests the first is taken.
        Raises `ChartNotInRepository`, `ChartDigestWrong`."""
        for _ in range(2):
            manifest, digest = await self._manifest(name, reference)
            if not manifest.manifests:
                return manifest, digest
            reference = manifest.manifests[0].digest
        raise RepositoryAnswerInvalid(f"{name}:{reference} is an index of indexes", subject=name)

    async def _manifest(self, name: str, reference: str) -> tuple[ImageManifest, str]:
        answer = await self._ask(
            "GET",
            f"/v2/{name}/manifests/{quote(reference, safe=':')}",
            self._scope(name, PULL),
            headers={"Accept": f"{MANIFEST}, {INDEX}"},
        )
        subject = f"{name}:{reference}"
        check_found(answer, f"{self.host} has no {subject}", subject)
        told = answer.headers.get("Docker-Content-Digest", "")
        for wanted in (told, reference):
            if DIGEST.fullmatch(wanted) and wanted != answer.digest:
                raise ChartDigestWrong(
                    f"the manifest of {subject} has the digest {answer.digest}, not {wanted}", subject=subject
                )
        return parse_manifest(answer.body, subject), answer.digest

    async def signatures(self, name: str, digest: str) -> tuple[str, ...]:
        """What signs a manifest, as far as the registry tells. That it tells nothing is no trouble, whatever
        its reason."""
        scope = self._scope(name, PULL)
        found: list[str] = []
        told = await self._ask("GET", f"/v2/{name}/referrers/{digest}", scope, headers={"Accept": INDEX})
        if told.status == 200:
            with suppress(RepositoryAnswerInvalid):
                found += signatures_in(parse_manifest(told.body, name))
        tag = signature_tag(digest)
        kept = await self._ask(
            "HEAD", f"/v2/{name}/manifests/{tag}", scope, headers={"Accept": f"{MANIFEST}, {INDEX}"}
        )
        return (*found, f"cosign {tag}") if kept.status == 200 else tuple(found)

    async def blob(self, name: str, wanted: Descriptor, longest: int) -> bytes:
        """Its size and digest are checked. Registries send elsewhere for it: that gets no credentials."""
        if wanted.size > longest:
            raise RepositoryAnswerTooLarge(
                f"a layer of {name} has {wanted.size} bytes, allowed are {longest}", subject=name
            )
        path = f"/v2/{name}/blobs/{wanted.digest}"
        answer = await self._ask("GET", path, self._scope(name, PULL), longest=longest)
        check_found(answer, f"{self.host} has the manifest of {name} but not its layer {wanted.digest}", name)
        if answer.digest != wanted.digest or len(answer.body) != wanted.size:
            raise ChartDigestWrong(
                f"a layer of {name} is not what its manifest says: {len(answer.body)} bytes with the digest "
                f"{answer.digest}, not {wanted.size} with {wanted.digest}",
                subject=name,
            )
        return answer.body

    async def put_blob(self, name: str, content: bytes, digest: str) -> None:
        scope = self._scope(name, PUSH)
        there = await self._ask("HEAD", f"/v2/{name}/blobs/{digest}", scope)
        if there.status == 200:
            return
        begun = await self._ask("POST", f"/v2/{name}/blobs/uploads/", scope)
        check_status(begun, f"leave to write to {name}")
        location = urljoin(self.base, begun.headers.get("Location", ""))
        url = f"{location}{'&' if '?' in location else '?'}digest={digest}"
        stored = await self._ask(
            "PUT", url, scope, headers={"Content-Type": "application/octet-stream"}, body=content
        )
        check_status(stored, f"leave to write to {name}")

    async def put_manifest(self, name: str, tag: str, manifest: bytes) -> None:
        stored = await self._ask(
            "PUT",
            f"/v2/{name}/manifests/{quote(tag)}",
            self._scope(name, PUSH),
            headers={"Content-Type": MANIFEST},
            body=manifest,
        )
        check_status(stored, f"leave to write to {name}")

    @staticmethod
    def _scope(name: str, actions: str) -> str:
        return f"repository:{name}:{actions}"

    async def _pages(self, path: str, scope: str, kind: type[T], what: str) -> list[T]:
        pages: list[T] = []
        url = f"{self.base}{path}?n={PAGE}"
        for _ in range(self._door.limits.pages):
            answer = await self._ask("GET", url, scope)
            check_found(answer, f"{self.host} has no {what.removeprefix('the ')}", what)
            try:
                pages.append(msgspec.json.decode(answer.body, type=kind))
            except msgspec.DecodeError as error:
                raise RepositoryAnswerInvalid(
                    f"{self.host} answers something else for {what}", subject="url"
                ) from error
            following = next_link(answer.headers.get("Link", ""))
            if not following:
                return pages
            url = urljoin(url, following)
            if not same_origin(url, self.base):
                raise RepositoryAnswerInvalid(f"{self.host} has {what} go on at {shown(url)}", subject="url")
        raise RepositoryAnswerTooLarge(f"{what}: {self.host} has more than can be read", subject="url")

    async def _ask(
        self,
        method: str,
        url: str,
        scope: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        longest: int = 0,
    ) -> Answer:
        """One request with what authenticates us; when that is refused, once more with a fresh token."""
        url = urljoin(self.base, url)
        key = self._tokens.key(self.base, self._credentials, scope)
        secret = self._secret(self._tokens.find(key)) if same_origin(url, self.base) else ""
        answer = await self._send(method, url, secret, headers, body, longest)
        challenge = parse_challenge(answer.headers.getall("WWW-Authenticate", []))
        if answer.status != 401 or challenge is None or not same_origin(url, self.base):
            return answer
        self._tokens.forget(key)
        if challenge.scheme == "basic":
            if not self._credentials or secret == authorization(self._credentials):
                return answer
            self._basic = secret = authorization(self._credentials)
        elif self._credentials.token:
            return answer
        else:
            token = await self._tokens.fetch(self._door, self.base, key, challenge, self._credentials)
            secret = self._secret(token)
        return await self._send(method, url, secret, headers, body, longest)

    def _secret(self, token: str) -> str:
        """A token that a person gave is sent from the start, a password only to who asks for it."""
        if self._credentials.token:
            return authorization(self._credentials)
        return f"Bearer {token}" if token else self._basic

    async def _send(
        self,
        method: str,
        url: str,
        secret: str,
        headers: Mapping[str, str] | None,
        body: bytes,
        longest: int,
    ) -> Answer:
        longest = longest or self._door.limits.answer_bytes
        if method == "GET":
            return await self._door.get(url, longest=longest, headers=headers, authorization=secret)
        answer = await self._door.ask(
            method, url, longest=longest, headers=headers, authorization=secret, body=body
        )
        if answer.status in REDIRECTS:
            raise RepositoryAnswerInvalid(
                f"{shown(url)} leads elsewhere when it is written to", subject="url"
            )
        return answer


def check_found(answer: Answer, missing: str, subject: str) -> None:
    if answer.status == 404:
        raise ChartNotInRepository(missing, subject=subject, hint="See whether name and version are right.")
    check_status(answer, subject)
