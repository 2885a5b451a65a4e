"""What to do about a text that is no YAML: the parser's words are about its own state, not about the text."""

from __future__ import annotations

from cantata.render.errors import YamlInvalid

HINTS: dict[str, str] = {
    "cannot start any token": "A value that begins with `@`, `%` or a backquote needs quotes.",
    "control characters": "Take the character away, or write it as an escape in double quotes.",
    "could not find expected ':'": "Write `key: value`; see also the line before.",
    "did not find expected ',' or": "A bracket is not closed, or a comma is missing.",
    "did not find expected key": "Indent the keys of a map alike; see also whether a quote is closed.",
    "did not find expected node content": "A value is missing, or a bracket is not closed.",
    "end of stream": "A quote or a bracket is not closed.",
    "mapping values are not allowed": "A value with `: ` in it needs quotes; a map goes on lines of its own.",
    "nodes, aliases resolved": "An alias counts as all that it stands for: use fewer.",
    "is already set": "Remove one of the two.",
    "unknown anchor": "The anchor (`&name`) must stand before; a text that begins with `*` needs quotes.",
}
"""By a part of the message."""


def explain(error: YamlInvalid, text: str) -> None:
    """Gives the error a hint for its trouble where one is known."""
    line = "".join(text.split("\n")[max(error.place.line - 1, 0) :][:1])
    if "\t" in line[: len(line) - len(line.lstrip())]:
        error.message, error.hint = "a tab cannot indent", "Write spaces in its place."
        return
    error.hint = next((hint for part, hint in HINTS.items() if part in error.message), error.hint)
