"""Make a template of Kubernetes objects: of YAML files, or of what is in a namespace."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from cantata.actions.made_template import Made, MadeTemplate, Wish, store_made
from cantata.actions.ports import Ports
from cantata.actions.read_namespace import read_namespace
from cantata.core.bundle import Bundle, Source, chart_text, make_bundle
from cantata.core.model.access import Actor
from cantata.core.model.errors import check_name
from cantata.core.model.findings import Finding
from cantata.ports import Renderer

DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)
PIECE = 400_000
"""Characters that are parsed at a time: the renderer bounds what it reads at once."""


async def import_files(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    files: Mapping[str, str],
    wish: Wish,
    *,
    namespace: str = "",
) -> MadeTemplate:
    """`files` are YAML texts by name, of several documents or Lists each; `namespace` is the one whose
    objects go where the release goes, by default that of most of them. Raises `YamlInvalid`, `BundleInvalid`,
    and what `store_made` raises."""
    check_name("template", name)
    sources = [
        source for file, text in files.items() for source in await read_documents(ports.renderer, text, file)
    ]
    bundle = await bundled(sources, name, wish, namespace)
    word = ", ".join(files) if len(files) < 4 else f"{len(files)} files"
    made = made_of(bundle, name, wish, origin=f"YAML: {word}")
    return await store_made(ports, actor, project, name, made, wish)


async def import_namespace(
    ports: Ports,
    actor: Actor,
    project: str,
    name: str,
    wish: Wish,
    *,
    cluster: str,
    namespace: str,
    selector: str = "",
) -> MadeTemplate:
    """Everything that somebody put into a namespace, read once. Raises `ClusterNotFound`,
    `NamespaceUnknown`, `BundleInvalid`, what the cluster says, and what `store_made` raises."""
    check_name("template", name)
    session = await ports.clusters.get(project, cluster)
    found = await read_namespace(session.cluster, namespace, selector)
    bundle = await bundled(found.sources, name, wish, namespace)
    which = f" ({selector})" if selector else ""
    made = made_of(
        bundle,
        name,
        wish,
        origin=f"namespace {namespace} of cluster {cluster}{which}",
        findings=found.findings,
    )
    return await store_made(ports, actor, project, name, made, wish)


async def bundled(sources: Sequence[Source], name: str, wish: Wish, namespace: str) -> Bundle:
    """In a thread: thousands of objects take a while."""
    return await asyncio.to_thread(
        make_bundle,
        sources,
        name=name,
        wanted=wish.wanted,
        namespace=namespace,
        description=wish.description,
    )


def made_of(
    bundle: Bundle, name: str, wish: Wish, *, origin: str, findings: tuple[Finding, ...] = ()
) -> Made:
    rest = {path: text.encode() for path, text in bundle.files.items()}

    def files(version: str) -> Mapping[str, bytes]:
        return {**rest, "Chart.yaml": chart_text(name, version, wish.description).encode()}

    return Made(
        files=files,
        config_text=bundle.config_text,
        shown=bundle.shown,
        origin=origin,
        services=bundle.services,
        extracted=bundle.extracted,
        left_out=bundle.left_out,
        findings=(*findings, *bundle.findings),
        namespace=bundle.namespace,
    )


async def read_documents(renderer: Renderer, text: str, file: str) -> list[Source]:
    """Every document of a text. Raises `YamlInvalid` with the file and its own lines."""
    found: list[Source] = []
    for piece in _pieces(text):
        for document in await renderer.parse_yaml(piece, file=file):
            found.append(Source(msgspec.json.decode(document.value), file, len(found) + 1))
    return found


def _pieces(text: str) -> Iterator[str]:
    """The text in parts that begin at a document. Each has the empty lines of those before it, so that places
    in it are those in the whole."""
    begin, lines = 0, 0
    cuts = [match.start() for match in DOCUMENT.finditer(text)]
    while len(text) - begin > PIECE:
        cut = next((each for each in reversed(cuts) if begin < each <= begin + PIECE), None)
        cut = cut or next((each for each in cuts if each > begin), None)
        if cut is None:
            break
        yield "\n" * lines + text[begin:cut]
        lines += text.count("\n", begin, cut)
        begin = cut
    yield "\n" * lines + text[begin:]
