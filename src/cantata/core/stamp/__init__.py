"""From rendered objects to the manifests that we send, and how two of them compare.

marks        our label and annotations
templates    where each kind keeps its pod template
place        the release's namespace on namespaced kinds
normalise    what server-side apply would refuse, taken out
stamp        label and annotations put on
fingerprint  hashes of live and desired objects
merge_keys   how the items of a list are told apart
subset       does the live object have all that we set, and which fields are others?
"""

from cantata.core.stamp.fingerprint import digest, fingerprint
from cantata.core.stamp.marks import APPLICATION, DEPENDS_ON, REVISION, SERVICE
from cantata.core.stamp.normalise import normalise
from cantata.core.stamp.place import place
from cantata.core.stamp.stamp import stamp
from cantata.core.stamp.subset import Difference, Item, differences, is_subset
from cantata.core.stamp.templates import pod_spec, pod_template

__all__ = [
    "APPLICATION",
    "DEPENDS_ON",
    "REVISION",
    "SERVICE",
    "Difference",
    "Item",
    "differences",
    "digest",
    "fingerprint",
    "is_subset",
    "normalise",
    "place",
    "pod_spec",
    "pod_template",
    "stamp",
]
