"""The parts of the sandbox that need no process."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import ssl
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from cantata.sandbox import Phase, Run, Sandbox, Status
from cantata.sandbox.folder import Folder, InvalidSandboxName, default_root
from cantata.sandbox.pki import create_pki, kubeconfig, read_tokens
from cantata.sandbox.ports import choose_ports, is_free
from cantata.sandbox.process import SupervisedProcess, describe_exit, last_lines
from cantata.sandbox.restart import DELAYS, WINDOW, restart_delay
from cantata.sandbox.state import Component, Ports, keep_state

if TYPE_CHECKING:
    from tests.sandbox.conftest import Until


def test_a_process_comes_back_later_and_later_and_then_stays_down() -> None:
    deaths = [float(second) for second in range(len(DELAYS) + 1)]
    delays = [restart_delay(deaths[: count + 1], now=deaths[count]) for count in range(len(deaths))]
    assert delays == [*DELAYS, None]


def test_old_deaths_are_forgotten() -> None:
    assert restart_delay([0.0, 1.0, 2.0, WINDOW + 3], now=WINDOW + 3) == DELAYS[0]


@pytest.mark.parametrize("name", ["", "Upper", "a/b", "..", "-a", "a-", "a" * 41])
def test_names_that_are_no_folder_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidSandboxName):
        Folder.of(name)


def test_the_root_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CANTATA_DATA_DIR", str(tmp_path))
    assert default_root() == tmp_path / "sandboxes"


def test_ports_stay_unless_somebody_took_one() -> None:
    first = choose_ports(None)
    assert choose_ports(first) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first.kwok))
        taken.listen()
        assert not is_free(first.kwok)
        second = choose_ports(first)
    assert second.kwok != first.kwok
    assert second.etcd == first.etcd


def test_ports_are_distinct() -> None:
    ports = choose_ports(Ports(1, 1, 1, 1, 1))
    assert len({getattr(ports, field) for field in Ports.__struct_fields__}) == 5


def test_certificates_are_made_once_and_fit_together(tmp_path: Path) -> None:
    create_pki(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    create_pki(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    authority = x509.load_pem_x509_certificate(before["ca.crt"])
    for name in "server", "admin", "front-proxy":
        x509.load_pem_x509_certificate(before[f"{name}.crt"]).verify_directly_issued_by(authority)
    assert set(read_tokens(tmp_path)) == {"admin", "viewer", "nobody"}
    assert "server: https://127.0.0.1:1234\n" in kubeconfig(tmp_path, "x", "https://127.0.0.1:1234")


async def test_a_process_that_dies_too_often_stays_down_and_says_why(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.create()
    component = Component("fragile", ["/bin/sh", "-c", "echo broken; exit 3"])
    down = asyncio.Event()
    seen: list[Run] = []

    def changed() -> None:
        seen.append(process.status.run)
        if process.status.run is Run.DOWN:
            down.set()

    def twice(deaths: Sequence[float], _now: float) -> float | None:
        return 0.0 if len(deaths) < 2 else None

    process = SupervisedProcess(component, folder, ssl.create_default_context(), changed, twice)
    process.start()
    async with asyncio.timeout(10):
        await down.wait()
    assert Run.RESTARTING in seen
    assert process.status.restarts == 1
    assert process.status.last_exit == "exit status 3"
    assert process.status.last_log == ["broken", "broken"]
    await process.end()
    assert process.status.run is Run.STOPPED


async def test_a_process_whose_program_is_gone_stays_down_and_says_why(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.create()
    down = asyncio.Event()

    def changed() -> None:
        if process.status.run is Run.DOWN:
            down.set()

    component = Component("gone", [str(tmp_path / "gone")])
    process = SupervisedProcess(component, folder, ssl.create_default_context(), changed, lambda *_: None)
    process.start()
    async with asyncio.timeout(10):
        await down.wait()
    assert process.status.last_exit == "not started: No such file or directory"
    await process.end()


def test_a_stop_waits_for_a_supervisor_that_ends_by_itself(tmp_path: Path, until: Until) -> None:
    sandbox = Sandbox("own", tmp_path)
    folder = Folder(sandbox.path)
    folder.create()
    with subprocess.Popen(["/bin/true"]) as ended:
        pass
    keep_state(folder.status, Status("own", phase=Phase.RUNNING, supervisor=ended.pid))
    with folder.alive.open("w") as alive, ThreadPoolExecutor(1) as pool:
        fcntl.flock(alive, fcntl.LOCK_EX)
        stop = pool.submit(sandbox.stop)
        until("stop under way", lambda: folder.starting.exists() and is_locked(folder.starting))
        fcntl.flock(alive, fcntl.LOCK_UN)
        stop.result(timeout=10)


def is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_exits_are_told_in_words() -> None:
    assert describe_exit(-9) == "killed by SIGKILL"
    assert describe_exit(1) == "exit status 1"


def test_the_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_lines(log) == []
    log.write_text("".join(f"line {number}\n\n" for number in range(100)))
    assert last_lines(log, 2) == ["line 98", "line 99"]
