"""What bounds the conversation with a cluster."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bounds of the conversation with one cluster. Times in seconds, sizes in bytes."""

    concurrency: int = 32
    connect_seconds: float = 10.0
    request_seconds: float = 60.0
    attempts: int = 5
    retry_seconds: float = 30.0
    """How long a request may wait in all for its retries. A longer Retry-After fails at once."""
    retry_pause: float = 0.2
    """Before the first retry; it doubles with each."""
    file_check_seconds: float = 1.0
    """How often, at most, token and certificate files are looked at."""
    body_bytes: int = 64 * 1024 * 1024
    event_bytes: int = 16 * 1024 * 1024
    log_line_bytes: int = 64 * 1024
    page: int = 500
    watch_seconds: int = 300
    """A watch is asked to end after this time to twice of it, so that watches do not end all at once."""
    watch_idle_seconds: float = 150.0
    """A watch without a line for this long (bookmarks come about every minute) is taken for dead."""
    socket_message_bytes: int = 1024 * 1024
    informer_pause: float = 0.5
    informer_pause_most: float = 30.0
    """How long an informer waits after its first failure, and at most."""
