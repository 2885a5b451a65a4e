"""`cantata sandbox`: a real Kubernetes control plane on this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cantata.cli.output import Output, print_data

if TYPE_CHECKING:
    from cantata.sandbox import Sandbox, Status

app = App(name="sandbox", help="A real Kubernetes control plane on this machine, for trying and testing.")

Name = Annotated[str, Parameter(name=["--name", "-n"], help="Which sandbox; several can run side by side.")]


def _sandbox(name: str) -> Sandbox:
    from cantata.sandbox import Sandbox

    return Sandbox(name)


def _say(line: str) -> None:
    """Progress goes to standard error, so that standard output holds the answer alone."""
    print(line, file=sys.stderr, flush=True)


@app.command
def start(
    *,
    name: Name = "default",
    nodes: Annotated[int | None, Parameter(help="How many nodes the first start makes (default 3).")] = None,
    metrics: Annotated[
        bool | None, Parameter(help="Whether the first start adds metrics-server (default: no).")
    ] = None,
    exec_: Annotated[
        bool | None,
        Parameter(
            name="--exec",
            help="Whether this machine runs, as you, what containers are to run, for whoever reaches "
            "the sandbox's ports on loopback (default: no).",
        ),
    ] = None,
    output: Output = "table",
) -> None:
    """Start the sandbox, building its program first if this machine has not built it yet."""
    _print_status(_sandbox(name).start(_say, nodes=nodes, metrics=metrics, exec=exec_), output)


@app.command
def stop(*, name: Name = "default", output: Output = "table") -> None:
    """End all processes of the sandbox; the content of the cluster stays for the next start."""
    _print_status(_sandbox(name).stop(), output)


@app.command
def status(*, name: Name = "default", output: Output = "table") -> None:
    """Show the processes of the sandbox: which run, which died, and why."""
    _print_status(_sandbox(name).status(), output)


@app.command
def reset(*, name: Name = "default", output: Output = "table") -> None:
    """Empty the cluster of the sandbox."""
    _print_status(_sandbox(name).reset(_say), output)


@app.command
def remove(*, name: Name = "default") -> None:
    """End all processes of the sandbox and delete everything that belongs to it."""
    _sandbox(name).remove()


@app.command
def kubeconfig(*, name: Name = "default") -> None:
    """Print the path of the kubeconfig: `export KUBECONFIG=$(cantata sandbox kubeconfig)`."""
    print(_sandbox(name).kubeconfig)


@app.command
def logs(
    component: Annotated[str, Parameter(help="A process such as kube-apiserver, or supervisor.")],
    *,
    name: Name = "default",
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], help="Go on until the sandbox ends.")] = False,
) -> None:
    """Print the log of one process of the sandbox."""
    for line in _sandbox(name).logs(component, follow=follow):
        print(line, flush=follow)


def _print_status(status: Status, output: Output) -> None:
    if output != "table":
        print_data(status, output)
        return
    print(f"sandbox {status.name}: {status.phase}" + (f" ({status.reason})" if status.reason else ""))
    if not status.components:
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("process", "state", "pid", "restarts", "last exit", box=box.SIMPLE_HEAD)
    for part in status.components:
        table.add_row(part.name, part.run, str(part.pid or "-"), str(part.restarts), part.last_exit or "-")
    console.print(table)
    for part in status.components:
        if part.last_exit:
            print(f"last lines of {part.name} before it ended ({part.last_exit}):")
            for line in part.last_log:
                print(f"  {line}")
    if status.phase in ("running", "degraded"):
        print(f"export KUBECONFIG={status.kubeconfig}")
