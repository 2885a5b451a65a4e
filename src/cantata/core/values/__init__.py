"""Effective values: layers merged by Helm's rules, each leaf with where it comes from.

layers     one layer: a parsed document, what it is, and its secrets
effective  the merge
"""

from cantata.core.values.effective import Effective, Leaf, Origin, effective
from cantata.core.values.layers import Layer, LayerKind

__all__ = ["Effective", "Layer", "LayerKind", "Leaf", "Origin", "effective"]
