"""A Go program is built again exactly when what it is made of changed."""

from __future__ import annotations

from pathlib import Path

from cantata.toolchain import _digest


def test_the_digest_changes_with_the_sources_wherever_they_lie(tmp_path: Path) -> None:
    module = tmp_path / "testdata" / "module"
    (module / "testdata").mkdir(parents=True)
    main = module / "main.go"
    main.write_text("package main\n")
    first = _digest(module, "-s")
    assert _digest(module, "-w") != first
    (module / "main_test.go").write_text("package main\n")
    (module / "testdata" / "case.yaml").write_text("a: 1\n")
    assert _digest(module, "-s") == first
    main.write_text("package main // changed\n")
    assert _digest(module, "-s") != first
