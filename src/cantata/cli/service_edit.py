"""`cantata service edit`: the overrides and patches of one service."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cantata.cli.inputs import ArgumentInvalid, read_text
from cantata.cli.options import Application
from cantata.cli.output import Output, print_data
from cantata.cli.session import connect
from cantata.contract.states import PatchType
from cantata.errors import Place

if TYPE_CHECKING:
    from cantata.contract.adjustments import PatchDraft

EDIT_EXAMPLES = """Examples:
  cantata service edit shop-dev web --set web.replicas=3
  cantata service edit shop-dev web --unset web.replicas
  cantata service edit shop-dev web --patch node.yaml
  cantata service edit shop-dev web --patch Service/shop-dev-web=port.yaml"""

Repeated = Parameter(negative="", consume_multiple=False)


async def edit(
    name: Application,
    service: str,
    *,
    set_: Annotated[
        list[str] | None,
        Parameter(name="--set", help="KEY=VALUE, the value is YAML; may be repeated."),
        Repeated,
    ] = None,
    unset: Annotated[list[str] | None, Parameter(help="A key that goes; may be repeated."), Repeated] = None,
    file: Annotated[
        Path | None,
        Parameter(
            name=["--file", "-f"],
            allow_leading_hyphen=True,
            help="A YAML file in the place of the service's overrides; `-` is standard input.",
        ),
    ] = None,
    everywhere: Annotated[
        bool, Parameter(negative="", help="Set the values for all services of the application.")
    ] = False,
    here: Annotated[
        bool, Parameter(negative="", help="Set them for this service alone, whoever else reads them.")
    ] = False,
    patch: Annotated[
        list[str] | None,
        Parameter(
            help="FILE or TARGET=FILE: a patch in the place of the service's patches; TARGET is Kind or "
            "Kind/name, by default the workload. May be repeated.",
        ),
        Repeated,
    ] = None,
    patch_type: Annotated[
        PatchType | None,
        Parameter(help="`json` (RFC 6902) or `strategic` merge; by default what the file looks like."),
    ] = None,
    no_patches: Annotated[bool, Parameter(negative="", help="Drop the service's patches.")] = False,
    output: Output = "table",
) -> None:
    """Change the overrides and patches of one service. The next deploy of it applies them."""
    values = {**dict(map(_pair, set_ or ())), **dict.fromkeys(unset or ())}
    for wrong, why in (
        (everywhere and here, "--everywhere and --here contradict each other"),
        (bool(patch) and no_patches, "--patch and --no-patches contradict each other"),
        (not (values or file or patch or no_patches), "there is nothing to change"),
    ):
        if wrong:
            raise ArgumentInvalid(why, hint="Give --set, --unset, --file, --patch or --no-patches.")
    text = read_text(file) if file else None
    patches = [_patch(each, patch_type) for each in patch or ()] if patch or no_patches else None
    async with connect() as client:
        edited = await client.services.edit(
            name, service, text=text, values=values, patches=patches, everywhere=everywhere, here=here
        )
    if output != "table":
        print_data(edited, output)
        return
    print(f"service  {name}/{service}")
    if patches is not None:
        print(f"patches  {len(patches)}")
    for title, own in (
        ("overrides of the application", edited.application.overrides if everywhere else ""),
        ("overrides", edited.application.service_overrides.get(service, "")),
    ):
        if own:
            print(f"{title}:\n{indent(own.rstrip(), '  ')}")
    if edited.findings:
        from cantata.cli.plan_text import finding_lines

        print("\n".join(finding_lines(edited.findings)))
    print(f"`cantata service preview {name} {service}` shows what a deploy of it would do.")


def _pair(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise ArgumentInvalid(f"{text!r} is not KEY=VALUE", hint="Such as web.replicas=3.")
    return key, value or '""'


def _patch(text: str, wanted: PatchType | None) -> PatchDraft:
    import yaml

    from cantata.contract.adjustments import PatchDraft

    target, equals, file = text.partition("=")
    path = Path(file if equals else text)
    try:
        content: Any = yaml.safe_load(read_text(path))
    except (yaml.YAMLError, ValueError) as error:
        raise ArgumentInvalid(f"this is no YAML: {_problem(error)}", place=_place(path, error)) from error
    looks: PatchType = "json" if isinstance(content, list) else "strategic"
    return PatchDraft(wanted or looks, content, target if equals else "")


def _problem(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error)


def _place(path: Path, error: Exception) -> Place:
    mark = getattr(error, "problem_mark", None)
    return Place(str(path), mark.line + 1, mark.column + 1) if mark is not None else Place(str(path))
