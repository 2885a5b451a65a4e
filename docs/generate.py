"""Writes the reference pages from the code: `make docs`. With `--check` it only says which pages are old.

A test runs the check, so what the code has and the pages do not cannot be merged.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cantata
from cantata.contract.events import DATA
from cantata.core.lint.rules import TABLE as RULES
from cantata.core.lint.rules import Stage
from cantata.errors import DIFFERS, EXIT, PLANNED, STATUS, CantataError, Category
from cantata.settings import TABLE

REFERENCE = Path(__file__).resolve().parent / "reference"
HEAD = "<!-- Written by docs/generate.py from the code. Change the code, then run `make docs`. -->\n\n"

COMMAND_LINE = (
    ("CANTATA_SERVER", "The URL of the server to talk to, before what `cantata login` kept."),
    ("CANTATA_TOKEN_FILE", "A file that holds the token, before the one that `cantata login` kept."),
    ("CANTATA_TOKEN", "The token itself, where no file can be given."),
    ("CANTATA_PROJECT", "The project, by default that of the login, else `default`."),
    (
        "CANTATA_CONFIG_DIR",
        "Where `cantata login` keeps its file; by default the user's configuration directory.",
    ),
)
BUILDS = (("CANTATA_CACHE_DIR", "Where built Go programs lie; by default the user's cache directory."),)
CATEGORIES = {
    Category.INVALID: "The request itself is wrong; the same request can never work.",
    Category.UNAUTHENTICATED: "No token, or one that is not valid.",
    Category.FORBIDDEN: "The token's role does not allow it, or the cluster does not.",
    Category.NOT_FOUND: "What is named does not exist.",
    Category.CONFLICT: "It does not fit the present state: a name is taken, something was edited meanwhile, "
    "is in use or belongs to others.",
    Category.REFUSED: "The work was understood and tried, and its outcome is a failure.",
    Category.LIMIT: "A limit of size, time or memory was reached.",
    Category.UNAVAILABLE: "Something outside did not answer; the same request may work later.",
    Category.INTERNAL: "A defect of Cantata. Report it with the number that the answer names.",
}


def settings_page() -> str:
    return f"""# Settings

There is no settings file: the environment sets everything up.

## Of the server

{table(("variable", "default", "what it is for"), settings_rows())}

## Of the command line

{table(("variable", "what it is for"), ((f"`{name}`", doc) for name, doc in COMMAND_LINE))}

Without any of them, `cantata` talks to the server of the same user on this machine, which leaves its address
and a token in the data directory.

## Of builds

{table(("variable", "what it is for"), ((f"`{name}`", doc) for name, doc in BUILDS))}
"""


def errors_page() -> str:
    return f"""# Errors

Every failure that is expected has a class of its own. Its name is the `code` on the wire; its category alone
decides the HTTP status and the exit code of the command line.

```json
{{
  "code": "ConfigNotFound",
  "category": "not_found",
  "message": "there is no config shop",
  "subject": "config shop",
  "hint": "`cantata config list` shows what is there.",
  "place": {{"file": "", "line": 0, "column": 0, "key": ""}},
  "details": []
}}
```

## Categories

{table(("category", "HTTP", "exit", "what it means"), category_rows())}

Further exit codes: 0 when all went well, {DIFFERS} when something differs and the command was asked for that
by `--exit-code`, {PLANNED} when the project demands a [plan](../concepts/plan.md) and one was stored instead,
130 after Ctrl-C.

## Codes

{table(("code", "category", "what it means, where the name does not say it"), error_rows())}
"""


def cli_page() -> str:
    """As cyclopts tells it."""
    from cantata.cli.root import app

    text = app.generate_docs()
    # GitHub keeps the dashes of a heading; cyclopts links to it without them.
    text = text.replace("(#cantata-install-completion)", "(#cantata---install-completion)")
    return text.replace("# cantata\n", "# Command line\n", 1).rstrip() + "\n"


def events_page() -> str:
    return f"""# Events

What [events](../concepts/events.md) tell: the types, and the fields of `data`.

{table(("type", "fields", "what it tells"), event_rows())}
"""


STAGES = {
    Stage.CHART: ("Of the chart", "Found in the chart's files, whatever the values are."),
    Stage.RENDER: ("Of a render", "Found in what the chart renders with some values."),
    Stage.CLUSTER: (
        "Of a cluster",
        "Found with the version of a cluster, or with the schemas of the chart's own definitions; with"
        " `--cluster` with all that the cluster serves.",
    ),
    Stage.CONFIG: ("Of config", "Found where the config is delivered to services, by lint and by plans."),
    Stage.MAKE: ("Of imports and exports", "Found when something becomes a template, or a template leaves."),
    Stage.DEPLOY: ("Of an application", "Found by plans: they depend on what is deployed."),
}


def lint_page() -> str:
    """By stage, in the order of the table."""
    parts = [
        """# Lint

Every rule of [lint](../concepts/lint.md) and of plans. A finding may be less severe than its rule.
"""
    ]
    for stage, (title, what) in STAGES.items():
        rows = [
            (f"`{rule.name}`", rule.severity.value, rule.says, rule.do)
            for rule in RULES
            if rule.stage is stage
        ]
        parts.append(
            f"## {title}\n\n{what}\n\n{table(('rule', 'severity', 'what it says', 'what to do'), rows)}\n"
        )
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings_page,
    "cli": cli_page,
    "errors": errors_page,
    "events": events_page,
    "lint": lint_page,
}


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings_rows() -> Iterator[tuple[str, str, str]]:
    for setting in TABLE:
        yield f"`{setting.variable}`", setting.default, setting.doc


def event_rows() -> Iterator[tuple[str, str, str]]:
    for type_, struct in DATA.items():
        fields = ", ".join(f"`{name}`" for name in struct.__struct_encode_fields__)
        yield f"`{type_}`", fields, " ".join(inspect.cleandoc(struct.__doc__ or "").split())


def category_rows() -> Iterator[tuple[str, str, str, str]]:
    for category in sorted(Category, key=EXIT.__getitem__):
        yield category.value, str(STATUS[category]), str(EXIT[category]), CATEGORIES[category]


def error_rows() -> Iterator[tuple[str, str, str]]:
    """A row for each code. A package may refine the class of a port under the same name."""
    by_code: dict[str, list[type[CantataError]]] = {}
    for error in sorted(error_classes(), key=lambda error: (error.__name__, error.__module__)):
        by_code.setdefault(error.__name__, []).append(error)
    for code, errors in by_code.items():
        told = [text for error in errors if (text := meaning(error))]
        yield f"`{code}`", errors[0].category.value, " ".join(dict.fromkeys(told))


def meaning(error: type[CantataError]) -> str:
    """The first paragraph of its own docstring; empty where the name says it all."""
    text = inspect.cleandoc(error.__dict__.get("__doc__") or "")
    return " ".join(text.split("\n\n")[0].split())


def error_classes() -> set[type[CantataError]]:
    """Every error class of the package, however deep."""
    for module in pkgutil.walk_packages(cantata.__path__, "cantata."):
        if not module.name.startswith("cantata.store.migrations"):  # Alembic alone may load these.
            importlib.import_module(module.name)
    found: set[type[CantataError]] = set()
    waiting = [CantataError]
    while waiting:
        for error in waiting.pop().__subclasses__():
            waiting.append(error)
            if error.__module__.startswith("cantata."):
                found.add(error)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the reference pages from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a page is old")
    check = parser.parse_args().check
    old = []
    for name, page in PAGES.items():
        path = REFERENCE / f"{name}.md"
        text = HEAD + page()
        if not path.is_file() or path.read_text() != text:
            old.append(str(path.relative_to(REFERENCE.parent.parent)))
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
    if check and old:
        sys.exit(f"old: {', '.join(old)}. Run `make docs`.")
    print("\n".join(f"wrote {path}" for path in old) or "the reference is up to date")


if __name__ == "__main__":
    main()
