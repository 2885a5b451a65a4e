"""Logs, commands, ports and debug containers of a service's pods, by the real command."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from fcntl import ioctl

import pytest
from tests.e2e.conftest import CANTATA, Command, Kubectl, Server, Stage, deployment

from cantata.client import Client, RemoteError
from cantata.contract.pods import ForwardRequest, RunRequest
from cantata.sandbox import Sandbox
from cantata.sandbox.inside_pods import ANSWER, ATTACH_LOG, CLOSED_PORT, ECHO_PORT

pytestmark = pytest.mark.sandbox

TWO = deployment("web").replace(
    '- { name: main, image: "web:1" }',
    "- { name: main, image: 'web:1' }\n        - { name: side, image: 'side:1' }",
)
WAIT = 'until [ "$(stty size)" = "{}" ]; do sleep 0.1; done; echo {}\r'
FILES = {
    "cantata.yaml": "layout: file\n",
    "templates/web.yaml": TWO.replace("spec:\n  selector", "spec:\n  replicas: 2\n  selector", 1),
    "templates/one.yaml": deployment("one"),
    "templates/none.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: none }\n",
}


@pytest.fixture
async def shop(stage: Stage) -> AsyncIterator[str]:
    await stage.application(FILES)
    ended = await stage.deploy()
    assert ended is not None
    assert ended.state == "succeeded", ended.error
    yield stage.name
    await stage.ended(await stage.client.applications.delete(stage.name))


async def test_pods_and_their_logs(shop: str, client: Client, command: Command) -> None:
    pods = await client.pods.list(shop, "web")
    assert len(pods) == 2
    assert all(pod.ready and [c.name for c in pod.containers] == ["main", "side"] for pod in pods)

    done = command.run("service", "logs", shop, "web", "--tail", "2")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    told = {f"{pod.name} {container}" for pod in pods for container in ("main", "side")}
    assert {line.split(" | ")[0] for line in lines} == told
    assert len(lines) == 2 * len(told)

    done = command.run("service", "logs", shop, "web", "-c", "side", "--previous", "--timestamps")
    assert done.stdout.count("side | 2026-01-01T00:00:02.000000000Z fatal: the process gives up") == 2


async def test_followed_logs_go_on_with_the_pods_of_a_rollout(shop: str, client: Client) -> None:
    old = {pod.name for pod in await client.pods.list(shop, "one")}
    seen: set[str] = set()
    async with (
        asyncio.timeout(60),
        contextlib.aclosing(
            client.pods.logs(shop, "one", follow=True, tail=1)  # type: ignore[type-var]
        ) as lines,
    ):
        async for line in lines:
            if not seen:
                await client.services.ask("restart", shop, ["one"])
            seen.add(line.pod)
            if line.error is None and line.pod not in old:
                break
    assert len(seen - old) == 1
    assert "starting" in line.text, "from its beginning, without --tail"


async def test_followed_logs_come_while_they_are_read(shop: str, client: Client) -> None:
    seen = set()
    async with (
        asyncio.timeout(30),
        contextlib.aclosing(
            client.pods.logs(shop, "web", follow=True, container="main")  # type: ignore[type-var]
        ) as lines,
    ):
        async for line in lines:
            seen.add(line.pod)
            if len(seen) == 2:
                break


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("logs", "SHOP", "nobody"), 3, "there is no service nobody"),
        (("logs", "SHOP", "none"), 4, "service none has no pod"),
        (("logs", "SHOP", "web", "-c", "x"), 3, "Containers of"),
        (("exec", "SHOP", "web", "--", "true"), 2, "has 2 containers: main, side"),
        (("exec", "SHOP", "one", "-p", "x", "--", "true"), 3, "Its pods: "),
        (("exec", "SHOP", "one", "-c", "x", "--", "true"), 3, "Its containers: main"),
        (("exec", "SHOP", "one"), 2, "no command is named"),
        (("exec", "SHOP", "one", "--", "no-such-program"), 9, "no-such-program"),
        (("port-forward", "SHOP", "one", "x:80"), 2, "not LOCAL:REMOTE"),
        (("debug", "SHOP", "one", "--image", "busybox", "--target", "x"), 3, "Its containers: main"),
    ],
)
async def test_what_is_not_there_is_told(
    shop: str, command: Command, words: tuple[str, ...], code: int, told: str
) -> None:
    done = command.run("service", *(shop if word == "SHOP" else word for word in words))
    assert done.returncode == code, done.stderr
    assert told in done.stderr


async def test_a_command_runs_and_its_arguments_are_not_audited(
    shop: str, command: Command, client: Client
) -> None:
    done = command.run(
        "service", "exec", shop, "web", "-c", "side", "--", "sh", "-c", "echo out; echo err >&2"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")
    done = command.run("service", "exec", shop, "one", "-i", "--", "head", "-n", "1", text="hello\nyou\n")
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr
    entries = [each async for each in client.audit.list()]
    found = [each.detail for each in entries if each.verb == "exec" and each.name == f"{shop}/web"]
    assert [detail.split("/")[1] for detail in found] == ["side sh"]


async def test_a_viewer_may_see_pods_but_not_enter_them(shop: str, client: Client, server: Server) -> None:
    made = await client.tokens.create(f"v-{shop}", "viewer")
    async with Client(server.url, made.token) as viewer:
        assert await viewer.pods.list(shop, "one")
        with pytest.raises(RemoteError) as caught:
            await anext(viewer.pods.logs(shop, "one"))
        assert caught.value.code == "Forbidden"
        for wanted in (RunRequest(("true",)), ForwardRequest(80)):
            with pytest.raises(Exception, match="refuses the session with 403"):
                async with viewer.pods.session(shop, "one", wanted):
                    pass


class Screen:
    """A `cantata` command on a terminal of 100 × 30."""

    def __init__(self, command: Command, *words: str) -> None:
        self.master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            [CANTATA, *words], env=command.environment, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        self.shown = b""

    def until(self, text: str) -> None:
        ends = time.monotonic() + 30
        while text.encode() not in self.shown:
            assert time.monotonic() < ends, self.shown
            if select.select([self.master], [], [], 0.2)[0]:
                self.shown += os.read(self.master, 4096)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)


@contextlib.contextmanager
def on_a_terminal(command: Command, *words: str) -> Iterator[Screen]:
    screen = Screen(command, *words)
    try:
        yield screen
    finally:
        screen.process.kill()
        screen.process.wait()
        os.close(screen.master)


async def test_a_shell_on_a_terminal(shop: str, command: Command) -> None:
    words = ("service", "exec", shop, "web", "-it", "--", "sh")
    with on_a_terminal(command, *words) as screen:
        screen.until("Which container of")
        screen.type("2\n")
        screen.until("$ " if os.getuid() else "# ")
        # A size goes another way than what is typed, and may come after it.
        screen.type(WAIT.format("30 100", "si''zed"))
        screen.until("sized")
        screen.resize(41, 111)
        screen.type(WAIT.format("41 111", "resi''zed"))
        screen.until("resized")
        # kwok's terminals are nobody's controlling ones, where the key would be a signal.
        # What is typed is echoed: the quotes tell it from what is printed.
        screen.type("stty -isig -icanon; echo rea''dy; head -c 1 | od -An -tx1; stty sane; echo do''ne\r")
        screen.until("ready")
        screen.type("\x03")
        screen.until(" 03")
        screen.until("done")
        screen.type("exit\r")
        assert screen.process.wait(30) == 0


async def test_a_debug_container_is_added_and_attached_to(
    shop: str, command: Command, sandbox: Sandbox, kubectl: Kubectl
) -> None:
    words = ("service", "debug", shop, "one", "--image", "busybox", "--target", "main")
    with on_a_terminal(command, *words) as screen:
        screen.until("is added to pod")
        ends = time.monotonic() + 30
        while b"hello" not in screen.shown:
            assert time.monotonic() < ends, screen.shown
            with (sandbox.kubeconfig.parent / ATTACH_LOG).open("a") as file:
                file.write("2026-01-01T00:00:00.000000000Z stdout F hello\n")
            if select.select([screen.master], [], [], 0.2)[0]:
                screen.shown += os.read(screen.master, 4096)
    pod = kubectl.items("pods", "-n", shop, "-l", "app=one")[0]
    added = pod["spec"]["ephemeralContainers"][0]
    assert (added["image"], added["targetContainerName"]) == ("busybox", "main")


async def test_ports_lead_into_a_pod(shop: str, command: Command, client: Client) -> None:
    words = ("service", "port-forward", shop, "web", "0:8080", f"0:{ECHO_PORT}", f"0:{CLOSED_PORT}")
    process = await asyncio.create_subprocess_exec(
        CANTATA,
        *words,
        env=command.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A run in the background ignores the signal, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            told = [(await process.stdout.readline()).decode() for _ in range(3)]
            http, echo, closed = [int(line.split(":")[1].split()[0]) for line in told]
            answer = await asyncio.to_thread(
                lambda: urllib.request.urlopen(f"http://127.0.0.1:{http}/", timeout=20).read()
            )
            assert answer == ANSWER.encode()
            assert sorted(await asyncio.gather(*(_echoed(echo, bytes([n]) * 200_000) for n in range(3)))) == [
                bytes([n]) * 200_000 for n in range(3)
            ]
            reader, writer = await asyncio.open_connection("127.0.0.1", closed)
            assert await reader.read() == b""
            writer.close()
            assert b"port 1 is not reached" in await process.stderr.readline()
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            assert await process.wait() == 130
    details = [each.detail async for each in client.audit.list() if each.verb == "port-forward"]
    assert any(detail.endswith(f" {ECHO_PORT}") for detail in details)


async def _echoed(port: int, content: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(content)
    back = await reader.readexactly(len(content))
    writer.close()
    return back
