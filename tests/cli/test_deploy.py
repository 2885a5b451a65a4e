"""Deploying by command, on the real control plane: lines in a pipe, exit codes, what Ctrl-C leaves."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.conftest import CANTATA, Run, clean

from cantata.errors import EXIT, Category

pytestmark = pytest.mark.sandbox

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: { name: "{{ .Release.Name }}-web" }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
      annotations:
        sandbox.cantata.dev/behaviour: "{{ .Values.behaviour }}"
        sandbox.cantata.dev/delay: 60s
    spec:
      containers: [{ name: main, image: "web:1" }]
"""


@pytest.fixture(scope="session")
def cluster(served: dict[str, str], kubeconfig: Path) -> str:
    command = [CANTATA, "cluster", "add", "sandbox", "--kubeconfig", str(kubeconfig)]
    subprocess.run(command, check=True, env={**clean(), **served}, capture_output=True)
    return "sandbox"


@pytest.fixture
def shop(cantata: Run, cluster: str, namespace: str, tmp_path: Path) -> str:
    """An application that is not deployed yet; template, config and application have one name."""
    folder = tmp_path / "shop"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text('behaviour: ""\nreplicas: 1\n')
    (folder / "templates" / "web.yaml").write_text(WEB)
    words = ["--template", namespace, "--config", namespace, "--cluster", cluster, "--create-namespace"]
    for done in (
        cantata("template", "import", namespace, str(folder)),
        cantata("config", "create", namespace, "-f", "-", text="replicas: 2\n"),
        cantata("app", "create", namespace, *words),
    ):
        assert done.code == 0, done.err
    return namespace


def test_the_whole_way(cantata: Run, shop: str) -> None:
    preview = cantata("app", "preview", shop)
    assert f"+ create Deployment {shop}/{shop}-web" in preview.out, preview.err

    deployed = cantata("app", "deploy", shop, "-m", "the first")
    assert deployed.code == 0, deployed.err
    assert re.search(rf"^\d\d:\d\d:\d\d {shop}/web ready 2/2$", deployed.out, re.M), deployed.out
    assert "deploy       succeeded" in deployed.out

    status = cantata("app", "status", shop)
    assert re.search(rf"^web +ready +Deployment +2/2 +{shop}@1 +web:1", status.out, re.M), status.out
    assert "nothing to do" in cantata("app", "deploy", shop).out
    listed = cantata("app", "list", "--search", shop, "-o", "json").json
    assert [(item["application"]["name"], item["state"]) for item in listed] == [(shop, "ready")]

    cantata("config", "edit", shop, "-f", "-", text="replicas: 1\n")
    assert "replicas: 2 → 1" in cantata("app", "preview", shop).out
    again = cantata("app", "deploy", shop, "-o", "json")
    assert (again.code, again.json["state"]) == (0, "succeeded"), again.err
    assert f"{shop}/web" in again.err
    assert cantata("app", "rollback", shop, "--to", "1").code == 0
    history = cantata("app", "history", shop, "-o", "json").json
    assert [(revision["number"], revision["cause"]) for revision in history][-1] == (1, "the first")
    assert len(history) == 3

    assert cantata("app", "delete", shop, "--yes").code == 0
    assert cantata("app", "status", shop).code == 3


def test_a_failed_deploy_exits_with_9_and_names_the_service(cantata: Run, shop: str) -> None:
    cantata("config", "edit", shop, "-f", "-", text="behaviour: image-pull-error\n")
    done = cantata("app", "deploy", shop)
    assert done.code == EXIT[Category.REFUSED] == 9
    assert f"error: the deploy of {shop} ended as failed" in done.err
    assert "service web is failed" in done.err
    assert "image" in done.err.lower()
    assert f"hint: See `cantata app status {shop}`" in done.err
    cantata("app", "delete", shop, "--yes")


def test_waiting_ends_and_the_deploy_goes_on(cantata: Run, served: dict[str, str], shop: str) -> None:
    cantata("config", "edit", shop, "-f", "-", text="behaviour: slow\n")
    late = cantata("app", "deploy", shop, "--timeout", "1s")
    assert (late.code, "it goes on" in late.err) == (EXIT[Category.LIMIT], True), late.err
    assert "service web is progressing" in late.err

    started = cantata("operation", "list", "-a", shop, "-o", "json").json[0]
    assert started["state"] == "running"
    waiting = subprocess.Popen(
        [CANTATA, "operation", "wait", started["id"]],
        env={**clean(), **served},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A run in the background is started with this signal ignored, and its children would be, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert waiting.stdout is not None
    assert shop in waiting.stdout.readline()
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert f"cantata operation wait {started['id']}" in said
    assert "Traceback" not in said

    assert cantata("operation", "show", started["id"], "-o", "json").json["state"] == "running"
    assert cantata("operation", "cancel", started["id"]).code == 0
    until = time.monotonic() + 30
    while cantata("operation", "show", started["id"], "-o", "json").json["state"] == "running":
        assert time.monotonic() < until
    cantata("app", "delete", shop, "--yes")


def test_the_variables_of_a_service(cantata: Run, shop: str) -> None:
    table = cantata("app", "variables", shop, "web")
    assert table.code == 0, table.err
    assert re.search(r"^replicas +2 +config \S+@1:1 +integer$", table.out, re.M), table.out
    assert re.search(r'^behaviour +"" +values.yaml of shop:1 +string$', table.out, re.M), table.out
    services = cantata("app", "variables", shop, "-o", "json").json["services"]
    assert [each["service"] for each in services] == ["web", ""]
    assert services[0]["files"] == ["shop/templates/web.yaml"]
    missing = cantata("app", "variables", shop, "none")
    assert (missing.code, "there is no service none" in missing.err) == (3, True)
