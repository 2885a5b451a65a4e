"""What indexes of chart repositories say, and how those are refused that say nothing."""

from __future__ import annotations

import json

import pytest
from tests.render.conftest import Pack

from cantata.core.model.market import ChartRow, Maintainer
from cantata.render import ConstraintInvalid, IndexInvalid, IndexTooLarge, RenderPool
from cantata.render.settings import MIB, RenderSettings

INDEX = """\
apiVersion: v1
entries:
  redis:
  - name: redis
    version: 1.9.0
  - annotations: {artifacthub.io/license: MIT}
    apiVersion: v2
    appVersion: 7.10
    created: "2026-01-02T03:04:05Z"
    deprecated: true
    description: |
      Keeps things.

      - quickly
    digest: ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789
    keywords: [store, cache]
    maintainers:
    - name: Ada
      email: ada@example.org
    name: redis
    type: application
    urls:
    - redis-1.10.0.tgz
    version: 1.10.0
  - version: 2.0.0-rc.1
  apache:
  - version: v1.0
generated: "2026-01-02T03:04:05Z"
"""


async def test_the_rows_of_an_index(pool: RenderPool) -> None:
    index = await pool.read_index(INDEX.encode())
    assert [(row.name, row.version) for row in index] == [
        ("apache", "v1.0"),
        ("redis", "2.0.0-rc.1"),
        ("redis", "1.10.0"),
        ("redis", "1.9.0"),
    ]
    assert (len(index), index.skipped) == (4, ())
    assert list(index)[2] == ChartRow(
        name="redis",
        version="1.10.0",
        app_version="7.10",
        type="application",
        description="Keeps things.\n\n- quickly\n",
        keywords=("store", "cache"),
        maintainers=(Maintainer("Ada", "ada@example.org"),),
        licence="MIT",
        deprecated=True,
        created="2026-01-02T03:04:05Z",
        digest="sha256:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
        urls=("redis-1.10.0.tgz",),
    )


async def test_an_index_may_be_json(pool: RenderPool) -> None:
    text = json.dumps({"apiVersion": "v1", "entries": {"a": [{"version": "1.0.0"}, {"version": 2}]}})
    index = await pool.read_index(text.encode())
    assert [row.version for row in index] == ["1.0.0"]
    assert len(index.skipped) == 1


async def test_what_is_no_version_is_left_out_with_a_word(pool: RenderPool) -> None:
    text = (
        "apiVersion: v1\nentries:\n  a:\n  - {}\n  - version: new\n  - version: 1.0.0\n  - version: 1.0.0\n"
    )
    index = await pool.read_index(f"{text}  ../b:\n  - version: 1.0.0\n".encode())
    assert [row.version for row in index] == ["1.0.0"]
    assert index.skipped == (
        "a (line 4): it has no version",
        'a (line 5): its version "new" is no semantic version',
        "../b (line 9): the chart has no proper name",
        "a 1.0.0: it is there twice",
    )


HEAD = "apiVersion: v1\nentries:\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("<!doctype html><title>Sign in</title>", "web page"),
        ("entries: {}\n", "no apiVersion"),
        ("apiVersion: v1\n", "no entries"),
        ("not an index", "not the index"),
        ("- 1\n", "not the index"),
        (f"{HEAD}  a:\n  - version: 1.0.0\n    description: \"cut he", "not the index"),
        (f"{HEAD}  a:\n  - version: 1.0.0\n    urls: [", "not the index"),
        (f"{HEAD}  a:\n  - version: 1.0.0\n  a:\n  - version: 2.0.0\n", "already defined"),
        (f"{HEAD}  a: 1\n", "not the index"),
        (f"{HEAD}  a:\n  - {'[' * 20_000}\n", "depth"),
    ],
)  # fmt: skip
async def test_what_is_no_index_is_refused(pool: RenderPool, text: str, says: str) -> None:
    with pytest.raises(IndexInvalid, match=says):
        await pool.read_index(text.encode())


async def test_aliases_that_explode_are_not_followed(pool: RenderPool) -> None:
    text = f"{BOMB}{HEAD}  a:\n  - version: 1.0.0\n    keywords: *i\n  - version: 2.0.0\n    home: *i\n"
    index = await pool.read_index(text.encode())
    assert (len(index), len(index.skipped)) == (0, 2)


async def test_an_index_that_is_too_large_is_not_read(pool: RenderPool) -> None:
    with pytest.raises(IndexTooLarge):
        await pool.read_index(b"#" * (RenderSettings().limits.index_bytes + 1))
    with pytest.raises(IndexTooLarge, match="entries"):
        await pool.read_index(f"{HEAD}  a:\n".encode() + b"  - {}\n" * 200_001)
    assert RenderSettings().limits.index_bytes < 100 * MIB


async def test_versions_are_chosen_as_helm_chooses(pool: RenderPool) -> None:
    versions = ("1.2.3", "1.10.0", "2.0.0-rc.1", "latest")
    assert await pool.fitting_versions("^1.2", versions) == ("1.10.0", "1.2.3")
    assert await pool.fitting_versions("", versions) == ("2.0.0-rc.1", "1.10.0", "1.2.3")
    with pytest.raises(ConstraintInvalid):
        await pool.fitting_versions("newest", versions)


async def test_what_a_chart_wants_and_brings(pool: RenderPool, pack: Pack) -> None:
    head = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n"
    wanted = "- {name: db, version: 1.x, repository: '@mine', alias: store}\n- {name: log, version: 2.0.0}\n"
    inner = {"charts/log/Chart.yaml": "apiVersion: v2\nname: log\nversion: 2.0.0\n"}
    archive = pack({"Chart.yaml": head + wanted, "charts/_drafts/note": "none", **inner})
    node = await pool.dependencies(archive, {"mine": "https://charts.example.org"})
    assert [(each.name, each.repository, each.alias) for each in node.dependencies] == [
        ("db", "https://charts.example.org", "store"),
        ("log", "", ""),
    ]
    assert node.locked == ()
    assert [(each.name, each.version, each.path) for each in node.charts] == [("log", "2.0.0", "charts/log")]
