"""How long a plan takes of one application of ten services, four objects each: before its first deploy,
unchanged, and with all forty objects changed, each tried by a dry run."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from dataclasses import dataclass

from bench.archive import pack
from bench.load import SERVICES
from cantata.client import Client
from cantata.contract.applications import ApplicationDraft
from cantata.contract.plans import PlanInfo

TIMES = 20
NAME = "plans"

TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {{ name: "{name}" }}
data: {{ greeting: "{{{{ .Values.greeting }}}}" }}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{ name: "{name}", annotations: {{ greeting: "{{{{ .Values.greeting }}}}" }} }}
---
apiVersion: v1
kind: Service
metadata: {{ name: "{name}", annotations: {{ greeting: "{{{{ .Values.greeting }}}}" }} }}
spec:
  selector: {{ app: "{name}" }}
  ports: [{{ port: 80, targetPort: 8080 }}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: "{name}" }}
spec:
  selector: {{ matchLabels: {{ app: "{name}" }} }}
  template:
    metadata: {{ labels: {{ app: "{name}" }} }}
    spec:
      serviceAccountName: "{name}"
      containers:
        - name: main
          image: registry.example/service:1
          env: [{{ name: GREETING, value: "{{{{ .Values.greeting }}}}" }}]
          ports: [{{ containerPort: 8080 }}]
"""


@dataclass(frozen=True, slots=True)
class PlanTimes:
    """The 95th percentiles in seconds."""

    first: float
    unchanged: float
    changed: float


def chart() -> bytes:
    names = [f"planned-{number}" for number in range(SERVICES)]
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {NAME}\nversion: 1.0.0\n",
        "cantata.yaml": "layout: file\n",
        "values.yaml": "greeting: hello\n",
        **{f"templates/{name}.yaml": TEMPLATE.format(name=name) for name in names},
    }
    return pack(NAME, files)


async def time_plans(client: Client) -> PlanTimes:
    await client.templates.import_(NAME, chart())
    await client.configs.create(NAME, "greeting: hello\n")
    draft = ApplicationDraft(name=NAME, template=NAME, config=NAME, create_namespace=True)
    await client.applications.create(draft)
    first = await timed(client, "create", SERVICES * 4)
    deployed = await client.applications.deploy(NAME)
    while deployed.operation:
        if (await client.operations.show(deployed.operation.id)).ended:
            break
        await asyncio.sleep(0.1)
    unchanged = await timed(client, "update", 0)
    await client.configs.edit(NAME, "greeting: good day\n")
    return PlanTimes(first, unchanged, await timed(client, "update", SERVICES * 4))


async def timed(client: Client, action: str, objects: int) -> float:
    """One after the other; the first warms up and does not count."""
    took = []
    for _ in range(TIMES + 1):
        began = time.monotonic()
        plan = await client.applications.preview(NAME)
        took.append(time.monotonic() - began)
        check(plan, action, objects)
    return statistics.quantiles(took[1:], n=20)[-1]


def check(plan: PlanInfo, action: str, objects: int) -> None:
    items = [item for service in plan.services for item in service.objects]
    found = sum(item.action == action for item in items)
    tried = all(item.changes for item in items) if action == "update" and objects else True
    if found != objects or not tried:
        sys.exit(f"the plan is wrong: {found} objects to {action}, {objects} expected")
