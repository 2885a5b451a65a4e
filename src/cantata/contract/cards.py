"""Failure cards: what does not work, why, and what to change. The same wherever they are shown."""

from __future__ import annotations

import msgspec

from cantata.contract.states import CauseKind


class FactInfo(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    value: str


class RemedyInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Where to change what: a value of the config, a line of a template, or both.

    `key` is the config's key, `value` what it is now (masked if secret), `origin` where that is written
    (`config shop-dev@3`, `values.yaml of shop`) and `origin_line` the line there. `file` and `line` are of
    the template. Unknown ones are empty or 0.
    """

    key: str = ""
    value: str = ""
    origin: str = ""
    origin_line: int = 0
    file: str = ""
    line: int = 0


class FailureCardInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`service` is empty for what belongs to the application as a whole. `reason` is Kubernetes' word,
    `message` what it said. `terminal` means that waiting alone does not help. `log` holds the last lines of
    the container, of the one that died where one did. `likely` says what the cause probably is, `advice` what
    to do, `remedies` where."""

    service: str
    kind: CauseKind
    reason: str
    message: str
    terminal: bool = True
    object: str = ""
    pod: str = ""
    container: str = ""
    exit_code: int | None = None
    restarts: int = 0
    facts: tuple[FactInfo, ...] = ()
    log: tuple[str, ...] = ()
    likely: str = ""
    advice: str = ""
    remedies: tuple[RemedyInfo, ...] = ()
