"""The demo: a sandbox, a server, and the shop as two applications. `make demo` and `make demo-stop` call it.

It does what a person would do: every step that changes something is a `cantata` command, printed before it
runs, so that it can be typed again; what is there already is left as it is. Watching goes by
`cantata.client`. Everything lies in the user's data directory, or in CANTATA_DATA_DIR.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import msgspec
from rich.columns import Columns
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from cantata.client import Client
from cantata.contract.applications import ApplicationStatusInfo, ServiceStatusInfo
from cantata.errors import EXIT, CantataError
from cantata.sandbox import Phase, Sandbox
from cantata.settings import config_dir, load_settings

SHOP = Path(__file__).resolve().parent / "shop"
CONFIGS = {"shop-base": "", "shop-dev": "shop-base", "shop-staging": "shop-base", "shop-prod": "shop-base"}
"""Each config, and the one that it extends."""
CHOICES = ("CANTATA_SERVER", "CANTATA_TOKEN", "CANTATA_TOKEN_FILE", "CANTATA_PROJECT")
"""By these, as by `cantata login`, commands go to another server than ours."""
APPLICATIONS = ("shop-dev", "shop-prod")
"""Each has the config of its own name."""

CANTATA = Path(sys.executable).with_name("cantata")
PATIENCE = 600.0
"""Seconds without any change after which the demo gives up."""
POLL = 0.25
COLOURS = {"ready": "green", "failed": "red", "unknown": "red", "degraded": "magenta"}


class DemoFailed(Exception):
    """What went wrong, and what to do about it; in one or two sentences."""


class ServerFile(msgspec.Struct):
    """`server.json` in the data directory: written by a server that runs, removed when it ends."""

    url: str
    pid: int


def main() -> None:
    parser = argparse.ArgumentParser(description="Start or stop the demo.")
    parser.add_argument("what", choices=["start", "stop"], nargs="?", default="start")
    parser.add_argument("--name", default="demo", help="the name of its sandbox (default: demo)")
    arguments = parser.parse_args()
    try:
        if arguments.what == "stop":
            stop(arguments.name)
        else:
            start(arguments.name)
    except DemoFailed as trouble:
        sys.exit(f"error: {trouble}")
    except CantataError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        print(f"error: {error}{hint}", file=sys.stderr)
        sys.exit(EXIT[error.category])
    except KeyboardInterrupt:
        print("\nWhat was begun goes on. `make demo` looks at it again, `make demo-stop` ends it.")
        sys.exit(130)


def start(name: str) -> None:
    """Goes on from wherever an earlier start came to."""
    sandbox = Sandbox(name)
    if sandbox.status().phase is not Phase.RUNNING:
        say("1/5 The sandbox: a real Kubernetes control plane, built on first use in 7 to 10 minutes")
        cantata("sandbox", "start", "--name", name, "--metrics", answer=False)
    else:
        say("1/5 The sandbox runs")
    server = find_server()
    say("2/5 The server runs" if server else "2/5 The server: its render worker is built on first use")
    server = server or start_server()
    print(f"      {server.url}, process {server.pid}")
    token = load_settings().admin_token_file.read_text().strip()
    elsewhere = (config_dir() / "login.json").exists() or any(each in os.environ for each in CHOICES)
    for choice in CHOICES:
        os.environ.pop(choice, None)
    os.environ["CANTATA_SERVER"] = server.url
    ready = asyncio.run(deploy_shop(Client(server.url, token), sandbox))
    print_next_steps(sandbox, ready, server.url if elsewhere else "")


async def deploy_shop(client: Client, sandbox: Sandbox) -> int:
    """Returns how many services are ready at the end: all."""
    async with client:
        say("3/5 The cluster, the template and the configs")
        await register_cluster(client, sandbox)
        cantata("template", "import", "shop", relative(SHOP))
        for config, parent in CONFIGS.items():
            await save_config(client, config, parent)
        say("4/5 The applications")
        await create_applications(client)
        say("5/5 Deploying both at once")
        return await watch(client, await deploy(client))


def say(line: str) -> None:
    print(f"\n{line}", flush=True)


def relative(path: Path) -> str:
    """As a person would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def cantata(*words: str, answer: bool = True) -> None:
    """Runs a command after printing it, and shows what it says as it comes; its answer only if that is
    wanted here."""
    print(f"    $ cantata {shlex.join(words)}", flush=True)
    process = subprocess.Popen(
        [CANTATA, *words],
        stdout=subprocess.PIPE if answer else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if answer else subprocess.PIPE,
        text=True,
    )
    with process:
        for line in process.stdout or process.stderr or ():
            print(f"      {line}", end="", flush=True)
    if process.returncode != 0:
        raise DemoFailed(f"this command failed with exit code {process.returncode}.")


# The server


def find_server() -> ServerFile | None:
    """The server over our data directory, if it runs. The file of one that was killed may lie there still,
    and its process id may be another program's by now."""
    try:
        server = msgspec.json.decode(load_settings().server_file.read_bytes(), type=ServerFile)
    except FileNotFoundError:
        return None
    return server if is_server(server.pid) else None


def is_server(pid: int) -> bool:
    """Whether this process is a `cantata server` that has not ended."""
    if Path("/proc/self/cmdline").exists():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
    else:
        words = ["ps", "-p", str(pid), "-o", "command="]
        command = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    return "server" in command and any(Path(word).name == "cantata" for word in command)


def start_server() -> ServerFile:
    """Starts `cantata server` in the background and waits until it serves, showing what it says meanwhile."""
    settings = load_settings()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = settings.port if is_free(settings.host, settings.port) else 0
    if port != settings.port:
        print(f"      port {settings.port} is taken by another program, so it takes a free one.")
    path = settings.data_dir / "server.log"
    print(f"    $ CANTATA_PORT={port} cantata server >> {shlex.quote(str(path))} 2>&1 &", flush=True)
    with path.open("a+") as log:
        log.seek(0, os.SEEK_END)
        process = subprocess.Popen(
            [CANTATA, "server"],
            env={**os.environ, "CANTATA_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # It outlives this program and its terminal.
        )
        with path.open() as lines:
            lines.seek(log.tell())
            while (server := find_server()) is None or server.pid != process.pid:
                if process.poll() is not None:
                    last = "\n".join(path.read_text().splitlines()[-5:])
                    raise DemoFailed(f"the server ended with exit code {process.returncode}:\n{last}")
                show_progress(lines)
                time.sleep(POLL)
    return server


def show_progress(lines: Iterable[str]) -> None:
    """What the server says to people; lines of its log begin with a date."""
    for line in lines:
        if not line[:1].isdigit():
            print(f"      {line}", end="", flush=True)


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


# What is made on it


async def register_cluster(client: Client, sandbox: Sandbox) -> None:
    known = {cluster.name: cluster async for cluster in client.clusters.list()}
    if "default" not in known:
        cantata("cluster", "add", "default", "--kubeconfig", str(sandbox.kubeconfig))
        return
    uid = kubectl(sandbox, "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    if known["default"].uid != uid:
        raise DemoFailed(
            f"the server's cluster `default` is not the sandbox {sandbox.name}. Run the demo over another "
            "data directory: CANTATA_DATA_DIR=~/cantata-demo make demo"
        )


def kubectl(sandbox: Sandbox, *words: str) -> str:
    command = [str(sandbox.tool("kubectl")), "--kubeconfig", str(sandbox.kubeconfig), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def save_config(client: Client, name: str, parent: str) -> None:
    """Creates the config, or saves a new version when the file has changed since the demo read it last. What
    was edited on the server stays: the messages of the versions tell which contents of the file they had."""
    path = SHOP / "configs" / f"{name}.yaml"
    message = f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
    words = [name, "-f", relative(path), "-m", message]
    extends = ["--extends", parent] if parent else []
    if name not in [config.name async for config in client.configs.list(name)]:
        cantata("config", "create", *words, *extends)
    elif message not in [version.message async for version in client.configs.history(name)]:
        cantata("config", "edit", *words)


async def create_applications(client: Client) -> None:
    there = {status.application.name async for status in client.applications.list()}
    for name in APPLICATIONS:
        if name in there:
            print(f"      {name} is there")
        else:
            cantata("app", "create", name, "--template", "shop", "--config", name, "--create-namespace")


async def deploy(client: Client) -> list[str]:
    """The ids of the operations that are under way then; none for an application that is as it should be."""
    operations = []
    for name in APPLICATIONS:
        print(f"    $ cantata app deploy {name}", flush=True)
        running = (await client.applications.status(name)).operation
        if running is None or running.ended:
            running = (await client.applications.deploy(name, cause="make demo")).operation
        if running is not None:
            operations.append(running.id)
    return operations


# Watching


async def watch(client: Client, operations: list[str]) -> int:
    """Shows both applications until the operations have ended and all services are ready. Returns how many
    these are."""
    print(flush=True)
    if sys.stdout.isatty():
        with Live(auto_refresh=False) as live:
            return await until_ready(
                client, operations, lambda found: live.update(trees(found), refresh=True)
            )
    return await until_ready(client, operations, Lines().show)


async def until_ready(
    client: Client, operations: list[str], show: Callable[[list[ApplicationStatusInfo]], None]
) -> int:
    """Raises `DemoFailed` when an operation fails, or when nothing has changed for too long."""
    last, changed = None, time.monotonic()
    while True:
        ended = [operation for id_ in operations if (operation := await client.operations.show(id_)).ended]
        found = [await client.applications.status(name) for name in APPLICATIONS]
        show(found)
        for operation in ended:
            if operation.state != "succeeded":
                raise DemoFailed(
                    f"the {operation.verb} of {operation.application} is {operation.state}: {operation.error}"
                )
        services = [service for status in found for service in status.services]
        if len(ended) == len(operations) and all(service.state == "ready" for service in services):
            return len(services)
        if services != last:
            last, changed = services, time.monotonic()
        elif time.monotonic() - changed > PATIENCE:
            raise DemoFailed("nothing has changed for ten minutes. `cantata app status` tells more.")
        await asyncio.sleep(POLL)


def trees(found: list[ApplicationStatusInfo]) -> Columns:
    """Side by side where the terminal is wide enough."""
    return Columns([tree(status) for status in found], padding=(0, 4))


def tree(status: ApplicationStatusInfo) -> Tree:
    ready = sum(service.state == "ready" for service in status.services)
    head = Text(f"{status.application.name}  ", "bold")
    root = Tree(head.append(f"{ready} of {len(status.services)} ready", "dim"))
    for service in status.services:
        line = Text(f"{service.name:<10} ")
        line.append(f"{service.state:<12} ", COLOURS.get(service.state, "yellow"))
        root.add(line.append(detail(service), "dim"))
    return root


def detail(service: ServiceStatusInfo) -> str:
    if service.blocked_by:
        return ", ".join(service.blocked_by)
    return f"{service.ready}/{service.desired}" if service.desired else service.kind


class Lines:
    """In a pipe: a line for each service whose state has changed."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def show(self, found: list[ApplicationStatusInfo]) -> None:
        for status in found:
            for service in status.services:
                name = f"{status.application.name}/{service.name}"
                if self._seen.get(name) != service.state:
                    self._seen[name] = service.state
                    line = f"    {datetime.now():%H:%M:%S} {name:<20} {service.state:<12} {detail(service)}"
                    print(line.rstrip(), flush=True)


def print_next_steps(sandbox: Sandbox, ready: int, url: str) -> None:
    """`url` is given where plain commands would go to another server."""
    command = relative(CANTATA)
    tool = "kubectl" if shutil.which("kubectl") else sandbox.tool("kubectl")
    choose = f"\n  export CANTATA_SERVER={url}  # since you chose another one" if url else ""
    edit = (
        f"{command} config show shop-dev | sed 's/pageSize: 6/pageSize: 12/' | {command} config edit shop-dev"
    )
    print(f"""
All {ready} services of {len(APPLICATIONS)} applications are ready. What to type next:

  # Look at it, by Cantata and by kubectl{choose}
  {command} app list
  {command} app status shop-dev
  KUBECONFIG={sandbox.kubeconfig} {tool} get pods -n shop-dev

  # Change one key: only the services that use it get new pods
  {edit} -f -
  {command} app preview shop-dev
  {command} app deploy shop-dev
  {command} app history shop-dev
  {command} app rollback shop-dev

  # Learn more in docs/tutorial.md, and end it
  make demo-stop
""")


# The end


def stop(name: str) -> None:
    """Ends the server and the sandbox; what they hold stays for the next start."""
    server = find_server()
    if server is None:
        print("no server runs")
    else:
        os.kill(server.pid, signal.SIGTERM)
        until = time.monotonic() + 30
        while is_server(server.pid):
            if time.monotonic() > until:
                raise DemoFailed(
                    f"the server, process {server.pid}, does not end. Look at it, and try again."
                )
            time.sleep(POLL)
        print(f"server {server.url} has ended")
    sandbox = Sandbox(name)
    if sandbox.status().phase is Phase.STOPPED:
        print(f"sandbox {name} does not run")
    else:
        sandbox.stop()
        print(f"sandbox {name} has ended; `make demo` starts both again with all that they hold")


if __name__ == "__main__":
    main()
