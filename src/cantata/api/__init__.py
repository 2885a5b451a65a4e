"""The HTTP API: routes by noun over the use cases.

A route reads the request, calls one use case, and maps its answer to the wire (`wire`). What they share:
`authentication` (who asks, and may they), `errors` (the one error shape), `bodies` (strict JSON),
`conditions` (ETag, If-Match, pages, Idempotency-Key), `stream` (server-sent events). `assemble` puts it
together.
"""

from cantata.api.assemble import create_app

__all__ = ["create_app"]
