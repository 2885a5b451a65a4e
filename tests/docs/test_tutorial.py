"""The tutorial and the guides do what they say, on the real server and the real control plane."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.docs.walkthrough import find_missing, follow
from tests.e2e.conftest import Server

from cantata.sandbox import Sandbox

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [DOCS / "tutorial.md", *sorted(DOCS.glob("guides/*.md"))]


def test_a_line_is_found_by_its_pattern() -> None:
    output = "a  ready   1/1\nb  pending\n"
    assert find_missing(["a ready 1/1", "b …"], output) is None
    assert find_missing(["b …", "a …"], output) == "a …", "the order counts"
    assert find_missing(["a ready"], output) == "a ready", "the whole line counts"


@pytest.mark.sandbox
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page(page: Path, server: Server, sandbox: Sandbox, tmp_path: Path) -> None:
    programs = f"{Path(sys.executable).parent}:{sandbox.tool('kubectl').parent}:{os.environ['PATH']}"
    environment = {**server.environment, "PATH": programs, "KUBECONFIG": str(sandbox.kubeconfig)}
    follow(page, environment, tmp_path)
