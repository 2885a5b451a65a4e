"""The throughput application: ten services without dependencies, three objects each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.archive import pack

SERVICES = 10

TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {{ name: "{name}" }}
data: {{ greeting: "{{{{ .Values.greeting }}}}" }}
---
apiVersion: v1
kind: Service
metadata: {{ name: "{name}" }}
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
      containers:
        - name: main
          image: "{{{{ .Values.image }}}}"
          ports: [{{ containerPort: 8080 }}]
          envFrom: [{{ configMapRef: {{ name: "{name}" }} }}]
          resources: {{ requests: {{ cpu: 10m, memory: "{{{{ index .Values.memory "{name}" }}}}" }} }}
"""


def names() -> list[str]:
    return [f"service-{number}" for number in range(SERVICES)]


CONFIG = "image: registry.example/service:1\ngreeting: hello\nmemory:\n" + "".join(
    f"  {name}: 16Mi\n" for name in names()
)
ONE_KEY = CONFIG.replace("service-3: 16Mi", "service-3: 32Mi")
"""One key changed, which one service of ten reads."""


def chart(name: str = "throughput", spec: str = "layout: file\n") -> bytes:
    """The application as a chart, one file a service; `spec` is its cantata.yaml."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n",
        "cantata.yaml": spec,
        "values.yaml": CONFIG,
        **{f"templates/{each}.yaml": TEMPLATE.format(name=each) for each in names()},
    }
    return pack(name, files)


def objects(namespace: str) -> Iterator[dict[str, Any]]:
    """The same objects as plain manifests, for the bare loop."""
    for name in names():
        labels = {"app": name}
        metadata = {"name": name, "namespace": namespace}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"greeting": "hello"}}
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
        }
        container = {
            "name": "main",
            "image": "registry.example/service:1",
            "ports": [{"containerPort": 8080}],
            "envFrom": [{"configMapRef": {"name": name}}],
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        }
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }
