"""The client: one attribute per noun."""

from __future__ import annotations

from types import TracebackType
from urllib.parse import quote

from cantata.client.access import Audit, Tokens
from cantata.client.addresses import Addresses
from cantata.client.applications import Applications
from cantata.client.charts import Charts
from cantata.client.clusters import Clusters
from cantata.client.configs import Configs
from cantata.client.connection import Connection
from cantata.client.declarations import Declarations
from cantata.client.events import Events
from cantata.client.exports import Exports
from cantata.client.holds import Holds
from cantata.client.imports import Imports
from cantata.client.market import Market
from cantata.client.operations import Operations
from cantata.client.plans import Plans, Policy
from cantata.client.pods import Pods
from cantata.client.services import Services
from cantata.client.templates import Templates
from cantata.client.triggers import Triggers
from cantata.client.webhooks import Webhooks
from cantata.contract.server import HealthInfo, VersionInfo


class Client:
    """Talks to one project of one server.

        async with Client("http://127.0.0.1:7480", token) as client:
            await client.applications.deploy("shop-dev")

    Methods raise `RemoteError` (what the server says), `ServerUnreachable` and `AnswerInvalid`.
    """

    def __init__(self, url: str, token: str = "", project: str = "default") -> None:
        self._connection = Connection(url, token)
        root = f"/api/v1/projects/{quote(project, safe='')}"
        self.configs = Configs(self._connection, root)
        self.declarations = Declarations(self._connection, root)
        self.templates = Templates(self._connection, root)
        self.charts = Charts(self._connection, root)
        self.imports = Imports(self._connection, root)
        self.applications = Applications(self._connection, root)
        self.services = Services(self._connection, root)
        self.addresses = Addresses(self._connection, root)
        self.exports = Exports(self._connection, root)
        self.holds = Holds(self._connection, root)
        self.operations = Operations(self._connection, root)
        self.plans = Plans(self._connection, root)
        self.policy = Policy(self._connection, root)
        self.events = Events(self._connection, root)
        self.pods = Pods(self._connection, root)
        self.triggers = Triggers(self._connection, root)
        self.webhooks = Webhooks(self._connection, root)
        self.market = Market(self._connection, root)
        self.clusters = Clusters(self._connection, root)
        self.tokens = Tokens(self._connection, root)
        self.audit = Audit(self._connection, root)

    @property
    def url(self) -> str:
        return self._connection.url

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._connection.close()

    async def health(self) -> HealthInfo:
        return await self._connection.get("/healthz", HealthInfo)

    async def version(self) -> VersionInfo:
        return await self._connection.get("/version", VersionInfo)
