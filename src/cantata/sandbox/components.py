"""The command line of every process of a sandbox, and the configuration files that they read."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from cantata.sandbox.folder import Folder
from cantata.sandbox.inside_pods import ATTACH_LOG, inside_pods
from cantata.sandbox.state import Component, Plan, Ports, Settings

HOST = "127.0.0.1"
SERVICE_ADDRESSES = "10.96.0.0/16"
POD_ADDRESSES = "10.128.0.0/9"
NO_HEARTBEAT = "8760h"
"""Nodes have no kubelet that sends heartbeats, so nobody shall miss one (and no write is spent on them)."""

POD_LOG = (
    "starting",
    "reading the configuration",
    "listening",
    "ready",
    "GET / 200 3ms",
    "GET /healthz 200 1ms",
)
PREVIOUS_POD_LOG = ("starting", "reading the configuration", "fatal: the process gives up")


def make_plan(
    name: str, folder: Folder, settings: Settings, ports: Ports, programs: Path, owner: int
) -> Plan:
    """Everything the supervisor needs; the files that the processes read must be written by `write_files`."""
    server = f"https://{HOST}:{ports.kube_apiserver}"
    components = [
        _etcd(folder, ports),
        _kube_apiserver(folder, ports, server),
        _kube_controller_manager(folder),
        _kube_scheduler(folder),
        _kwok(folder, ports),
        *([_metrics_server(folder, ports)] if settings.metrics else []),
    ]
    apply = ["kubectl", f"--kubeconfig={folder.kubeconfig}", f"--cache-dir={folder.path / 'cache'}"]
    apply += ["apply", "--server-side", "--force-conflicts", f"--filename={folder.path / 'objects.json'}"]
    return Plan(
        name=name,
        server=server,
        nodes=settings.nodes,
        metrics=settings.metrics,
        components=[_at(programs, component) for component in components],
        apply=[str(programs / apply[0]), *apply[1:]],
        owner=owner,
    )


def write_files(folder: Folder, settings: Settings, kubernetes_version: str) -> None:
    """The configuration of kube-scheduler and kwok, and the lines that `kubectl logs` shows for every pod."""
    scheduler = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(folder.kubeconfig), "qps": 5000, "burst": 10000},
        "leaderElection": {"leaderElect": False},
        "profiles": [
            {
                "schedulerName": "default-scheduler",
                "plugins": {"preFilter": {"enabled": [{"name": "SandboxBehaviour"}]}},
            }
        ],
    }
    (folder.path / "scheduler.json").write_text(json.dumps(scheduler))
    (folder.path / "kwok.yaml").write_text(_kwok_configuration(folder, settings, kubernetes_version))
    (folder.path / ATTACH_LOG).touch()
    for file, lines in ("pods.log", POD_LOG), ("pods-previous.log", PREVIOUS_POD_LOG):
        text = "".join(
            f"2026-01-01T00:00:{at:02}.000000000Z stdout F {line}\n" for at, line in enumerate(lines)
        )
        (folder.path / file).write_text(text)


def _kwok_configuration(folder: Folder, settings: Settings, kubernetes_version: str) -> str:
    options = {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "options": {
            "podPlayStageParallelism": 16,
            "nodePlayStageParallelism": 4,
            "enableDebuggingHandlers": True,
        },
    }
    logs = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterLogs",
        "metadata": {"name": "logs"},
        "spec": {
            "logs": [
                {
                    "logsFile": str(folder.path / "pods.log"),
                    "previousLogsFile": str(folder.path / "pods-previous.log"),
                    "follow": True,
                }
            ]
        },
    }
    package = resources.files("cantata.sandbox")
    stages = sorted((file for file in (package / "stages").iterdir()), key=lambda file: file.name)
    inside = [json.dumps(document) for document in inside_pods(folder, run=settings.exec)]
    documents = [json.dumps(options), json.dumps(logs), *inside, *(file.read_text() for file in stages)]
    if settings.metrics:
        documents.append((package / "usage.yaml").read_text())
    return "\n---\n".join(documents).replace("KUBERNETES_VERSION", kubernetes_version)


def _at(programs: Path, component: Component) -> Component:
    """The component with its program as a whole path."""

    def placed(words: list[str]) -> list[str]:
        return [str(programs / words[0]), *words[1:]] if words else []

    return Component(
        component.name,
        placed([component.name, *component.arguments]),
        component.health,
        placed(component.revive),
    )


def _etcd(folder: Folder, ports: Ports) -> Component:
    clients, peers = f"http://{HOST}:{ports.etcd}", f"http://{HOST}:{ports.etcd_peer}"
    return Component(
        "etcd",
        [
            "--name=sandbox",
            f"--data-dir={folder.etcd}",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=sandbox={peers}",
            "--unsafe-no-fsync",
            # A cluster of one elects itself; the defaults would let each start wait a second for others.
            "--heartbeat-interval=10",
            "--election-timeout=100",
            "--quota-backend-bytes=8589934592",
            "--auto-compaction-retention=1",
            "--log-level=warn",
        ],
        health=f"{clients}/health",
    )


def _kube_apiserver(folder: Folder, ports: Ports, server: str) -> Component:
    pki = folder.pki
    return Component(
        "kube-apiserver",
        [
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={ports.kube_apiserver}",
            f"--tls-cert-file={pki / 'server.crt'}",
            f"--tls-private-key-file={pki / 'server.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            f"--token-auth-file={pki / 'tokens.csv'}",
            f"--etcd-servers=http://{HOST}:{ports.etcd}",
            "--endpoint-reconciler-type=none",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
            f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki / 'service-account.pub'}",
            f"--service-account-signing-key-file={pki / 'service-account.key'}",
            f"--kubelet-certificate-authority={pki / 'ca.crt'}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--proxy-client-cert-file={pki / 'front-proxy.crt'}",
            f"--proxy-client-key-file={pki / 'front-proxy.key'}",
            f"--requestheader-client-ca-file={pki / 'ca.crt'}",
            # Needed because both kinds of clients are signed by one authority.
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--profiling=false",
        ],
        health=f"{server}/readyz",
    )


def _kube_controller_manager(folder: Folder) -> Component:
    pki = folder.pki
    return Component(
        "kube-controller-manager",
        [
            f"--kubeconfig={folder.kubeconfig}",
            "--secure-port=0",
            "--leader-elect=false",
            "--kube-api-qps=5000",
            "--kube-api-burst=10000",
            "--concurrent-deployment-syncs=20",
            "--concurrent-replicaset-syncs=20",
            "--concurrent-service-endpoint-syncs=20",
            "--concurrent-statefulset-syncs=20",
            "--concurrent-daemonset-syncs=10",
            "--concurrent-job-syncs=20",
            f"--node-monitor-grace-period={NO_HEARTBEAT}",
            f"--node-startup-grace-period={NO_HEARTBEAT}",
            "--horizontal-pod-autoscaler-sync-period=5s",
            f"--root-ca-file={pki / 'ca.crt'}",
            f"--service-account-private-key-file={pki / 'service-account.key'}",
            f"--cluster-signing-cert-file={pki / 'ca.crt'}",
            f"--cluster-signing-key-file={pki / 'ca.key'}",
        ],
    )


def _kube_scheduler(folder: Folder) -> Component:
    return Component(
        "kube-scheduler",
        [f"--config={folder.path / 'scheduler.json'}", "--secure-port=0"],
    )


def _kwok(folder: Folder, ports: Ports) -> Component:
    return Component(
        "kwok",
        [
            f"--kubeconfig={folder.kubeconfig}",
            f"--config={folder.path / 'kwok.yaml'}",
            "--manage-all-nodes=true",
            # Without leases a restarted kwok takes over at once, instead of waiting until the lease of its
            # predecessor has run out.
            "--node-lease-duration-seconds=0",
            f"--cidr={POD_ADDRESSES}",
            f"--node-ip={HOST}",
            "--node-name=localhost",
            f"--node-port={ports.kwok}",
            f"--server-address={HOST}:{ports.kwok}",
            f"--tls-cert-file={folder.pki / 'server.crt'}",
            f"--tls-private-key-file={folder.pki / 'server.key'}",
            "--v=WARN",
        ],
        health=f"https://{HOST}:{ports.kwok}/healthz",
        # Started anew, kwok passes over pods whose node it does not know yet, and looks at them again only
        # when they change. A kubelet would not. (kubectl refuses --all beside a field selector.)
        revive=[
            "kubectl",
            f"--kubeconfig={folder.kubeconfig}",
            "annotate",
            "pods",
            "--all-namespaces",
            "--field-selector=status.phase!=Succeeded,status.phase!=Failed",
            "--overwrite",
            "sandbox.cantata.dev/seen-at={now}",
        ],
    )


def _metrics_server(folder: Folder, ports: Ports) -> Component:
    kubeconfig = folder.kubeconfig
    return Component(
        "metrics-server",
        [
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--bind-address={HOST}",
            f"--secure-port={ports.metrics_server}",
            f"--tls-cert-file={folder.pki / 'server.crt'}",
            f"--tls-private-key-file={folder.pki / 'server.key'}",
            f"--kubelet-certificate-authority={folder.pki / 'ca.crt'}",
            "--kubelet-preferred-address-types=InternalIP",
            "--kubelet-use-node-status-port",
            "--metric-resolution=10s",
            "--kubelet-request-timeout=5s",
        ],
        health=f"https://{HOST}:{ports.metrics_server}/livez",
    )
