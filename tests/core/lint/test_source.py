"""The line of a template that writes a field of a rendered object."""

from __future__ import annotations

import pytest

from cantata.core.lint.source import ChartSource

TEMPLATE = """\
{{- if .Values.web }}
{{/* spec:
     replicas: 0 */}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {{ include "labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: one
        image: a
        env:
          - name: A
            value: x
          - name: B
            value: y
      - image: b
        name: two
      volumes:
      {{- range .Values.volumes }}
        - name: {{ . }}
          emptyDir: {}
      {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports: []
{{- end }}
"""
SOURCE = ChartSource("shop", {"shop/templates/web.yaml": TEMPLATE})
POD = ("spec", "template", "spec")


@pytest.mark.parametrize(
    ("steps", "document", "line"),
    [
        ((), 0, 1),
        (("metadata", "name"), 0, 7),
        (("metadata", "labels", "app"), 0, 8),
        (("spec", "replicas"), 0, 10),
        (("spec", "template", "metadata", "labels", "app"), 0, 14),
        ((*POD, "containers", 0, "image"), 0, 18),
        ((*POD, "containers", 0, "name"), 0, 17),
        ((*POD, "containers", 0, "env", 1, "value"), 0, 23),
        ((*POD, "containers", 1, "image"), 0, 24),
        ((*POD, "containers", 1, "name"), 0, 25),
        ((*POD, "containers", 1, "resources"), 0, 24),
        ((*POD, "volumes", 3, "emptyDir"), 0, 29),
        ((*POD, "nodeSelector", "a"), 0, 15),
        (("spec", "ports", 0), 1, 37),
        (("kind",), 1, 33),
        (("kind",), 7, 5),
    ],
)
def test_a_field_has_the_line_that_writes_it(steps: tuple[str | int, ...], document: int, line: int) -> None:
    assert SOURCE.line("shop/templates/web.yaml", steps, document) == line


def test_an_unknown_file_has_its_first_line() -> None:
    assert SOURCE.line("shop/charts/db/templates/db.yaml", ("spec", "replicas")) == 1
