"""`cantata template import-yaml`, `import-namespace`, `import-release`: templates made of what is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import Output, age, print_list
from cantata.cli.session import connect
from cantata.contract.states import ExtractPart

if TYPE_CHECKING:
    from cantata.contract.template_imports import ImportWishRequest

OBJECTS_EXAMPLES = """Examples:
  cantata template import-yaml shop -f k8s/
  kustomize build overlays/prod | cantata template import-yaml shop -f -
  cantata template import-yaml shop -f k8s/ --extract image,hosts --dry-run"""
NAMESPACE_EXAMPLES = """Examples:
  cantata template import-namespace shop --cluster prod --namespace shop
  cantata template import-namespace shop --cluster prod -n shared --selector team=shop"""
RELEASE_EXAMPLES = """Examples:
  cantata template releases --cluster prod
  cantata template import-release grafana --cluster prod --namespace monitoring --release grafana"""

Extract = Annotated[
    str,
    Parameter(
        help="What becomes values: `all`, `none`, or some of image,replicas,resources,hosts,env. "
        "Secrets always do."
    ),
]
Config = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="The new config with the values; by default called as the template. `-` makes none.",
    ),
]
DryRun = Annotated[bool, Parameter(negative="", help="Show what would be made, and store nothing.")]
Description = Annotated[str, Parameter(help="What it is for.")]
Namespace = Annotated[str, Parameter(name=["--namespace", "-n"], help="Where the objects are.")]
OfCluster = Annotated[str, Parameter(help="A registered cluster.")]


async def import_yaml(
    name: str,
    *,
    file: Annotated[
        list[Path],
        Parameter(
            name=["--file", "-f"],
            negative="",
            allow_leading_hyphen=True,
            help="A YAML file or a folder of them; `-` reads standard input. May be given several times.",
        ),
    ],
    recursive: Annotated[
        bool,
        Parameter(name=["--recursive", "-R"], negative="", help="Look into the folders of folders, too."),
    ] = False,
    namespace: Annotated[
        str,
        Parameter(
            name=["--namespace", "-n"],
            help="The namespace that stands for the application's own; by default that of most objects.",
        ),
    ] = "",
    extract: Extract = "all",
    config: Config = "",
    description: Description = "",
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Make a template of Kubernetes objects in YAML, and a config of the values that they hold."""
    from cantata.cli.declared_files import read_declared
    from cantata.cli.made_text import print_made
    from cantata.contract.template_imports import FilesImportRequest

    texts = read_declared(file, recursive=recursive)
    wish = _wish(extract, config, description, dry_run)
    async with connect() as client:
        made = await client.imports.files(name, FilesImportRequest(texts, namespace, wish))
    print_made(made, output)


async def import_namespace(
    name: str,
    *,
    cluster: OfCluster,
    namespace: Namespace,
    selector: Annotated[
        str, Parameter(name=["--selector", "-l"], help="Only objects with these labels, as of kubectl.")
    ] = "",
    extract: Extract = "all",
    config: Config = "",
    description: Description = "",
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Make a template of what runs in a namespace, cleaned of what the cluster added, and a config of its
    values. Nothing is changed in the cluster. Needs the role operator."""
    from cantata.cli.made_text import print_made
    from cantata.contract.template_imports import NamespaceImportRequest

    wish = _wish(extract, config, description, dry_run)
    async with connect() as client:
        made = await client.imports.namespace(
            name, NamespaceImportRequest(cluster, namespace, selector, wish)
        )
    print_made(made, output, cluster=cluster)


async def import_release(
    name: str,
    *,
    cluster: OfCluster,
    namespace: Namespace,
    release: Annotated[str, Parameter(help="The name of the release; by default that of the template.")] = "",
    revision: Annotated[int | None, Parameter(help="Which one; by default the one that is deployed.")] = None,
    extract: Annotated[
        str, Parameter(help="As of import-yaml, where the chart cannot be had and its objects are taken.")
    ] = "all",
    config: Config = "",
    description: Description = "",
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Make a template of the chart of a Helm release, and a config of the values that its user gave. Nothing
    is changed in the cluster. Needs the role operator."""
    from cantata.cli.made_text import print_made
    from cantata.contract.template_imports import ReleaseImportRequest

    wish = _wish(extract, config, description, dry_run)
    async with connect() as client:
        made = await client.imports.release(
            name, ReleaseImportRequest(cluster, namespace, release or name, revision, wish)
        )
    print_made(made, output, cluster=cluster)


async def releases(
    *,
    cluster: OfCluster,
    namespace: Annotated[
        str, Parameter(name=["--namespace", "-n"], help="Only there; by default in all namespaces.")
    ] = "",
    output: Output = "table",
) -> None:
    """List the Helm releases of a cluster, to import one. Needs the role operator."""
    async with connect() as client:
        found = [each async for each in client.clusters.helm_releases(cluster, namespace)]
    print_list(
        found,
        output,
        ["namespace", "release", "revision", "status", "updated"],
        lambda each: (each.namespace, each.name, each.revision, each.status, age(each.updated)),
    )


def _wish(extract: str, config: str, description: str, dry_run: bool) -> ImportWishRequest:
    from cantata.contract.template_imports import ImportWishRequest

    named = None if config == "" else "" if config == "-" else config
    return ImportWishRequest(_parts(extract), named, description, dry_run)


def _parts(text: str) -> tuple[ExtractPart, ...] | None:
    """None for all. Raises `ArgumentInvalid`."""
    known: tuple[ExtractPart, ...] = get_args(ExtractPart)
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["all"]:
        return None
    if words == ["none"]:
        return ()
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise ArgumentInvalid(
            f"{', '.join(unknown) or 'nothing'} cannot be extracted",
            subject="--extract",
            hint=f"Give `all`, `none`, or some of {', '.join(known)}.",
        )
    return tuple(part for part in known if part in words)
