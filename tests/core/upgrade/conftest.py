"""Upgrades of one application, from texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from cantata.core.model.charts import YamlDocument
from cantata.core.model.variables import ChartVariables, Read, ReadHow, TemplateReads, Variable
from cantata.core.upgrade import Defaults, Scope, Side, ValueUpgrade, compare_values, with_renames
from cantata.core.values import Layer, LayerKind, effective

Compose = Callable[[str], YamlDocument]
Upgrade = Callable[..., tuple[ValueUpgrade, ...]]


def variables(
    reads: Sequence[str], required: Sequence[str] = (), described: Mapping[str, str] | None = None
) -> ChartVariables:
    found = [Read(tuple(key.split(".")), ReadHow.VALUE, required=key in required) for key in reads]
    words = {
        key: Variable(tuple(key.split(".")), description=text) for key, text in (described or {}).items()
    }
    return ChartVariables(
        "sha256:1", (TemplateReads("a/templates/a.yaml", tuple(found)),), tuple(words.values())
    )


@pytest.fixture(scope="session")
def upgrade(compose: Compose) -> Upgrade:
    """Old and new defaults, and what the application gives: its parent config, config, and overrides; then
    the overrides of services by name. What is read is what stands in the defaults, unless said."""

    def run(
        old: str,
        new: str,
        *given: str,
        services: Mapping[str, str] | None = None,
        old_reads: Sequence[str] | None = None,
        new_reads: Sequence[str] | None = None,
        required: Sequence[str] = (),
        old_words: Mapping[str, str] | None = None,
        new_words: Mapping[str, str] | None = None,
    ) -> tuple[ValueUpgrade, ...]:
        def side(text: str, name: str, reads: Sequence[str] | None, *words: object) -> Side:
            defaults = Defaults(Layer(LayerKind.CHART, name, compose(text)))
            known = [leaf.key for leaf in defaults.leaves] if reads is None else reads
            return Side(defaults, variables(known, *words))  # type: ignore[arg-type]

        kinds = (LayerKind.PARENT, LayerKind.CONFIG, LayerKind.APPLICATION)
        layers = [Layer(kind, kind, compose(text)) for kind, text in zip(kinds, given, strict=False)]
        scopes = [Scope(effective(layers).leaves)]
        for name, text in (services or {}).items():
            own = effective([Layer(LayerKind.SERVICE, name, compose(text))])
            scopes.append(Scope(own.leaves, name))
        before = side(old, "old", old_reads, (), old_words)
        after = side(new, "new", new_reads, required, new_words)
        return with_renames(compare_values(before, after, scopes), before.variables, after.variables)

    return run
