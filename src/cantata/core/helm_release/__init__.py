"""Releases of Helm as it keeps them in a cluster, back to charts and configs.

read    the payload of a Secret or ConfigMap → `HelmRelease`, bounded in size and depth
chart   the files of the chart that a release holds
config  the values that its user gave, as the text of a config
"""

from cantata.core.helm_release.chart import chart_files, dependencies, released_objects
from cantata.core.helm_release.config import ReleaseConfig, config_of, merged
from cantata.core.helm_release.read import (
    HelmRelease,
    HelmReleaseInvalid,
    ReleaseRecord,
    read_record,
    read_release,
)

__all__ = [
    "HelmRelease",
    "HelmReleaseInvalid",
    "ReleaseConfig",
    "ReleaseRecord",
    "chart_files",
    "config_of",
    "dependencies",
    "merged",
    "read_record",
    "read_release",
    "released_objects",
]
