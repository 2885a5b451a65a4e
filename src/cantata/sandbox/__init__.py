"""A real Kubernetes control plane on loopback, for the demo, the tests and the benchmark.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler run for real; kwok plays the nodes and the
kubelets, so pods get ready without any container. `Sandbox` is the whole public interface:

    control_plane   `Sandbox`: start, stop, status, reset, logs, remove
    state           what a sandbox is asked to be (`Settings`, `Plan`) and what it reports (`Status`)
    program         builds the one Go program and links its roles
    folder          where everything of one sandbox lies
    pki, ports      certificates, free ports
    components      the command line of every process; the files they read
    objects         the Kubernetes objects that each sandbox begins with
    supervisor      the small process that starts, watches and restarts the others

It may be imported by the command line and by tests; it imports neither the Kubernetes client nor any other
adapter. Stages of kwok are data: `stages/*.yaml`.
"""

from __future__ import annotations

from cantata.sandbox.control_plane import Sandbox
from cantata.sandbox.state import ComponentStatus, Phase, Run, Status

__all__ = ["ComponentStatus", "Phase", "Run", "Sandbox", "Status"]
