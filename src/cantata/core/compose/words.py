"""What is said of keys that are not translated, by their path below a service."""

from __future__ import annotations

KEYS: dict[str, tuple[str, str]] = {
    "logging": ("a cluster keeps what containers print", "Read it by `cantata service logs`."),
    "devices": ("devices of a host are given by device plugins", "Ask for one in resources.limits."),
    "gpus": ("GPUs are asked for as resources", "Set resources.limits, such as nvidia.com/gpu: 1."),
    "deploy.resources.reservations.devices": (
        "devices are asked for as resources",
        "Set resources.limits, such as nvidia.com/gpu: 1.",
    ),
    "deploy.placement": ("nodes are chosen by labels of the cluster", "Add a nodeSelector to the template."),
    "deploy.update_config": ("updates follow the workload's own strategy", ""),
    "deploy.rollback_config": ("a rollback is asked for: `cantata app rollback`", ""),
    "deploy.restart_policy": ("a cluster has its own pauses between restarts", ""),
    "deploy.endpoint_mode": ("a Service has one address", ""),
    "develop": ("watching files is for development", ""),
    "ulimits": ("limits of processes are those of the node", ""),
    "stop_signal": ("the image's own signal ends it", "Set STOPSIGNAL in the image."),
    "domainname": ("a pod has the domain of its namespace", ""),
    "mac_address": ("addresses are the cluster's", ""),
    "cpu_shares": ("a share follows from the requested CPU", "Set resources.requests.cpu."),
    "init": ("a container's first process reaps its children itself", "Put an init into the image."),
    "attach": ("it is about the terminal of `docker compose up`", ""),
    "external_links": ("containers of elsewhere are not there", "Write an ExternalName Service."),
    "volumes_from": ("mounts of another service are not taken over", "Write the volumes out."),
    "models": ("models are not run", ""),
    "provider": ("a provider is a program of docker compose", ""),
    "credential_spec": ("it is for Windows containers", ""),
    "isolation": ("it is for Windows containers", ""),
}


def untranslated(path: str) -> tuple[str, str]:
    """Message and suggestion for a path below a service: its own words or those of the nearest key above."""
    bare = path.split("[")[0]
    while bare:
        if bare in KEYS:
            message, suggestion = KEYS[bare]
            return f"{path} is not translated: {message}", suggestion
        bare = bare.rpartition(".")[0]
    return f"{path} is not translated", ""
