"""The pods of a service as a person sees and names them, as pure functions.

view.py     what is shown of a pod and its containers
choose.py   which pod and which container is meant
"""

from cantata.core.pods.choose import (
    ContainerNotFound,
    ContainerNotNamed,
    NoPods,
    PodNotFound,
    choose_container,
    choose_pod,
)
from cantata.core.pods.view import ContainerKind, ContainerView, PodView, pod_views

__all__ = [
    "ContainerKind",
    "ContainerNotFound",
    "ContainerNotNamed",
    "ContainerView",
    "NoPods",
    "PodNotFound",
    "PodView",
    "choose_container",
    "choose_pod",
    "pod_views",
]
