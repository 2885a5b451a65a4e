"""Sends deliveries of webhooks: the only code that calls addresses which users give.

Implements `ports.webhooks.Sender`. Closed addresses (core/webhooks/addresses.py) are refused where the name
is resolved, so that a name cannot point elsewhere after it was checked.
"""

from cantata.notify.http import HttpSender, ReceiverUnreachable

__all__ = ["HttpSender", "ReceiverUnreachable"]
