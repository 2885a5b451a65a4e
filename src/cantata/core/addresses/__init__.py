"""Where services can be reached, from their live objects: pure, and never wrong about what it cannot see.

around    what is known of the cluster around them
services  Kubernetes Services: load balancers, node ports, names in the cluster
ingresses Ingresses
routes    routes of the Gateway API
collect   all addresses of one service
"""

from cantata.core.addresses.around import Around
from cantata.core.addresses.collect import collect_addresses, gateways_of

__all__ = ["Around", "collect_addresses", "gateways_of"]
