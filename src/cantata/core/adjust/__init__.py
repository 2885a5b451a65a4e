"""What an operator asked of a service, applied to its manifests.

Recorded manifests stay as they were delivered. They are adjusted whenever they are wanted in the cluster: in
a plan and in its execution by the same function, after which they are stamped.

adjust      a service's adjustments over its manifests
patch       one patch over one manifest: the two forms
workloads   which of its objects can be scaled, paused and restarted
graph       the order of the services that are deployed
errors      what cannot be done
"""

from cantata.core.adjust.adjust import adjust
from cantata.core.adjust.errors import AdjustmentImpossible, DependencyUndeployed, PatchInvalid
from cantata.core.adjust.graph import deployed_graph, is_deployed, refuse_alone
from cantata.core.adjust.patch import check_patch

__all__ = [
    "AdjustmentImpossible",
    "DependencyUndeployed",
    "PatchInvalid",
    "adjust",
    "check_patch",
    "deployed_graph",
    "is_deployed",
    "refuse_alone",
]
