"""Where everything of one sandbox lies: one removable folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import platformdirs

from cantata.errors import CantataError, Category

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class InvalidSandboxName(CantataError):
    category: ClassVar[Category] = Category.INVALID


def default_root() -> Path:
    """The folder of all sandboxes; `CANTATA_DATA_DIR` overrides the platform's own place."""
    override = os.environ.get("CANTATA_DATA_DIR")
    data = Path(override) if override else Path(platformdirs.user_data_dir("cantata"))
    return data / "sandboxes"


@dataclass(frozen=True)
class Folder:
    """The paths of one sandbox. Everything below `path` belongs to it."""

    path: Path

    @classmethod
    def of(cls, name: str, root: Path | None = None) -> Folder:
        """Raises `InvalidSandboxName`."""
        if not NAME.fullmatch(name):
            raise InvalidSandboxName(
                f"{name!r} is no name for a sandbox",
                subject=f"sandbox {name}",
                hint="Use up to 40 lower-case letters, digits and dashes, a letter or digit at both ends.",
            )
        return cls((root or default_root()).absolute() / name)

    def create(self) -> None:
        for folder in (self.path, self.pki, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def pki(self) -> Path:
        return self.path / "pki"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def etcd(self) -> Path:
        return self.path / "etcd"

    @property
    def kubeconfig(self) -> Path:
        return self.path / "kubeconfig"

    @property
    def settings(self) -> Path:
        return self.path / "settings.json"

    @property
    def ports(self) -> Path:
        return self.path / "ports.json"

    @property
    def plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def status(self) -> Path:
        return self.path / "status.json"

    @property
    def alive(self) -> Path:
        """Locked by the supervisor for as long as it lives."""
        return self.path / "alive.lock"

    @property
    def starting(self) -> Path:
        """Locked by whoever starts, stops or resets the sandbox."""
        return self.path / "starting.lock"

    def log(self, component: str) -> Path:
        return self.logs / f"{component}.log"
