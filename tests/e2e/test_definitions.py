"""Charts that bring definitions and custom resources of them."""

from __future__ import annotations

import pytest
from tests.e2e.conftest import Kubectl, Stage, deployment

pytestmark = pytest.mark.sandbox


def definition(group: str, kind: str, scope: str) -> str:
    """As controller-gen writes it, with the status and the empty time that it leaves behind."""
    return f"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{ name: {kind.lower()}s.{group}, creationTimestamp: null }}
spec:
  group: {group}
  scope: {scope}
  names: {{ kind: {kind}, listKind: {kind}List, plural: {kind.lower()}s, singular: {kind.lower()} }}
  versions:
    - name: v1alpha1
      served: true
      storage: false
      schema: &schema {{ openAPIV3Schema: {{ type: object, x-kubernetes-preserve-unknown-fields: true }} }}
    - {{ name: v1, served: true, storage: true, schema: *schema }}
status: {{ acceptedNames: {{ kind: "", plural: "" }}, conditions: [], storedVersions: [] }}
"""


def resource(api: str, kind: str) -> str:
    return f"""
---
apiVersion: {api}
kind: {kind}
metadata: {{ name: "{{{{ .Release.Name }}}}-one" }}
spec: {{ colour: "{{{{ .Values.colour }}}}" }}
"""


async def test_definitions_and_their_custom_resources_are_deployed_at_once(
    stage: Stage, kubectl: Kubectl
) -> None:
    """One definition comes in crds/, the other as a service of a template, for which another one waits."""
    group = f"{stage.name}.example.org"
    kinds = f"widgets.{group}", f"gadgets.{group}"

    def seen() -> list[tuple[str, str, str]]:
        found = [kubectl.get(kind, f"{stage.name}-one", "-n", stage.name) for kind in kinds]
        return [(each["kind"], each["metadata"]["uid"], each["spec"]["colour"]) for each in found]

    files = {
        "cantata.yaml": "layout: file\nservices: { late: { dependsOn: [definition] } }\n",
        "crds/widget.yaml": definition(group, "Widget", "Namespaced"),
        "templates/definition.yaml": definition(group, "Gadget", "Cluster"),
        "templates/web.yaml": deployment("web", more=resource(f"{group}/v1", "Widget")),
        "templates/late.yaml": resource(f"{group}/v1alpha1", "Gadget"),
    }
    await stage.application(files, "colour: red\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    status = {service.name: service.state for service in (await stage.status()).services}
    assert status == {"definition": "ready", "web": "ready", "late": "ready"}
    first = seen()
    assert [(kind, colour) for kind, _, colour in first] == [("Widget", "red"), ("Gadget", "red")]
    assert await stage.deploy() is None
    await stage.client.configs.edit(stage.name, "colour: blue\n")
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    assert seen() == [(kind, uid, "blue") for kind, uid, _ in first]


async def test_definitions_that_nobody_refers_to_hold_nothing_up(stage: Stage) -> None:
    """By analysis they are the service `shared`, for which every other one waits."""
    group = f"{stage.name}.example.org"
    files = {
        "templates/all.yaml": definition(group, "Thing", "Cluster"),
        "templates/api.yaml": deployment("api"),
        "templates/web.yaml": deployment("web"),
    }
    await stage.application(files)
    operation = await stage.deploy()
    assert operation is not None
    assert operation.state == "succeeded", operation
    status = {service.name: service.state for service in (await stage.status()).services}
    assert status == {"api": "ready", "shared": "ready", "web": "ready"}
