"""JSON-like values as YAML text that any YAML reader takes."""

from __future__ import annotations

import json
import re
from typing import Any

PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
"""Words that some readers take for something else than text."""
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def yaml_text(value: Any) -> str:
    """Maps and lists in block form, scalars as JSON writes them: every reader agrees on those."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, indent: str) -> list[str]:
    if isinstance(value, dict) and value:
        lines = []
        for key, item in value.items():
            lines += _entry(f"{indent}{_key(str(key))}:", item, indent + "  ")
        return lines
    if isinstance(value, list | tuple) and value:
        lines = []
        for item in value:
            if isinstance(item, dict | list | tuple) and item:
                first, *rest = _lines(item, indent + "  ")
                lines += [f"{indent}- {first.lstrip(' ')}", *rest]
            else:
                lines.append(f"{indent}- {_scalar(item)}")
        return lines
    return [indent + _scalar(value)]


def _entry(head: str, item: Any, indent: str) -> list[str]:
    if isinstance(item, dict | list | tuple) and item:
        return [head, *_lines(item, indent)]
    return [f"{head} {_scalar(item)}"]


def _key(key: str) -> str:
    return key if PLAIN_KEY.fullmatch(key) and key.lower() not in WORDS else _scalar(key)


def _scalar(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
