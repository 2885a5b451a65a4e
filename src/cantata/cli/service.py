"""`cantata service`: the services of applications, one by one."""

from __future__ import annotations

from cyclopts import App

from cantata.cli.service_enter import (
    DEBUG_EXAMPLES,
    EXEC_EXAMPLES,
    FORWARD_EXAMPLES,
    debug,
    exec_,
    port_forward,
)
from cantata.cli.service_logs import LOGS_EXAMPLES, logs, pods

app = App(name="service", help="Services of applications, one by one.")
app.command(pods)
app.command(logs, help_epilogue=LOGS_EXAMPLES)
app.command(exec_, name="exec", help_epilogue=EXEC_EXAMPLES)
app.command(port_forward, help_epilogue=FORWARD_EXAMPLES)
app.command(debug, help_epilogue=DEBUG_EXAMPLES)
