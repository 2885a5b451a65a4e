"""Which claims a StatefulSet has made. Claim templates are never stamped, so that claims carry no label of
ours and often no owner: they are found by their names, `<template>-<StatefulSet>-<number>`."""

from __future__ import annotations

import re

import msgspec

from cantata.core.model.objects import LiveObject

STATEFUL_SET = ("apps", "StatefulSet")


class Named(msgspec.Struct, frozen=True):
    name: str = ""


class ClaimTemplate(msgspec.Struct, frozen=True):
    metadata: Named = Named()


class Spec(msgspec.Struct, frozen=True, rename="camel"):
    volume_claim_templates: tuple[ClaimTemplate, ...] | None = None


class StatefulSet(msgspec.Struct, frozen=True):
    spec: Spec = Spec()


def claim_names(live: LiveObject) -> re.Pattern[str] | None:
    """The names of the claims of this StatefulSet; None when it makes none, or cannot be read."""
    try:
        found = msgspec.json.decode(live.body, type=StatefulSet)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    templates = [each.metadata.name for each in found.spec.volume_claim_templates or ()]
    names = "|".join(re.escape(name) for name in templates if name)
    return re.compile(rf"(?:{names})-{re.escape(live.key.name)}-\d+") if names else None
