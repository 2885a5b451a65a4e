"""The one Go program that is every process of a sandbox, and the links that name its roles."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cantata import toolchain
from cantata.errors import InternalError

ROLES = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "metrics-server",
    "kubectl",
    "helm",
)


def build_program(say: toolchain.Say = lambda _line: None) -> Path:
    """Build the program unless the cache holds it, and return the folder with one link per role.

    Raises what `toolchain.build` raises.
    """
    program = toolchain.build("sandbox", ldflags=_version_stamps(), say=say)
    folder = program.parent / "bin"
    folder.mkdir(exist_ok=True)
    for role in ROLES:
        link = folder / role
        if not link.is_symlink():
            fresh = folder / f".{role}.{os.getpid()}"
            fresh.symlink_to(Path("..") / program.name)
            fresh.replace(link)
    return folder


def kubernetes_version() -> str:
    """The version of Kubernetes that the sandbox is, such as `v1.36.3`."""
    return _version("k8s.io/kubernetes")


def _version(module: str) -> str:
    modules = (toolchain.source_folder("sandbox") / "go.mod").read_text()
    found = re.search(rf"^\t{re.escape(module)} (v\S+)", modules, re.MULTILINE)
    if found is None:
        raise InternalError(f"go.mod of the sandbox does not require {module}", subject=module)
    return found[1]


def _version_stamps() -> str:
    """Linker flags for the versions that the programs report: without them, `kubeVersion` of charts fails.

    The versions are those of `go.mod`, so they are written down once.
    """
    kubernetes = kubernetes_version()
    major, minor = kubernetes.removeprefix("v").split(".")[:2]
    stamps = {
        "k8s.io/component-base/version.gitVersion": kubernetes,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/component-base/version.gitTreeState": "clean",
        "k8s.io/client-go/pkg/version.gitVersion": kubernetes,
        "helm.sh/helm/v4/internal/version.version": _version("helm.sh/helm/v4"),
    }
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in stamps.items())])
