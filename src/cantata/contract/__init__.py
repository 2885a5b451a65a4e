"""The wire: what goes over HTTP between the server and its clients, a file per noun.

Only msgspec structs with camelCase fields. Requests end in `Draft`, `Edit` or `Request` and refuse unknown
fields; answers end in `Info` and clients ignore fields that they do not know, so that a newer server serves
an older client. The core's model never leaves the server: `cantata.api.wire` maps it to these.
"""
