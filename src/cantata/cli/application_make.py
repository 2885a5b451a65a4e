"""`cantata app create`, `edit` and `clone`: what an application is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cantata.cli.application_show import print_application
from cantata.cli.inputs import parse_template, parse_version, read_by_service, read_text
from cantata.cli.output import Output
from cantata.cli.session import connect
from cantata.contract.states import DriftPolicy, UpdatePolicy

CREATE_EXAMPLES = """Examples:
  cantata app create shop-dev --template shop --config shop-dev --create-namespace
  cantata app create shop-prod --template shop@3 --config shop-prod@prod-2026-11 --cluster prod"""
CLONE_EXAMPLES = """Examples:
  cantata app clone shop-dev shop-test --config shop-test --create-namespace
  cantata app clone shop-test shop-prod --config shop-prod@prod-2026-11 --cluster prod --namespace shop"""

Overrides = Annotated[
    Path | None,
    Parameter(
        allow_leading_hyphen=True,
        help="A YAML file of values over template and config; `-` is standard input.",
    ),
]
ServiceOverrides = Annotated[
    list[str] | None,
    Parameter(help="SERVICE=FILE: values for one service alone.", negative="", consume_multiple=False),
]
Delivery = Annotated[
    Path | None,
    Parameter(
        allow_leading_hyphen=True,
        help="A YAML file of what the application adds to the template's `delivery:`, by service; `-` is "
        "standard input.",
    ),
]


Drift = Annotated[
    DriftPolicy | None,
    Parameter(help="`revert` takes back what others change on what is deployed; `report` tells."),
]
DriftExcept = Annotated[
    list[str] | None,
    Parameter(
        help="The path of a field that is left to others, as drift shows it; * is any name. May be repeated.",
        negative="",
        consume_multiple=False,
    ),
]
Updates = Annotated[
    UpdatePolicy | None,
    Parameter(help="`auto` deploys the services that a new version of the config changes; `manual` tells."),
]


async def create(
    name: str,
    *,
    template: Annotated[
        str, Parameter(help="NAME follows its latest version, NAME@VERSION pins one, by number or semantic.")
    ],
    config: Annotated[
        str, Parameter(help="NAME follows its latest version, NAME@VERSION or NAME@TAG pins one.")
    ],
    cluster: str = "default",
    namespace: Annotated[str, Parameter(help="By default the application's name.")] = "",
    create_namespace: Annotated[bool, Parameter(negative="", help="Make it when it is missing.")] = False,
    release: Annotated[
        str, Parameter(help="The name that charts call the release; by default the application's.")
    ] = "",
    overrides: Overrides = None,
    service_overrides: ServiceOverrides = None,
    delivery: Delivery = None,
    updates: Updates = None,
    drift: Drift = None,
    drift_except: DriftExcept = None,
    output: Output = "table",
) -> None:
    """Create an application: template + config + place. Nothing is deployed yet."""
    from cantata.contract.applications import ApplicationDraft

    template_name, template_version = parse_template(template)
    config_name, config_version = parse_version(config)
    draft = ApplicationDraft(
        name=name,
        template=template_name,
        config=config_name,
        template_version=template_version,
        config_version=config_version,
        cluster=cluster,
        namespace=namespace,
        release=release,
        create_namespace=create_namespace,
        overrides=read_text(overrides) if overrides else "",
        service_overrides=read_by_service(tuple(service_overrides or ())),
        delivery=read_text(delivery) if delivery else "",
        updates=updates or "manual",
        drift=drift or "report",
        drift_except=tuple(drift_except or ()),
    )
    async with connect() as client:
        print_application(await client.applications.create(draft), output)


async def edit(
    name: str,
    *,
    template: Annotated[str, Parameter(help="NAME or NAME@VERSION.")] = "",
    config: Annotated[str, Parameter(help="NAME, NAME@VERSION or NAME@TAG.")] = "",
    create_namespace: Annotated[bool | None, Parameter(help="Whether to make a missing namespace.")] = None,
    overrides: Overrides = None,
    service_overrides: ServiceOverrides = None,
    delivery: Delivery = None,
    updates: Updates = None,
    drift: Drift = None,
    drift_except: DriftExcept = None,
    output: Output = "table",
) -> None:
    """Change what an application is made of. What you do not name stays; the next deploy applies it."""
    import msgspec

    from cantata.contract.applications import ApplicationDraft

    async with connect() as client:
        found = await client.applications.show(name)
        draft = msgspec.convert(found, ApplicationDraft, from_attributes=True)
        if template:
            wanted, version = parse_template(template)
            draft = msgspec.structs.replace(draft, template=wanted, template_version=version)
        if config:
            wanted, pin = parse_version(config)
            draft = msgspec.structs.replace(draft, config=wanted, config_version=pin)
        if create_namespace is not None:
            draft = msgspec.structs.replace(draft, create_namespace=create_namespace)
        if overrides:
            draft = msgspec.structs.replace(draft, overrides=read_text(overrides))
        if service_overrides:
            texts = {**draft.service_overrides, **read_by_service(tuple(service_overrides))}
            kept = {service: text for service, text in texts.items() if text.strip()}
            draft = msgspec.structs.replace(draft, service_overrides=kept)
        if delivery:
            draft = msgspec.structs.replace(draft, delivery=read_text(delivery))
        if updates:
            draft = msgspec.structs.replace(draft, updates=updates)
        if drift:
            draft = msgspec.structs.replace(draft, drift=drift)
        if drift_except is not None:
            draft = msgspec.structs.replace(draft, drift_except=tuple(filter(None, drift_except)))
        edited = await client.applications.edit(name, draft, expected=found.row_version)
    print_application(edited, output)


async def clone(
    source: str,
    name: str,
    *,
    config: Annotated[
        str, Parameter(help="NAME, NAME@VERSION or NAME@TAG; by default that of the source.")
    ] = "",
    cluster: Annotated[str, Parameter(help="By default that of the source.")] = "",
    namespace: Annotated[str, Parameter(help="By default the new application's name.")] = "",
    create_namespace: Annotated[bool, Parameter(negative="", help="Make it when it is missing.")] = False,
    release: Annotated[
        str, Parameter(help="By default that of the source if it was named, else the new application's name.")
    ] = "",
    updates: Annotated[UpdatePolicy, Parameter(help="Whether it deploys by itself.")] = "manual",
    output: Output = "table",
) -> None:
    """Create an application like another one, with another config or in another place: same template and
    version, overrides and delivery. Nothing is deployed yet."""
    from cantata.contract.applications import CloneDraft

    config_name, version = parse_version(config) if config else ("", None)
    draft = CloneDraft(
        name=name,
        config=config_name,
        config_version=version,
        cluster=cluster,
        namespace=namespace,
        release=release,
        create_namespace=create_namespace,
        updates=updates,
    )
    async with connect() as client:
        print_application(await client.applications.clone(source, draft), output)
