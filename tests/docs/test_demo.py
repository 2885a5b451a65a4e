"""`make demo` as a new user meets it, in a data directory of its own: twice, then the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("demo")]

ROOT = Path(__file__).resolve().parents[2]
CANTATA = Path(sys.executable).with_name("cantata")
NAME = "demo-test"
DEADLINE = 300.0
"""Seconds for one run of the demo once everything is built."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that was started once. `said` is what it printed then."""

    environment: Mapping[str, str]
    said: str

    @property
    def folder(self) -> Path:
        return Path(self.environment["CANTATA_DATA_DIR"])

    def run(self, what: str) -> str:
        return run(self.environment, sys.executable, str(ROOT / "examples" / "demo.py"), what, "--name", NAME)

    def cantata(self, *words: str) -> str:
        return run(self.environment, str(CANTATA), *words)

    def ask(self, *words: str) -> Any:
        return json.loads(self.cantata(*words, "-o", "json"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Whatever happens, it is stopped at the end."""
    folder = tmp_path_factory.mktemp("demo")
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("CANTATA_")}
    if cache := os.environ.get("CANTATA_CACHE_DIR"):
        theirs["CANTATA_CACHE_DIR"] = cache
    ours = {
        "CANTATA_DATA_DIR": str(folder),
        "CANTATA_CONFIG_DIR": str(folder / "config"),
        "CANTATA_PORT": "0",
    }
    demo = Demo({**theirs, **ours}, "")
    try:
        yield Demo(demo.environment, demo.run("start"))
    finally:
        demo.run("stop")


def run(environment: Mapping[str, str], *command: str) -> str:
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"") + (late.stderr or b"")
        pytest.fail(f"{command} has not ended after {DEADLINE:.0f} s:\n{said.decode()}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_first_run_makes_twenty_ready_services(demo: Demo) -> None:
    assert "All 20 services of 2 applications are ready" in demo.said
    assert "$ cantata app create shop-prod" in demo.said
    for name in ("shop-dev", "shop-prod"):
        status = demo.ask("app", "status", name)
        assert status["state"] == "ready"
        assert [service["state"] for service in status["services"]] == ["ready"] * 10
    assert {each["name"] for each in demo.ask("config", "list")} == {
        "shop-base",
        "shop-dev",
        "shop-staging",
        "shop-prod",
    }


@pytest.mark.parametrize("namespace", ["shop-dev", "shop-prod"])
def test_kubectl_agrees(demo: Demo, namespace: str) -> None:
    """Ten services: six Deployments, a StatefulSet, a DaemonSet, a Job and a CronJob."""
    kubeconfig = demo.cantata("sandbox", "kubeconfig", "--name", NAME).strip()
    kinds = "deployments,statefulsets,daemonsets,jobs,cronjobs"
    told = run(
        {**demo.environment, "KUBECONFIG": kubeconfig}, kubectl(), "get", kinds, "-n", namespace, "-o", "json"
    )
    found = [item for item in json.loads(told)["items"] if not item["metadata"].get("ownerReferences")]
    assert len(found) == 10
    assert all(map(is_ready, found)), [item["metadata"]["name"] for item in found if not is_ready(item)]


def kubectl() -> str:
    from cantata.sandbox import Sandbox

    return str(Sandbox(NAME).tool("kubectl"))


def is_ready(item: Any) -> bool:
    status = item["status"]
    match item["kind"]:
        case "Deployment" | "StatefulSet":
            return bool(status.get("readyReplicas") == item["spec"]["replicas"])
        case "DaemonSet":
            return bool(status["numberReady"] == status["desiredNumberScheduled"] > 0)
        case "Job":
            return bool(status.get("succeeded") == 1)
        case _:
            return True


def test_second_run_changes_nothing(demo: Demo) -> None:
    before = {name: demo.ask("app", "history", name) for name in ("shop-dev", "shop-prod")}
    said = demo.run("start")
    assert "All 20 services" in said
    assert "shop@1 (unchanged)" in said
    assert before == {name: demo.ask("app", "history", name) for name in before}
    assert len(demo.ask("operation", "list")) == 2


def test_an_edit_on_the_server_survives_the_next_run(demo: Demo, tmp_path: Path) -> None:
    text = demo.cantata("config", "show", "shop-staging")
    edited = tmp_path / "edited.yaml"
    edited.write_text(text + "extra: true\n")
    demo.cantata("config", "edit", "shop-staging", "-f", str(edited))
    demo.run("start")
    assert "extra: true" in demo.cantata("config", "show", "shop-staging")


def test_stop_leaves_no_process(demo: Demo) -> None:
    folder = demo.folder
    server = json.loads((folder / "server.json").read_text())["pid"]
    supervisor = json.loads((folder / "sandboxes" / NAME / "status.json").read_text())["supervisor"]
    ours = descendants({server, supervisor})
    assert len(ours) >= 8, "the server, a render worker, the supervisor and six processes of the sandbox"
    said = demo.run("stop")
    assert "has ended" in said
    until = time.monotonic() + 10
    while left := ours & parents().keys():
        assert time.monotonic() < until, [Path(f"/proc/{pid}/cmdline").read_text() for pid in left]
        time.sleep(0.1)
    assert "no server runs" in demo.run("stop")


def descendants(roots: set[int]) -> set[int]:
    found, parent_of = set(roots), parents()
    while more := {pid for pid, parent in parent_of.items() if parent in found} - found:
        found |= more
    return found


def parents() -> dict[int, int]:
    """The parent of each living process, by id. What has ended and is not waited for yet does not live."""
    found: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue  # It ended just now.
        if state not in ("Z", "X"):
            found[int(entry.parent.name)] = int(parent)
    return found
