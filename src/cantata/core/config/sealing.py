"""New secret values in a text become references to where they are kept; every other byte stays."""

from __future__ import annotations

from collections.abc import Mapping

from cantata.core.config.document import Path
from cantata.core.config.scalars import SECRET_TAG, find_span, line_starts
from cantata.core.model.charts import YamlDocument
from cantata.errors import InternalError


def seal_text(text: str, document: YamlDocument, ids: Mapping[Path, str]) -> str:
    """`text` with `!secret value` replaced by `!secret ref:<id>` for each path of `ids`.

    The text is one that `parse_config` took. Comments, order and the quoting of everything else are kept,
    so is the rest of the line behind a block scalar's header. Where an alias repeats a secret, the id of the
    first path is written.
    """
    starts = line_starts(text)
    edits: dict[int, tuple[int, str]] = {}
    for node in document.nodes:
        id_ = ids.get(node.path)
        if id_ is None or node.tag != SECRET_TAG:
            continue
        span = find_span(text, starts, node)
        if span is None:
            raise InternalError(f"the secret at {'.'.join(node.path)} cannot be found in the text")
        space = "" if span.end > span.start else " "
        edits.setdefault(span.start, (span.end, f"{space}ref:{id_}"))
        if span.body is not None:
            edits.setdefault(span.body[0], (span.body[1], ""))
    sealed: list[str] = []
    done = 0
    for start, (end, written) in sorted(edits.items()):
        sealed += (text[done:start], written)
        done = end
    return "".join((*sealed, text[done:]))
