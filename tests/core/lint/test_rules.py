"""All findings that the code makes are of rules in the table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from cantata.core.lint import RULES
from cantata.core.lint.rules import TABLE
from cantata.core.lint.troubles import TROUBLES
from cantata.core.services.lint import RULES as DEPENDENCIES
from cantata.core.stamp.normalise import RULES as DUPLICATES

SOURCE = Path(__file__).resolve().parents[3] / "src" / "cantata"
MAKERS = {"Finding", "found", "find", "at", "Violation"}
"""Functions whose first argument, or `rule`, or second argument after an object, is the name of a rule."""


def _words() -> Iterator[tuple[str, str]]:
    """Every constant with a hyphen that is given to a maker of findings, and where."""
    for path in sorted(SOURCE.rglob("*.py")):
        if "cards" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in MAKERS:
                continue
            rules = [*node.args[:2], *(each.value for each in node.keywords if each.arg == "rule")]
            for each in rules:
                options = [each.body, each.orelse] if isinstance(each, ast.IfExp) else [each]
                for option in options:
                    if isinstance(option, ast.Constant) and isinstance(option.value, str):
                        word = option.value
                        if "-" in word and word.replace("-", "").isalpha() and word.islower():
                            yield word, f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_every_finding_has_a_rule() -> None:
    words = dict(_words())
    assert len(words) > 50
    assert {word: place for word, place in words.items() if word not in RULES} == {}
    for others in (DEPENDENCIES.values(), DUPLICATES.values(), TROUBLES.values()):
        assert set(others) <= RULES.keys()


def test_names_are_unique_and_rules_say_what_to_do() -> None:
    assert len(RULES) == len(TABLE)
    for rule in TABLE:
        assert rule.name.replace("-", "").isalpha()
        assert rule.says.endswith("."), rule
        assert rule.do.endswith("."), rule
