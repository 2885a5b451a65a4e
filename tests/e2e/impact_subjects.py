"""What the impact is tried on: charts of many services, each with a config and its parent to edit."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.e2e.config_edits import Leaves, leaves_of
from tests.e2e.conftest import chart, deployment
from tests.e2e.test_charts import archive
from tests.e2e.test_one_of_ten import SHOP, shop_files


@dataclass(frozen=True, slots=True)
class Subject:
    """`defaults` are the chart's."""

    archive: bytes
    defaults: Leaves
    parent: Leaves
    config: Leaves
    overrides: Mapping[str, str] = field(default_factory=dict)


def shop(name: str) -> Subject:
    """The example: ten services of five kinds, and a schema."""
    parent, config = ((SHOP / "configs" / f"shop-{each}.yaml").read_text() for each in ("base", "dev"))
    defaults = leaves_of((SHOP / "values.yaml").read_text())
    return Subject(chart(name, shop_files()), defaults, leaves_of(parent), leaves_of(config))


def boutique(_name: str) -> Subject:
    """A chart that nobody here wrote: twelve services, which know of no config."""
    content = archive("onlineboutique")
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        values = files.extractfile("onlineboutique/values.yaml")
        assert values is not None
        defaults = leaves_of(values.read().decode())
    return Subject(content, defaults, {("frontend", "externalService"): "false"}, {})


def own(name: str) -> Subject:
    """All ways by which a value reaches a service, in one chart; one service has overrides of its own."""
    overrides = {"gateway": "image: { tag: '9' }\nroutes: { a: { seconds: 6 } }\n"}
    defaults, parent, config = map(leaves_of, (DEFAULTS, PARENT, CONFIG))
    return Subject(chart(name, FILES), defaults, parent, config, overrides)


DEFAULTS = """
image: { registry: example.com, tag: "1" }
api: { tag: "", greeting: Hello, replicas: 1, password: none }
web: { title: Shop, size: 10, links: [a, b] }
routes: { a: { path: /a, seconds: 5 }, b: { path: /b, seconds: 15 } }
live: { level: info }
extra: { enabled: false }
shards: [one, two]
settings: { n: 1, on: true, ratio: 1.50 }
files: { main.conf: "port 1", more.conf: "" }
schedule: "0 3 * * *"
"""
PARENT = """
image: { tag: "2" }
web: { size: 20 }
routes: { b: { seconds: 30 } }
settings: { on: false }
"""
CONFIG = """
api: { greeting: Good day, password: !secret hunter1-hunter1 }
web: { title: My shop }
live: { level: debug }
unread: 1
"""
SPEC = """
layout: file
config: shop-config
services:
  web: { dependsOn: { api: ready }, delivery: [{ as: env, keys: [web] }] }
  gateway:
    dependsOn: { api: ready }
    delivery: [{ as: file, mountPath: /etc/routes.yaml, key: routes, format: yaml }]
  whole: { delivery: [{ as: file, mountPath: /etc/all, directory: true }] }
  reader: { delivery: [{ as: file, mountPath: /etc/live, directory: true, keys: [live], update: inPlace }] }
"""
IMAGE = (
    "{{ define `image` }}{{ .Values.image.registry }}/api:{{ .Values.api.tag | default .Values.image.tag }}"
    "{{ end }}"
)
ENV = """env: [
          { name: GREETING, valueFrom: { configMapKeyRef: { name: shop-config, key: api.greeting } } },
          { name: PASSWORD, valueFrom: { configMapKeyRef: { name: shop-config, key: api.password } } },
          { name: SECONDS, valueFrom: { configMapKeyRef: {
            name: shop-config, key: routes.b.seconds, optional: true } } } ]"""
MOUNT = "volumeMounts: [{ name: conf, mountPath: /conf }]"
VOLUME = """      volumes:
        - { name: conf, configMap: { name: shop-config, items: [{ key: files.main.conf, path: main }] } }
"""
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .Release.Name }}-settings" }
data: { all: {{ .Values.settings | toJson | quote }} }
"""
JOB = """
apiVersion: batch/v1
kind: Job
metadata: { name: "{{ .Release.Name }}-job" }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: "job:{{ .Values.image.tag }}" }]
"""
CRON = """
apiVersion: batch/v1
kind: CronJob
metadata: { name: "{{ .Release.Name }}-cron" }
spec:
  schedule: {{ .Values.schedule | quote }}
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: main
              image: "cron:{{ .Values.image.tag }}"
              envFrom: [{ configMapRef: { name: shop-config } }]
"""


def _with(deployed: str, container: str) -> str:
    """A Deployment's template with more fields in its container."""
    head, image, tail = deployed.rpartition('" }\n')
    return f'{head}", {container} }}\n{tail}' if image else deployed


FILES = {
    "cantata.yaml": SPEC,
    "values.yaml": DEFAULTS,
    "templates/_helpers.tpl": IMAGE,
    "templates/api.yaml": _with(deployment("api", "{{ include `image` . }}"), ENV).replace(
        "spec:\n", "spec:\n  replicas: {{ .Values.api.replicas }}\n", 1
    ),
    "templates/web.yaml": deployment("web", "web:{{ .Values.image.tag }}"),
    "templates/gateway.yaml": deployment("gateway", "gateway:{{ .Values.image.tag }}"),
    "templates/whole.yaml": deployment("whole", "whole:1"),
    "templates/reader.yaml": deployment("reader", "reader:1"),
    "templates/files.yaml": _with(deployment("files"), MOUNT) + VOLUME,
    "templates/extra.yaml": "{{ if .Values.extra.enabled }}" + deployment("extra") + "{{ end }}",
    "templates/shards.yaml": (
        "{{ range .Values.shards }}---"
        + deployment("shard-{{ . }}", "shard:1").replace(".Release", "$.Release")
        + "{{ end }}"
    ),
    "templates/settings.yaml": SETTINGS,
    "templates/job.yaml": JOB,
    "templates/cron.yaml": CRON,
}
