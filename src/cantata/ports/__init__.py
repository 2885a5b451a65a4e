"""The edges as the inside sees them: one small interface per outside system, a file each.

Use cases, loops and routes are written against these; `cantata.server` alone knows the concrete classes.
Each port has one contract test suite, which every implementation of it passes.
"""

from cantata.ports.cluster import (
    Applied,
    Change,
    Cluster,
    FieldConflict,
    ImmutableField,
    Informer,
    KindNotServed,
    Listener,
    NamespaceMissing,
    ObjectConflict,
    Propagation,
)
from cantata.ports.live import Changes, ClusterSession, ClusterSessions, LiveApplication, LiveState
from cantata.ports.pages import Page
from cantata.ports.pods import Channel, Pods, Process, Tunnel
from cantata.ports.renderer import Archive, Renderer
from cantata.ports.store import Records, Store

__all__ = [
    "Applied",
    "Archive",
    "Change",
    "Changes",
    "Channel",
    "Cluster",
    "ClusterSession",
    "ClusterSessions",
    "FieldConflict",
    "ImmutableField",
    "Informer",
    "KindNotServed",
    "Listener",
    "LiveApplication",
    "LiveState",
    "NamespaceMissing",
    "ObjectConflict",
    "Page",
    "Pods",
    "Process",
    "Propagation",
    "Records",
    "Renderer",
    "Store",
    "Tunnel",
]
