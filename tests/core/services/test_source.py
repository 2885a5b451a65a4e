from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        ("[!w]eb", "/eb", False),
        ("[w-]eb", "-eb", True),
        ("[z-a]eb", "zeb", False),
        ("[\\]eb", "\\eb", True),
        ("a[.yaml", "a[.yaml", True),
        ("[!]a", "[!]a", True),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


def fits(pattern: str, path: str) -> bool:
    """The same in the simplest words, which take for ever for many stars."""
    star = next((star for star in ("**/", "**", "*") if pattern.startswith(star)), "")
    if star:
        ends = list(range(len(path) + 1))
        if star == "**/":
            ends = [end for end in ends if not end or path[end - 1] == "/"]
        elif star == "*":
            ends = [end for end in ends if "/" not in path[:end]]
        return any(fits(pattern[len(star) :], path[end:]) for end in ends)
    if not pattern or not path:
        return pattern == path
    same = path[0] != "/" if pattern[0] == "?" else path[0] == pattern[0]
    return same and fits(pattern[1:], path[1:])


@settings(deadline=None)
@given(st.text("ab/*?", max_size=8), st.text("ab/", max_size=6))
def test_patterns_mean_what_they_say(pattern: str, path: str) -> None:
    assert matches(pattern, path) is fits(pattern, path)


@pytest.mark.parametrize("star", ["*", "**", "**/"])
def test_many_stars_take_no_longer(star: str) -> None:
    assert not matches(f"{star}a" * 40 + "b", "a" * 250 + "/a" * 100)


@settings(deadline=None)
@given(st.text("ab[]!^-\\/", max_size=8), st.text("ab-/", max_size=3))
def test_any_text_is_a_pattern(pattern: str, path: str) -> None:
    assert matches(pattern, path) in (True, False)


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
