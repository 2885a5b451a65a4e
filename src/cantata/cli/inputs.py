"""What commands read: files, `NAME@VERSION`, tokens."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from cyclopts import Parameter

from cantata.errors import CantataError, Category, Place

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

DOCUMENT = Parameter(
    name=["--file", "-f"], allow_leading_hyphen=True, help="The YAML document; `-` reads standard input."
)


class ArgumentInvalid(CantataError):
    category = Category.INVALID


class InputUnreadable(CantataError):
    category = Category.INVALID


def read_text(path: Path) -> str:
    """A UTF-8 text file, or standard input for `-`. Raises `InputUnreadable`."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.expanduser().read_bytes()
        return content.decode()
    except OSError as error:
        raise InputUnreadable(
            f"the file cannot be read: {error.strerror or error}", subject=str(path), place=Place(str(path))
        ) from error
    except UnicodeDecodeError as error:
        raise InputUnreadable(
            f"{path} is not UTF-8 text: byte {error.start} does not fit",
            subject=str(path),
            place=Place(str(path)),
        ) from error


def parse_pinned(text: str) -> tuple[str, int | None]:
    """`shop@3` is version 3 of shop, `shop` follows its latest. Raises `ArgumentInvalid`."""
    name, at, number = text.partition("@")
    if not name or (at and not (number.isascii() and number.isdecimal() and int(number) > 0)):
        raise ArgumentInvalid(f"{text!r} is not a NAME or NAME@VERSION", hint="Such as shop or shop@3.")
    return name, int(number) if at else None


def parse_template(text: str) -> tuple[str, int | str | None]:
    """`shop@3` and `shop@1.2.0` mean a version by number or by its semantic version, `shop` the latest.
    Raises `ArgumentInvalid`."""
    name, at, version = text.partition("@")
    if not name or (at and not re.match(r"v?[0-9]", version)):
        raise ArgumentInvalid(
            f"{text!r} is not a NAME or NAME@VERSION", hint="Such as shop, shop@3 or shop@1.2.0."
        )
    return name, int(version) if version.isascii() and version.isdecimal() else version or None


def parse_version(text: str) -> tuple[str, int | str | None]:
    """`shop@3` and `shop@prod-2026-11` mean a version by number or by tag, `shop` the latest. Raises
    `ArgumentInvalid`."""
    name, at, version = text.partition("@")
    if not name or (at and not version):
        raise ArgumentInvalid(
            f"{text!r} is not a NAME or NAME@VERSION", hint="Such as shop, shop@3 or shop@TAG."
        )
    return name, int(version) if version.isascii() and version.isdecimal() else version or None


def read_by_service(entries: tuple[str, ...]) -> dict[str, str]:
    """`web=web.yaml` gives the text of the file under `web`. Raises `ArgumentInvalid`, `InputUnreadable`."""
    texts: dict[str, str] = {}
    for entry in entries:
        service, equals, file = entry.partition("=")
        if not (service and equals and file):
            raise ArgumentInvalid(f"{entry!r} is not SERVICE=FILE", hint="Such as web=web.yaml.")
        texts[service] = read_text(Path(file))
    return texts


def read_secret_value(path: Path) -> str:
    """A secret from a file, from standard input for `-`, or asked for on a terminal. The line break behind a
    single line does not belong to it. Raises `InputUnreadable`."""
    if str(path) == "-" and sys.stdin.isatty():
        import getpass

        return getpass.getpass("secret: ")
    text = read_text(path)
    line = text.removesuffix("\n").removesuffix("\r")
    return text if "\n" in line else line


def parse_duration(text: str) -> float:
    """Seconds, of `90`, `1.5`, `30s`, `10m`, `2h` or `1d`. Raises `ValueError`."""
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smhd]?)", text)
    if found is None or not float(found[1]):
        raise ValueError(f"{text!r} is no time; write it as 30s, 10m, 2h or 1d")
    return float(found[1]) * UNITS[found[2]]


def parse_labels(pairs: tuple[str, ...]) -> dict[str, str]:
    """`stage=dev` gives dev under stage. Raises `ArgumentInvalid`."""
    labels = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise ArgumentInvalid(f"{pair!r} is not KEY=VALUE", hint="Such as stage=dev.")
        labels[key] = value
    return labels
