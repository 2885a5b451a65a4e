"""`cantata config`: configs and their versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from cantata.cli.config_edit import edit
from cantata.cli.config_history import blame, compare, diff, history, rollback, tag, tags, tree, untag
from cantata.cli.config_impact import impact
from cantata.cli.config_import import import_
from cantata.cli.config_keys import copy, label, rename, set_
from cantata.cli.config_options import Labels, Message, Parent, one_line, parent_of, print_version
from cantata.cli.config_schema import app as schema
from cantata.cli.config_secrets import reveal
from cantata.cli.config_where import where
from cantata.cli.inputs import DOCUMENT, parse_labels, parse_version, read_text
from cantata.cli.options import Search
from cantata.cli.output import Output, age, print_list, print_one
from cantata.cli.session import connect

CREATE_EXAMPLES = """Examples:
  cantata config create shop-base -f base.yaml
  cantata config create shop-dev -f dev.yaml --extends shop-base -l stage=dev
  cantata config create shop-env -f .env --from dotenv"""
SET_EXAMPLES = """Examples:
  cantata config set shop-dev db.pool=20 debug=true --remove old.key -m larger
  cantata config set shop-dev web.tag=1.10 --string
  cantata config set shop-dev --secret db.password --from-file password.txt"""
IMPACT_EXAMPLES = """Examples:
  cantata config impact shop-dev -f dev.yaml
  cantata config show shop-dev | sed 's/debug: true/debug: false/' | cantata config impact shop-dev -f -"""
IMPORT_EXAMPLES = """Example:
  cantata config import shop-live --cluster default -n shop --config-map shop-env --secret shop-keys"""
WHERE_EXAMPLES = """Example:
  cantata config where shop-dev db.host"""

app = App(name="config", help="Configs and their versions.")
app.command(impact, help_epilogue=IMPACT_EXAMPLES)
app.command(import_, name="import", help_epilogue=IMPORT_EXAMPLES)
app.command(reveal)
app.command(where, help_epilogue=WHERE_EXAMPLES)
app.command(schema)

app.command(edit)
app.command(set_, name="set", help_epilogue=SET_EXAMPLES)
for command in (copy, rename, label, history, diff, blame, rollback, tag, untag, tags, compare, tree):
    app.command(command)


@app.command(help_epilogue=CREATE_EXAMPLES)
async def create(
    name: str,
    *,
    file: Annotated[Path, DOCUMENT],
    from_: Annotated[
        Literal["yaml", "dotenv", "properties", "json"],
        Parameter(name="--from", help="What the file is; it becomes YAML."),
    ] = "yaml",
    extends: Parent = "",
    label: Labels = (),
    message: Message = "",
    output: Output = "table",
) -> None:
    """Create a config with its first version."""
    text = read_text(file)
    async with connect() as client:
        version = await client.configs.create(
            name,
            text,
            extends=parent_of(extends),
            message=message,
            labels=parse_labels(label),
            format=from_,
        )
    print_version(version, output)


@app.command
async def show(
    name: str,
    *,
    version: Annotated[str, Parameter(help="A number or a tag, as in NAME@VERSION.")] = "",
    effective: Annotated[
        bool, Parameter(negative="", help="Every entry over the parents', with where it comes from.")
    ] = False,
    output: Output = "table",
) -> None:
    """Show a version of a config as it was written, or its effective entries. Secrets are masked."""
    config, wanted = parse_version(name)
    wanted = version or wanted
    async with connect() as client:
        if effective:
            leaves = [leaf async for leaf in client.configs.effective(config, wanted)]
        else:
            found = await client.configs.show(config, wanted)
    if effective:
        print_list(
            leaves,
            output,
            ["key", "value", "from", "line", "overrides"],
            lambda leaf: (
                leaf.key,
                one_line(leaf.value),
                leaf.origin,
                leaf.line or "",
                ", ".join(f"{one_line(each.value)} ({each.origin}:{each.line})" for each in leaf.overrides),
            ),
        )
    elif output == "table":
        print(found.text, end="" if found.text.endswith("\n") else "\n")
    else:
        print_one(found, output, ())


@app.command(name="list")
async def list_(
    *,
    search: Search = "",
    key: Annotated[str, Parameter(help="Part of a key that is set in the latest version.")] = "",
    value: Annotated[str, Parameter(help="Part of its value; secret values are not searched.")] = "",
    label: Labels = (),
    output: Output = "table",
) -> None:
    """List configs by name, those that have all that is asked for."""
    async with connect() as client:
        wanted = client.configs.list(search, key=key, value=value, labels=parse_labels(label))
        configs = [config async for config in wanted]
    print_list(
        configs,
        output,
        ["name", "latest", "labels", "created"],
        lambda config: (
            config.name,
            config.latest,
            ",".join(f"{name}={text}" for name, text in config.labels.items()),
            age(config.created_at),
        ),
    )


@app.command
async def delete(name: str) -> None:
    """Delete a config that nobody uses."""
    async with connect() as client:
        await client.configs.delete(name)
    print(f"config {name} deleted")
