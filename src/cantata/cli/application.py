"""`cantata app`: applications, from their creation to their end."""

from __future__ import annotations

from cyclopts import App

from cantata.cli.addresses import addresses
from cantata.cli.application_delete import DELETE_EXAMPLES, delete, forget
from cantata.cli.application_deploy import DEPLOY_EXAMPLES, deploy, preview, revert, rollback, run_tests
from cantata.cli.application_export import EXPORT_EXAMPLES, export
from cantata.cli.application_make import CLONE_EXAMPLES, CREATE_EXAMPLES, clone, create, edit
from cantata.cli.application_show import parity, show, variables
from cantata.cli.application_status import history, list_, status, watch
from cantata.cli.application_upgrade import UPGRADE_EXAMPLES, upgrade
from cantata.cli.diff import DIFF_EXAMPLES, diff

app = App(name="app", help="Applications: create, preview, deploy, roll back, watch.")
app.command(create, help_epilogue=CREATE_EXAMPLES)
app.command(edit)
app.command(clone, help_epilogue=CLONE_EXAMPLES)
app.command(show)
app.command(addresses)
app.command(delete, help_epilogue=DELETE_EXAMPLES)
app.command(forget)
app.command(export, help_epilogue=EXPORT_EXAMPLES)
app.command(diff, help_epilogue=DIFF_EXAMPLES)
app.command(preview)
app.command(parity)
app.command(variables)
app.command(deploy, help_epilogue=DEPLOY_EXAMPLES)
app.command(upgrade, help_epilogue=UPGRADE_EXAMPLES)
app.command(rollback)
app.command(revert)
app.command(run_tests, name="test")
app.command(status)
app.command(list_, name="list")
app.command(watch)
app.command(history)
