"""The Kubernetes client: the only code that talks to a kube-apiserver.

Here belongs how to reach a cluster (kubeconfig, credentials, TLS), its wire formats, and the `Cluster` and
`Informer` ports over HTTP. What objects *mean* (health, ownership, diffs) does not: that is the core's. Only
the composition root imports this package; everybody else sees the ports and catches `CantataError`.
"""

from cantata.kube.access import ClusterAccess, ExecPlugin, Impersonation, Source, UserAccess
from cantata.kube.cluster import KubeCluster
from cantata.kube.informer import KubeInformer
from cantata.kube.kubeconfig import Kubeconfig, Parse, in_cluster, kubeconfig_paths, read_kubeconfig
from cantata.kube.limits import Limits

__all__ = [
    "ClusterAccess",
    "ExecPlugin",
    "Impersonation",
    "KubeCluster",
    "KubeInformer",
    "Kubeconfig",
    "Limits",
    "Parse",
    "Source",
    "UserAccess",
    "in_cluster",
    "kubeconfig_paths",
    "read_kubeconfig",
]
