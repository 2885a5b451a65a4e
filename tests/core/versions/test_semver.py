"""Versions are read as Helm reads them, and ordered as semver.org says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.versions import (
    BumpPart,
    SemanticVersion,
    VersionInvalid,
    bump,
    find_version,
    parse_version,
)

RISING = [
    "0.0.0",
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1-0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0-1",
    "2.0.0--",
    "2.0.0",
]
"""The example of semver.org, clause 11, and what is near."""


@pytest.mark.parametrize(("lower", "higher"), list(itertools.combinations(RISING, 2)))
def test_order(lower: str, higher: str) -> None:
    one, other = parse_version(lower), parse_version(higher)
    assert one < other
    assert other > one
    assert not other < one
    assert not one > other


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("1.2.3", "1.2.3"),
        ("v1.2", "1.2.0"),
        ("v3", "3.0.0"),
        ("1", "1.0.0"),
        ("1.2-rc.1", "1.2.0-rc.1"),
        ("1.2.3-rc.1+build.007", "1.2.3-rc.1+build.007"),
        ("01.002.3", "1.2.3"),
        ("1.0.0-0", "1.0.0-0"),
        ("1.0.0-x-y.z--", "1.0.0-x-y.z--"),
    ],
)
def test_what_is_read(text: str, full: str) -> None:
    version = parse_version(text)
    assert str(version) == full
    assert version.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "latest",
        "1.2.3.4",
        "1..2",
        "1.2.",
        "-1",
        "1.2.3-",
        "1.2.3-a..b",
        "1.2.3-01",
        "1.2.3+",
        "1.2.3+a+b",
        " 1.2.3",
        "1.2.3\n",
        "V1.2.3",
        "1.2.3-ä",
        "\u0661.2.3",
        "9" * 300,
        "1.0.0-" + "a" * 300,
    ],
)
def test_what_is_no_version(text: str) -> None:
    assert find_version(text) is None
    with pytest.raises(VersionInvalid):
        parse_version(text)


@pytest.mark.parametrize(
    ("text", "part", "then"),
    [
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "major", "2.0.0"),
        ("v1.2", "patch", "v1.2.1"),
        ("1.2.3-rc.1", "patch", "1.2.3"),
        ("1.2.3-rc.1", "minor", "1.3.0"),
        ("1.2.3+build", "patch", "1.2.4"),
        ("0.1.0", "major", "1.0.0"),
    ],
)
def test_bump(text: str, part: str, then: str) -> None:
    assert bump(parse_version(text), BumpPart(part)).text == then


NUMBERS = st.integers(0, 10**6)
IDENTIFIERS = st.one_of(
    st.integers(0, 99).map(str),
    st.text("abcXYZ-019", min_size=1, max_size=4).filter(lambda part: not part.isdigit()),
)
PARTS = st.lists(IDENTIFIERS, max_size=3).map(tuple)
VERSIONS = st.builds(SemanticVersion, NUMBERS, NUMBERS, NUMBERS, PARTS, PARTS)


@given(VERSIONS)
def test_what_is_printed_is_read_again(version: SemanticVersion) -> None:
    assert parse_version(str(version)) == version
    assert parse_version(f"v{version}") == version


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total(one: SemanticVersion, other: SemanticVersion, third: SemanticVersion) -> None:
    assert (one < other) + (other < one) + (one.precedence == other.precedence) == 1
    if one < other and other < third:
        assert one < third


@given(VERSIONS, st.sampled_from(BumpPart))
def test_a_bump_rises(version: SemanticVersion, part: BumpPart) -> None:
    raised = bump(version, part)
    assert raised > version
    assert parse_version(raised.text) == raised


@given(st.text(max_size=30))
def test_any_text_is_a_version_or_none(text: str) -> None:
    found = find_version(text)
    assert found is None or parse_version(str(found)) == found
