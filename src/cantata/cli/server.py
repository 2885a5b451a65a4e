"""`cantata server`: the server in the foreground."""

from __future__ import annotations

import importlib

from cantata.settings import load_settings


def server() -> None:
    """Run the server until Ctrl-C. Environment variables set it up: CANTATA_PORT, CANTATA_DATA_DIR …"""
    settings = load_settings()
    # By name, since the command line is a client: only this one command needs the server's code.
    importlib.import_module("cantata.server").run(settings)
