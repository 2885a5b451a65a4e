"""Causes of where pods should run: nodes, quotas, limits of the namespace, volumes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from cantata.core.cards.evidence import Blame, Evidence, Finding, at, facts
from cantata.core.model.cards import Fact
from cantata.core.model.objects import Manifest
from cantata.core.services.fields import as_map, as_maps
from cantata.core.stamp.quantity import parse_quantity

INSUFFICIENT = re.compile(r"Insufficient ([-\w]+(?:[./][-\w]+)*)")
SELECTED = re.compile(r"node affinity/selector|didn't match node selector")
TAINTED = re.compile(r"untolerated taint|had taint")
MISFITS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile("topology spread constraints"),
        "no node would keep the pods spread as their topologySpreadConstraints ask for",
        "Loosen the constraints, or add nodes in the zones that are short of pods.",
    ),
    (
        re.compile(r"affinity rules|anti-affinity"),
        "no node fits the pod's affinity to other pods, or theirs to it",
        "Loosen the affinity, ask for fewer pods, or add nodes.",
    ),
    (
        re.compile("free ports"),
        "the host port of the pod is taken on every node that fits",
        "Ask for fewer pods, for another hostPort or for none.",
    ),
    (
        re.compile("Too many pods"),
        "the nodes have as many pods as they may have",
        "Ask for fewer pods, or add nodes.",
    ),
    (
        re.compile("volume node affinity conflict|max volume count"),
        "the pod's volume can be had on no node that fits",
        "Add a node in the zone of the volume, or make the volume anew elsewhere.",
    ),
    (
        TAINTED,
        "all nodes that fit have taints that the pod does not tolerate",
        "Tolerate the taint, or add nodes without it.",
    ),
    (
        re.compile(r"were unschedulable"),
        "the nodes that fit are cordoned",
        "Wait until they are back, or add nodes.",
    ),
    (
        SELECTED,
        "no node has the labels that the pod asks for",
        "Change the selector or the affinity, or add nodes with these labels.",
    ),
)
"""What a scheduler says where it is not for want of resources: the first that it names. It says something of
every node, so that what is said of a node that would have the labels comes before that others have not."""
LISTED = 3
"""How many nodes, taints and quotas a card names."""


def unschedulable(evidence: Evidence) -> Finding:
    """Which request is too large for which capacity, or which taints and selectors keep the pod off."""
    message = evidence.cause.message
    short = list(dict.fromkeys(INSUFFICIENT.findall(message)))
    found = [*_scarce(evidence, short), *_taints(evidence, message)]
    selector = as_map(evidence.spec.get("nodeSelector"))
    if SELECTED.search(message):
        asked = ", ".join(f"{key}={value}" for key, value in selector.items())
        found += facts(node_selector=asked, node_affinity="yes" if at(evidence.spec, "affinity") else "")
    nodes = facts(nodes=len(evidence.nodes)) if evidence.nodes else ()
    return Finding(
        *_why(evidence, message, short),
        (*found, *nodes),
        (
            *(Blame(name, requested(evidence, name), (name, "requests", "request")) for name in short),
            *(Blame(key, str(value), ("nodeselector", key.lower())) for key, value in selector.items()),
        ),
    )


def _why(evidence: Evidence, message: str, short: list[str]) -> tuple[str, str]:
    """The likely cause, and what to do."""
    if short:
        wanted = ", ".join(f"{requested(evidence, name) or 'some'} {name}" for name in short)
        return f"no node has {wanted} free", "Ask for less, or add nodes."
    return next(
        ((likely, advice) for pattern, likely, advice in MISFITS if pattern.search(message)),
        ("the scheduler finds no node for the pod", "See what the message names, or add nodes that fit."),
    )


def _scarce(evidence: Evidence, names: Iterable[str]) -> Iterator[Fact]:
    for name in names:
        yield from facts(**{f"{name}_requested": requested(evidence, name)})
        most = max(
            (str(at(node, "status", "allocatable", name) or "0") for node in evidence.nodes),
            key=lambda text: parse_quantity(text) or Decimal(0),
            default="",
        )
        yield from facts(**{f"{name}_of_the_largest_node": most})


def requested(evidence: Evidence, name: str) -> str:
    """As it is written where one container asks for it, else the sum; empty where nobody does."""
    asked = [at(each, "resources", "requests", name) for each in as_maps(evidence.spec.get("containers"))]
    texts = [str(each) for each in asked if each is not None]
    if len(texts) <= 1:
        return "".join(texts)
    return str(sum((parse_quantity(text) or Decimal(0) for text in texts), Decimal(0)))


def _taints(evidence: Evidence, message: str) -> Iterator[Fact]:
    if not TAINTED.search(message):
        return
    tolerated = {str(each.get("key")) for each in as_maps(evidence.spec.get("tolerations"))}
    found = {
        f"{taint.get('key')}{'=' + str(taint['value']) if taint.get('value') else ''}:{taint.get('effect')}"
        for node in evidence.nodes
        for taint in as_maps(at(node, "spec", "taints"))
        if str(taint.get("key")) not in tolerated and taint.get("effect") != "PreferNoSchedule"
    }
    yield from facts(taints=", ".join(sorted(found)[:LISTED]))


EXCEEDED = re.compile(r"exceeded quota: (?P<quota>[-.\w]+)(?P<rest>.*)")
AMOUNTS = re.compile(r"(requested|used|limited): ((?:[-./\w]+=[^,\s]+,?)+)")
MUST = re.compile(r"failed quota: (?P<quota>[-.\w]+): must specify (?P<names>[-./,\w]+)")


def quota(evidence: Evidence) -> Finding:
    message = evidence.cause.message
    if must := MUST.search(message):
        names = must["names"].rstrip(",")
        return Finding(
            f"the quota {must['quota']} wants every container to say its {names}",
            "Give the containers these requests or limits.",
            facts(quota=must["quota"], must_specify=names),
            tuple(_resource_blame(name, "") for name in names.split(",")),
        )
    exceeded = EXCEEDED.search(message)
    amounts = {
        what: dict(pair.split("=", 1) for pair in listed.strip(",").split(","))
        for what, listed in AMOUNTS.findall(message)
    }
    asked = amounts.get("requested", {})
    told = [
        Fact(
            f"{name}",
            f"asked {value}, used {amounts.get('used', {}).get(name, '?')}"
            f" of {amounts.get('limited', {}).get(name, '?')}",
        )
        for name, value in asked.items()
    ]
    name = exceeded["quota"] if exceeded else ""
    if not told:
        told = [*_hard(evidence.quotas)]
    return Finding(
        f"the namespace's quota {name} is used up".replace("  ", " "),
        "Ask for less or for fewer pods, or have the quota raised.",
        (*facts(quota=name), *told),
        tuple(_resource_blame(resource, value) for resource, value in asked.items()),
    )


def _resource_blame(resource: str, value: str) -> Blame:
    """`requests.cpu` is written as `cpu`; the number of pods as `replicas`."""
    if resource in ("pods", "count/pods"):
        return Blame("replicas", "", ("replicas", "replicacount"))
    name = resource.rpartition(".")[2]
    return Blame(name, value, (name, "requests", "limits"))


def _hard(quotas: Iterable[Manifest]) -> Iterator[Fact]:
    for each in list(quotas)[:LISTED]:
        hard, used = as_map(at(each, "status", "hard")), as_map(at(each, "status", "used"))
        for name, value in hard.items():
            yield Fact(f"{name}", f"used {used.get(name, '0')} of {value}")


BOUND = re.compile(
    r"(?P<which>maximum|minimum) (?P<name>[-./\w]+) usage per (?P<per>\w+) is (?P<bound>[^\s,]+?)[,.]? "
    r"but (?:limit|request) is (?P<asked>[^\s,.\]]+)"
)
NONE_GIVEN = re.compile(
    r"(?P<which>maximum|minimum) (?P<name>[-./\w]+) usage per (?P<per>\w+) is (?P<bound>[^\s,]+?)[,.]? "
    r"No (?:limit|request) is specified"
)


def limit_range(evidence: Evidence) -> Finding:
    message = evidence.cause.message
    found = BOUND.search(message) or NONE_GIVEN.search(message)
    ranges = ", ".join(str(at(each, "metadata", "name")) for each in evidence.limits)
    if found is None:
        return Finding(
            "the pod is outside of the namespace's LimitRange",
            "Ask for an amount that the LimitRange allows.",
            facts(limit_range=ranges),
        )
    name, asked = found["name"], found.groupdict().get("asked") or ""
    above = found["which"] == "maximum"
    bound = f"{'at most' if above else 'at least'} {found['bound']}"
    return Finding(
        f"a {found['per']} may have {bound} {name} in this namespace",
        "Ask for an amount that the LimitRange allows.",
        facts(limit_range=ranges, **{found["which"]: f"{found['bound']} {name}"}, asked=asked),
        (Blame(name, asked, (name, "limits", "requests")),),
    )


def volume(evidence: Evidence) -> Finding:
    """The claim that is named in the message, or the only one."""
    message = evidence.cause.message
    named = [each for each in evidence.claims if f"claim {at(each, 'metadata', 'name')}:" in message]
    open_ = [each for each in evidence.claims if at(each, "status", "phase") != "Bound"]
    claim = next(iter(named or open_ or list(evidence.claims)), {})
    spec = as_map(claim.get("spec"))
    name = spec.get("storageClassName")
    asked = at(spec, "resources", "requests", "storage")
    modes = spec.get("accessModes")
    class_ = evidence.classes.get(str(name)) if name else None
    unknown = bool(name) and str(name) in evidence.classes and class_ is None
    return Finding(
        _why_no_volume(str(name or ""), unknown=unknown, message=message),
        "Name a storage class that exists, or create a volume that fits."
        if unknown or not name
        else "See to the provisioner of the storage class.",
        facts(
            claim=at(claim, "metadata", "name"),
            storage_class=f"{name} (does not exist)" if unknown else name or "none",
            provisioner=(class_ or {}).get("provisioner"),
            binding=(class_ or {}).get("volumeBindingMode"),
            access_modes=", ".join(map(str, modes)) if isinstance(modes, list) else "",
            capacity=asked,
            phase=at(claim, "status", "phase"),
        ),
        (
            Blame("storageClassName", str(name or ""), ("storageclass", "storageclassname", "class")),
            Blame("storage", str(asked or ""), ("storage", "size", "capacity")),
        ),
    )


def _why_no_volume(name: str, *, unknown: bool, message: str) -> str:
    if unknown:
        return f"the storage class {name} does not exist"
    if not name and ("no persistent volumes available" in message or "no storage class" in message):
        return "the claim names no storage class, and no volume fits it"
    return (
        f"the provisioner of the storage class {name} makes no volume" if name else "no volume fits the claim"
    )
