"""The typed client of the HTTP API: `Client(url, token, project)`, methods by noun.

It knows the contract and the errors, nothing else of the server, so that a program may use it without the
server's dependencies.
"""

from cantata.client.client import Client
from cantata.client.errors import AnswerInvalid, ServerUnreachable
from cantata.contract.errors import RemoteError

__all__ = ["AnswerInvalid", "Client", "RemoteError", "ServerUnreachable"]
