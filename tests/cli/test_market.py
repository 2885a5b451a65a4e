"""`cantata market` against a real server without a cluster."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.cli.conftest import Run

from cantata.cli.template_import import _names_chart

PASSWORD = "MARKED-pass-word"


def chart(folder: Path, version: str) -> Path:
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    head = f"apiVersion: v2\nname: web\nversion: {version}\ndescription: What the web is\nicon: https://x/i.png\n"
    (folder / "Chart.yaml").write_text(f"{head}maintainers: [{{name: Ann, email: ann@example.org}}]\n")
    (folder / "values.yaml").write_text("# -- How many\nreplicas: 2\n")
    (folder / "README.md").write_text("# The web\n")
    (folder / "templates" / "web.yaml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\n")
    return folder


@pytest.fixture
def market(served: dict[str, str], namespace: str) -> Path:
    """A folder that may be a repository."""
    folder = Path(served["CANTATA_DATA_DIR"]) / "market" / namespace
    folder.mkdir(parents=True)
    return folder


def test_from_a_repository_to_a_template_and_back_to_a_repository(
    cantata: Run, market: Path, namespace: str, tmp_path: Path
) -> None:
    chart(market / "one", "1.0.0")
    added = cantata("market", "add", namespace, str(market), "-o", "json")
    assert (added.code, added.json["kind"], added.json["entries"]) == (0, "folder", 1), added.err
    found = cantata("market", "search", "WEB", "ann@", "-r", namespace, "-o", "json").json
    assert [(each["name"], each["version"]) for each in found] == [("web", "1.0.0")]
    nothing = cantata("market", "search", "zebra", "-r", namespace)
    assert (nothing.code, "market list" in nothing.err) == (0, True)
    reference = f"{namespace}/web"
    shown = cantata("market", "show", reference).out
    assert "Ann <ann@example.org>" in shown
    assert "https://x/i.png" in shown
    assert cantata("market", "show", reference, "--values").out == "# -- How many\nreplicas: 2\n"
    assert cantata("market", "show", reference, "--readme").out == "# The web\n"

    imported = cantata("template", "import", namespace, reference)
    assert f"{namespace}@1" in imported.out, imported.err
    chart(market / "two", "1.1.0")
    assert cantata("market", "refresh", namespace).code == 0
    listed = {each["name"]: each["newer"] for each in cantata("template", "list", "-o", "json").json}
    assert listed[namespace] == "1.1.0"
    assert "1.1.0" in cantata("template", "show", namespace).out
    assert cantata("template", "import", namespace, "--newest").code == 0
    assert cantata("template", "show", namespace, "-o", "json").json["chartVersion"] == "1.1.0"
    assert cantata("template", "import", namespace, reference, "--version", ">2").code == 3
    rows = cantata("market", "search", "web", "-r", namespace, "--versions").out.splitlines()
    assert [row.split()[1] for row in rows[1:]] == ["1.1.0", "1.0.0"]

    own = chart(tmp_path / "own", "3.0.0")
    assert cantata("template", "import", f"{namespace}-own", str(own)).code == 0
    published = cantata("market", "publish", f"{namespace}-own@3.0.0", namespace)
    assert (market / "web-3.0.0.tgz").is_file(), published.err
    assert cantata("market", "remove", namespace).out == f"repository {namespace} removed\n"
    assert cantata("market", "show", reference).code == 3


def test_the_own_market_is_published_to_and_opened(cantata: Run, namespace: str, tmp_path: Path) -> None:
    own = chart(tmp_path / "own", "4.0.0")
    cantata("template", "import", namespace, str(own))
    made = cantata("market", "publish", namespace)
    assert "/market/default/charts/web-4.0.0.tgz" in made.out, made.err
    listed = cantata("market", "published")
    assert f"{namespace}@1" in listed.out
    assert "--password-stdin" in listed.out
    assert "answers everybody" in cantata("market", "access", "public").out
    assert "--password-stdin" not in cantata("market", "published").out
    assert "who has a token" in cantata("market", "access", "token").out
    (own / "more.txt").write_text("x")
    cantata("template", "import", namespace, str(own))
    again = cantata("market", "publish", namespace)
    assert (again.code, "other content" in again.err) == (4, True)
    assert cantata("market", "withdraw", "web", "4.0.0").code == 0
    assert cantata("market", "withdraw", "web", "4.0.0").code == 3


@contextmanager
def closed() -> Iterator[str]:
    """An empty repository for Ann alone."""
    wanted = "Basic " + b64encode(f"ann:{PASSWORD}".encode()).decode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == wanted
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"apiVersion": "v1", "entries": {}}).encode() if known else b"")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_password_comes_from_standard_input_and_shows_nowhere(cantata: Run, namespace: str) -> None:
    with closed() as url:
        login = ("--username", "ann", "--password-stdin")
        refused = cantata("market", "add", namespace, url, *login, text="MARKED-wrong\n")
        assert (refused.code, "MARKED" in refused.err) == (9, False)
        added = cantata("market", "add", namespace, url, *login, text=f"{PASSWORD}\n")
        assert added.code == 0, added.err
        wrong = cantata("market", "login", namespace, *login, text="MARKED-wrong\n")
        assert wrong.code == 9
        assert cantata("market", "refresh", namespace).code == 0
        right = cantata("market", "login", namespace, *login, text=f"{PASSWORD}\n")
        assert right.out == f"logged in to repository {namespace}\n"
        assert cantata("market", "logout", namespace).code == 0
        failed = cantata("market", "refresh", namespace)
        assert failed.code == 9
        listed = cantata("market", "list", "-o", "json")
        (error,) = [each["error"] for each in listed.json if each["name"] == namespace]
        assert "401" in error
        for done in (refused, added, wrong, right, failed, listed):
            assert "MARKED" not in done.out + done.err


@pytest.mark.parametrize(
    "words",
    [
        ("market", "add", "x", "https://example.org", "--password-stdin"),
        ("market", "add", "x", "https://example.org", "--username", "ann"),
        ("market", "add", "x", "https://example.org", "--username", "ann", "--token-stdin"),
        ("market", "add", "x", "https://example.org", "--token-stdin"),
        ("market", "login", "x"),
        ("market", "access", "nobody"),
        ("template", "import", "x"),
        ("template", "import", "x", "a/b", "--newest"),
        ("template", "import", "x", "./chart", "--version", "1"),
    ],
    ids=" ".join,
)
def test_words_that_do_not_fit_are_told_before_anything_is_asked(alone: Run, words: tuple[str, ...]) -> None:
    done = alone(*words)
    assert done.code == 2
    assert done.err.strip()


def test_a_file_that_is_there_is_meant_before_the_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _names_chart("stable/web")
    (tmp_path / "stable" / "web").mkdir(parents=True)
    assert not _names_chart("stable/web")
    assert _names_chart("oci://host/web")
    for path in ("web", "/srv/web", "./web", "../web", "~/web", "a/b/c", "charts/web-1.tgz"):
        assert not _names_chart(path)
