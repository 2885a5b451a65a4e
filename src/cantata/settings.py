"""The settings of the server, each from one environment variable, and where files lie.

There is no settings file: whoever starts the server sets its environment. The table in the documentation is
made from `Settings`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NamedTuple, TypeVar

from cantata.errors import CantataError, Category

T = TypeVar("T")


class SettingInvalid(CantataError):
    category = Category.INVALID


class Setting(NamedTuple):
    """One row of the table: the variable, its default as text, and what it is for."""

    variable: str
    default: str
    doc: str


TABLE: tuple[Setting, ...] = (
    Setting("CANTATA_DATA_DIR", "the user's data directory", "Where database, key, tokens and state lie."),
    Setting("CANTATA_DATABASE_URL", "sqlite in the data directory", "`sqlite:///PATH` or `postgresql://…`."),
    Setting("CANTATA_KEY_FILE", "`key` in the data directory", "The key that seals secrets; back it up."),
    Setting("CANTATA_HOST", "127.0.0.1", "The address to listen on."),
    Setting("CANTATA_PORT", "7480", "The port to listen on; 0 takes a free one."),
    Setting("CANTATA_LEASE_SECONDS", "8", "How long a killed server's work waits to be taken up."),
    Setting("CANTATA_PROGRESS_DEADLINE", "600", "Seconds without progress after which a service has failed."),
    Setting(
        "CANTATA_OPERATIONS_PER_CLUSTER",
        "64",
        "How many operations run on one cluster at a time; further ones wait, and projects take turns.",
    ),
    Setting(
        "CANTATA_COALESCE_SECONDS",
        "2",
        "How long applications with `updates: auto` wait for further edits of a config before they deploy.",
    ),
    Setting(
        "CANTATA_COLLECT_GRACE_SECONDS",
        "600",
        "How long an old ConfigMap or Secret must be named by nobody before it is deleted.",
    ),
    Setting(
        "CANTATA_WEBHOOK_ALLOW",
        "none",
        "Networks that webhooks may call though they are link-local or hold metadata, with commas between.",
    ),
    Setting(
        "CANTATA_WEBHOOK_RETRY_SECONDS",
        "5",
        "How long after a failure a delivery is tried again; then four times as long, six times in all.",
    ),
    Setting(
        "CANTATA_MARKET_ALLOW",
        "none",
        "Networks that chart repositories may be in though they are loopback or link-local, or private and "
        "chosen by nobody, with commas between.",
    ),
    Setting(
        "CANTATA_MARKET_FOLDERS",
        "`market` in the data directory",
        "Folders below which chart repositories may be folders, with colons between.",
    ),
    Setting(
        "CANTATA_MARKET_REFRESH_SECONDS",
        "3600",
        "How often a repository of charts is read again by itself, more or less; 0 for never.",
    ),
    Setting("CANTATA_EVENT_DAYS", "30", "How long events are kept."),
    Setting("CANTATA_EVENTS_PER_PROJECT", "100000", "How many events of a project are kept at most."),
    Setting(
        "CANTATA_WATCH_IDLE_SECONDS",
        "150",
        "A watch of a cluster that says nothing for this long is taken for dead; a sound one says something "
        "about every minute.",
    ),
    Setting("CANTATA_OPERATION_DAYS", "90", "How long operations that have ended keep their journal."),
    Setting(
        "CANTATA_REVISIONS_KEPT",
        "20",
        "Of how many revisions of an application manifests are kept; older ones cannot be rolled back to.",
    ),
    Setting("CANTATA_WORKERS", "2", "How many render workers run side by side."),
    Setting("CANTATA_RENDER_SECONDS", "20", "How long one render may take; its worker is then replaced."),
)
"""All settings of the server, in the order of the documentation."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `cantata server` runs with. Times are seconds."""

    data_dir: Path
    database_url: str
    key_file: Path
    host: str = "127.0.0.1"
    port: int = 7480
    lease_seconds: float = 8.0
    progress_deadline: float = 600.0
    operations_per_cluster: int = 64
    coalesce_seconds: float = 2.0
    collect_grace: float = 600.0
    webhook_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    webhook_retry: float = 5.0
    market_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    market_folders: tuple[Path, ...] = ()
    market_refresh: float = 3600.0
    event_days: float = 30.0
    events_per_project: int = 100_000
    watch_idle: float = 150.0
    operation_days: float = 90.0
    revisions_kept: int = 20
    workers: int = 2
    render_seconds: float = 20.0

    @property
    def server_file(self) -> Path:
        """Where a running server writes `{"url": …}` for the command line of the same user."""
        return self.data_dir / "server.json"

    @property
    def admin_token_file(self) -> Path:
        """The token of the local administrator, mode 0600, written at the first start."""
        return self.data_dir / "admin-token"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises `SettingInvalid` with the name of the variable."""
    folder = data_dir(environ)
    return Settings(
        data_dir=folder,
        database_url=environ.get("CANTATA_DATABASE_URL") or f"sqlite:///{folder / 'cantata.db'}",
        key_file=Path(environ.get("CANTATA_KEY_FILE") or folder / "key").expanduser(),
        host=environ.get("CANTATA_HOST") or "127.0.0.1",
        port=_number(environ, "CANTATA_PORT", int, 7480, low=0, high=65535),
        lease_seconds=_number(environ, "CANTATA_LEASE_SECONDS", float, 8.0, low=0.5, high=600),
        progress_deadline=_number(environ, "CANTATA_PROGRESS_DEADLINE", float, 600.0, low=1, high=86400),
        operations_per_cluster=_number(
            environ, "CANTATA_OPERATIONS_PER_CLUSTER", int, 64, low=1, high=10_000
        ),
        coalesce_seconds=_number(environ, "CANTATA_COALESCE_SECONDS", float, 2.0, low=0, high=3600),
        collect_grace=_number(environ, "CANTATA_COLLECT_GRACE_SECONDS", float, 600.0, low=0, high=1e7),
        webhook_allow=_networks(environ, "CANTATA_WEBHOOK_ALLOW"),
        webhook_retry=_number(environ, "CANTATA_WEBHOOK_RETRY_SECONDS", float, 5.0, low=0.01, high=3600),
        market_allow=_networks(environ, "CANTATA_MARKET_ALLOW"),
        market_folders=_folders(environ, "CANTATA_MARKET_FOLDERS") or (folder / "market",),
        market_refresh=_number(environ, "CANTATA_MARKET_REFRESH_SECONDS", float, 3600.0, low=0, high=1e7),
        event_days=_number(environ, "CANTATA_EVENT_DAYS", float, 30.0, low=0, high=36500),
        events_per_project=_number(
            environ, "CANTATA_EVENTS_PER_PROJECT", int, 100_000, low=0, high=1_000_000_000
        ),
        watch_idle=_number(environ, "CANTATA_WATCH_IDLE_SECONDS", float, 150.0, low=1, high=3600),
        operation_days=_number(environ, "CANTATA_OPERATION_DAYS", float, 90.0, low=0, high=36500),
        revisions_kept=_number(environ, "CANTATA_REVISIONS_KEPT", int, 20, low=1, high=1_000_000),
        workers=_number(environ, "CANTATA_WORKERS", int, 2, low=1, high=64),
        render_seconds=_number(environ, "CANTATA_RENDER_SECONDS", float, 20.0, low=0.5, high=600),
    )


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """`CANTATA_DATA_DIR`, else the user's data directory for this program."""
    if chosen := environ.get("CANTATA_DATA_DIR"):
        return Path(chosen).expanduser().absolute()
    import platformdirs  # Here, since it is not needed where the variable is set.

    return Path(platformdirs.user_data_dir("cantata", appauthor=False))


def config_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """`CANTATA_CONFIG_DIR`, else the user's configuration directory: where `cantata login` keeps its file."""
    if chosen := environ.get("CANTATA_CONFIG_DIR"):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_config_dir("cantata", appauthor=False))


def _folders(environ: Mapping[str, str], variable: str) -> tuple[Path, ...]:
    words = [word for word in environ.get(variable, "").split(os.pathsep) if word]
    return tuple(Path(word).expanduser().absolute() for word in words)


def _networks(environ: Mapping[str, str], variable: str) -> tuple[IPv4Network | IPv6Network, ...]:
    words = [word.strip() for word in environ.get(variable, "").split(",")]
    try:
        return tuple(ip_network(word) for word in words if word)
    except ValueError as error:
        raise SettingInvalid(
            f"{variable} holds what is no network: {error}",
            subject=variable,
            hint="Networks are such as 169.254.0.0/16, with commas between them.",
        ) from error


def _number(
    environ: Mapping[str, str],
    variable: str,
    kind: Callable[[str], T],
    default: T,
    *,
    low: float,
    high: float,
) -> T:
    text = environ.get(variable, "")
    if not text:
        return default
    try:
        number = kind(text)
        fits = low <= float(text) <= high
    except ValueError:
        fits = False
    if not fits:
        raise SettingInvalid(
            f"{variable} is {text!r}, not a number from {low:g} to {high:g}",
            subject=variable,
            hint=next(setting.doc for setting in TABLE if setting.variable == variable),
        )
    return number
