from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.model.objects import ObjectKey
from cantata.core.order.kinds import INSTALL_ORDER, sort_for_install, sort_for_uninstall

KINDS = (*INSTALL_ORDER, ("example.com", "Thing"), ("serving.knative.dev", "Service"))
keys = st.builds(
    lambda kind, name: ObjectKey(kind[0], kind[1], "shop", name),
    st.sampled_from(KINDS),
    st.sampled_from("abc"),
)


def key(group: str, kind: str, name: str = "x") -> ObjectKey:
    return ObjectKey(group, kind, "shop", name)


def itself(item: ObjectKey) -> ObjectKey:
    return item


def kinds_of(items: list[ObjectKey]) -> list[str]:
    return [item.kind for item in items]


MIXED = [
    key("example.com", "Thing"),
    key("networking.k8s.io", "Ingress"),
    key("apiregistration.k8s.io", "APIService"),
    key("apps", "Deployment"),
    key("serving.knative.dev", "Service"),
    key("", "Service"),
    key("apiextensions.k8s.io", "CustomResourceDefinition"),
    key("", "ConfigMap"),
    key("", "Namespace"),
]


def test_creation_goes_by_helms_order_with_custom_resources_last() -> None:
    assert kinds_of(sort_for_install(MIXED, itself)) == [
        "Namespace",
        "ConfigMap",
        "CustomResourceDefinition",
        "Service",
        "Deployment",
        "Ingress",
        "APIService",
        "Service",
        "Thing",
    ]


def test_custom_resources_are_deleted_before_what_serves_them() -> None:
    order = kinds_of(sort_for_uninstall(MIXED, itself))
    assert order[0] == "Thing"
    assert order.index("Thing") < order.index("Deployment") < order.index("CustomResourceDefinition")
    assert order[-1] == "Namespace"


def test_objects_of_one_kind_keep_their_order() -> None:
    items = [key("", "ConfigMap", name) for name in ("z", "a", "m")]
    assert sort_for_install(items, itself) == items


@settings(deadline=None)
@given(st.lists(keys))
def test_deletion_is_the_exact_reverse_of_creation(items: list[ObjectKey]) -> None:
    order = sort_for_install(items, itself)
    assert sorted(order) == sorted(items)
    assert sort_for_uninstall(items, itself) == order[::-1]
