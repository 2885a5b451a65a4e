"""Amounts of compose files as Kubernetes writes them."""

from __future__ import annotations

import math
import re
from typing import Any

DURATION = re.compile(r"([0-9.]+)(h|ms|m|us|µs|ns|s)")
SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
UNITS = (("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10))
SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def seconds(duration: str) -> int:
    """Whole seconds of a duration such as `1m30s`, rounded up."""
    return math.ceil(sum(float(number) * SECONDS[unit] for number, unit in DURATION.findall(duration)) - 1e-9)


def memory(size: Any) -> str:
    """Bytes, as a number or its text, in the largest unit that keeps them exact."""
    count = int(size)
    for unit, factor in UNITS:
        if count and count % factor == 0:
            return f"{count // factor}{unit}"
    return str(count)


def size_text(text: str) -> str:
    """A size such as `64m`, as options of tmpfs write it; empty where it is no size."""
    found = re.fullmatch(r"([0-9]+)([bkmg]?)b?", text.lower())
    return memory(int(found[1]) * SIZES[found[2]]) if found else ""


def cpus(count: Any) -> str:
    thousandths = round(float(count) * 1000)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)
