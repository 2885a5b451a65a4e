"""Templates in folders: made and edited where no server is known."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_a_new_template_and_its_services(alone: Run, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    made = alone("template", "new", str(folder), "--service", "api", "--service", "web")
    assert made.code == 0, made.err
    assert (folder / "templates" / "web.yaml").is_file()
    added = alone("template", "service", "add", str(folder), "db", "--kind", "statefulset")
    assert added.out.splitlines() == [
        f"  ~ {folder}/cantata.yaml",
        f"  + {folder}/templates/db.yaml",
        f"  ~ {folder}/values.yaml",
    ]
    assert alone("template", "service", "rename", str(folder), "api", "back").code == 0
    assert not (folder / "templates" / "api.yaml").exists()
    refused = alone("template", "service", "remove", str(folder), "back")
    assert refused.code == 4
    assert "web" in refused.err
    assert (folder / "templates" / "back.yaml").is_file()


def test_what_is_there_is_not_written_over(alone: Run, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "web.yaml").write_text("mine\n")
    refused = alone("template", "new", str(tmp_path), "--name", "shop")
    assert refused.code == 4
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []
    assert (tmp_path / "templates" / "web.yaml").read_text() == "mine\n"


def test_nothing_is_written_through_a_link(alone: Run, tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "shop"
    outside.mkdir()
    folder.mkdir()
    (folder / "templates").symlink_to(outside)
    assert alone("template", "new", str(folder)).code == 2
    assert list(outside.iterdir()) == []


def test_a_folder_that_is_no_template(alone: Run, tmp_path: Path) -> None:
    refused = alone("template", "service", "add", str(tmp_path), "web")
    assert refused.code == 2
    assert "no Chart.yaml" in refused.err
    assert (
        "started, ready, completed"
        in alone("template", "service", "add", str(tmp_path), "web", "--depends-on", "db:healthy").err
    )
