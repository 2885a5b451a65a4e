"""`cantata template`: charts that describe many services at once."""

from __future__ import annotations

from cyclopts import App

from cantata.cli.template_compose import COMPOSE_EXAMPLES, import_compose
from cantata.cli.template_diff import DIFF_EXAMPLES, diff
from cantata.cli.template_edit import EDIT_EXAMPLES, edit, pull
from cantata.cli.template_export import EXPORT_EXAMPLES, export
from cantata.cli.template_import import IMPORT_EXAMPLES, import_
from cantata.cli.template_lint import lint
from cantata.cli.template_lives import clone, deprecate, undeprecate
from cantata.cli.template_new import NEW_EXAMPLES, new
from cantata.cli.template_objects import (
    NAMESPACE_EXAMPLES,
    OBJECTS_EXAMPLES,
    RELEASE_EXAMPLES,
    import_namespace,
    import_release,
    import_yaml,
    releases,
)
from cantata.cli.template_preview import preview
from cantata.cli.template_render import render
from cantata.cli.template_services import app as services
from cantata.cli.template_show import delete, history, list_, show, variables

app = App(name="template", help="Templates: charts that describe many services at once.")
app.command(new, help_epilogue=NEW_EXAMPLES)
app.command(services)
app.command(edit, help_epilogue=EDIT_EXAMPLES)
app.command(pull)
app.command(import_, name="import", help_epilogue=IMPORT_EXAMPLES)
app.command(import_compose, help_epilogue=COMPOSE_EXAMPLES)
app.command(import_yaml, help_epilogue=OBJECTS_EXAMPLES)
app.command(import_namespace, help_epilogue=NAMESPACE_EXAMPLES)
app.command(import_release, help_epilogue=RELEASE_EXAMPLES)
app.command(releases)
app.command(list_, name="list")
app.command(show)
app.command(variables)
app.command(history)
app.command(diff, help_epilogue=DIFF_EXAMPLES)
app.command(export, help_epilogue=EXPORT_EXAMPLES)
app.command(clone)
app.command(deprecate)
app.command(undeprecate)
app.command(delete)
app.command(lint)
app.command(render)
app.command(preview)
