"""Fields that cannot be changed in place: the card, the choice to make the object anew, and what stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.e2e.cards import Case, assert_everywhere, look
from tests.e2e.conftest import Command, Kubectl, Stage, deployment

from cantata.client import Client
from cantata.contract.cards import RemedyInfo

pytestmark = pytest.mark.sandbox
STATEFUL = """apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  podManagementPolicy: {{ .Values.db.policy }}
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: main, image: "db:1" }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
"""
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: files }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: {{ .Values.files.class }}
  resources: { requests: { storage: 1Gi } }
"""
WEB = deployment("web").replace("app: web", "app: {{ .Values.web.name }}")
IMMUTABLE = {
    "cantata.yaml": "layout: file\n",
    "templates/db.yaml": STATEFUL,
    "templates/files.yaml": CLAIM,
    "templates/web.yaml": WEB,
}
BEFORE = "db: { policy: OrderedReady }\nfiles: { class: standard }\nweb: { name: one }\n"
AFTER = "db: { policy: Parallel }\nfiles: { class: other }\nweb: { name: two }\n"


REFUSED = {
    "db": Case(
        "immutable_field", "", advice="--recreate`. Its pods and claims stay.", facts={"fields": "spec"}
    ),
    "files": Case("immutable_field", "", advice="never made anew"),
    "web": Case(
        "immutable_field",
        "",
        "ImmutableField",
        facts={"fields": "spec.selector"},
        remedies=(RemedyInfo(key="web.name"),),
    ),
}


async def test_an_immutable_field_leaves_the_choice_to_recreate(
    stage: Stage, client: Client, command: Command, kubectl: Kubectl
) -> None:
    """Pods and claims of the StatefulSet outlive it; a claim is never made anew."""
    name = stage.name
    await stage.application(IMMUTABLE, BEFORE)
    first = await stage.deploy()
    assert first is not None
    assert first.state == "succeeded"
    pod = kubectl.get("pod", "db-0", "-n", name)["metadata"]["uid"]
    before = {kind: kubectl.get(kind, "-n", name)["items"] for kind in ("deployment", "statefulset", "pvc")}

    await client.configs.edit(name, AFTER)
    ended = await stage.deploy()
    assert ended is not None
    seen = await look(client, command, name, ended)
    assert {each.state for each in seen.status.services} == {"ready"}, "what was there before runs on"
    for service, case in REFUSED.items():
        card = assert_everywhere(seen, service, case)
        assert f"cantata app deploy {name} {service} --recreate" in card.advice or service == "files"

    done = await asyncio.to_thread(command.run, "app", "deploy", name, "db", "web", "--recreate")
    assert done.returncode == 0, done.stderr
    assert kubectl.get("pod", "db-0", "-n", name)["metadata"]["uid"] == pod
    after = {kind: kubectl.get(kind, "-n", name)["items"] for kind in before}
    assert uids(after["deployment"]).isdisjoint(uids(before["deployment"]))
    assert uids(after["statefulset"]).isdisjoint(uids(before["statefulset"]))
    assert uids(after["pvc"]) == uids(before["pvc"])
    assert after["statefulset"][0]["spec"]["podManagementPolicy"] == "Parallel"

    refused = await asyncio.to_thread(command.run, "app", "deploy", name, "files", "--recreate")
    assert refused.returncode == 9
    assert uids(kubectl.get("pvc", "-n", name)["items"]) == uids(before["pvc"])


def uids(items: list[Any]) -> set[str]:
    return {item["metadata"]["uid"] for item in items}
