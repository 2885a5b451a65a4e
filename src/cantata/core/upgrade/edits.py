"""Which texts an upgrade changes, so that the choices hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cantata.core.config import Change, Path, RemoveKey, SetKey, yaml_scalar
from cantata.core.config.quoting import NUMBER
from cantata.core.upgrade.choices import Choice, Choices, Target, written_in
from cantata.core.upgrade.compare import ValueUpgrade
from cantata.core.values import LayerKind, Leaf


@dataclass(frozen=True, slots=True)
class Edits:
    """The changes of each text; `services` by the service whose overrides they are of."""

    overrides: tuple[Change, ...] = ()
    config: tuple[Change, ...] = ()
    services: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)


def plan_edits(
    found: Sequence[ValueUpgrade], choices: Choices, target: Target, known: Mapping[str, Path]
) -> Edits:
    """`known` has the paths of keys that need not be cut at their dots. What nobody chose anything for stays
    as it is."""
    overrides: dict[Path, Change] = {}
    config: dict[Path, Change] = {}
    services: dict[str, dict[Path, Change]] = {}
    written = config if target is Target.CONFIG else overrides
    for each in found:
        if each.service:
            own = services.setdefault(each.service, {})
            if each.choice is Choice.TAKE:
                own[_place(each)] = RemoveKey(_place(each))
        elif each.choice is Choice.TAKE and each.mine is not None:
            for change, of in _take(each, target):
                changes = config if of is Target.CONFIG else overrides
                if not isinstance(changes.get(change.path), SetKey):
                    changes[change.path] = change
        elif each.choice is Choice.KEEP and each.mine is None and each.old is not None:
            written[each.path] = SetKey(each.path, value_text(each.old))
    for key, text in choices.values.items():
        mine = [each for each in found if each.key == key]
        for each in mine:
            if each.service:
                services[each.service][each.path] = SetKey(each.path, text)
        if not mine or any(not each.service for each in mine):
            path = mine[0].path if mine else known.get(key, tuple(key.split(".")))
            written[path] = SetKey(path, text)
            if target is Target.CONFIG and any(_is_in(each, LayerKind.APPLICATION) for each in mine):
                overrides[path] = RemoveKey(path)
    return Edits(
        _outermost(overrides),
        _outermost(config),
        {name: _outermost(changes) for name, changes in services.items() if changes},
    )


def _outermost(changes: Mapping[Path, Change]) -> tuple[Change, ...]:
    """Without those inside of others."""
    return tuple(
        change
        for path, change in changes.items()
        if not any(path[:length] in changes for length in range(1, len(path)))
    )


def value_text(leaf: Leaf) -> str:
    """A default on one line of YAML, numbers as they are written."""
    if isinstance(leaf.value, int | float) and not isinstance(leaf.value, bool):
        text = str(leaf.text)
        if NUMBER.fullmatch(text):
            return text
    return yaml_scalar(leaf.value)


def _take(each: ValueUpgrade, target: Target) -> Iterator[tuple[Change, Target]]:
    """The own value goes where it may; where a config keeps it, the new default stands over it."""
    path = _place(each)
    own, parent = _is_in(each, LayerKind.CONFIG), _is_in(each, LayerKind.PARENT)
    over = SetKey(path, value_text(each.new)) if each.new is not None else RemoveKey(path)
    if path != each.path and (target is Target.OVERRIDES or own or parent):
        yield over, target  # A map gives way to a value: other layers may have it as a map, too.
        own = parent = False
    if target is Target.CONFIG and (own or parent):
        yield over if parent else RemoveKey(path), Target.CONFIG
    if (own or parent) and target is Target.OVERRIDES:
        yield over, Target.OVERRIDES
    elif _is_in(each, LayerKind.APPLICATION):
        yield RemoveKey(path), Target.OVERRIDES


def _place(each: ValueUpgrade) -> Path:
    """The key itself; where the new default is a value above it, that one's."""
    if each.new is not None and len(each.new.path) < len(each.path):
        return each.new.path
    return each.path


def _is_in(each: ValueUpgrade, kind: LayerKind) -> bool:
    return any(leaf.origin.kind is kind for leaf in written_in(each.mine))
