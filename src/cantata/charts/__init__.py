"""Chart repositories: the only code that calls them.

What belongs here: the three kinds of repositories, the protocols that they speak, and the guard that no
request leaves to an address that is closed (core/repositories/addresses.py), however it was led there. What
does not: what a chart is (`cantata.render`), what its dependencies are (core/repositories/dependencies.py),
and which repositories a project has (`cantata.store`).

`Charts` implements the port `cantata.ports.charts.ChartSources`. Only `cantata.server` and tests import it.
"""

from cantata.charts.charts import Charts
from cantata.charts.limits import Limits

__all__ = ["Charts", "Limits"]
