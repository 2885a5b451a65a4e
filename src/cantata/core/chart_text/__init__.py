"""Objects with places for values, as the text of templates, and their defaults as values.yaml.

place      `Value`, `Code`, `Text`: what may stand in an object in place of a scalar
template   objects as the text of a template, which renders with the defaults to the objects again
values     the defaults as values.yaml, or as a config with its secrets tagged
order      in which order people write the keys of objects
"""

from cantata.core.chart_text.place import Code, Text, Value, places_in, read_of
from cantata.core.chart_text.template import template_text
from cantata.core.chart_text.values import ValueConflict, values_text

__all__ = ["Code", "Text", "Value", "ValueConflict", "places_in", "read_of", "template_text", "values_text"]
