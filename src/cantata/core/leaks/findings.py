"""Leaks as findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cantata.core.model.findings import Finding, Severity
from cantata.core.model.leaks import Leak

RULE = "secret-leak"


def notes_finding(file: str) -> Finding:
    return Finding(
        rule=RULE,
        severity=Severity.WARNING,
        message="the notes show a secret; it is masked",
        file=file,
        suggestion="Let the notes say how to read the Secret instead.",
    )


def leak_findings(leaks: Iterable[Leak], service: str = "") -> Iterator[Finding]:
    for leak in leaks:
        where = f"{leak.object}, field {leak.field}" if leak.field else str(leak.object)
        names = " and ".join(leak.keys)
        is_secret = "is a secret and is" if len(leak.keys) == 1 else "are secrets and are"
        yield Finding(
            rule=RULE,
            severity=Severity.WARNING,
            message=(
                f"{names} {is_secret} written in clear into {where}"
                if leak.keys
                else f"{where}, is made from a secret"
            ),
            service=service,
            file=leak.file,
            line=leak.line,
            key=leak.keys[0] if leak.keys else "",
            suggestion="Take it from a Secret: by `secretKeyRef` in a variable, or as a file of a volume.",
        )
