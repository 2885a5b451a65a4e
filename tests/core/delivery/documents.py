"""Random config documents, made of what goes wrong."""

from __future__ import annotations

from random import Random

KEYS = (
    "host", "maxSize", "max_size", "max-size", "1st", "nginx.conf", "app.yaml", "LEVEL", "level", "x", "_y",
    "a.b", "kubeDNS", "URL2",
)  # fmt: skip
"""With collisions after upper-snake, names that are no variables, and dots."""

SCALARS = (
    "1", "0", "-7", "1e3", "1E3", "1e-7", "017", "0o17", "0x1f", "1_000", "1000000", "1234567", "3000000000",
    "9007199254740993", "18446744073709551615", "0.10", "1.50", "2.0", "-0.0", ".5", "123456.789",
    "true", "false", "True", '"true"', '"017"', "~", "null", '""', '" lead"', '"trail "', "2024-01-01",
    "plain", "a b c", '"q\\"uo\\"te"', "\"it's\"", '"tab\\there"', '"two\\nlines\\n"', '"ünï ☃ 😀"',
    '"$(HOST) ${x}"', "'{{ .Values.x }}'", '"# no comment"', "[]", "{}", "[1, 2.5, x, true, ~]",
    "[{a: 1, b: [c]}, d]",
    '"back\\\\slash"', '"\\x01\\x1b"', "!secret hunter2-hunter2", '!secret "s3cret=\\"x\\" y"',
    "[!secret hidden-in-list, 1]",
)  # fmt: skip


def random_document(random: Random, size: int = 20) -> str:
    """Flow maps in block maps, two levels deep; no key twice."""
    lines: list[str] = []
    for name in random.sample(KEYS, k=min(len(KEYS), size // 2)):
        if random.random() < 0.3:
            inner = random.sample(KEYS, k=random.randint(1, 5))
            lines.append(f"{_key(name)}:\n")
            lines += [f"  {_key(each)}: {random.choice(SCALARS)}\n" for each in inner]
        else:
            lines.append(f"{_key(name)}: {random.choice(SCALARS)}\n")
    return "".join(lines)


def _key(name: str) -> str:
    return f'"{name}"' if name in ("1st",) else name
