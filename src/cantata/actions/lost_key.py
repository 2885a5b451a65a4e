"""What is lost with a key file, told by the noun that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cantata.core.model.applications import Application
from cantata.core.model.errors import RevisionUnreadable, SealedUnderLostKey


@contextmanager
def blobs_of(application: Application, number: int) -> Iterator[None]:
    """Around reads of what the revision `number` was made from and made. Raises `RevisionUnreadable`."""
    try:
        yield
    except SealedUnderLostKey as error:
        raise RevisionUnreadable(
            f"revision {number} of application {application.name} was sealed under a key that is lost",
            subject=f"application {application.name}",
            hint="Set the secrets of its config anew, then deploy the whole application: `cantata app deploy "
            f"{application.name}`.",
        ) from error
