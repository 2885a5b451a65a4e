"""Effective values: the layers of an application merged by Helm's rules, every leaf with its provenance.

layers     what a layer is, and its tree of leaves
merge      Helm's two merges: of what users give, and of that over the chart's defaults
effective  `effective(layers)`: values for the renderer, leaves for people and for delivery
masking    secret values taken out of what is shown
"""

from cantata.core.values.effective import Effective, effective
from cantata.core.values.layers import Layer, LayerKind, Leaf, Origin, SecretUnresolved
from cantata.core.values.masking import mask, secret_texts, secrets_of

__all__ = [
    "Effective",
    "Layer",
    "LayerKind",
    "Leaf",
    "Origin",
    "SecretUnresolved",
    "effective",
    "mask",
    "secret_texts",
    "secrets_of",
]
