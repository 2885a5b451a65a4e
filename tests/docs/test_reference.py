"""The reference is what the code has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INTERNAL = {"CANTATA_SANDBOX_SUPERVISOR"}
"""Variables that our own processes pass to each other."""


def test_the_pages_are_generated_from_this_code() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_environment_variable_is_documented() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    used = set(re.findall(r"\bCANTATA_[A-Z_]+\b", sources))
    documented = set(re.findall(r"`(CANTATA_[A-Z_]+)`", (ROOT / "docs/reference/settings.md").read_text()))
    assert used - INTERNAL == documented
