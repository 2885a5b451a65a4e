"""Causes that pods and their containers tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cantata.core.cards.evidence import Blame, Evidence, Finding, at, facts
from cantata.core.model.cards import Fact
from cantata.core.model.objects import Manifest
from cantata.core.services.fields import as_map, as_maps

IMAGE = ("image", "tag", "repository", "registry", "digest", "version")

PULLS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"InvalidImageName|couldn't parse image|invalid reference format"),
        "the image's name is not one",
        "Correct the image's name.",
    ),
    (
        re.compile(
            r"unauthorized|authentication required|access denied|denied: |insufficient_scope|"
            r"(?:status(?: code)?|request to \S+):? 40[13]\b|\b403 Forbidden|authorization failed|"
            r"no basic auth",
            re.IGNORECASE,
        ),
        "the registry asks for a login, or the image does not exist there",
        "Name a pull secret with a login that may read the image, or correct its name.",
    ),
    (
        re.compile(
            r"no such host|i/o timeout|client\.timeout|timed out|deadline exceeded|timeout exceeded|"
            r"connection (?:refused|reset)|no route to host|network is unreachable|server misbehaving|"
            r"x509: |tls: |TLS handshake|verify certificate|gave HTTP response to HTTPS|unexpected EOF",
            re.IGNORECASE,
        ),
        "the registry cannot be reached from the node",
        "Correct the registry's name, or see to the way from the nodes to it.",
    ),
    (
        re.compile(r"ErrImageNeverPull"),
        "the image is not on the node, and the pull policy forbids to get it",
        "Load the image on the nodes, or change imagePullPolicy.",
    ),
    (
        re.compile(r"no match for platform|no matching manifest"),
        "the image is not made for the node's architecture",
        "Build the image for the architecture of the nodes.",
    ),
)
"""The first pattern that reason or message match. Else the image is most probably not there. Messages have
the image's name in them, which may be any word: patterns are whole phrases."""

EXITS = {
    126: "the command cannot be executed: it is no program, or not marked as one",
    127: "the command does not exist in the image",
    134: "the program aborted (SIGABRT)",
    137: "the program was killed (SIGKILL): by its liveness probe, the node, or for memory",
    139: "the program crashed (SIGSEGV)",
    143: "the program was ended from outside (SIGTERM) and did not go on",
}
"""What exit codes say by themselves."""

NOT_STARTED = "the command cannot be run in this image"


def image_pull(evidence: Evidence) -> Finding:
    cause, image = evidence.cause, str(evidence.container.get("image") or "")
    said = f"{cause.reason} {cause.message}"
    likely, advice = next(
        ((likely, advice) for pattern, likely, advice in PULLS if pattern.search(said)),
        ("the image or its tag does not exist in the registry", "Correct the image's name or tag."),
    )
    return Finding(
        likely,
        advice,
        facts(
            image=image,
            pull_secrets=", ".join(pull_secrets(evidence.spec)),
            pull_policy=evidence.container.get("imagePullPolicy"),
        ),
        (Blame("image", image, IMAGE),),
    )


def pull_secret(evidence: Evidence) -> Finding:
    image = str(evidence.container.get("image") or "")
    missing = missing_pull_secrets(evidence)
    names = ", ".join(missing) or "none is named"
    return Finding(
        f"the pull secret {names} does not exist in the namespace",
        "Create the secret, or name one that exists.",
        facts(image=image, missing_secret=names, pull_secrets=", ".join(pull_secrets(evidence.spec))),
        tuple(Blame("name", name, ("pullsecret", "pullsecrets", "secret", "name")) for name in missing)
        or (Blame("imagePullSecrets", "", ("pullsecret", "pullsecrets")),),
    )


def pull_secrets(spec: Manifest) -> tuple[str, ...]:
    return tuple(str(each["name"]) for each in as_maps(spec.get("imagePullSecrets")) if each.get("name"))


def missing_pull_secrets(evidence: Evidence) -> tuple[str, ...]:
    if evidence.present is None:
        return ()
    return tuple(name for name in pull_secrets(evidence.spec) if name not in evidence.present)


def crash(evidence: Evidence) -> Finding:
    cause, container = evidence.cause, evidence.container
    told = "its last lines say why" if evidence.log else "it left no lines that say why"
    likely = EXITS.get(cause.exit_code or 0, f"the program ends by itself: {told}")
    if cause.exit_code == 0:
        likely = "the program ends without an error, though it is to run on"
    return Finding(
        likely,
        "Correct what the program's last lines name: its configuration, or its image.",
        (*facts(exit_code=cause.exit_code, restarts=cause.restarts or None), *runs(container)),
        (*named_in_log(evidence), Blame("image", str(container.get("image") or ""), IMAGE)),
    )


def named_in_log(evidence: Evidence) -> Iterator[Blame]:
    """Variables of the container's environment that its last lines name."""
    words = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]+", "\n".join(evidence.log)))
    for variable in as_maps(evidence.container.get("env")):
        name = str(variable.get("name") or "")
        if len(name) > 3 and name in words:
            key = at(variable, "valueFrom", "configMapKeyRef", "key") or at(
                variable, "valueFrom", "secretKeyRef", "key"
            )
            yield Blame(str(key or name), str(variable.get("value") or ""), (str(key or name).lower(),))


def runs(container: Manifest) -> tuple[Fact, ...]:
    return facts(
        image=container.get("image"),
        command=" ".join(map(str, [*_list(container, "command"), *_list(container, "args")])),
    )


def _list(container: Manifest, name: str) -> list[object]:
    found = container.get(name)
    return found if isinstance(found, list) else []


def out_of_memory(evidence: Evidence) -> Finding:
    resources = as_map(evidence.container.get("resources"))
    limit = str(at(resources, "limits", "memory") or "")
    likely = (
        f"the program needs more memory than its limit of {limit}"
        if limit
        else "the node ran out of memory, and the container has no limit of its own"
    )
    return Finding(
        likely,
        "Raise the memory limit, or make the program use less."
        if limit
        else "Give the container a memory request and a limit.",
        facts(
            memory_limit=limit,
            memory_request=at(resources, "requests", "memory"),
            exit_code=evidence.cause.exit_code,
            restarts=evidence.cause.restarts or None,
        ),
        (Blame("memory", limit, ("memory", "limits", "limit", "mem")),),
    )


def start(evidence: Evidence) -> Finding:
    container = evidence.container
    command = next((str(word) for word in _list(container, "command")), "")
    return Finding(
        NOT_STARTED,
        "Correct the command, the image, or what the container is allowed to do.",
        runs(container),
        (
            Blame("command", command, ("command", "args", "entrypoint")),
            Blame("image", str(container.get("image") or ""), IMAGE),
        ),
    )


PROBES = {"Liveness": "livenessProbe", "Readiness": "readinessProbe", "Startup": "startupProbe"}


def probe(evidence: Evidence) -> Finding:
    """Kubernetes' event begins with which probe it was: `Readiness probe failed: …`."""
    container, message = evidence.container, evidence.cause.message
    named = [field for word, field in PROBES.items() if f"{word} probe" in message]
    there = [field for field in (*named, *PROBES.values()) if as_map(container.get(field))]
    which = there[0] if there else ""
    asked = as_map(container.get(which))
    http, tcp = as_map(asked.get("httpGet")), as_map(asked.get("tcpSocket"))
    ports = {str(p["name"]): p.get("containerPort") for p in as_maps(container.get("ports")) if p.get("name")}
    port = http.get("port", tcp.get("port", at(asked, "grpc", "port")))
    at_port = f"{port} ({ports[port]})" if isinstance(port, str) and port in ports else port
    return Finding(
        _why_probe(message, http, at_port),
        "Correct the probe's path or port, what the program needs to answer, or give it more time.",
        facts(
            probe=which,
            path=http.get("path"),
            port=at_port,
            command=" ".join(map(str, _list(as_map(asked.get("exec")), "command"))),
            initial_delay=_seconds(asked, "initialDelaySeconds"),
            period=_seconds(asked, "periodSeconds"),
            timeout=_seconds(asked, "timeoutSeconds"),
            failure_threshold=asked.get("failureThreshold"),
        ),
        (
            Blame("path", str(http.get("path") or ""), ("path", "probe", "health")),
            Blame("port", str(port or ""), ("port", "probe")),
        ),
    )


def _seconds(asked: Manifest, name: str) -> str:
    return f"{asked[name]} s" if name in asked else ""


def _why_probe(message: str, http: Manifest, port: object) -> str:
    if "statuscode: 404" in message:
        return f"the program has no page {http.get('path') or '/'} at port {port}"
    if status := re.search(r"statuscode: (\d+)", message):
        return f"the program answers {status[1]}: it says of itself that it is not well"
    if "connection refused" in message:
        return f"nothing listens at port {port}"
    if re.search(r"deadline exceeded|timeout", message, re.IGNORECASE):
        return "the program does not answer in time"
    return "the program does not answer as the probe wants"


def job_failed(evidence: Evidence) -> Finding:
    cause, spec = evidence.cause, as_map((evidence.workload or {}).get("spec"))
    likely = "the Job took longer than it may" if cause.reason == "DeadlineExceeded" else ""
    run = crash(evidence)
    return Finding(
        likely or EXITS.get(cause.exit_code or 0, "the Job's program ends with an error, each time"),
        "Correct what its last lines name, and deploy again: the Job runs anew.",
        (
            *run.facts,
            *facts(back_off_limit=spec.get("backoffLimit"), deadline=_seconds(spec, "activeDeadlineSeconds")),
        ),
        run.blames,
    )


MISSING: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?i)couldn't find key (?P<key>\S+) in (?P<kind>configmap|secret) \S+/(?P<name>[^\s/]+)"),
        "key",
    ),
    (re.compile(r"references non-existent (?P<kind>config|secret) key: (?P<key>\S+)"), "key"),
    (
        re.compile(
            r"(?i)(?P<kind>configmap|secret|serviceaccount|persistentvolumeclaim)s? "
            r'(?:\\?"?\S+/)?\\?"?(?P<name>[-.a-z0-9]+)\\?"? not found'
        ),
        "object",
    ),
)
KINDS = {
    "configmap": "ConfigMap",
    "config": "ConfigMap",
    "secret": "Secret",
    "serviceaccount": "ServiceAccount",
    "persistentvolumeclaim": "PersistentVolumeClaim",
}


def missing_reference(evidence: Evidence) -> Finding:
    for pattern, what in MISSING:
        found = pattern.search(evidence.cause.message)
        if found is None:
            continue
        named = found.groupdict()
        kind, name, key = KINDS[named["kind"].lower()], named.get("name") or "", named.get("key") or ""
        thing = f"{kind} {name}".strip()
        if what == "key":
            return Finding(
                f"the {thing} has no key {key}",
                "Correct the key that the template names, or add it to the config.",
                facts(kind=kind, name=name, key=key),
                (Blame("key", key, (key.lower(),)), Blame("name", name)),
            )
        return Finding(
            f"the {thing} does not exist in the namespace",
            f"Correct the name that the template refers to, or create the {kind}.",
            facts(kind=kind, name=name),
            tuple(
                Blame(each, name, ("name", kind.lower(), f"existing{kind.lower()}")) for each in FIELDS[kind]
            ),
        )
    return Finding("something that the pod names does not exist", "Correct the name, or create it.")


FIELDS = {
    "ConfigMap": ("name",),
    "Secret": ("secretName", "name"),
    "ServiceAccount": ("serviceAccountName",),
    "PersistentVolumeClaim": ("claimName",),
}
"""What the fields are called that refer to a kind."""


def mount(evidence: Evidence) -> Finding:
    claims = [
        at(each, "persistentVolumeClaim", "claimName") for each in as_maps(evidence.spec.get("volumes"))
    ]
    return Finding(
        "the node cannot mount a volume of the pod",
        "See what the message names: the volume, its driver, or who else has it mounted.",
        facts(claims=", ".join(str(claim) for claim in claims if claim)),
    )


def pod_failed(evidence: Evidence) -> Finding:
    evicted = evidence.cause.reason == "Evicted"
    resources = as_map(evidence.container.get("resources"))
    return Finding(
        "the node ran short of a resource and ended the pod"
        if evicted
        else "the node refused or ended the pod",
        "Give the containers requests for what they use." if evicted else "See what the message names.",
        facts(
            node=evidence.spec.get("nodeName"),
            memory_request=at(resources, "requests", "memory"),
            memory_limit=at(resources, "limits", "memory"),
        ),
    )
