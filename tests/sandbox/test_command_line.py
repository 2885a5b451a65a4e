"""`cantata sandbox …` on the shared sandbox."""

from __future__ import annotations

import json

import pytest

from cantata.cli.sandbox import app
from cantata.sandbox import Sandbox
from cantata.sandbox.control_plane import SandboxComponentNotFound, SandboxNotFound


@pytest.fixture
def name(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the shared sandbox, in a data folder where the command finds it."""
    monkeypatch.setenv("CANTATA_DATA_DIR", str(sandbox.path.parents[1]))
    return sandbox.name


def run(*words: str) -> None:
    app(list(words), result_action="return_value")


@pytest.mark.sandbox
def test_status_as_table_yaml_and_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("status", "--name", name)
    table = capsys.readouterr().out
    assert f"sandbox {name}: running" in table
    assert "kube-scheduler" in table
    run("status", "--name", name, "-o", "yaml")
    assert 'phase: "running"' in capsys.readouterr().out
    run("status", "--name", name, "-o", "json")
    status = json.loads(capsys.readouterr().out)
    assert status["phase"] == "running"
    assert [part["run"] for part in status["components"]] == ["running"] * 5


@pytest.mark.sandbox
def test_start_of_a_running_sandbox_changes_nothing(
    sandbox: Sandbox, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sandbox.status().supervisor
    run("start", "--name", name)
    assert sandbox.status().supervisor == before
    assert f"export KUBECONFIG={sandbox.kubeconfig}" in capsys.readouterr().out


@pytest.mark.sandbox
def test_kubeconfig_and_logs(sandbox: Sandbox, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("kubeconfig", "--name", name)
    assert capsys.readouterr().out == f"{sandbox.kubeconfig}\n"
    run("logs", "kube-apiserver", "--name", name)
    assert "Version: v1." in capsys.readouterr().out
    with pytest.raises(SandboxComponentNotFound, match="kubelet") as trouble:
        run("logs", "kubelet", "--name", name)
    assert "kube-apiserver" in trouble.value.hint


def test_a_sandbox_that_does_not_exist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANTATA_DATA_DIR", str(tmp_path))
    run("status", "--name", "nowhere")
    assert capsys.readouterr().out == "sandbox nowhere: stopped\n"
    run("stop", "--name", "nowhere")
    assert capsys.readouterr().out == "sandbox nowhere: stopped\n"
    with pytest.raises(SandboxNotFound, match="nowhere"):
        run("reset", "--name", "nowhere")
