"""`cantata trigger`: outside facts that set keys of configs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.inputs import ArgumentInvalid, read_text
from cantata.cli.options import Limit, Search, newest
from cantata.cli.output import Output, age, print_data, print_list, print_one
from cantata.cli.session import connect
from cantata.contract.states import ImagePart, TriggerKind

if TYPE_CHECKING:
    from cantata.contract.triggers import ImageRule, KeyRule, NewSecretInfo, TriggerInfo

CREATE_EXAMPLES = """Examples:
  cantata trigger create ci --config shop-dev --key web.tag=image.tag
  cantata trigger create hub --config shop-dev --kind harbor --image web.tag=shop/web"""
TEST_EXAMPLES = """Examples:
  cantata trigger test ci -f payload.json
  echo '{"image": {"tag": "1.5.0"}}' | cantata trigger test ci -f -"""

app = App(name="trigger", help="Triggers: outside facts that set keys of configs.")

Keys = Annotated[
    tuple[str, ...],
    Parameter(
        name="--key",
        negative="",
        consume_multiple=False,
        help="KEY=PATH, of a generic trigger: the value at a JMESPath of the payload, such as "
        "web.tag=image.tag. Repeat it for more.",
    ),
]
Images = Annotated[
    tuple[str, ...],
    Parameter(
        name="--image",
        negative="",
        consume_multiple=False,
        help="KEY=REPOSITORY, of the other kinds: what is pushed there, such as web.tag=shop/web. Repeat it "
        "for more.",
    ),
]
Write = Annotated[ImagePart, Parameter(help="What of a pushed image is written.")]
Patterns = Annotated[
    tuple[str, ...],
    Parameter(
        name="--pattern",
        negative="",
        consume_multiple=False,
        help="KEY=RE2: which values or tags count, as a whole; of commits, which branches. The first group "
        "of a generic rule is what is written.",
    ),
]
Sources = Annotated[
    tuple[str, ...],
    Parameter(
        name="--source",
        negative="",
        consume_multiple=False,
        help="A network that may call, such as 10.0.0.0/8; by default all. Repeat it for more.",
    ),
]
Payload = Annotated[
    Path,
    Parameter(
        name=["--file", "-f"], allow_leading_hyphen=True, help="The JSON payload; `-` reads standard input."
    ),
]


@app.command(help_epilogue=CREATE_EXAMPLES)
async def create(
    name: str,
    *,
    config: Annotated[str, Parameter(help="The config whose keys it sets.")],
    kind: Annotated[TriggerKind, Parameter(help="Who calls.")] = "generic",
    key: Keys = (),
    image: Images = (),
    write: Write = "tag",
    pattern: Patterns = (),
    source: Sources = (),
    output: Output = "table",
) -> None:
    """Make a trigger and print its secret, this once; where calls go is told beside it."""
    from cantata.contract.triggers import TriggerDraft

    patterns = _pairs(pattern, "--pattern")
    draft = TriggerDraft(
        name=name,
        config=config,
        kind=kind,
        keys=_key_rules(key, patterns),
        images=_image_rules(image, write, patterns),
        sources=source,
    )
    _refuse_unused(patterns)
    async with connect() as client:
        made = await client.triggers.create(draft)
        url = client.url
    _print_secret(made, url, output)


@app.command
async def edit(
    name: str,
    *,
    config: Annotated[str, Parameter(help="Another config whose keys it sets.")] = "",
    key: Keys = (),
    image: Images = (),
    write: Write = "tag",
    pattern: Patterns = (),
    source: Sources = (),
    any_source: Annotated[bool, Parameter(negative="", help="Take calls from everywhere.")] = False,
    enable: Annotated[
        bool | None, Parameter(negative="--disable", help="Whether it takes calls; refused ones answer 403.")
    ] = None,
    output: Output = "table",
) -> None:
    """Change a trigger. Rules and networks that are given take the place of all that it has."""
    import msgspec

    from cantata.contract.triggers import TriggerEdit

    if source and any_source:
        raise ArgumentInvalid("--source and --any-source contradict each other")
    patterns = _pairs(pattern, "--pattern")
    change = TriggerEdit(
        config=config or msgspec.UNSET,
        keys=_key_rules(key, patterns) or msgspec.UNSET,
        images=_image_rules(image, write, patterns) or msgspec.UNSET,
        sources=source if source or any_source else msgspec.UNSET,
        enabled=msgspec.UNSET if enable is None else enable,
    )
    _refuse_unused(patterns)
    async with connect() as client:
        trigger = await client.triggers.edit(name, change)
        url = client.url
    _print_trigger(trigger, url, output)


@app.command
async def show(name: str, *, output: Output = "table") -> None:
    """Show a trigger with its rules, and where its calls go."""
    async with connect() as client:
        trigger = await client.triggers.show(name)
        url = client.url
    _print_trigger(trigger, url, output)


@app.command(name="list")
async def list_(
    *,
    search: Search = "",
    config: Annotated[str, Parameter(help="Only those of this config.")] = "",
    output: Output = "table",
) -> None:
    """List triggers by name."""
    async with connect() as client:
        triggers = [trigger async for trigger in client.triggers.list(search, config)]
    print_list(
        triggers,
        output,
        ["name", "kind", "config", "keys", "takes calls", "created"],
        lambda trigger: (
            trigger.name,
            trigger.kind,
            trigger.config,
            ", ".join([*(rule.key for rule in trigger.keys), *(rule.key for rule in trigger.images)]),
            "yes" if trigger.enabled else "no",
            age(trigger.created_at),
        ),
    )


@app.command
async def delete(name: str) -> None:
    """Delete a trigger with its calls, also those that wait."""
    async with connect() as client:
        await client.triggers.delete(name)
    print(f"trigger {name} deleted")


@app.command
async def rotate_secret(
    name: str,
    *,
    now: Annotated[bool, Parameter(negative="", help="End the old secret at once, not after a day.")] = False,
    output: Output = "table",
) -> None:
    """Make a new secret and print it, this once."""
    async with connect() as client:
        made = await client.triggers.rotate(name, at_once=now)
        url = client.url
    _print_secret(made, url, output)


@app.command
async def calls(
    name: str,
    *,
    show: Annotated[
        str, Parameter(help="The id of a call: print its payload. Needs the role operator.")
    ] = "",
    limit: Limit = 50,
    output: Output = "table",
) -> None:
    """List the calls that came, newest first, with what became of them."""
    async with connect() as client:
        if show:
            content = await client.triggers.call(name, show)
        else:
            found = await newest(client.triggers.calls(name), limit)
    if not show:
        print_list(
            found,
            output,
            ["id", "received", "state", "cause", "result", "delivery", "source"],
            lambda call: (
                call.id,
                age(call.received_at),
                call.state,
                call.cause,
                call.result,
                call.delivery,
                call.source,
            ),
        )
    elif output == "table":
        print(content.payload)
    else:
        print_data(content, output)


@app.command
async def retry(name: str, call: str) -> None:
    """Work off a call again that failed, once what was in its way is corrected. Needs the role operator."""
    async with connect() as client:
        queued = await client.triggers.retry(name, call)
    print(f"call {queued.id} of trigger {name} is {queued.state}")


@app.command(name="test", help_epilogue=TEST_EXAMPLES)
async def try_out(
    name: str,
    *,
    file: Payload,
    short: Annotated[bool, Parameter(negative="", help="Services only, without their fields.")] = False,
    output: Output = "table",
) -> None:
    """Show what a payload would set, and which services that would change, without doing it."""
    payload = read_text(file).encode()
    async with connect() as client:
        trial = await client.triggers.test(name, payload)
    if output != "table":
        print_data(trial, output)
        return
    from cantata.cli.trigger_text import trial_lines

    print("\n".join(trial_lines(trial, objects=not short)))


def _pairs(entries: tuple[str, ...], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        key, equals, value = entry.partition("=")
        if not (key and equals and value):
            raise ArgumentInvalid(f"{entry!r} is not KEY=VALUE", hint=f"Such as {option} web.tag=…")
        if key in found:
            raise ArgumentInvalid(f"{option} names the key {key} twice")
        found[key] = value
    return found


def _key_rules(entries: tuple[str, ...], patterns: dict[str, str]) -> tuple[KeyRule, ...]:
    """Takes the patterns that it uses out of `patterns`."""
    from cantata.contract.triggers import KeyRule

    return tuple(KeyRule(key, path, patterns.pop(key, "")) for key, path in _pairs(entries, "--key").items())


def _image_rules(
    entries: tuple[str, ...], write: ImagePart, patterns: dict[str, str]
) -> tuple[ImageRule, ...]:
    from cantata.contract.triggers import ImageRule

    return tuple(
        ImageRule(key, repository, write, patterns.pop(key, ""))
        for key, repository in _pairs(entries, "--image").items()
    )


def _refuse_unused(patterns: dict[str, str]) -> None:
    if patterns:
        raise ArgumentInvalid(
            f"no rule is for the key {next(iter(patterns))}, which --pattern names",
            hint="Give the rule along with its pattern, by --key or --image.",
        )


def _print_secret(made: NewSecretInfo, url: str, output: Output) -> None:
    if output != "table":
        print_data(made, output)
        return
    print(f"trigger {made.info.name} takes calls at {_address(made.info, url)}; its secret:", file=sys.stderr)
    print(made.secret)


def _print_trigger(trigger: TriggerInfo, url: str, output: Output) -> None:
    rules = [
        *((f"key {rule.key}", f"{rule.path}{_with(rule.pattern)}") for rule in trigger.keys),
        *(
            (f"key {image.key}", f"{image.write} of {image.repository}{_with(image.pattern)}")
            for image in trigger.images
        ),
    ]
    rows = [
        ("trigger", trigger.name),
        ("kind", trigger.kind),
        ("config", trigger.config),
        ("calls go to", _address(trigger, url)),
        *rules,
        ("sources", ", ".join(trigger.sources) or "all"),
        ("takes calls", "yes" if trigger.enabled else "no"),
        ("created", trigger.created_at),
    ]
    print_one(trigger, output, rows)


def _with(pattern: str) -> str:
    return f" where it matches {pattern}" if pattern else ""


def _address(trigger: TriggerInfo, url: str) -> str:
    token = "?token=SECRET" if trigger.kind == "dockerhub" else ""
    return f"{url}{trigger.path}{token}"
