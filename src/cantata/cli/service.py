"""`cantata service`: the services of applications, one by one."""

from __future__ import annotations

from cyclopts import App

from cantata.cli.addresses import service_addresses
from cantata.cli.diff import diff_service
from cantata.cli.service_deploy import (
    SCALE_EXAMPLES,
    deploy,
    pause,
    preview,
    restart,
    resume,
    rollback,
    scale,
    undeploy,
)
from cantata.cli.service_edit import EDIT_EXAMPLES, edit
from cantata.cli.service_enter import (
    DEBUG_EXAMPLES,
    EXEC_EXAMPLES,
    FORWARD_EXAMPLES,
    debug,
    exec_,
    port_forward,
)
from cantata.cli.service_logs import LOGS_EXAMPLES, logs, pods
from cantata.cli.service_show import history, list_, show

app = App(name="service", help="Services of applications, one by one.")
app.command(list_, name="list")
app.command(show)
app.command(history)
app.command(edit, help_epilogue=EDIT_EXAMPLES)
app.command(diff_service, name="diff")
app.command(preview)
app.command(deploy)
app.command(rollback)
app.command(restart)
app.command(scale, help_epilogue=SCALE_EXAMPLES)
app.command(pause)
app.command(resume)
app.command(undeploy)
app.command(service_addresses, name="addresses")
app.command(pods)
app.command(logs, help_epilogue=LOGS_EXAMPLES)
app.command(exec_, name="exec", help_epilogue=EXEC_EXAMPLES)
app.command(port_forward, help_epilogue=FORWARD_EXAMPLES)
app.command(debug, help_epilogue=DEBUG_EXAMPLES)
