"""A text in the user's editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from cantata.errors import CantataError, Category


class EditorFailed(CantataError):
    category = Category.INVALID


def edit_text(text: str, name: str) -> str:
    """What the user leaves in the file. Raises `EditorFailed`, also when the editor gives up."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="cantata-") as folder:
        file = Path(folder, f"{name}.yaml")
        file.write_text(text)
        try:
            code = subprocess.call([*shlex.split(editor), str(file)])
        except OSError as error:
            raise EditorFailed(
                f"cannot start the editor {editor}: {error.strerror}",
                subject="editor",
                hint="Set EDITOR, or give the file by -f.",
            ) from error
        if code != 0:
            raise EditorFailed(f"the editor {editor} ended with {code}; nothing is saved", subject="editor")
        return file.read_text()
