"""Which object of a render belongs to which service.

split       all rules together: `split(objects, spec, …) -> Split`
source      a template's path: its subcharts and what stands below `templates/`
layout      what people say: annotation, `files:`, `layout: file`
naming      names of services that are found by analysis
references  who points at whom
analysis    objects join the workloads that they point at or that point at them
places      where dependencies are declared
lint        what is odd about the result
errors      renders that cannot be split
"""

from cantata.core.services.errors import DuplicateObject, ObjectNameless, ServiceNameInvalid
from cantata.core.services.naming import SHARED
from cantata.core.services.places import declared_place, dependency_places
from cantata.core.services.split import Split, split

__all__ = [
    "SHARED",
    "DuplicateObject",
    "ObjectNameless",
    "ServiceNameInvalid",
    "Split",
    "declared_place",
    "dependency_places",
    "split",
]
