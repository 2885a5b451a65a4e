"""Templates as files: a new one, and services that come, go and change their names.

Files in, files out; a file's path is relative to the chart's folder. What is edited keeps its comments and
its order.

skeleton  `new_template`: the files of a working template
kinds     the texts of one service, by the kind of its workload
names     names of services, and of their sections in values.yaml
document  cantata.yaml as it is written: services, dependencies, where each word stands
services  `add_service`, `remove_service`
rename    `rename_service`
sections  values.yaml and values.schema.json, a section for each service
mentions  where templates speak of a service or of its section
release   `raise_version`: name and version in Chart.yaml
errors    what cannot be done
"""

from cantata.core.authoring.errors import (
    ChartVersionUnreadable,
    ServiceFilesUnknown,
    ServiceImageInvalid,
    ServiceNameUnfit,
    ServiceNeeded,
    ServiceTaken,
    TemplateFileUnreadable,
)
from cantata.core.authoring.kinds import WorkloadKind
from cantata.core.authoring.names import section_of
from cantata.core.authoring.release import chart_name, chart_version, raise_version
from cantata.core.authoring.rename import rename_service
from cantata.core.authoring.sections import has_section
from cantata.core.authoring.services import AddedService, EditedFiles, add_service, remove_service
from cantata.core.authoring.skeleton import new_template

__all__ = [
    "AddedService",
    "ChartVersionUnreadable",
    "EditedFiles",
    "ServiceFilesUnknown",
    "ServiceImageInvalid",
    "ServiceNameUnfit",
    "ServiceNeeded",
    "ServiceTaken",
    "TemplateFileUnreadable",
    "WorkloadKind",
    "add_service",
    "chart_name",
    "chart_version",
    "has_section",
    "new_template",
    "raise_version",
    "remove_service",
    "rename_service",
    "section_of",
]
