"""Where one key of a config is.

carriers  lines of templates, entries of objects, variables and files of containers
pods      which recorded version of its service a running pod is of
values    the value that a recorded version gives to the key, and whether two are the same
"""

from cantata.core.where.carriers import Carried, Owner, carried, carried_by_hooks, template_lines
from cantata.core.where.pods import LivePod, RecordedService, live_pods, place_pods, revision_of
from cantata.core.where.values import KeyValue, given_value, recorded_value

__all__ = [
    "Carried",
    "KeyValue",
    "LivePod",
    "Owner",
    "RecordedService",
    "carried",
    "carried_by_hooks",
    "given_value",
    "live_pods",
    "place_pods",
    "recorded_value",
    "revision_of",
    "template_lines",
]
