"""Where a secret of a config stands though it does not belong there."""

from __future__ import annotations

import msgspec

from cantata.core.model.objects import ObjectKey


class Leak(msgspec.Struct, frozen=True, rename="camel"):
    """A field of a rendered object that depends on a secret value.

    `field` is its path as `FieldChange` has it, `keys` are the config's keys whose values stand in it; none
    when it is made from a secret in a way that cannot be told. `whole` says that taking the known values out
    of it leaves something of the secret, so that nothing of the field may be shown. `file` is the template.
    """

    object: ObjectKey
    field: str
    keys: tuple[str, ...] = ()
    whole: bool = False
    file: str = ""
    line: int = 0
