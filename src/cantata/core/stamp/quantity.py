"""Resource quantities: `500m`, `1.5Gi`, `2e3`."""

from __future__ import annotations

import functools
import re
from decimal import Decimal

QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE]))?")

FACTORS: dict[str | None, Decimal] = {
    None: Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
"""What each suffix multiplies by. Grammar: `k8s.io/apimachinery/pkg/api/resource.Quantity`."""


@functools.lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Decimal | None:
    """The number that a quantity means, or None when it is none."""
    match = QUANTITY.fullmatch(text)
    if not match:
        return None
    number, exponent, suffix = match.groups()
    if exponent is not None:
        return Decimal(number).scaleb(int(exponent))
    return Decimal(number) * FACTORS[suffix]
