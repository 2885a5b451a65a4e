"""The charts that come with Cantata stand in the market of a new server."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run

from cantata.errors import EXIT, Category

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_all_examples_are_there(cantata: Run) -> None:
    found = cantata("market", "search", "-o", "json").json
    listed = {each["name"] for each in found if each["repository"] == "examples"}
    assert listed == {path.parent.name for path in EXAMPLES.glob("*/Chart.yaml")} != set()


def test_one_is_imported_and_none_is_put_there(cantata: Run, tmp_path: Path) -> None:
    # Elsewhere than here, where that is a path, too.
    done = cantata("template", "import", "from-market", "examples/static-site", "-o", "json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.json["version"]["source"]["repository"] == "examples"
    refused = cantata("market", "publish", "from-market", "examples")
    assert refused.code == EXIT[Category.REFUSED], refused.err
    assert "belongs to Cantata itself" in refused.err
    assert not list(EXAMPLES.glob("*.tgz"))
