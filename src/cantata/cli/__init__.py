"""The command line: parses words, asks the API by `cantata.client`, prints.

A file per group of commands, loaded only when its group is used: `cantata --help` must be quick. What they
share: `session` (which server, which token), `output` (table, JSON, YAML), `progress` (watch until it is
done), `inputs` (files, `NAME@VERSION`).
"""

from __future__ import annotations


def main() -> None:
    """The console script. A failure leaves by `SystemExit` with a code of `cantata.errors.EXIT`."""
    import os
    import sys

    code: str | int | None = 0
    try:
        answer(sys.argv[1:])
    except SystemExit as end:
        code = end.code
    except BrokenPipeError:
        pass
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read us has gone (`| head`). Python would complain while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if code:
        sys.exit(code)


def answer(words: list[str]) -> None:
    # These two load nothing else, so that they answer at once.
    if words == ["--version"]:
        from cantata import __version__

        print(__version__)
    elif words in ([], ["--help"], ["-h"]):
        from cantata.cli.groups import overview

        print(overview())
    else:
        from cantata.cli.root import run

        run()
