"""What stands in for the inside of pods: kwok's answers to attach, port-forward and exec."""

from __future__ import annotations

from typing import Any

from cantata.sandbox.folder import Folder

ECHO_PORT = 7
CLOSED_PORT = 1
ANSWER = "sandbox"
"""What every other port answers to the first line of an HTTP request."""

ATTACH_LOG = "attach.log"
"""Lines in the form of container logs that are written to this file, whoever is attached sees."""

HTTP = f"read -r line; printf 'HTTP/1.1 200 OK\\r\\nContent-Length: {len(ANSWER)}\\r\\n\\r\\n{ANSWER}'"


def inside_pods(folder: Folder, *, run: bool) -> list[dict[str, Any]]:
    """The documents for kwok. With `run`, what a container is to run, this machine runs."""
    attach = {"attaches": [{"logsFile": str(folder.path / ATTACH_LOG)}]}
    forwards = [
        {"ports": [ECHO_PORT], "command": ["cat"]},
        {"ports": [CLOSED_PORT], "target": {"address": "127.0.0.1", "port": CLOSED_PORT}},
        {"command": ["sh", "-c", HTTP]},
    ]
    documents = [_document("ClusterAttach", attach), _document("ClusterPortForward", {"forwards": forwards})]
    if run:
        local = {"local": {"workDir": str(folder.path)}}
        documents.append(_document("ClusterExec", {"execs": [local]}))
    return documents


def _document(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    head = {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "metadata": {"name": kind.lower()}}
    return {**head, "spec": spec}
