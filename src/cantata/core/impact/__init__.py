"""What a change of config reaches: which services have to be rendered again, and what then differs.

changed     which values and which entries differ between two sets of inputs
candidates  the services that may differ for it, and the templates to render for knowing
compare     old manifests against new ones, object by object
"""

from cantata.core.impact.candidates import Candidates, depends_on, find_candidates, reads_key
from cantata.core.impact.changed import Changed, find_changed
from cantata.core.impact.compare import compare_manifests

__all__ = [
    "Candidates",
    "Changed",
    "compare_manifests",
    "depends_on",
    "find_candidates",
    "find_changed",
    "reads_key",
]
