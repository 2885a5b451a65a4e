"""`cantata server`: the server in the foreground, and care of its keys while it is stopped."""

from __future__ import annotations

import importlib
from typing import Annotated

from cyclopts import App, Parameter

from cantata.settings import load_settings

app = App(name="server", help="Run the server in the foreground.")

# By name, since the command line is a client: only these commands need the server's code.
SERVER = "cantata.server"


@app.default
def server() -> None:
    """Run the server until Ctrl-C. Environment variables set it up: CANTATA_PORT, CANTATA_DATA_DIR …"""
    importlib.import_module(SERVER).run(load_settings())


@app.command
def rotate_key(
    *,
    data: Annotated[
        bool, Parameter(negative="", help="Seal all secrets anew, too, under a fresh data key.")
    ] = False,
) -> None:
    """Replace the key file by a new one, all servers stopped. What was killed goes on when run again."""
    for line in importlib.import_module(SERVER).rotate_keys(load_settings(), data=data):
        print(line, flush=True)


@app.command
def replace_lost_key() -> None:
    """Give up all secrets whose key file is lost for good, all servers stopped; everything else stays."""
    print(importlib.import_module(SERVER).replace_lost_key(load_settings()))
