"""Which values differ between two versions of a service, and whether it reads them.

values  values by their paths, in a form that can be compared and hashed
"""

from cantata.core.holds.values import changed_paths, encoded_at, read_by

__all__ = ["changed_paths", "encoded_at", "read_by"]
