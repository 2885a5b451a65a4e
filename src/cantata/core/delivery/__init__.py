"""One config, three ways: how entries reach the pods of a service as environment and as files.

entries      every leaf of the effective values as an entry: a key and a text
environment  names of environment variables
formats      a subtree as one file: yaml, json, properties, dotenv
pods         the pod templates and containers of manifests
subtrees     what an entry that holds a subtree is called
native       references to the config by its name, rewritten
injection    `delivery:` of the template, written into containers
mentions     the name of the config where nothing is rewritten
context      what these steps share: entries, objects, findings
volumes      volumes of entries, filled when the objects have their names
packing      entries over as many objects as they need
buckets      the service's own ConfigMaps and Secrets
names        what these are called
deliver      all of it for one service
hooks        and for Helm's hooks
printed      what a template prints for a value
view         what containers see of what was delivered
plain        secrets that a template writes in clear
parity       the three renderings of each key side by side
"""

from cantata.core.delivery.deliver import Delivered, deliver
from cantata.core.delivery.entries import Entry, entries
from cantata.core.delivery.environment import environment_name
from cantata.core.delivery.hooks import deliver_hooks
from cantata.core.delivery.packing import DeliveryTooLarge

__all__ = [
    "Delivered",
    "DeliveryTooLarge",
    "Entry",
    "deliver",
    "deliver_hooks",
    "entries",
    "environment_name",
]
