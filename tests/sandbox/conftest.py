from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from cantata.sandbox import Sandbox


class Until(Protocol):
    def __call__(self, what: str, holds: Callable[[], Any], seconds: float = 30) -> Any: ...


class Kubectl:
    """The real kubectl, on one sandbox and namespace."""

    def __init__(self, program: Path, kubeconfig: Path, namespace: str) -> None:
        self.namespace = namespace
        cache = kubeconfig.parent / "cache"
        self._command = [str(program), f"--kubeconfig={kubeconfig}", f"--cache-dir={cache}"]
        self._command.append(f"--namespace={namespace}")

    def __call__(self, *arguments: str, text: str = "") -> str:
        done = self._run(arguments, text)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def refusal(self, *arguments: str) -> str:
        """What kubectl says about a command that must fail."""
        done = self._run(arguments)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def _run(self, arguments: tuple[str, ...], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *arguments], input=text, capture_output=True, text=True, check=False
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self(*arguments, "--output=json"))
        return answer

    def apply(self, *objects: dict[str, Any]) -> None:
        self("apply", "--filename=-", text="\n---\n".join(map(json.dumps, objects)))

    def wait(self, thing: str, condition: str, seconds: int = 30) -> None:
        """Wait for `jsonpath='{.path}'=value`, `condition=Ready` or `create`."""
        self("wait", thing, f"--for={condition}", f"--timeout={seconds}s")

    def pod(self, app: str) -> dict[str, Any]:
        """The one pod with this label `app`."""
        pods = self.json("get", "pods", f"--selector=app={app}")["items"]
        assert len(pods) == 1, pods
        pod: dict[str, Any] = pods[0]
        return pod


@pytest.fixture
def kubectl(sandbox: Sandbox, namespace: str) -> Iterator[Kubectl]:
    """kubectl in a fresh namespace of the shared sandbox."""
    kubectl = Kubectl(sandbox.tool("kubectl"), sandbox.kubeconfig, namespace)
    kubectl("create", "namespace", namespace)
    yield kubectl
    kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def until() -> Until:
    """Waits until a condition holds, and returns what it returned; fails after a deadline."""

    def wait(what: str, holds: Callable[[], Any], seconds: float = 30) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := holds()):
            assert time.monotonic() < deadline, f"still no {what} after {seconds} s"
            time.sleep(0.05)
        return answer

    return wait
