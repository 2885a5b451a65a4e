"""What there is to say of one service, by the kind of its workload: its template, its section of values.yaml,
and what others wait for."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cantata.core.authoring import texts
from cantata.core.authoring.names import section_of
from cantata.core.config import yaml_scalar
from cantata.core.model.templates import Condition

PLAIN_IMAGE = re.compile(
    r"[A-Za-z][-A-Za-z0-9_./]*(:[0-9]+/[-A-Za-z0-9_./]+)?(:[-A-Za-z0-9_.]+)?(@sha256:[0-9a-f]+)?"
)


class WorkloadKind(enum.StrEnum):
    DEPLOYMENT = "deployment"
    STATEFULSET = "statefulset"
    JOB = "job"
    CRONJOB = "cronjob"


@dataclass(frozen=True, slots=True)
class Kind:
    """`condition` is what a service that depends on one of this kind waits for. `port` is None where nobody
    calls it."""

    template: str
    values: str
    image: str
    condition: Condition
    port: int | None = None


KINDS: dict[WorkloadKind, Kind] = {
    WorkloadKind.DEPLOYMENT: Kind(
        texts.DEPLOYMENT, texts.DEPLOYMENT_VALUES, texts.NGINX, Condition.READY, port=8080
    ),
    WorkloadKind.STATEFULSET: Kind(
        texts.STATEFULSET, texts.STATEFULSET_VALUES, texts.VALKEY, Condition.READY, port=6379
    ),
    WorkloadKind.JOB: Kind(texts.JOB, texts.JOB_VALUES, texts.BUSYBOX, Condition.COMPLETED),
    WorkloadKind.CRONJOB: Kind(texts.CRONJOB, texts.CRONJOB_VALUES, texts.BUSYBOX, Condition.STARTED),
}


def template_text(name: str, kind: WorkloadKind) -> str:
    """templates/NAME.yaml."""
    return _filled(KINDS[kind].template, name)


def values_text(name: str, kind: WorkloadKind, *, image: str = "", port: int | None = None) -> str:
    """The section of the service in values.yaml, with its key."""
    about = KINDS[kind]
    words = {"@image@": image_scalar(image or about.image), "@port@": str(port or about.port or "")}
    return filled(_filled(about.values, name), words)


def image_scalar(image: str) -> str:
    """Plain where it is plain text: a colon inside of a word is."""
    return image if PLAIN_IMAGE.fullmatch(image) else yaml_scalar(image)


def _filled(text: str, name: str) -> str:
    section = section_of(name)
    words = {
        "@name@": name,
        "@word@": yaml_scalar(name),
        "@section@": section,
        "@key@": yaml_scalar(section),
    }
    return filled(text, words)


def filled(text: str, words: Mapping[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text
