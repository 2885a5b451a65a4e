"""The edges as the inside sees them: one small interface per outside system, a file each.

Use cases, loops and routes are written against these; `cantata.server` alone knows the concrete classes.
Each port has one contract test suite, which every implementation of it passes.
"""

from cantata.ports.cluster import Applied, Change, Cluster, Informer, Listener, Propagation
from cantata.ports.renderer import Archive, Renderer

__all__ = [
    "Applied",
    "Archive",
    "Change",
    "Cluster",
    "Informer",
    "Listener",
    "Propagation",
    "Renderer",
]
