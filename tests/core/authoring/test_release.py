"""The version in Chart.yaml is raised, everything else stays."""

from __future__ import annotations

import pytest

from cantata.core.authoring import ChartVersionUnreadable, chart_version, raise_version
from cantata.core.versions import BumpPart


@pytest.mark.parametrize(
    ("before", "part", "after"),
    [
        ("name: a\nversion: 1.2.3 # now\n", "patch", "name: a\nversion: 1.2.4 # now\n"),
        ('version: "1.2.3"\nname: a', "minor", 'version: "1.3.0"\nname: a'),
        ("version: 'v1.2'\n", "major", 'version: "v2.0.0"\n'),
        ("{ name: a, version: v1.2.3 }\n", "patch", "{ name: a, version: v1.2.4 }\n"),
        ("# top\r\nversion: 1.0.0-rc.1\r\n", "patch", "# top\r\nversion: 1.0.0\r\n"),
    ],
)
def test_raised(before: str, part: str, after: str) -> None:
    assert raise_version(before, BumpPart(part)) == after
    assert chart_version(after) != chart_version(before)


@pytest.mark.parametrize("text", ["", "name: a\n", "version: latest\n", "version: [1]\n", "version:\n"])
def test_what_cannot_be_raised(text: str) -> None:
    with pytest.raises(ChartVersionUnreadable):
        raise_version(text, BumpPart.PATCH)
