"""What template texts ask for that a render does not give: other files, and names of hosts.

`env` and `expandenv` need no rule: Helm takes them away, so that such a template does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cantata.core.lint.rules import found
from cantata.core.lint.source import ChartSource, without_comments
from cantata.core.model.findings import Finding

ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
HOST = re.compile(r"\bgetHostByName\b")
FILES = re.compile(r"""\.Files\.(?:Get|GetBytes|Lines)\s+(?:"(?P<quoted>[^"\n]+)"|`(?P<raw>[^`\n]+)`)""")
HIDDEN = ("templates/", "charts/")
"""What .Files does not show, beside the chart's own descriptions."""
DESCRIPTIONS = frozenset({"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"})


def check_templates(source: ChartSource) -> Iterator[Finding]:
    """Of the chart's own templates: subcharts are somebody else's to correct."""
    visible = {path for path in source.files if not path.startswith(HIDDEN) and path not in DESCRIPTIONS}
    for path, written in sorted(source.texts.items()):
        if not path.startswith(f"{source.name}/templates/"):
            continue
        text = without_comments(written)
        for action in ACTION.finditer(text):
            for match in HOST.finditer(action[0]):
                line = _line(text, action.start() + match.start())
                message = "getHostByName is called, which answers nothing here"
                yield found("template-host-lookup", message, file=path, line=line)
            for match in FILES.finditer(action[0]):
                name = match["quoted"] or match["raw"]
                if name not in visible:
                    line = _line(text, action.start() + match.start())
                    message = f"{name} is read, but is no file of the chart that templates see"
                    yield found("template-file-missing", message, file=path, line=line)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
