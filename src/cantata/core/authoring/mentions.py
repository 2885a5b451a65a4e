"""Where the texts of a template speak of a service, or of a section of the values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cantata.core.stamp.marks import DEPENDS_ON, SERVICE

BELOW = "templates/"
CONDITION = r"(?:\s*:\s*[a-z]+)?"


@dataclass(frozen=True, slots=True)
class Section:
    """How templates read a section of the values: `.Values.web`, `index .Values "web"`, and as a native
    reference to the config `key: web.port`."""

    name: str

    @property
    def _pattern(self) -> re.Pattern[str]:
        name = re.escape(self.name)
        return re.compile(
            rf"(?P<field>\.Values\.){name}(?![A-Za-z0-9_])"
            rf'|(?P<index>\bindex\s+\$?\.Values\s+"){name}(?=")'
            rf"|(?P<key>\bkey:\s*[\"']?){name}(?=\.[A-Za-z])"
        )

    def is_read(self, text: str) -> bool:
        return self._pattern.search(text) is not None

    def renamed(self, text: str, new: str) -> str:
        return self._pattern.sub(lambda found: found[found.lastgroup or 0] + new, text)


def template_texts(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """What below templates/ is text."""
    for path, content in files.items():
        if path.startswith(BELOW):
            try:
                yield path, content.decode()
            except UnicodeDecodeError:
                continue


def annotated_dependents(text: str, service: str) -> list[int]:
    """The lines whose annotation says that something waits for the service."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        annotation = _depends_on(line)
        if annotation is not None and _dependency(service).search(annotation[0]):
            found.append(number)
    return found


def renamed_annotations(text: str, old: str, new: str) -> str:
    """Annotations that name a service name another one."""
    return "\n".join(_renamed_line(line, old, new) for line in text.split("\n"))


def _renamed_line(line: str, old: str, new: str) -> str:
    annotation = _depends_on(line)
    if annotation is not None:
        return (
            line[: annotation.start()] + _dependency(old).sub(new, annotation[0]) + line[annotation.end() :]
        )
    own = rf"({re.escape(SERVICE)}[\"']?\s*:\s*[\"']?){re.escape(old)}(?![-a-z0-9])"
    return re.sub(own, lambda found: found[1] + new, line)


def _depends_on(line: str) -> re.Match[str] | None:
    """The list of names in a line with the annotation."""
    found = re.search(rf"{re.escape(DEPENDS_ON)}[\"']?\s*:", line)
    return re.compile(r".*", re.DOTALL).match(line, found.end()) if found else None


def _dependency(service: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![-a-z0-9:.]){re.escape(service)}(?![-a-z0-9.])")
