"""What a server asks of a cluster while nothing happens: the rate of requests with it, less that without."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

from cantata.sandbox import Sandbox

SECONDS = 20.0
"""Of each of the two looks."""

COUNTER = re.compile(r"^apiserver_request_total\{.*\} (\S+)$", re.MULTILINE)


def idle_requests(sandbox: Sandbox, pid: int) -> float:
    """Requests per second. The server is stopped for the second look, so that the control plane's own
    requests, which go on all the time, can be told apart. Long watches count where they begin and end."""
    with_server = _rate(sandbox)
    os.kill(pid, signal.SIGSTOP)
    try:
        return max(0.0, with_server - _rate(sandbox))
    finally:
        os.kill(pid, signal.SIGCONT)


def _rate(sandbox: Sandbox) -> float:
    before, began = _count(sandbox), time.monotonic()
    time.sleep(SECONDS)
    return (_count(sandbox) - before) / (time.monotonic() - began)


def _count(sandbox: Sandbox) -> float:
    kubectl = [str(sandbox.tool("kubectl")), "--kubeconfig", str(sandbox.kubeconfig)]
    command = [*kubectl, "get", "--raw", "/metrics"]
    shown = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return sum(map(float, COUNTER.findall(shown)))
