"""Calls of triggers: whether one is authentic, and what it sets.

authenticate  `authenticate`: signatures, tokens and headers of each kind, compared in constant time
kinds         the table of what registries and forges send, as paths into their JSON
images        parts of images checked, and whether a rule is about one
paths         JMESPath of users, narrowed to what takes linear time
patterns      RE2 of users
mapping       `read_payload`, `map_payload`: from a payload to keys and values
rules         `check_rules`: whether the rules of a trigger can work
sources       networks that may call
values        a value from outside as the YAML of the type that its key has
errors        what is wrong with a trigger or a call

Everything that comes with a call is hostile; what a trigger's author wrote may be a mistake.
"""

from cantata.core.triggers.authenticate import Call, Delivery, authenticate, sign, unauthenticated
from cantata.core.triggers.errors import (
    TriggerCallExpired,
    TriggerCallUnauthenticated,
    TriggerDisabled,
    TriggerKeyUnknown,
    TriggerPayloadInvalid,
    TriggerRuleInvalid,
    TriggerSourceRefused,
)
from cantata.core.triggers.mapping import Mapped, map_payload, read_payload
from cantata.core.triggers.rules import check_rules
from cantata.core.triggers.sources import source_allowed
from cantata.core.triggers.values import Scalar, same_as_present, scalar_text, value_text

__all__ = [
    "Call",
    "Delivery",
    "Mapped",
    "Scalar",
    "TriggerCallExpired",
    "TriggerCallUnauthenticated",
    "TriggerDisabled",
    "TriggerKeyUnknown",
    "TriggerPayloadInvalid",
    "TriggerRuleInvalid",
    "TriggerSourceRefused",
    "authenticate",
    "check_rules",
    "map_payload",
    "read_payload",
    "same_as_present",
    "scalar_text",
    "sign",
    "source_allowed",
    "unauthenticated",
    "value_text",
]
