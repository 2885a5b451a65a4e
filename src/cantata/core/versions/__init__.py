"""Semantic versions of charts: read with Helm's leniency, ordered as semver.org 2.0 says.

semver  one version: parse, precedence, bump
"""

from cantata.core.versions.semver import (
    BumpPart,
    SemanticVersion,
    VersionInvalid,
    bump,
    find_version,
    parse_version,
)

__all__ = ["BumpPart", "SemanticVersion", "VersionInvalid", "bump", "find_version", "parse_version"]
