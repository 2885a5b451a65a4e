"""Everything that the manifests of a service were made from, recorded for the next plan to repeat."""

from __future__ import annotations

import msgspec

from cantata.core.model.charts import RenderInputs
from cantata.core.model.templates import Delivery


class RecordedEntry(msgspec.Struct, frozen=True):
    """One config entry as it was delivered: its key, its text, and whether it is secret."""

    key: str
    text: str
    secret: bool = False


class RecordedInputs(msgspec.Struct, frozen=True, rename="camel"):
    """Kept as a sealed blob, addressed by a keyed hash: equal inputs have equal addresses. `secrets` are the
    paths of the secret values, sorted, so that a later plan does not show what they were. `deliveries` are
    what the application adds to the template's; unset when it adds nothing, so that inputs recorded before
    there was such a thing stay equal."""

    render: RenderInputs
    entries: tuple[RecordedEntry, ...] = ()
    secrets: tuple[tuple[str, ...], ...] = ()
    deliveries: dict[str, tuple[Delivery, ...]] | msgspec.UnsetType = msgspec.UNSET
