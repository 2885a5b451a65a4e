"""`cantata market`: charts of others, and one's own for others."""

from __future__ import annotations

from cyclopts import App

from cantata.cli.market_charts import SEARCH_EXAMPLES, SHOW_EXAMPLES, search, show
from cantata.cli.market_publish import PUBLISH_EXAMPLES, access, publish, published, withdraw
from cantata.cli.market_repositories import (
    ADD_EXAMPLES,
    LOGIN_EXAMPLES,
    add,
    edit,
    list_,
    login,
    logout,
    refresh,
    remove,
)

app = App(name="market", help="The market: repositories of charts, search in them, and publishing to them.")
app.command(add, help_epilogue=ADD_EXAMPLES)
app.command(list_, name="list")
app.command(edit)
app.command(login, help_epilogue=LOGIN_EXAMPLES)
app.command(logout)
app.command(refresh)
app.command(remove)
app.command(search, help_epilogue=SEARCH_EXAMPLES)
app.command(show, help_epilogue=SHOW_EXAMPLES)
app.command(publish, help_epilogue=PUBLISH_EXAMPLES)
app.command(published)
app.command(withdraw)
app.command(access)
