"""`cantata app upgrade`: to another version of the template, the application's own values merged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.deploying import AT_ONCE, TO_THE_END, Follow, Recreate, Start, follow_deployed
from cantata.cli.inputs import ArgumentInvalid
from cantata.cli.output import print_data
from cantata.cli.session import connect

if TYPE_CHECKING:
    from cantata.contract.upgrades import UpgradeInfo, UpgradeKeyInfo, UpgradeRequest

UPGRADE_EXAMPLES = """Examples:
  cantata app upgrade shop-dev --dry-run
  cantata app upgrade shop-dev --to 1.2.0 --take web.image --keep gateway.replicas --deploy
  cantata app upgrade shop-dev --keep '*' --set search.url=http://search --to-config"""

Repeated = Parameter(negative="", consume_multiple=False)


async def upgrade(
    name: str,
    *,
    to: Annotated[
        str, Parameter(help="The version of the template, by number or semantic; by default the latest.")
    ] = "",
    take: Annotated[
        list[str] | None,
        Parameter(help="A key whose new default is taken, with all below it; `*` for all. Repeatable."),
        Repeated,
    ] = None,
    keep: Annotated[
        list[str] | None,
        Parameter(help="A key that stays as it is, with all below it; `*` for all. Repeatable."),
        Repeated,
    ] = None,
    set_: Annotated[
        list[str] | None,
        Parameter(name="--set", help="KEY=VALUE, another value, written as YAML. Repeatable."),
        Repeated,
    ] = None,
    drop: Annotated[
        list[str] | None,
        Parameter(help="A service that is gone, whose overrides go as well. Repeatable."),
        Repeated,
    ] = None,
    to_config: Annotated[
        bool,
        Parameter(
            negative="", help="Write the choices into a new version of the config, not into overrides."
        ),
    ] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="Show what it means; change nothing.")] = False,
    deploy: Annotated[bool, Parameter(negative="", help="And deploy it.")] = False,
    recreate: Recreate = False,
    start: Start = AT_ONCE,
    follow: Follow = TO_THE_END,
) -> None:
    """Bring an application to another version of its template. Its own values are held against the old and
    the new defaults; where both have changed, you choose."""
    from cantata.contract.upgrades import UpgradeRequest

    if dry_run and deploy:
        raise ArgumentInvalid("--dry-run and --deploy contradict each other", hint="Leave one out.")
    request = UpgradeRequest(
        to=to or None,
        take=tuple(take or ()),
        keep=tuple(keep or ()),
        values=dict(map(_pair, set_ or ())),
        to_config=to_config,
        drop=tuple(drop or ()),
    )
    output = follow.output
    async with connect() as client:
        if not dry_run and output == "table" and sys.stdin.isatty():
            request = _decide(await client.applications.preview_upgrade(name, request), request)
        if dry_run:
            told = await client.applications.preview_upgrade(name, request)
        else:
            told = await client.applications.upgrade(name, request)
        if output == "table":
            from cantata.cli.upgrade_text import upgrade_lines

            print("\n".join(upgrade_lines(told, deploying=deploy)))
        elif not deploy:
            print_data(told, output)
        if deploy:
            cause = start.message or f"upgrade to {told.template}@{told.new.number}"
            deployed = await client.applications.deploy(
                name, cause=cause, queue=start.queue, recreate=recreate
            )
            await follow_deployed(client, name, deployed, follow)


def _decide(told: UpgradeInfo, request: UpgradeRequest) -> UpgradeRequest:
    """Asks for every conflict that is not decided, and for every value that is the old default."""
    import msgspec

    from cantata.cli.upgrade_text import key_line

    take, keep, values = list(request.take), list(request.keep), dict(request.values)
    for each in told.keys:
        if each.kind in ("conflict", "same") and each.choice is None and each.key not in values:
            print(key_line(each))
            answer = _ask(each)
            if answer == "take":
                take.append(each.key)
            elif answer == "keep":
                keep.append(each.key)
            else:
                values[each.key] = answer
    return msgspec.structs.replace(request, take=tuple(take), keep=tuple(keep), values=values)


def _ask(each: UpgradeKeyInfo) -> str:
    """`take`, `keep`, or another value. A conflict has no answer of its own."""
    usual = "" if each.kind == "conflict" else "keep"
    words = {"t": "take", "take": "take", "k": "keep", "keep": "keep"}
    hint = "[t]ake the new default, [k]eep yours, or `=VALUE`"
    while True:
        answer = input(f"  {hint}{f' ({usual})' if usual else ''}: ").strip()
        if answer.startswith("=") and answer[1:].strip():
            return answer[1:].strip()
        if (word := words.get(answer.lower() or usual)) is not None:
            return word


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise ArgumentInvalid(f"{text!r} is not KEY=VALUE", hint="Such as web.replicas=3.")
    return key, value or '""'
