"""Variables of a chart of 100 templates beside a render of the same chart: `python -m bench.variables`.

The templates are of the kind that people write: named templates, conditions, loops, defaults, whole maps.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable

from bench.archive import pack
from bench.verdicts import Verdict, told
from cantata.core.model.charts import Capabilities, Release, RenderInputs
from cantata.render import RenderPool

TEMPLATES = 100
CHARTS = 9
"""Charts that differ in a word, since an answer is kept by the chart's digest; the median counts."""

RATIO = 3.0
SECONDS = 0.2

HELPERS = """
{{- define "name" -}}{{ default .root.Chart.Name .root.Values.nameOverride }}-{{ .name }}{{- end -}}
{{- define "labels" -}}
app: {{ include "name" . }}
{{- range $key, $value := .root.Values.commonLabels }}
{{ $key }}: {{ tpl $value $.root | quote }}
{{- end }}
{{- end -}}
{{- define "image" -}}
{{ default .root.Values.global.registry .image.registry }}/{{ .image.name }}:{{ default "latest" .image.tag }}
{{- end -}}
"""
TEMPLATE = """{{- $own := index .Values "@" -}}
{{- $context := dict "root" $ "name" "@" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "name" $context }}
  labels: {{- include "labels" $context | nindent 4 }}
spec:
  replicas: {{ $own.replicas | default 1 }}
  selector: { matchLabels: { app: {{ include "name" $context }} } }
  template:
    metadata:
      labels: {{- include "labels" $context | nindent 8 }}
    spec:
      containers:
        - name: main
          image: {{ include "image" (dict "root" $ "image" $own.image) }}
          {{- with $own.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
            {{- range $key, $value := $own.env }}
            - { name: {{ $key }}, value: {{ $value | quote }} }
            {{- end }}
      {{- if and .Values.spread.enabled $own.spread }}
      topologySpreadConstraints: {{- toYaml .Values.spread.constraints | nindent 8 }}
      {{- end }}
"""
VALUES = """nameOverride: ""
commonLabels: { team: "{{ .Values.global.team }}" }
global: { registry: registry.example, team: shop }
spread: { enabled: false, constraints: [] }
"""
OWN = """@:
  # -- How many
  replicas: 2
  image: { registry: "", name: service, tag: "1" }
  resources: { requests: { cpu: 10m, memory: 16Mi } }
  env: { A: a, B: b }
  spread: true
"""


def chart(mark: str) -> bytes:
    names = [f"service{number}" for number in range(TEMPLATES)]
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: wide\nversion: 1.0.0\ndescription: {mark}\n",
        "values.yaml": VALUES + "".join(OWN.replace("@", name) for name in names),
        "templates/_helpers.tpl": HELPERS,
        **{f"templates/{name}.yaml": TEMPLATE.replace("@", name) for name in names},
    }
    return pack("wide", files)


async def measure() -> tuple[float, float]:
    """The medians of variables and of a render, in seconds, both of charts that are loaded already."""
    analyses, renders = [], []
    async with await RenderPool.start() as pool:
        for number in range(CHARTS):
            archive = chart(f"number {number}")
            loaded = await pool.load(archive)

            async def fetch(content: bytes = archive) -> bytes:
                return content

            inputs = RenderInputs(loaded.digest, Release("bench", "bench"), Capabilities(""))
            renders.append(await _timed(pool.render(inputs, fetch)))
            analyses.append(await _timed(pool.variables(loaded.digest, fetch)))
    return statistics.median(analyses), statistics.median(renders)


async def _timed(act: Awaitable[object]) -> float:
    began = time.monotonic()
    await act
    return time.monotonic() - began


def report() -> dict[str, object]:
    variables, render = asyncio.run(measure())
    print(f"variables of {TEMPLATES} templates")
    rows = told(
        (
            Verdict("variables, ratio to a render", variables / render, RATIO, "×"),
            Verdict("variables", variables, SECONDS),
        )
    )
    print(f"  variables {variables * 1000:.0f} ms, render {render * 1000:.0f} ms", flush=True)
    return {"templates": TEMPLATES, "variables": variables, "render": render, "budgets": rows}


if __name__ == "__main__":
    report()
