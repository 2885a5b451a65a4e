"""Schemas of Kubernetes kinds, and objects held against them. Pure.

schema       OpenAPI v3 as far as it matters here, read into types: descriptions are dropped
definitions  the schemas that CustomResourceDefinitions of a chart bring
validate     an object against its schema: what the API server's strict validation would refuse
ends         versions of built-in APIs that end, when, and what serves the kind instead
"""

from cantata.core.schemas.definitions import defined_kinds, definitions
from cantata.core.schemas.ends import END_OF_API, ApiEnd, find_end
from cantata.core.schemas.schema import KindSchema, Schema, Schemas
from cantata.core.schemas.validate import Violation, validate

__all__ = [
    "END_OF_API",
    "ApiEnd",
    "KindSchema",
    "Schema",
    "Schemas",
    "Violation",
    "defined_kinds",
    "definitions",
    "find_end",
    "validate",
]
