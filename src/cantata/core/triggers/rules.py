"""Whether the rules of a trigger can work; asked before it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cantata.core.model.triggers import ImagePart, ImageRule, KeyRule, Trigger, TriggerKind
from cantata.core.triggers.errors import TriggerRuleInvalid
from cantata.core.triggers.images import REPOSITORY, repository_name
from cantata.core.triggers.kinds import COMMITS, DIGESTS
from cantata.core.triggers.paths import PathInvalid, compile_path
from cantata.core.triggers.patterns import PatternInvalid, compile_pattern
from cantata.core.triggers.sources import parse_network
from cantata.errors import Detail, Place

MAX_RULES = 200
MAX_SOURCES = 100
MAX_KEY = 253


def check_rules(trigger: Trigger) -> None:
    """Raises `TriggerRuleInvalid` with every trouble."""
    details = [*_amounts(trigger), *_sources(trigger)]
    for rule in trigger.rules:
        found = _key_rule(rule) if isinstance(rule, KeyRule) else _image_rule(trigger.kind, rule)
        details += [Detail(trouble, Place(key=rule.key[:MAX_KEY])) for trouble in found]
    if details:
        raise TriggerRuleInvalid(
            f"trigger {trigger.name} cannot work: {details[0].message}",
            subject=f"trigger {trigger.name}",
            place=details[0].place,
            details=details,
            hint="`cantata trigger create --help` tells how rules are written.",
        )


def _amounts(trigger: Trigger) -> Iterator[Detail]:
    generic = trigger.kind is TriggerKind.GENERIC
    if generic and trigger.images:
        yield Detail("a generic trigger has no rules for images; set keys from paths, or choose another kind")
    if not generic and trigger.keys:
        yield Detail(
            f"a trigger for {trigger.kind} has rules for images; only a generic one sets keys from paths"
        )
    if not trigger.rules:
        yield Detail("it has no rule, so it would set nothing")
    if len(trigger.rules) > MAX_RULES:
        yield Detail(f"it has more than {MAX_RULES} rules")
    for key, number in Counter(rule.key for rule in trigger.rules).items():
        if number > 1:
            yield Detail(f"the key {key[:MAX_KEY]} has {number} rules", Place(key=key[:MAX_KEY]))


def _sources(trigger: Trigger) -> Iterator[Detail]:
    if len(trigger.sources) > MAX_SOURCES:
        yield Detail(f"it has more than {MAX_SOURCES} sources")
    for source in trigger.sources[:MAX_SOURCES]:
        try:
            parse_network(source)
        except ValueError:
            yield Detail(f"{source[:60]!r} is no network, such as 10.0.0.0/8 or 192.0.2.7")


def _key_rule(rule: KeyRule) -> Iterator[str]:
    yield from _key(rule.key)
    try:
        compile_path(rule.path)
    except PathInvalid as error:
        yield f"the path {rule.path[:80]!r} {error}"
    yield from _pattern(rule.pattern)


def _image_rule(kind: TriggerKind, rule: ImageRule) -> Iterator[str]:
    yield from _key(rule.key)
    if not REPOSITORY.fullmatch(repository_name(rule.repository)):
        yield f"{rule.repository[:80]!r} is no repository, such as shop/web or ghcr.io/shop/web"
    if rule.repository != rule.repository.partition("@")[0] or ":" in rule.repository.rpartition("/")[2]:
        yield f"{rule.repository[:80]!r} names a tag or digest; a rule names the repository alone"
    yield from _pattern(rule.pattern)
    if rule.write is ImagePart.DIGEST and kind not in DIGESTS:
        yield f"{kind} does not tell digests"
    if rule.write is ImagePart.COMMIT:
        if kind not in COMMITS:
            yield f"{kind} does not tell commits"
        if not rule.pattern:
            yield "a rule for commits needs a pattern of branches, such as main, or every branch would count"


def _key(key: str) -> Iterator[str]:
    if not key or len(key) > MAX_KEY:
        yield f"a key has 1 to {MAX_KEY} characters"


def _pattern(pattern: str) -> Iterator[str]:
    try:
        compile_pattern(pattern)
    except PatternInvalid as error:
        yield f"the pattern {pattern[:80]!r} {error}"
