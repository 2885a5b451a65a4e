"""Patterns of users on texts from outside, by RE2: in linear time, where Python's own engine can be made to
run for ever."""

from __future__ import annotations

from collections.abc import Callable

import re2

MAX_LENGTH = 300

Match = Callable[[str], str | None]


class PatternInvalid(ValueError):
    """Not an error of the API: who reads a rule says which one it is."""


def compile_pattern(text: str) -> Match:
    """The whole text must match: then its first group, or the text where there is none; else None. An empty
    pattern takes every text. Raises `PatternInvalid`."""
    if not text:
        return lambda value: value
    if len(text) > MAX_LENGTH:
        raise PatternInvalid(f"is longer than {MAX_LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        pattern = re2.compile(text, options)
    except re2.error as error:
        told = error.args[0] if error.args else ""
        why = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise PatternInvalid(f"is no RE2 pattern: {why}") from error

    def match(value: str) -> str | None:
        found = pattern.fullmatch(value)
        if found is None:
            return None
        group: str | None = found.group(1) if pattern.groups else value
        return group

    return match
