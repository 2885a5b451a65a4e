"""What can go wrong between client and server. What the server itself answers is a `RemoteError`."""

from __future__ import annotations

from cantata.errors import CantataError, Category


class ServerUnreachable(CantataError):
    """No answer: the server does not run, or something stands between."""

    category = Category.UNAVAILABLE

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(
            f"the server at {url} does not answer: {cause}",
            subject=f"server {url}",
            hint="Start one by `cantata server`, or name another by CANTATA_SERVER or `cantata login`.",
        )


class AnswerInvalid(CantataError):
    """Something answers there, but it is not a Cantata server, or it is one of another time."""

    category = Category.UNAVAILABLE

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(
            f"the answer of {url} is not one of a Cantata server: {cause}",
            subject=f"server {url}",
            hint="Check the address of the server, and `cantata version`.",
        )


class SessionRefused(CantataError):
    """The server does not open a session; what it says against it, it says without words."""

    category = Category.FORBIDDEN

    def __init__(self, url: str, status: int) -> None:
        super().__init__(
            f"the server at {url} refuses the session with {status}",
            subject=f"server {url}",
            hint="It needs the role operator. Does the server have the same version?",
        )
