"""Effective values: the layers of an application merged by Helm's rules, every leaf with its provenance.

layers     what a layer is, and its tree of leaves
merge      Helm's two merges: of what users give, and of that over the chart's defaults
compare    several configs side by side: which keys differ
schema     what a JSON Schema is held against, and where what is wrong was written
effective  `effective(layers)`: values for the renderer, leaves for people and for delivery
masking    secret values taken out of what is shown
"""

from cantata.core.values.compare import Cell, Comparison, Row, compare_configs
from cantata.core.values.effective import Effective, effective
from cantata.core.values.layers import Layer, LayerKind, Leaf, Origin, SecretUnresolved
from cantata.core.values.masking import mask, mask_error, secret_forms, secret_keys, secret_texts, secrets_of
from cantata.core.values.schema import schema_details, schema_values, schema_violated

__all__ = [
    "Cell",
    "Comparison",
    "Effective",
    "Layer",
    "LayerKind",
    "Leaf",
    "Origin",
    "Row",
    "SecretUnresolved",
    "compare_configs",
    "effective",
    "mask",
    "mask_error",
    "schema_details",
    "schema_values",
    "schema_violated",
    "secret_forms",
    "secret_keys",
    "secret_texts",
    "secrets_of",
]
