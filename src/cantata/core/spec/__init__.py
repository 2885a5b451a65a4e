"""cantata.yaml: from parsed YAML to a `TemplateSpec`, or one error that names every trouble with its line.

parse      the document: layout, numbers, config, services; what an application adds to `delivery:`
delivery   one item of `delivery:`, and which of its fields fit together
reading    typed reads that remember where each key stands
"""

from cantata.core.spec.parse import parse_deliveries, parse_spec
from cantata.core.spec.reading import DeliveryInvalid, TemplateSpecInvalid

__all__ = ["DeliveryInvalid", "TemplateSpecInvalid", "parse_deliveries", "parse_spec"]
