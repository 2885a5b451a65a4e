"""Templates written back into files, byte for byte."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from cantata.cli.exported_files import (
    ExportPathInvalid,
    ExportTargetExists,
    chart_files,
    write_file,
    write_folder,
)

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.2.3\n",
    "values.yaml": b"\xef\xbb\xbfa: 1\r\n",
    "files/logo.png": bytes(range(256)),
    "templates/web.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        file = tmp_path / "shop" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "shop"


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_template_leaves_as_it_came(cantata: Run, namespace: str, folder: Path, tmp_path: Path) -> None:
    assert cantata("template", "import", namespace, str(folder)).code == 0
    out, to = tmp_path / "new" / "x.tgz", tmp_path / "out"
    assert cantata("template", "export", namespace, "--source", "-o", str(out)).out == f"{out} written\n"
    assert chart_files(out.read_bytes()) == FILES
    assert cantata("template", "export", f"{namespace}@1", "--to", str(to)).out == f"4 files in {to}\n"
    assert content_of(to) == FILES
    again = cantata("template", "import", f"{namespace}-again", str(out))
    first, second = (
        cantata("template", "show", name, "-o", "json").json["digest"]
        for name in (namespace, f"{namespace}-again")
    )
    assert (again.code, first) == (0, second)


def test_nothing_is_written_over(cantata: Run, namespace: str, folder: Path, tmp_path: Path) -> None:
    cantata("template", "import", namespace, str(folder))
    to = tmp_path / "out"
    to.mkdir()
    (to / "mine.txt").write_text("mine")
    (to / "values.yaml").write_text("b: 2\n")
    refused = cantata("template", "export", namespace, "--to", str(to))
    assert (refused.code, content_of(to)) == (4, {"mine.txt": b"mine", "values.yaml": b"b: 2\n"})
    assert f"{to} is there already" in refused.err
    assert cantata("template", "export", namespace, "--to", str(to), "--force").code == 0
    assert content_of(to) == {**FILES, "mine.txt": b"mine"}
    both = cantata("template", "export", namespace, "--to", str(to), "-o", "x.tgz")
    assert (both.code, "either --out or --to" in both.err) == (2, True)


def test_a_standalone_chart_comes_with_its_values_or_not_at_all(
    cantata: Run, namespace: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "cantata.yaml").write_text("numbers: exact\n")
    cantata("template", "import", namespace, str(folder))
    cantata("config", "create", namespace, "-f", "-", text="a: 2\n")
    (tmp_path / "beside").mkdir()
    words = ("template", "export", namespace, "--standalone", "--config", namespace)
    values = tmp_path / "beside" / f"values-{namespace}.yaml"
    values.write_text("mine: 1\n")
    refused = cantata(*words, "-o", str(tmp_path / "beside" / "x.tgz"))
    assert (refused.code, content_of(tmp_path / "beside")) == (4, {values.name: b"mine: 1\n"})
    done = cantata(*words, "--to", str(tmp_path / "out"))
    assert done.code == 0, done.err
    assert f"checked: {namespace}: Helm makes the same of it, 1 objects" in done.out
    made = content_of(tmp_path / "out")
    assert made["templates/_web.yaml"] == FILES["templates/web.yaml"]
    assert {"Chart.yaml", "cantata-export.yaml", values.name, "templates/_cantata.tpl"} <= made.keys()
    assert b"a: 2\n" in made[values.name]


@pytest.mark.parametrize("name", ["../x", "shop/../../x", "/etc/x", "x", "shop/a/../../../x", "shop\\..\\x"])
def test_no_path_of_an_archive_leaves_the_folder(name: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(ExportPathInvalid):
        chart_files(buffer.getvalue())


def test_links_of_an_archive_are_left_out() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo("shop/x")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert chart_files(buffer.getvalue()) == {}


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "templates").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportPathInvalid):
        write_folder(tmp_path / "out", FILES, force=True)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_file_is_whole_and_private_where_asked(tmp_path: Path) -> None:
    file = tmp_path / "secrets.yaml"
    write_file(file, b"a: 1\n", private=True)
    assert os.stat(file).st_mode & 0o777 == 0o600
    with pytest.raises(ExportTargetExists):
        write_file(file, b"a: 2\n")
    write_file(file, b"a: 3\n", force=True, private=True)
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (b"a: 3\n", [file])
