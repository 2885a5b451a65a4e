"""Repositories of the kind that `helm repo add` takes: an index.yaml and archives."""

from __future__ import annotations

from base64 import b64encode

from cantata.charts.door import Answer, Door, check_status
from cantata.core.model.market import ChartRow, Credentials, IndexMark, PulledChart, Source
from cantata.core.repositories.addresses import chart_url, same_origin, shown
from cantata.core.repositories.errors import ChartDigestWrong, ChartNotInRepository, RepositoryAnswerInvalid
from cantata.ports.charts import FetchedIndex
from cantata.ports.renderer import Renderer

GONE = (404, 410)
GZIP = b"\x1f\x8b"
PROVENANCE_BYTES = 256 * 1024


async def fetch_index(
    door: Door, renderer: Renderer, source: Source, mark: IndexMark | None
) -> FetchedIndex | None:
    """None when the server says that nothing changed since `mark`."""
    repository = source.repository
    url = f"{repository.url.rstrip('/')}/index.yaml"
    known = mark or IndexMark()
    asked = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    answer = await door.get(
        url,
        longest=door.limits.index_bytes,
        headers={key: value for key, value in asked.items() if value},
        authorization=authorization(source.credentials),
        zipped=True,
    )
    if answer.status == 304 and mark is not None:
        return None
    if answer.status in GONE:
        raise RepositoryAnswerInvalid(
            f"there is no index at {shown(url)}",
            subject="url",
            hint="The address is the one that `helm repo add` takes, without index.yaml.",
        )
    check_status(answer, "the index")
    rows = await renderer.read_index(answer.body, subject=f"the index of {repository.name}")
    return FetchedIndex(
        rows, IndexMark(answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
    )


async def pull(door: Door, source: Source, row: ChartRow) -> PulledChart:
    """By the first URL of the row, as Helm does."""
    subject = f"chart {row.name} {row.version}"
    if not row.urls:
        raise ChartNotInRepository(f"the index names no place for {subject}", subject=subject)
    url = chart_url(source.repository.url, row.urls[0])
    secret = _secret_for(source, url)
    answer = await door.get(url, longest=door.limits.archive_bytes, authorization=secret)
    if answer.status in GONE:
        raise ChartNotInRepository(
            f"{subject} is in the index but not at {shown(url)}",
            subject=subject,
            hint="Refresh the repository; tell its owner if that does not help.",
        )
    check_status(answer, subject)
    check_archive(answer, row, subject)
    provenance = await _provenance(door, f"{url}.prov", secret)
    return PulledChart(row.name, row.version, answer.body, answer.digest, shown(url), provenance)


async def _provenance(door: Door, url: str, secret: str) -> str:
    """The text beside the archive, where there is one. That there is none is no trouble, whatever it is."""
    if "?" in url:
        return ""
    answer = await door.get(url, longest=PROVENANCE_BYTES, authorization=secret)
    text = answer.body.decode(errors="replace") if answer.status == 200 else ""
    return text if text.startswith("-----BEGIN PGP SIGNED MESSAGE-----") else ""


def check_archive(answer: Answer, row: ChartRow, subject: str) -> None:
    """Raises `ChartDigestWrong`, `RepositoryAnswerInvalid`."""
    if row.digest and row.digest != answer.digest:
        raise ChartDigestWrong(
            f"{subject} is not what was announced: its digest is {answer.digest}, not {row.digest}",
            subject=subject,
            hint="Refresh the repository; if that does not help, somebody replaced the archive.",
        )
    if not answer.body.startswith(GZIP):
        raise RepositoryAnswerInvalid(
            f"there is no archive at {shown(answer.url)}", subject=subject, hint="Look at what is there."
        )


def _secret_for(source: Source, url: str) -> str:
    """As Helm does: the repository's own scheme and host alone, unless they are to be passed on."""
    repository = source.repository
    own = repository.pass_credentials or same_origin(repository.url, url)
    return authorization(source.credentials) if own else ""


def authorization(credentials: Credentials) -> str:
    if credentials.token:
        return f"Bearer {credentials.token}"
    if not credentials:
        return ""
    return f"Basic {b64encode(f'{credentials.username}:{credentials.password}'.encode()).decode()}"
