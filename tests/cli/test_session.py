"""Which server is meant, and that a token goes to no other."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cantata.cli.session import (
    FileUnreadable,
    NoServerKnown,
    Target,
    TokenUnusable,
    find_target,
    write_login,
)
from cantata.settings import SettingInvalid, load_settings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"CANTATA_DATA_DIR": str(tmp_path / "data"), "CANTATA_CONFIG_DIR": str(tmp_path / "config")}


@pytest.fixture
def local(environ: dict[str, str]) -> dict[str, str]:
    """With a local server."""
    folder = Path(environ["CANTATA_DATA_DIR"])
    folder.mkdir()
    (folder / "server.json").write_text('{"url": "http://127.0.0.1:7480", "pid": 1}')
    (folder / "admin-token").write_text("local-token\n")
    return environ


def test_nothing_is_known(environ: dict[str, str]) -> None:
    with pytest.raises(NoServerKnown):
        find_target(environ)


def test_the_local_server(local: dict[str, str]) -> None:
    assert find_target(local) == Target("http://127.0.0.1:7480", "local-token", "")


def test_a_login_goes_before_the_local_server(local: dict[str, str]) -> None:
    target = Target("https://far.example", "far-token", "team")
    path = write_login(target, local)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert find_target(local) == target
    assert find_target({**local, "CANTATA_PROJECT": "other"}).project == "other"


def test_the_environment_goes_before_all(local: dict[str, str], tmp_path: Path) -> None:
    write_login(Target("https://far.example", "far-token", "team"), local)
    file = tmp_path / "token"
    file.write_text("from-file\n")
    chosen = {**local, "CANTATA_SERVER": "https://else.example/", "CANTATA_TOKEN_FILE": str(file)}
    assert find_target(chosen) == Target("https://else.example", "from-file", "")


def test_a_token_is_kept_for_its_own_server(local: dict[str, str]) -> None:
    write_login(Target("https://far.example", "far-token", "team"), local)
    assert find_target({**local, "CANTATA_SERVER": "https://else.example"}).token == ""
    assert find_target({**local, "CANTATA_SERVER": "https://far.example"}).token == "far-token"
    assert find_target({**local, "CANTATA_SERVER": "http://127.0.0.1:7480"}).token == "local-token"


def test_a_broken_file_is_named(local: dict[str, str]) -> None:
    Path(local["CANTATA_DATA_DIR"], "server.json").write_text("{")
    with pytest.raises(FileUnreadable, match=r"server\.json"):
        find_target(local)


@pytest.mark.parametrize("text", ["apiVersion: v1\nkind: Config\n", "hunter 2", "hunter\x1b2"])
def test_what_is_no_token_is_sent_nowhere_and_not_told(
    local: dict[str, str], tmp_path: Path, text: str
) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    for chosen in ({"CANTATA_TOKEN_FILE": str(file)}, {"CANTATA_TOKEN": text}):
        with pytest.raises(TokenUnusable, match="does not hold a token") as refused:
            find_target({**local, **chosen})
        assert text not in f"{refused.value} {refused.value.subject} {refused.value.hint}"


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    settings = load_settings({"CANTATA_DATA_DIR": str(tmp_path), "CANTATA_PORT": "0"})
    assert (settings.port, settings.host, settings.lease_seconds) == (0, "127.0.0.1", 8.0)
    assert settings.database_url == f"sqlite:///{tmp_path}/cantata.db"
    assert settings.admin_token_file == tmp_path / "admin-token"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CANTATA_PORT", "70000"),
        ("CANTATA_PORT", "-1"),
        ("CANTATA_WORKERS", "0"),
        ("CANTATA_WORKERS", "1.5"),
        ("CANTATA_LEASE_SECONDS", "nan"),
        ("CANTATA_PROGRESS_DEADLINE", "soon"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=variable):
        load_settings({"CANTATA_DATA_DIR": "/nowhere", variable: value})
