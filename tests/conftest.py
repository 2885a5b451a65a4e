"""Fixtures that every suite may use: the real control plane, started once per run when a test asks for it."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import settings

from cantata.sandbox import Sandbox

settings.register_profile("cantata", deadline=None)
settings.load_profile("cantata")


def _run_of(config: pytest.Config) -> int:
    """The process id of the whole run: of the controller, where pytest-xdist spreads it over workers."""
    return os.getppid() if hasattr(config, "workerinput") else os.getpid()


def _sandbox_of(run: int) -> Sandbox:
    return Sandbox(f"test-{run}", _data_of(run) / "sandboxes")


def _data_of(run: int) -> Path:
    return Path(tempfile.gettempdir()) / f"cantata-test-{run}"


@pytest.fixture(scope="session")
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """A started sandbox, shared by all tests and workers of the run; it ends with the run."""
    run = _run_of(request.config)
    sandbox = _sandbox_of(run)
    terminal = request.config.get_terminal_writer()
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        sandbox.start(lambda line: terminal.line(f"sandbox: {line}"), exec=True, owner=run)
    return sandbox


@pytest.fixture(scope="session")
def kubeconfig(sandbox: Sandbox) -> Path:
    """The kubeconfig of the sandbox's administrator."""
    return sandbox.kubeconfig


@pytest.fixture
def namespace() -> str:
    """A namespace name that nobody uses; the namespace itself is not created."""
    return f"t-{uuid.uuid4().hex[:10]}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The controller, which ends last, removes the sandbox of the run."""
    if hasattr(session.config, "workerinput"):
        return
    run = _run_of(session.config)
    if _data_of(run).exists():
        _sandbox_of(run).remove()
        shutil.rmtree(_data_of(run), ignore_errors=True)
