"""Parsed YAML texts, kept by content: hundreds of applications read the same few configs."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from cantata.core.model.charts import YamlDocument
from cantata.ports import Renderer

HEAVIEST = 100_000
"""How many nodes are kept of all texts together: 50 MB. Larger than any honest text, and a hostile one must
not take the memory by being one of many."""

EMPTY = YamlDocument(value=msgspec.Raw(b"{}"))


class Documents:
    """Parses one-document YAML texts through the renderer and remembers the last `size` of them, as long as
    they are not heavier than `heaviest` together."""

    def __init__(self, renderer: Renderer, size: int = 256, heaviest: int = HEAVIEST) -> None:
        self._renderer = renderer
        self._size = size
        self._heaviest = heaviest
        self._weight = 0
        self._parsed: OrderedDict[tuple[str, str], YamlDocument] = OrderedDict()

    async def parse(self, text: str, file: str) -> YamlDocument:
        """The first document of `text`; an empty text is an empty map. Raises `YamlInvalid`."""
        key = (file, text)
        found = self._parsed.get(key)
        if found is not None:
            self._parsed.move_to_end(key)
            return found
        documents = await self._renderer.parse_yaml(text, file=file)
        found = documents[0] if documents else EMPTY
        if key not in self._parsed:  # Else somebody asked for the same meanwhile.
            self._parsed[key] = found
            self._weight += _weight(text, found)
        while len(self._parsed) > self._size or self._weight > self._heaviest:
            (_, old), document = self._parsed.popitem(last=False)
            self._weight -= _weight(old, document)
        return found


def _weight(text: str, document: YamlDocument) -> int:
    """In nodes: one takes about 500 bytes, and a text is kept three times."""
    return len(document.nodes) + len(text) // 150
