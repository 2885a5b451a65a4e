"""The command line: parses words, asks the API by `cantata.client`, prints.

A file per group of commands, loaded only when its group is used: `cantata --help` must be quick. What they
share: `session` (which server, which token), `output` (table, JSON, YAML), `progress` (watch until it is
done), `inputs` (files, `NAME@VERSION`).
"""

from __future__ import annotations


def main() -> None:
    """The console script. Leaves by `SystemExit` with a code of `cantata.errors.EXIT`."""
    import sys

    words = sys.argv[1:]
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
