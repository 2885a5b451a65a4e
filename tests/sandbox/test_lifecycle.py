"""Starting, stopping, dying and coming back, each on a sandbox of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cantata.sandbox import Phase, Run, Sandbox
from cantata.sandbox.control_plane import SandboxDiffers, SandboxNotStarted
from cantata.sandbox.folder import Folder
from cantata.sandbox.state import Plan, Ports, find_state

if TYPE_CHECKING:
    from tests.sandbox.conftest import Until

pytestmark = pytest.mark.sandbox

BEHAVIOUR = "sandbox.cantata.dev/behaviour"
CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]


def processes_of(sandbox: Sandbox) -> list[str]:
    """The command lines of all processes that name the sandbox's folder."""
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(sandbox.path) in line:
                lines.append(line)
    return lines


def listening(sandbox: Sandbox) -> list[int]:
    """The ports of the sandbox that accept connections."""
    ports = find_state(Folder(sandbox.path).ports, Ports)
    assert ports is not None
    answering = []
    for field in Ports.__struct_fields__:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", getattr(ports, field))) == 0:
                answering.append(getattr(ports, field))
    return answering


def kubectl_on(sandbox: Sandbox, *arguments: str) -> str:
    command = [str(sandbox.tool("kubectl")), f"--kubeconfig={sandbox.kubeconfig}", *arguments]
    output: str = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return output


def start_twice_at_once(sandbox: Sandbox) -> set[int]:
    """The supervisors that two starts at the same time end up with."""
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(sandbox.start, owner=os.getpid()) for _ in range(2)]
        return {start.result().supervisor for start in starts}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that this test may stop and break; not started."""
    sandbox = Sandbox("own", tmp_path)
    yield sandbox
    sandbox.remove()


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A started sandbox whose processes may be killed; with the shared one, that would disturb others."""
    victim = Sandbox("victim", tmp_path_factory.mktemp("victim"))
    victim.start(nodes=1, owner=os.getpid())
    yield victim
    victim.remove()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with metrics and one pod to measure.

    The first usage takes half a minute, so the first test of this file starts it and the last one looks.
    """
    measured = Sandbox("measured", tmp_path_factory.mktemp("measured"))
    measured.start(nodes=1, metrics=True, owner=os.getpid())
    usage = ("--annotations=sandbox.cantata.dev/cpu=250m", "--annotations=sandbox.cantata.dev/memory=64Mi")
    kubectl_on(measured, "run", "busy", "--image=example/app:1", *usage)
    yield measured
    measured.remove()


def test_metrics_server_runs_when_metrics_are_asked_for(measured: Sandbox) -> None:
    assert measured.status().component("metrics-server").run is Run.RUNNING
    assert "v1beta1.metrics.k8s.io" in kubectl_on(measured, "get", "apiservices", "--output=name")


def test_a_sandbox_lives_beside_others_and_keeps_its_content_until_reset(
    own: Sandbox, sandbox: Sandbox
) -> None:
    steps: list[str] = []
    started = own.start(steps.append, nodes=1, owner=os.getpid())
    assert started.phase is Phase.RUNNING
    assert [part.name for part in started.components] == CONTROL_PLANE
    assert "starting etcd" in steps
    assert sandbox.status().server != started.server
    kubectl_on(own, "create", "configmap", "note", "--from-literal=key=value")
    assert "note" not in kubectl_on(sandbox, "get", "configmaps")

    stopped = own.stop()
    assert (stopped.phase, stopped.reason) == (Phase.STOPPED, "")
    assert processes_of(own) == []
    assert listening(own) == []
    assert sandbox.status().phase is Phase.RUNNING

    again = own.start(owner=os.getpid())
    assert again.server == started.server, "a kubeconfig stays true as long as the port is free"
    assert "note" in kubectl_on(own, "get", "configmaps")
    with pytest.raises(SandboxDiffers, match="nodes=1"):
        own.start(nodes=5)

    assert own.reset().phase is Phase.RUNNING
    assert "note" not in kubectl_on(own, "get", "configmaps")
    assert len(kubectl_on(own, "get", "nodes", "--output=name").split()) == 1


@pytest.mark.parametrize("name", ["kube-apiserver", "kwok", "etcd"])
def test_a_killed_process_comes_back_and_is_reported(victim: Sandbox, until: Until, name: str) -> None:
    before = victim.status().component(name)
    os.kill(before.pid, signal.SIGKILL)
    until("death", lambda: victim.status().component(name).restarts > before.restarts)
    until("recovery", lambda: victim.status().phase is Phase.RUNNING)
    after = victim.status().component(name)
    assert after.run is Run.RUNNING
    assert after.pid != before.pid
    assert after.last_exit == "killed by SIGKILL"
    assert after.last_exit_at > 0

    kubectl_on(victim, "create", "deployment", f"after-{name}", "--image=example/app:1")
    kubectl_on(victim, "rollout", "status", f"deployment/after-{name}", "--timeout=30s")


def test_a_kwok_that_comes_back_looks_again_at_pods_that_are_not_up(victim: Sandbox, until: Until) -> None:
    """By itself it passes over them about every second time, and they would never start."""
    overrides = {"metadata": {"annotations": {BEHAVIOUR: "slow", "sandbox.cantata.dev/delay": "3s"}}}
    words = ("run", "slow", "--image=example/app:1", f"--overrides={json.dumps(overrides)}")
    kubectl_on(victim, *words)

    def pod() -> Any:
        return json.loads(kubectl_on(victim, "get", "pod", "slow", "--output=json"))

    until("node", lambda: pod()["spec"].get("nodeName"))
    os.kill(victim.status().component("kwok").pid, signal.SIGKILL)
    until("second look", lambda: "sandbox.cantata.dev/seen-at" in pod()["metadata"]["annotations"])
    until("pod that runs", lambda: pod()["status"]["phase"] == "Running")


def test_a_process_that_does_not_start_fails_the_start_and_says_why(own: Sandbox) -> None:
    own.path.mkdir()
    (own.path / "etcd").write_text("in the way")
    with pytest.raises(SandboxNotStarted, match="etcd does not start") as trouble:
        own.start(owner=os.getpid())
    assert str(own.path) in trouble.value.hint
    status = own.status()
    assert status.phase is Phase.FAILED
    assert "etcd does not start (exit status" in status.reason
    assert processes_of(own) == []
    assert any("not a directory" in line for line in own.logs("etcd"))


def test_an_interrupted_start_leaves_nothing_behind(own: Sandbox) -> None:
    def interrupt(step: str) -> None:
        if "kube-apiserver" in step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own.start(interrupt)
    assert processes_of(own) == []
    assert listening(own) == []
    assert own.status().phase is Phase.STOPPED


def test_a_killed_owner_takes_its_sandbox_along(own: Sandbox, until: Until) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from cantata.sandbox import Sandbox\n"
        "Sandbox('own', Path(sys.argv[1])).start(owner=os.getpid()); print('started', flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(own.path.parent)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "started\n"
        owner.kill()
    until("end of the sandbox", lambda: processes_of(own) == [])
    until("removal of the folder", lambda: not own.path.exists())


def test_a_killed_supervisor_takes_its_processes_along(victim: Sandbox, until: Until) -> None:
    status = victim.status()
    os.kill(status.supervisor, signal.SIGKILL)
    until("end of the processes", lambda: processes_of(victim) == [])
    after = victim.status()
    assert after.phase is Phase.FAILED
    assert "supervisor" in after.reason

    supervisors = start_twice_at_once(victim)
    assert victim.status().phase is Phase.RUNNING
    assert supervisors == {victim.status().supervisor}


def test_users_are_told_apart(sandbox: Sandbox) -> None:
    def try_to(verb: str, token: str) -> str:
        command = [str(sandbox.tool("kubectl")), f"--server={sandbox.status().server}", f"--token={token}"]
        command += ["--certificate-authority", str(sandbox.path / "pki" / "ca.crt"), "--kubeconfig=/dev/null"]
        done = subprocess.run(
            [*command, "auth", "can-i", verb, "configmaps"], capture_output=True, text=True, check=False
        )
        answer: str = done.stdout or done.stderr
        return answer.strip()

    tokens = sandbox.tokens
    assert try_to("create", tokens["admin"]) == "yes"
    assert try_to("get", tokens["viewer"]) == "yes"
    assert try_to("create", tokens["viewer"]) == "no"
    assert try_to("get", tokens["nobody"]) == "no"
    assert "Unauthorized" in try_to("get", "wrong")


def test_nothing_secret_is_readable_by_others(sandbox: Sandbox) -> None:
    secret = [sandbox.path, sandbox.kubeconfig, *(sandbox.path / "pki").iterdir()]
    assert [str(path) for path in secret if path.stat().st_mode & 0o077] == []
    plan = find_state(Folder(sandbox.path).plan, Plan)
    assert plan is not None
    lines = " ".join(word for part in plan.components for word in part.arguments)
    assert not any(token in lines for token in sandbox.tokens.values())


def test_usage_is_served_when_metrics_are_asked_for(measured: Sandbox, until: Until) -> None:
    path = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"
    until("usage of the pod", lambda: '"busy"' in kubectl_on(measured, "get", "--raw", path), 60)
    (line,) = kubectl_on(measured, "top", "pods", "--no-headers").splitlines()
    assert line.split()[0] == "busy"
    assert line.split()[2] == "64Mi"
