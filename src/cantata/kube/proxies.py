"""Which proxy the environment names for a server."""

from __future__ import annotations

import contextlib
import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def environment_proxy(server: str) -> str | None:
    """What HTTPS_PROXY and NO_PROXY say. This machine itself is never reached by a proxy."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    if _in_networks(host, proxies.get("no", "")):
        return None
    proxy = proxies.get(parts.scheme, "")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy or None


def _in_networks(host: str, no_proxy: str) -> bool:
    """NO_PROXY may name networks (`10.0.0.0/8`), which kubectl knows and Python's own reading does not."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for part in no_proxy.split(","):
        with contextlib.suppress(ValueError):
            if "/" in part and address in ipaddress.ip_network(part.strip(), strict=False):
                return True
    return False
