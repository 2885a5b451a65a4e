"""The workload of a service: which kind, and the pods that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cantata.core.chart_text import Code, read_of
from cantata.core.compose.container import container_of
from cantata.core.compose.names import ANNOTATION, is_host_name
from cantata.core.compose.network import container_ports, ports_of, services_of
from cantata.core.compose.project import Object, Part, labels
from cantata.core.compose.quantities import seconds
from cantata.core.compose.storage import add_storage

RESTARTS = {"none": "no", "on-failure": "on-failure", "any": "always"}
NEVER = "0 0 31 2 *"
"""The schedule of what is run by hand: on the 31st of February."""
ENDLESS = ("always", "unless-stopped")


def objects_of(part: Part) -> list[Object]:
    """The objects of a service in the order in which a person reads them: how it is reached, what it runs,
    what that needs."""
    part.fields.take("profiles")  # It is on, or the service would not be here.
    ports = ports_of(part)
    deploy = part.fields.inner("deploy")
    restart, attempts = _restart(part, deploy)
    kind = _kind(part, deploy.take("mode", ""), restart)
    services = list(services_of(part, ports, ends=kind in ("Job", "CronJob")))
    add_storage(part)
    pod = _pod(part, container_of(part, container_ports(ports)), kind, restart)
    workload = _workload(part, kind, pod, deploy, attempts)
    return [*services, *workload, *part.objects]


def _restart(part: Part, deploy: Any) -> tuple[str, int | None]:
    policy = deploy.inner("restart_policy")
    condition, attempts = policy.take("condition", ""), policy.take("max_attempts")
    word, _, count = part.fields.take("restart", "").partition(":")
    if count.isdecimal():
        attempts = int(count)
    return RESTARTS.get(condition, word), attempts


def _kind(part: Part, mode: str, restart: str) -> str:
    if part.is_job:
        return "CronJob"
    if mode in ("replicated-job", "global-job"):
        return "Job"
    if part.completed:
        if restart in ENDLESS:
            part.decide(
                "restart",
                f"others wait for {part.name} to complete, so it is a Job; restart: {restart} begins it anew",
            )
        return "Job"
    if restart in ("no", "on-failure"):
        part.changed(
            "restart",
            f"restart: {restart} is for what ends; nobody waits for that, so its pods are always restarted",
            "Let another service wait for it with service_completed_successfully to make a Job of it.",
        )
    return "DaemonSet" if mode == "global" else "Deployment"


def _workload(part: Part, kind: str, pod: Object, deploy: Any, attempts: int | None) -> list[Object]:
    annotations = _annotations(part, "deploy.labels", deploy.take("labels", {}))
    metadata = part.metadata(annotations=annotations)
    scale, replicas = part.fields.take("scale"), deploy.take("replicas")
    replicas = replicas if scale is None else scale
    if kind in ("Job", "CronJob"):
        spec: Object = {
            "backoffLimit": 0 if pod["spec"]["restartPolicy"] == "Never" else attempts or 6,
            "template": pod,
        }
        if replicas and replicas > 1:
            spec |= {"completions": replicas, "parallelism": replicas}
        if kind == "Job":
            return [{"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}]
        return list(_cron_jobs(part, metadata, spec))
    spec = {"selector": {"matchLabels": labels(part.name)}, "template": pod}
    if kind == "Deployment":
        default = 1 if replicas is None else replicas
        spec["replicas"] = part.value("replicas", default=default, comment="Number of pods")
        if any("persistentVolumeClaim" in volume for volume in part.volumes):
            spec["strategy"] = {"type": "Recreate"}
            if default > 1:
                part.decide("deploy.replicas", f"the {default} pods share one volume: it needs ReadWriteMany")
    return [{"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}]


def _cron_jobs(part: Part, metadata: Object, job: Object) -> Iterator[Object]:
    """One for each schedule. A job that is run by command is a suspended one, which can be run by hand."""
    triggers = part.fields.inner("triggers")
    triggers.take("manual")
    schedules = list(triggers.items("schedule"))
    if not schedules:
        part.changed(
            "triggers",
            f"{part.name} is run by command: it is a CronJob that is suspended",
            f"`kubectl create job --from=cronjob/{part.name} NAME` runs it.",
        )
        yield _cron_job(metadata, {"schedule": NEVER, "suspend": True, "jobTemplate": {"spec": job}})
    for number, trigger in enumerate(schedules, 1):
        key = "schedule" if len(schedules) == 1 else f"schedule{number}"
        spec: Object = {
            "schedule": part.value(key, default=trigger.take("cron", ""), comment="When it is run")
        }
        if zone := trigger.take("timezone", ""):
            spec["timeZone"] = zone
        spec["jobTemplate"] = {"spec": job}
        name = part.name if number == 1 else f"{part.name}-{number}"
        yield _cron_job({**metadata, "name": name}, spec)


def _cron_job(metadata: Object, spec: Object) -> Object:
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec}


def _pod(part: Part, container: Object, kind: str, restart: str) -> Object:
    fields = part.fields
    spec: Object = {
        "containers": [container],
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
    }
    if kind in ("Job", "CronJob"):
        spec["restartPolicy"] = "OnFailure" if restart not in ("", "no") else "Never"
    host_name = fields.take("hostname", "")
    if is_host_name(host_name):
        spec["hostname"] = host_name
    if (grace := fields.take("stop_grace_period")) is not None:
        spec["terminationGracePeriodSeconds"] = seconds(grace)
    spec |= _namespaces(part)
    if hosts := _host_aliases(part):
        spec["hostAliases"] = hosts
    dns = {
        "nameservers": fields.take("dns", []),
        "searches": fields.take("dns_search", []),
        "options": [_dns_option(option) for option in fields.take("dns_opt", [])],
    }
    if any(dns.values()):
        spec["dnsConfig"] = {key: value for key, value in dns.items() if value}
    security: Object = {}
    if groups := [int(group) for group in fields.take("group_add", []) if str(group).isdecimal()]:
        security["supplementalGroups"] = groups
    if sysctls := fields.take("sysctls", {}):
        security["sysctls"] = [{"name": name, "value": value} for name, value in sysctls.items()]
        part.changed("sysctls", "nodes refuse sysctls that they do not take for safe")
    if security:
        spec["securityContext"] = security
    if platform := fields.take("platform", ""):
        system, _, architecture = platform.partition("/")
        spec["nodeSelector"] = {"kubernetes.io/os": system}
        if architecture:
            spec["nodeSelector"]["kubernetes.io/arch"] = architecture.split("/")[0]
    if part.volumes:
        spec["volumes"] = part.volumes
    annotations = _annotations(part, "labels", fields.take("labels", {}))
    annotations |= _annotations(part, "annotations", fields.take("annotations", {}))
    fields.take("label_file")
    if part.hashed:
        read = " ".join(code if " " not in code else f"({code})" for code in map(read_of, part.hashed))
        annotations["checksum/config"] = Code(f"toJson (list {read}) | sha256sum")
    metadata: Object = {"labels": labels(part.name)}
    if annotations:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": spec}


def _namespaces(part: Part) -> Object:
    found: Object = {}
    for key, name in (("network_mode", "hostNetwork"), ("pid", "hostPID"), ("ipc", "hostIPC")):
        mode = part.fields.take(key, "")
        if mode == "host":
            found[name] = True
            part.changed(key, f"{key}: host shares it with the node; many clusters refuse that")
        elif mode and (key, mode) not in (
            ("network_mode", "bridge"),
            ("network_mode", "default"),
            ("ipc", "private"),
        ):
            part.left_out(key, f"{key}: {mode} is not translated")
    return found


def _host_aliases(part: Part) -> list[Object]:
    found: dict[str, list[str]] = {}
    for text in part.fields.take("extra_hosts", []):
        name, _, address = text.partition("=")
        if address == "host-gateway":
            part.left_out("extra_hosts", f"{name} is to be the docker host, which pods do not have")
        else:
            found.setdefault(address.strip("[]"), []).append(name)
    return [{"ip": address, "hostnames": names} for address, names in found.items()]


def _dns_option(text: str) -> Object:
    name, colon, value = text.partition(":")
    return {"name": name, "value": value} if colon else {"name": name}


def _annotations(part: Part, key: str, given: Any) -> Object:
    found: Object = {}
    for name, text in given.items():
        if ANNOTATION.fullmatch(name):
            found[name] = text
        else:
            part.left_out(key, f"{name} cannot be the name of an annotation")
    return found
