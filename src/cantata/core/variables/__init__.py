"""Which values a service depends on, and whom a changed value reaches.

changes   which paths differ between two sets of effective values
reach     whether a change reaches a read, a template file, a service
services  which template files make which service's objects, and the variables of each
lint      values that nobody reads, and reads of what nobody defines
"""

from cantata.core.variables.changes import Change, changes
from cantata.core.variables.lint import check_set, check_variables
from cantata.core.variables.reach import concerns, files_reached, opened, readers, related
from cantata.core.variables.services import APPLICATION, Use, files_of, owners, used_by

__all__ = [
    "APPLICATION",
    "Change",
    "Use",
    "changes",
    "check_set",
    "check_variables",
    "concerns",
    "files_of",
    "files_reached",
    "opened",
    "owners",
    "readers",
    "related",
    "used_by",
]
