"""What a change of config reaches: which services have to be rendered again, and what then differs.

candidates  the services that may differ for it, and the templates to render for knowing
compare     old manifests against new ones, object by object
"""

from cantata.core.impact.candidates import Candidates, find_candidates, is_read
from cantata.core.impact.compare import compare_manifests

__all__ = ["Candidates", "compare_manifests", "find_candidates", "is_read"]
