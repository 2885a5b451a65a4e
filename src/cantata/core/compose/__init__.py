"""A docker compose project as a chart: each service one template, with findings on what is different there.

translate    the whole: templates, values.yaml, cantata.yaml, a config, findings
project      the project and its services on their way; what stands at paths of the project
workload     which kind of workload, and its pods
container    image, command, probes, resources, security
environment  variables, and which of them are secrets
network      Services: inside, for the outside, for other names
storage      volumes, tmpfs, secrets, configs
binds        files and folders of the host
fields       maps that know what was taken from them, so that nothing is dropped silently
notes        findings, by the rules `compose-changed`, `-left-out`, `-decide` and `-missing`
words        what is said of keys that are not translated
names        names, keys and texts as Kubernetes takes them
quantities   durations and sizes
"""

from cantata.core.compose.notes import CHANGED, DECIDE, LEFT_OUT, MISSING
from cantata.core.compose.project import Source, SourceState
from cantata.core.compose.translate import ComposeTooLarge, Translation, translate

__all__ = [
    "CHANGED",
    "DECIDE",
    "LEFT_OUT",
    "MISSING",
    "ComposeTooLarge",
    "Source",
    "SourceState",
    "Translation",
    "translate",
]
