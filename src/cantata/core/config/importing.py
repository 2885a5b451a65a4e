"""Texts of other forms as config texts: dotenv, Java properties, JSON."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

import msgspec

from cantata.core.config.document import MAX_BYTES, MAX_DEPTH
from cantata.core.config.errors import ImportInvalid
from cantata.core.config.quoting import yaml_lines
from cantata.core.config.syntax import Entry, SyntaxUnreadable, read_syntax
from cantata.errors import Place

BREAK = re.compile(r"\r\n|[\n\r]")
SKIPPED = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
NAME = re.compile(r"(?:export[ \t]+)?([A-Za-z0-9_.-]+)[ \t]*")
QUOTED = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
}
BLANKS = re.compile(r"[ \t]*")
BARE = re.compile(r"[^\r\n]*")
COMMENT = re.compile(r"(?:^|[ \t])#.*")
REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
NOT_AN_ENTRY = re.compile(r"(?:[ \t\f\r\n]+|[#!][^\r\n]*)*")
CONTINUED = r"\\(?:\r\n|[\r\n])[ \t\f]*"
PROPERTY_KEY = re.compile(rf"(?:[^\\\r\n \t\f:=]|{CONTINUED}|\\(?:.|\Z))*", re.DOTALL)
SPACE = rf"(?:[ \t\f]|{CONTINUED})*"
SEPARATOR = re.compile(rf"{SPACE}(?:[:=]{SPACE})?")
PROPERTY_VALUE = re.compile(r"(?:[^\\\r\n]|\\(?:\r\n|.|\Z))*", re.DOTALL)
PROPERTY_ESCAPE = re.compile(r"\\((?:\r\n|[\r\n])[ \t\f]*|u[0-9a-fA-F]{0,4}|.|\Z)", re.DOTALL)
PROPERTY_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\\": "\\",
    "$": "$",
    '"': '"',
}


class ImportKind(enum.StrEnum):
    DOTENV = "dotenv"
    """As docker compose reads it, but for variables in values: a `$` stays one."""
    PROPERTIES = "properties"
    """As `java.util.Properties` reads it. Keys with dots become maps."""
    JSON = "json"


def import_text(kind: ImportKind, text: str, *, file: str = "") -> str:
    """The config text in block style. What dotenv and properties hold are strings, so they are quoted where
    YAML would read something else; numbers of JSON stay as they are written.

    A key that is set twice is an error rather than one value lost. Raises `ImportInvalid` with its place;
    `file` is what that calls the text.
    """
    size = len(text.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise ImportInvalid(
            f"the text has {size} bytes, allowed are {MAX_BYTES}",
            hint="Take several configs, which extend one another.",
            place=Place(file, 1, 1),
        )
    reading = _Reading(text.removeprefix("\ufeff"), file)
    try:
        tree = READERS[kind](reading)
        return "".join(f"{line}\n" for line in yaml_lines(tree))
    except UnicodeEncodeError:
        raise ImportInvalid(
            "the text has half of a character (a lone surrogate)", place=Place(file)
        ) from None


def import_place(kind: ImportKind, text: str, place: Place) -> Place:
    """Where the key of a place in the config text stands in the text that it was made of: a key that is there
    twice, the second time."""
    reading = _Reading(text.removeprefix("\ufeff"), place.file)
    found = [offset for key, offset in PLACES[kind](reading) if key == place.key] if place.key else []
    line, column = reading.spot(found[-1]) if found else (0, 0)
    return Place(place.file, line, column, place.key)


class _Reading:
    """One text and where it is wrong. One use."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self._file = file

    def line(self, offset: int) -> int:
        return sum(1 for _ in BREAK.finditer(self.text, 0, offset)) + 1

    def fail(self, message: str, line: int, column: int = 0, key: str = "") -> NoReturn:
        raise ImportInvalid(message, hint="Correct it there.", place=Place(self._file, line, column, key))

    def fail_at(self, message: str, offset: int, key: str = "") -> NoReturn:
        self.fail(message, *self.spot(offset), key)

    def spot(self, offset: int) -> tuple[int, int]:
        """Line and column."""
        start = max((match.end() for match in BREAK.finditer(self.text, 0, offset)), default=0)
        return self.line(offset), offset - start + 1


# --- dotenv ------------------------------------------------------------------------------------------------


def _dotenv(reading: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for name, value, offset in _assignments(reading):
        if name in found:
            reading.fail_at(f"{name} is already set in line {reading.line(lines[name])}", offset, name)
        found[name], lines[name] = value, offset
    return found


def _assignments(reading: _Reading) -> Iterator[tuple[str, str, int]]:
    text, offset = reading.text, 0
    while (offset := _end(SKIPPED, text, offset)) < len(text):
        named = NAME.match(text, offset)
        if named is None:
            reading.fail_at("a line must be NAME=value", offset)
        name, begin = named[1], offset
        offset = named.end()
        if text[offset : offset + 1] not in ("=", ":"):
            reading.fail_at(f"{name} has no value", offset, name)
        offset = _end(BLANKS, text, offset + 1)
        pattern = QUOTED.get(text[offset : offset + 1])
        if pattern is None:
            bare = BARE.match(text, offset)
            written = bare[0] if bare is not None else ""
            yield name, COMMENT.sub("", written, count=1).rstrip(), begin
            offset += len(written)
            continue
        quoted = pattern.match(text, offset)
        if quoted is None:
            reading.fail_at(f"the value of {name} has no closing quote", offset, name)
        rest = REST.match(text, quoted.end())
        if rest is None:
            reading.fail_at(f"there is text behind the closing quote of {name}", quoted.end(), name)
        yield name, _unescaped(quoted[1], text[offset]), begin
        offset = rest.end()


def _end(pattern: re.Pattern[str], text: str, offset: int) -> int:
    found = pattern.match(text, offset)
    return found.end() if found is not None else offset


def _unescaped(text: str, quote: str) -> str:
    """In single quotes nothing but the quote itself is escaped; what is not known stays."""
    known = ESCAPES if quote == '"' else {"'": "'"}
    return ESCAPE.sub(lambda match: known.get(match[1], match[0]), text)


# --- properties --------------------------------------------------------------------------------------------


def _properties(reading: _Reading) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    lines: dict[tuple[str, ...], int] = {}
    for key, value, line, _ in _pairs(reading):
        path = tuple(key.split("."))
        if not all(path):
            reading.fail(f"the key {key!r} has an empty part", line, key=key)
        if len(path) > MAX_DEPTH:
            reading.fail(f"the key has {len(path)} parts, allowed are {MAX_DEPTH}", line)
        place = tree
        for length, part in enumerate(path[:-1], 1):
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                above = ".".join(path[:length])
                message = (
                    f"the key {key} is inside of {above}, which has a value in line {lines[path[:length]]}"
                )
                reading.fail(message, line, key=key)
            lines.setdefault(path[:length], line)
        if path[-1] in place:
            word = "holds other keys since" if isinstance(place[path[-1]], dict) else "is already set in"
            reading.fail(f"the key {key} {word} line {lines[path]}", line, key=key)
        place[path[-1]], lines[path] = value, line
    return tree


def _pairs(reading: _Reading) -> Iterator[tuple[str, str, int, int]]:
    """Keys and values with line and offset of each. In linear time, which a reader that joins the continued
    lines first does not have."""
    text, offset, line = reading.text, 0, 1
    while (begin := _end(NOT_AN_ENTRY, text, offset)) < len(text):
        line += sum(1 for _ in BREAK.finditer(text, offset, begin))
        end = _end(PROPERTY_KEY, text, begin)
        value = _end(SEPARATOR, text, end)
        offset = _end(PROPERTY_VALUE, text, value)
        try:
            key = _property(text[begin:end])
            if key or text[end:offset].strip():  # Nothing but continued lines is no entry.
                yield key, _property(text[value:offset]), line, begin
        except ValueError:
            reading.fail("a `\\u` must have the four hexadecimal digits of a character behind it", line)
        line += sum(1 for _ in BREAK.finditer(text, begin, offset))


def _property(written: str) -> str:
    """Without escapes and line breaks. Two surrogates are one character, half of one is a `ValueError`."""
    text = PROPERTY_ESCAPE.sub(_escaped, written)
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _escaped(match: re.Match[str]) -> str:
    found = match[1]
    if found[:1] in ("\r", "\n", ""):
        return ""
    if found[0] == "u":
        return chr(int(found[1:] if len(found) == 5 else "", 16))
    return PROPERTY_ESCAPES.get(found, found)


# --- JSON --------------------------------------------------------------------------------------------------


def _json(reading: _Reading) -> dict[str, Any]:
    try:
        value = json.loads(
            reading.text,
            parse_int=_as_written,
            parse_float=_as_written,
            parse_constant=_no_number,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        reading.fail(f"the text is no JSON: {error.msg}", error.lineno, error.colno)
    except _Refused as error:
        reading.fail_at(str(error), _place(reading.text, error.word))
    except RecursionError:
        reading.fail(f"the text is nested deeper than {MAX_DEPTH}", 0)
    if not isinstance(value, dict):
        reading.fail("a config must be an object at its top", 1, 1)
    if _depth(value) > MAX_DEPTH:
        reading.fail(f"the text is nested deeper than {MAX_DEPTH}", 0)
    return value


class _Refused(Exception):
    """JSON for some readers only: a key that is twice in one object, a `word` that is no number."""

    def __init__(self, message: str, word: str = "") -> None:
        super().__init__(message)
        self.word = word


def _as_written(number: str) -> msgspec.Raw:
    return msgspec.Raw(number.encode())


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Refused(f"the key {key!r} is twice in one object")
        found[key] = value
    return found


def _no_number(word: str) -> NoReturn:
    raise _Refused(f"{word} is no number in JSON", word)


def _place(text: str, word: str) -> int:
    """Where the word is, or without one a key for the second time. JSON is YAML, whose nodes have places."""
    try:
        root = read_syntax(text).root
    except SyntaxUnreadable:
        return 0
    for node in root.within() if root is not None else ():
        if word and node.style == "plain" and node.text == word:
            return node.start
        seen: set[str] = set()
        for key in (entry.key for entry in node.entries if entry.key is not None and not word):
            if key.text in seen:
                return key.start
            seen.add(key.text)
    return 0


def _json_keys(reading: _Reading) -> Iterator[tuple[str, int]]:
    try:
        root = read_syntax(reading.text).root
    except SyntaxUnreadable:
        return
    below = [("", Entry(None, root))] if root is not None else []
    while below:
        path, entry = below.pop()
        for part, inner in reversed(entry.value.by_part().items()):
            below.append((f"{path}.{part}" if path else part, inner))
        yield path, entry.start


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


READERS: Mapping[ImportKind, Callable[[_Reading], dict[str, Any]]] = {
    ImportKind.DOTENV: _dotenv,
    ImportKind.PROPERTIES: _properties,
    ImportKind.JSON: _json,
}
PLACES: Mapping[ImportKind, Callable[[_Reading], Iterator[tuple[str, int]]]] = {
    ImportKind.DOTENV: lambda reading: ((name, offset) for name, _, offset in _assignments(reading)),
    ImportKind.PROPERTIES: lambda reading: ((key, offset) for key, _, _, offset in _pairs(reading)),
    ImportKind.JSON: _json_keys,
}
"""The keys of a text that could be read, each with its offset."""
