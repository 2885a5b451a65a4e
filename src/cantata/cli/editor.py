"""Files in the user's editor."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from cantata.errors import CantataError, Category


class EditorFailed(CantataError):
    category = Category.INVALID


def open_editor(*files: Path) -> None:
    """Returns when the user is done. Raises `EditorFailed`, also when the editor gives up."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.call([*shlex.split(editor), *map(str, files)])
    except (OSError, ValueError) as error:
        raise EditorFailed(
            f"cannot start the editor {editor}: {error}",
            subject="editor",
            hint="Set EDITOR, or give the file by -f.",
        ) from error
    if code != 0:
        raise EditorFailed(f"the editor {editor} ended with {code}; nothing is saved", subject="editor")
