"""How templates are written: as a person would."""

from __future__ import annotations

import pytest

from cantata.core.chart_text import Code, Text, Value, ValueConflict, places_in, template_text, values_text

TAG = Value(("web", "image", "tag"), "1.27", comment="Tag of the image")
WEB = {
    "spec": {
        "template": {
            "spec": {
                "volumes": [{"emptyDir": {}, "name": "tmp"}],
                "containers": [
                    {
                        "env": [{"value": Value(("web", "environment", "MODE"), "fast"), "name": "MODE"}],
                        "args": ["--size=10", "{{ not code }}"],
                        "image": Text((Value(("web", "image", "repository"), "nginx"), ":", TAG)),
                        "resources": Value(("web", "resources"), {"limits": {"cpu": "1"}}),
                        "name": "web",
                    }
                ],
            }
        },
        "replicas": Value(("web", "replicas"), 2, comment="Pods"),
    },
    "kind": "Deployment",
    "metadata": {"labels": {"zone": "a", "app": "web"}, "name": "web"},
    "apiVersion": "apps/v1",
}


def test_a_template_reads_as_if_written_by_hand() -> None:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web", "namespace": Code(".Release.Namespace")},
        "data": {"name": "x", "a.conf": "listen {{ port }}\nend\n"},
    }
    assert template_text([WEB, config], "The front.") == (
        """\
# The front.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    zone: a
    app: web
spec:
  replicas: {{ .Values.web.replicas }}
  template:
    spec:
      containers:
        - name: web
          image: "{{ .Values.web.image.repository }}:{{ .Values.web.image.tag }}"
          args:
            - "--size=10"
            - "{{ "{{" }} not code }}"
          env:
            - name: MODE
              value: {{ .Values.web.environment.MODE | quote }}
          resources: {{- toYaml .Values.web.resources | nindent 12 }}
      volumes:
        - name: tmp
          emptyDir: {}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: {{ .Release.Namespace | quote }}
data:
  name: x
  a.conf: |
    listen {{ "{{" }} port }}
    end
"""
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value(("my-db", "user"), "u"), '{{ index .Values "my-db" "user" | quote }}'),
        (Value(("db", "env", "a.b"), "u"), '{{ index .Values.db.env "a.b" | quote }}'),
        (Value(("uid",), 1000650000), "{{ .Values.uid | int64 }}"),
        (Value(("on",), True), "{{ .Values.on }}"),
        (Value(("web", "image"), "", required="set it"), '{{ required "set it" .Values.web.image | quote }}'),
        (Value(("a-b",), "", required="set it"), '{{ required "set it" (index .Values "a-b") | quote }}'),
        (Text(("{", Value(("a",), "b"))), '"{{ "{" }}{{ .Values.a }}"'),
        (Text(("100% ", Value(("a",), 'say "b"'))), '{{ printf "100%% %v" .Values.a | quote }}'),
    ],
)
def test_how_values_are_read(value: Value, text: str) -> None:
    assert template_text([{"key": value}]) == f"key: {text}\n"


def test_defaults_stand_below_their_comments_and_secrets_only_in_a_config() -> None:
    values = [*places_in(WEB), Value(("db", "password"), "s3cret", "Of the root.\nKeep it.", secret=True)]
    text = values_text(values, comment="The defaults.")
    assert text == (
        """\
# The defaults.

web:
  environment:
    MODE: fast
  image:
    repository: nginx
    # -- Tag of the image
    tag: "1.27"
  resources:
    limits:
      cpu: "1"
  # -- Pods
  replicas: 2

db:
  # -- Of the root.
  # Keep it.
  password: ""
"""
    )
    assert '  password: !secret "s3cret"\n' in values_text(values, secrets=True)


@pytest.mark.parametrize(
    "values",
    [
        [Value(("a",), 1), Value(("a",), 2)],
        [Value(("a",), 1), Value(("a", "b"), 2)],
        [Value(("a", "b"), 1), Value(("a",), 2)],
    ],
)
def test_values_that_cannot_stand_together_are_refused(values: list[Value]) -> None:
    with pytest.raises(ValueConflict):
        values_text(values)
