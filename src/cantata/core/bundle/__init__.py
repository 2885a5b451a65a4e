"""Kubernetes objects, from files or from a cluster, as a template with its values.

make        `make_bundle`: all together, objects → files of a chart and the text of a config
gather      documents as single objects: Lists taken apart, what is no object refused
live        which objects of a namespace somebody put there
written     what somebody wrote of a live object
defaults    what the API server writes when nobody says otherwise
namespaces  what is bound to the namespace that the objects come from
extract     images, replicas, resources, hosts, environment and secrets become values
images      references of images, taken apart
hosts       where objects hold host names
secrecy     whether a value looks like a secret
keys        keys in the values
errors      objects of which no template can be made
"""

from cantata.core.bundle.errors import (
    BundleDuplicate,
    BundleEmpty,
    BundleInvalid,
    BundleObjectInvalid,
    BundleTooLarge,
)
from cantata.core.bundle.extract import Extract, Extracted
from cantata.core.bundle.gather import Source
from cantata.core.bundle.live import LeftOut
from cantata.core.bundle.make import Bundle, chart_text, make_bundle

__all__ = [
    "Bundle",
    "BundleDuplicate",
    "BundleEmpty",
    "BundleInvalid",
    "BundleObjectInvalid",
    "BundleTooLarge",
    "Extract",
    "Extracted",
    "LeftOut",
    "Source",
    "chart_text",
    "make_bundle",
]
