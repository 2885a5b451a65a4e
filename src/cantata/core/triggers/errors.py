"""What is wrong with a trigger or a call.

TriggerCallUnauthenticated   no such trigger, or a wrong signature: the same for both
TriggerCallExpired           signed, but too long ago or too far ahead
TriggerDisabled, TriggerSourceRefused
TriggerPayloadInvalid        no JSON, or values that no key can take
TriggerRuleInvalid           a rule of a trigger cannot work
TriggerKeyUnknown            a rule names a key that the config does not have
"""

from __future__ import annotations

from cantata.errors import CantataError, Category


class TriggerCallUnauthenticated(CantataError):
    """There is no such trigger, or the call is not signed with its secret."""

    category = Category.UNAUTHENTICATED


class TriggerCallExpired(CantataError):
    """The call is signed, but its time is more than five minutes away from the server's."""

    category = Category.UNAUTHENTICATED


class TriggerDisabled(CantataError):
    category = Category.FORBIDDEN


class TriggerSourceRefused(CantataError):
    """The call comes from an address outside of the networks that the trigger allows."""

    category = Category.FORBIDDEN


class TriggerPayloadInvalid(CantataError):
    """The body of a call is no JSON, or what a rule finds in it is no value for a key."""

    category = Category.INVALID


class TriggerRuleInvalid(CantataError):
    """Rules or networks of a trigger cannot work; `details` lists every trouble."""

    category = Category.INVALID


class TriggerKeyUnknown(CantataError):
    """A rule names a key that neither the config nor one that it extends has: triggers make no keys."""

    category = Category.INVALID
