"""All commands by name, and what happens when one fails."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError

from cantata import __version__
from cantata.cli.groups import GROUPS, SUMMARY
from cantata.errors import EXIT, CantataError, Category

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def shown_default(value: Any) -> str | None:
    """In the help: a default that is nothing tells nothing."""
    return None if value is False or value in (None, "", ()) else str(value)


app = App(
    name="cantata",
    help=SUMMARY,
    version=__version__,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    help_format="plaintext",  # Markdown costs 200 ms of imports.
    default_parameter=Parameter(show_default=shown_default),
)

for name, (target, line) in GROUPS.items():
    app.command(f"cantata.cli.{target}", name=name, help=line)
app.register_install_completion_command(help="Install the completion of this shell.")


def run(arguments: Sequence[str] | None = None) -> None:
    """Raises `SystemExit`. Wrong words exit like wrong requests; every `CantataError` by its category."""
    try:
        app(arguments, exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(EXIT[Category.INVALID])
    except CantataError as error:
        print_error(error)
        sys.exit(EXIT[error.category])
    except (KeyboardInterrupt, EOFError):
        # Ctrl-C, or Ctrl-D where an answer was asked for.
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # Whoever reads has gone, which the program's end takes for what it is.
        raise
    except Exception:  # A defect, which must not look like the answer of a diff.
        traceback.print_exc()
        sys.exit(EXIT[Category.INTERNAL])


def print_error(error: CantataError) -> None:
    """What is wrong, the single troubles, and what to do; on standard error."""
    lines = [f"error: {error}"]
    if len(error.details) > 1 or not all(detail.message in error.message for detail in error.details):
        lines += [
            f"  - {detail.place}: {detail.message}" if str(detail.place) else f"  - {detail.message}"
            for detail in error.details
        ]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    print("\n".join(lines), file=sys.stderr)
