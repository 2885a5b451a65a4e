"""The port to the store: which applications are ill, as was told last."""

from __future__ import annotations

from typing import Protocol


class Health(Protocol):
    def is_ill(self, application_id: str) -> bool: ...
    def set_ill(self, application_id: str, ill: bool) -> None: ...
