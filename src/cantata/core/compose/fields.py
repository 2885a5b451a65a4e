"""Maps whose keys are taken one by one, so that what nobody takes can be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Fields:
    """A part of a compose project; `path` is where it stands there, such as `services.web.deploy`."""

    def __init__(self, value: Any, path: str) -> None:
        self.path = path
        self._left: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
        self._inner: dict[str, Fields] = {}

    def take(self, key: str, default: Any = None) -> Any:
        """The value of a key, which counts as translated; the default where it is missing or null."""
        found = self._left.pop(key, None)
        return default if found is None else found

    def inner(self, key: str) -> Fields:
        """The map of a key."""
        if key not in self._inner:
            self._inner[key] = Fields(self.take(key), f"{self.path}.{key}")
        return self._inner[key]

    def items(self, key: str) -> Iterator[Fields]:
        """The maps of a list."""
        for index, item in enumerate(self.take(key, ())):
            name = f"{key}[{index}]"
            self._inner[name] = Fields(item, f"{self.path}.{name}")
            yield self._inner[name]

    def left(self) -> Iterator[str]:
        """The paths of what nobody took. What holds nothing says nothing."""
        yield from (f"{self.path}.{key}" for key, value in self._left.items() if not _is_nothing(value))
        for fields in self._inner.values():
            yield from fields.left()


def _is_nothing(value: Any) -> bool:
    """The library writes empty values where a file says nothing."""
    if isinstance(value, Mapping):
        return all(map(_is_nothing, value.values()))
    return value in (None, False, "", [])
