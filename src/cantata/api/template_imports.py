"""Routes that make templates of Kubernetes objects and of Helm releases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from cantata.actions.import_objects import import_files, import_namespace
from cantata.actions.import_release import import_release, list_releases
from cantata.actions.made_template import MadeTemplate, Wish
from cantata.api.authentication import needs
from cantata.api.conditions import TheActor, TheOnce, ThePage, ThePorts, page_info
from cantata.api.wire import finding_info, template_version_info
from cantata.contract.pages import Page
from cantata.contract.states import ExtractedPart
from cantata.contract.template_imports import (
    ExtractedInfo,
    FilesImportRequest,
    FoundServiceInfo,
    HelmReleaseInfo,
    ImportWishRequest,
    LeftOutInfo,
    MadeTemplateInfo,
    NamespaceImportRequest,
    ReleaseImportRequest,
)
from cantata.core.bundle import Extract, Extracted
from cantata.core.bundle.extract import SECRET
from cantata.core.config import MASK
from cantata.core.decide.authorise import Noun, Verb
from cantata.core.helm_release import ReleaseRecord

FILES_BYTES = 20 * 1024 * 1024
SHOWN = 200
"""Characters of a value; the whole stands in the config."""


@post("/files", opt=needs(Verb.CREATE, Noun.TEMPLATE), request_max_body_size=FILES_BYTES)
async def files(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[FilesImportRequest],
) -> MadeTemplateInfo:
    """Make a template of YAML files, and a config of the values that they hold."""

    async def act() -> MadeTemplateInfo:
        wish = _wish(data.wish)
        made = await import_files(ports, actor, project, name, data.files, wish, namespace=data.namespace)
        return made_template_info(name, made)

    return await (act() if data.wish.preview else once(MadeTemplateInfo, act))


@post("/namespace", opt=needs(Verb.IMPORT, Noun.TEMPLATE))
async def namespace(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[NamespaceImportRequest],
) -> MadeTemplateInfo:
    """Make a template of what is in a namespace, and a config of its values; Secrets become secrets."""

    async def act() -> MadeTemplateInfo:
        made = await import_namespace(
            ports,
            actor,
            project,
            name,
            _wish(data.wish),
            cluster=data.cluster,
            namespace=data.namespace,
            selector=data.selector,
        )
        return made_template_info(name, made)

    return await (act() if data.wish.preview else once(MadeTemplateInfo, act))


@post("/release", opt=needs(Verb.IMPORT, Noun.TEMPLATE))
async def release(
    ports: ThePorts,
    actor: TheActor,
    once: TheOnce,
    project: FromPath[str],
    name: FromPath[str],
    data: JSONBody[ReleaseImportRequest],
) -> MadeTemplateInfo:
    """Make a template of the chart of a Helm release, and a config of the values that its user gave."""

    async def act() -> MadeTemplateInfo:
        made = await import_release(
            ports,
            actor,
            project,
            name,
            _wish(data.wish),
            cluster=data.cluster,
            namespace=data.namespace,
            release=data.release,
            revision=data.revision,
        )
        return made_template_info(name, made)

    return await (act() if data.wish.preview else once(MadeTemplateInfo, act))


@get("/", opt=needs(Verb.IMPORT, Noun.TEMPLATE))
async def releases(
    ports: ThePorts,
    page: ThePage,
    project: FromPath[str],
    cluster: FromPath[str],
    namespace: FromQuery[str] = "",
) -> Page[HelmReleaseInfo]:
    """List the Helm releases of a cluster, or of one of its namespaces, by their newest revisions."""
    found = await list_releases(ports, project, cluster, namespace)
    rows = [each for each in found if _cursor(each) > page.after][: page.limit]
    return page_info(rows, page, _release_info, _cursor)


def _wish(wish: ImportWishRequest) -> Wish:
    wanted = frozenset(Extract) if wish.extract is None else frozenset(map(Extract, wish.extract))
    return Wish(wanted, wish.config, wish.description, wish.preview)


def made_template_info(name: str, done: MadeTemplate) -> MadeTemplateInfo:
    made, imported = done.made, done.imported
    preview = imported is None
    return MadeTemplateInfo(
        template=name,
        version=template_version_info(name, imported.version) if imported is not None else None,
        fresh=imported is not None and imported.fresh,
        config=done.config_name,
        origin=made.origin,
        release=made.release,
        namespace=made.namespace,
        services=tuple(
            FoundServiceInfo(service, tuple(map(str, keys))) for service, keys in made.services.items()
        ),
        extracted=tuple(map(_extracted_info, made.extracted)),
        left_out=tuple(LeftOutInfo(str(each.key), each.reason) for each in made.left_out),
        findings=tuple(map(finding_info, done.findings)),
        files={path: data.decode(errors="replace") for path, data in done.files.items()} if preview else {},
        config_text=made.shown if preview else "",
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _part(each: Extracted) -> ExtractedPart:
    return "secret" if each.what == SECRET else Extract(each.what).value


def _extracted_info(each: Extracted) -> ExtractedInfo:
    value = each.value
    text = MASK if value.secret else _shown(value.default)
    return ExtractedInfo(
        key=".".join(value.path),
        part=_part(each),
        value=text if len(text) <= SHOWN else f"{text[:SHOWN]}…",
        service=each.service,
        object=str(each.key),
    )


def _cursor(record: ReleaseRecord) -> str:
    return f"{record.namespace} {record.name}"


def _release_info(record: ReleaseRecord) -> HelmReleaseInfo:
    try:
        when = datetime.fromtimestamp(record.updated, UTC).isoformat() if record.updated else ""
    except (OverflowError, OSError, ValueError):
        when = ""
    return HelmReleaseInfo(record.name, record.namespace, record.revision, record.status, when)


router = Router("/templates/{name:str}/import", route_handlers=[files, namespace, release], tags=["template"])
releases_router = Router(
    "/clusters/{cluster:str}/helm-releases", route_handlers=[releases], tags=["template"]
)
