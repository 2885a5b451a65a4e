"""A chart archive that is broken, too large or hostile is refused with the file's name."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cantata.render import ChartInvalid, ChartTooLarge, RenderLimits, RenderPool, RenderSettings

CHART = b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"
Member = tuple[str, bytes | tarfile.TarInfo]


def _tgz(*members: Member, mode: str = "w:gz") -> bytes:
    """An archive of members with any path and of any type."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]  # mode is a str
        for path, content in members:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo()
            info.name = path
            data = content if isinstance(content, bytes) else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _special(kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


TOP: Member = ("shop/Chart.yaml", CHART)

HOSTILE: dict[str, tuple[tuple[Member, ...], str, str]] = {
    "a path that leaves": ((TOP, ("shop/../../x", b"")), "leaves the chart", "../x"),
    "a folder that leaves": ((TOP, ("../x", b"")), "leaves the chart", "../x"),
    "an absolute path": ((TOP, ("/etc/x", b"")), "absolute path", "/etc/x"),
    "an absolute path inside": ((TOP, ("shop//etc/x", b"")), "absolute path", "shop/etc/x"),
    "a drive": ((TOP, ("shop\\C:\\x", b"")), "absolute path", "shop\\C:\\x"),
    "a file beside the folder": ((TOP, ("x", b"")), "outside of the chart folder", "x"),
    "a symbolic link": (
        (TOP, ("shop/x", _special(tarfile.SYMTYPE, "/etc/passwd"))),
        "-> /etc/passwd",
        "shop/x",
    ),
    "a hard link": (
        (TOP, ("shop/x", _special(tarfile.LNKTYPE, "shop/Chart.yaml"))),
        "holds a link",
        "shop/x",
    ),
    "a device": ((TOP, ("shop/x", _special(tarfile.CHRTYPE))), "not a file", "shop/x"),
    "a file twice": ((TOP, ("shop/a", b"1"), ("shop/./a", b"2")), "a twice", "shop/a"),
    "no folder": ((("Chart.yaml", CHART),), "must stand in a folder", "Chart.yaml"),
    "nothing": ((), "no files", ""),
    "no Chart.yaml": ((("shop/values.yaml", b""),), "Chart.yaml file is missing", ""),
    "no version": ((("shop/Chart.yaml", b"apiVersion: v2\nname: shop\n"),), "version is required", ""),
    "a broken subchart": ((TOP, ("shop/charts/x.tgz", b"x")), "not a gzip archive", "charts/x.tgz"),
    "a link in a subchart": (
        (TOP, ("shop/charts/x.tgz", _tgz(("x/l", _special(tarfile.SYMTYPE, "/"))))),
        "holds a link",
        "charts/x.tgz/x/l",
    ),
}


@pytest.mark.parametrize(("members", "message", "file"), HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_archive_is_refused(
    members: tuple[Member, ...], message: str, file: str, pool: RenderPool
) -> None:
    with pytest.raises(ChartInvalid) as caught:
        await pool.load(_tgz(*members))
    assert message in caught.value.message
    assert caught.value.place.file == file


@pytest.mark.parametrize(
    ("members", "message", "file"),
    [case for name, case in HOSTILE.items() if name not in ("no Chart.yaml", "no version")],
    ids=[name for name in HOSTILE if name not in ("no Chart.yaml", "no version")],
)
async def test_a_hostile_archive_is_not_unpacked(
    members: tuple[Member, ...], message: str, file: str, pool: RenderPool
) -> None:
    with pytest.raises(ChartInvalid) as caught:
        await pool.unpack(_tgz(*members))
    assert message in caught.value.message
    assert caught.value.place.file == file


async def test_files_are_packed_as_they_were_unpacked(pool: RenderPool) -> None:
    files = {
        "values.yaml": b"\xef\xbb\xbfa: 1\r\n",
        "logo.png": bytes(range(256)),
        "Chart.yaml": CHART,
        "charts/a.tgz": _tgz(("a/Chart.yaml", CHART.replace(b"shop", b"a"))),
    }
    packed = await pool.pack(files, "shop")
    assert await pool.unpack(packed) == files
    path = next(iter(files))
    assert await pool.unpack(packed, only=[path, "not-there"]) == {path: files[path]}
    assert await pool.pack(dict(reversed(files.items())), "shop") == packed
    direct = _tgz(*((f"shop/{path}", content) for path, content in files.items()))
    assert (await pool.load(packed)).digest == (await pool.load(direct)).digest


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "c:/x", "", "."])
async def test_a_path_that_leaves_the_chart_is_not_packed(path: str, pool: RenderPool) -> None:
    with pytest.raises(ChartInvalid):
        await pool.pack({"Chart.yaml": CHART, path: b""}, "shop")


async def test_what_is_no_archive_is_refused(pool: RenderPool) -> None:
    whole = _tgz(TOP, ("shop/x", b"x" * 100_000))
    for data in (b"", b"values: yaml\n", whole[: len(whole) // 2], _tgz(TOP, mode="w")):
        with pytest.raises(ChartInvalid):
            await pool.load(data)


async def test_global_headers_and_marks_of_other_systems_are_understood(pool: RenderPool) -> None:
    head = _special(tarfile.XGLTYPE)
    marked = b"\xef\xbb\xbf" + CHART
    chart = await pool.load(_tgz(("pax_global_header", head), ("shop\\Chart.yaml", marked)))
    assert (chart.name, chart.files) == ("shop", ("Chart.yaml",))


@pytest.mark.parametrize(
    ("limits", "message", "file"),
    [
        (RenderLimits(archive_bytes=100), "allowed are 100", ""),
        (RenderLimits(file_bytes=5_000), "shop/big has 5001 bytes, allowed are 5000 a file", "shop/big"),
        (RenderLimits(files=2), "more than 2 files", "shop/last"),
        (RenderLimits(unpacked_bytes=5_000), "unpacks to more than 5000 bytes", "shop/big"),
    ],
    ids=["archive", "file", "files", "unpacked"],
)
async def test_a_limit_is_named(limits: RenderLimits, message: str, file: str, worker_program: Path) -> None:
    archive = _tgz(TOP, ("shop/big", b"x" * 5_001), ("shop/last", b""))
    async with RenderPool(worker_program, RenderSettings(limits=limits)) as pool:
        with pytest.raises(ChartTooLarge) as caught:
            await pool.load(archive)
        assert message in caught.value.message
        assert caught.value.place.file == file


async def test_packed_subcharts_count_too(worker_program: Path) -> None:
    inner = _tgz(("x/Chart.yaml", CHART.replace(b"shop", b"x")), ("x/big", b"x" * 60_000))
    archive = _tgz(TOP, ("shop/charts/a.tgz", inner), ("shop/charts/b.tgz", inner))
    settings = RenderSettings(limits=RenderLimits(unpacked_bytes=100_000))
    async with RenderPool(worker_program, settings) as pool:
        with pytest.raises(ChartTooLarge) as caught:
            await pool.load(archive)
        assert caught.value.place.file == "charts/b.tgz/x/big"


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("Chart.yaml", "name: shop\n  version: 1\n", "Chart.yaml:2:10"),
        ("values.yaml", "a: 1\nb: [\n", "values.yaml:2:4"),
        ("values.yaml", "a: 1\nb: .nan\n", "values.yaml:2:4"),
        ("values.yaml", "a: 1\nb: &b [*b]\n", "values.yaml:2:4"),
        ("values.yaml", "a: " + "[" * 5000 + "]" * 5000, "values.yaml"),
    ],
)
async def test_yaml_in_a_chart_that_cannot_be_read_is_placed(
    file: str, text: str, place: str, pool: RenderPool, pack: Callable[..., bytes]
) -> None:
    with pytest.raises(ChartInvalid) as caught:
        await pool.load(pack({file: text}))
    assert str(caught.value.place) == place


async def test_values_that_are_no_map_are_refused(pool: RenderPool, pack: Callable[..., bytes]) -> None:
    with pytest.raises(ChartInvalid, match=r"values\.yaml"):
        await pool.load(pack({"values.yaml": "- a\n"}))
    assert (await pool.load(pack({"values.yaml": "# nothing\n"}))).values == {}
