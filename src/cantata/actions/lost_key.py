"""What is lost with a key file, told by the noun that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cantata.core.model.applications import Application
from cantata.core.model.errors import BlobMissing, RevisionExpired, RevisionUnreadable, SealedUnderLostKey


@contextmanager
def blobs_of(application: Application, number: int) -> Iterator[None]:
    """Around reads of what the revision `number` was made from and made. Raises `RevisionUnreadable`,
    `RevisionExpired`."""
    try:
        yield
    except BlobMissing as error:
        raise RevisionExpired(
            f"what revision {number} of application {application.name} ran is kept no more",
            subject=f"application {application.name}",
            hint=f"`cantata app history {application.name}` tells its config and template: name these "
            f"by `cantata app edit {application.name}`, then deploy.",
        ) from error
    except SealedUnderLostKey as error:
        raise RevisionUnreadable(
            f"revision {number} of application {application.name} was sealed under a key that is lost",
            subject=f"application {application.name}",
            hint="Set the secrets of its config anew, then deploy the whole application: `cantata app deploy "
            f"{application.name}`.",
        ) from error
