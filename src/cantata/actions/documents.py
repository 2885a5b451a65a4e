"""Parsed YAML texts, kept by content: hundreds of applications read the same few configs."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from cantata.core.model.charts import YamlDocument
from cantata.ports import Renderer

EMPTY = YamlDocument(value=msgspec.Raw(b"{}"))


class Documents:
    """Parses one-document YAML texts through the renderer and remembers the last `size` of them."""

    def __init__(self, renderer: Renderer, size: int = 256) -> None:
        self._renderer = renderer
        self._size = size
        self._parsed: OrderedDict[tuple[str, str], YamlDocument] = OrderedDict()

    async def parse(self, text: str, file: str) -> YamlDocument:
        """The first document of `text`; an empty text is an empty map. Raises `YamlInvalid`."""
        key = (file, text)
        found = self._parsed.get(key)
        if found is None:
            documents = await self._renderer.parse_yaml(text, file=file)
            found = documents[0] if documents else EMPTY
            self._parsed[key] = found
            if len(self._parsed) > self._size:
                self._parsed.popitem(last=False)
        else:
            self._parsed.move_to_end(key)
        return found
