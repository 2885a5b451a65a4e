from __future__ import annotations

import pytest

from cantata.core.services.naming import name_of, short_name
from cantata.core.services.source import Source, matches, parse_source


@pytest.mark.parametrize(
    ("path", "source", "pattern_path"),
    [
        ("shop/templates/web.yaml", Source((), "web.yaml"), "web.yaml"),
        ("shop/templates/charts/a.yaml", Source((), "charts/a.yaml"), "charts/a.yaml"),
        (
            "shop/charts/redis/templates/m/a.yaml",
            Source(("redis",), "m/a.yaml"),
            "charts/redis/templates/m/a.yaml",
        ),
        (
            "shop/charts/a/charts/b/templates/c.yaml",
            Source(("a", "b"), "c.yaml"),
            "charts/a/charts/b/templates/c.yaml",
        ),
        ("shop/crds/a.yaml", Source((), "crds/a.yaml"), "crds/a.yaml"),
        ("", Source((), ""), ""),
    ],
)
def test_paths(path: str, source: Source, pattern_path: str) -> None:
    assert parse_source(path) == source
    assert source.pattern_path == pattern_path


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("web.yaml", "web.yaml", True),
        ("web.yaml", "web-yaml", False),
        ("web-*.yaml", "web-hpa.yaml", True),
        ("*.yaml", "web/a.yaml", False),
        ("web/*", "web/a.yaml", True),
        ("**/a.yaml", "a.yaml", True),
        ("**/a.yaml", "x/y/a.yaml", True),
        ("web/**", "web/x/y.yaml", True),
        ("we?.yaml", "web.yaml", True),
        ("we?.yaml", "we/.yaml", False),
        ("[a-w]eb.yaml", "web.yaml", True),
        ("[!w]eb.yaml", "web.yaml", False),
        ("a[.yaml", "a[.yaml", True),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web", "web"),
        ("Web_App", "web-app"),
        ("--", "service"),
        ("x" * 60, "x" * 53),
        ("a" * 52 + ".b", "a" * 52),
    ],
)
def test_names(text: str, name: str) -> None:
    assert name_of(text) == name


@pytest.mark.parametrize(
    ("name", "short"), [("rel-web", "web"), ("rel", "shop"), ("relweb", "relweb"), ("web", "web")]
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name, "rel", "shop") == short
