"""Templates and values of services as one would write them by hand.

`@name@` is the service, `@word@` the same where YAML must take it for text, `@section@` its section of the
values, `@key@` the same as a key."""

NGINX = "docker.io/nginxinc/nginx-unprivileged:1.27-alpine"
VALKEY = "docker.io/valkey/valkey:8.0-alpine"
BUSYBOX = "docker.io/library/busybox:1.37"

DEPLOYMENT = """\
# The service @name@: the name under which others find it, and its pods.
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-@name@
  labels:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  selector:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
  ports:
    - { name: http, port: {{ .Values.@section@.port }}, targetPort: http }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-@name@
  labels:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  replicas: {{ .Values.@section@.replicas }}
  selector:
    matchLabels:
      app.kubernetes.io/name: @word@
      app.kubernetes.io/instance: {{ .Release.Name | quote }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: @word@
        app.kubernetes.io/instance: {{ .Release.Name | quote }}
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        seccompProfile: { type: RuntimeDefault }
      containers:
        - name: @word@
          image: {{ .Values.@section@.image }}
          ports:
            - { name: http, containerPort: {{ .Values.@section@.port }} }
          readinessProbe:
            httpGet: { path: /, port: http }
            periodSeconds: 5
          resources: {{- toYaml .Values.@section@.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
"""

STATEFULSET = """\
# The service @name@: the name under which others find it, and its pods, each with a volume.
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-@name@
  labels:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  clusterIP: None
  selector:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
  ports:
    - { name: main, port: {{ .Values.@section@.port }}, targetPort: main }
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .Release.Name }}-@name@
  labels:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  replicas: {{ .Values.@section@.replicas }}
  serviceName: {{ .Release.Name }}-@name@
  selector:
    matchLabels:
      app.kubernetes.io/name: @word@
      app.kubernetes.io/instance: {{ .Release.Name | quote }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: @word@
        app.kubernetes.io/instance: {{ .Release.Name | quote }}
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        fsGroup: 10001
        seccompProfile: { type: RuntimeDefault }
      containers:
        - name: @word@
          image: {{ .Values.@section@.image }}
          ports:
            - { name: main, containerPort: {{ .Values.@section@.port }} }
          readinessProbe:
            tcpSocket: { port: main }
            periodSeconds: 5
          resources: {{- toYaml .Values.@section@.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
          volumeMounts:
            - { name: data, mountPath: /data }
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests: { storage: {{ .Values.@section@.storage }} }
"""

JOB = """\
# The service @name@: runs to its end, and again when it changes. Others may wait until it is completed.
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-@name@
  labels:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  backoffLimit: 3
  template:
    metadata:
      labels:
        app.kubernetes.io/name: @word@
        app.kubernetes.io/instance: {{ .Release.Name | quote }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        seccompProfile: { type: RuntimeDefault }
      containers:
        - name: @word@
          image: {{ .Values.@section@.image }}
          args: [sh, -c, "echo @name@ is done"]
          resources: {{- toYaml .Values.@section@.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
"""

CRONJOB = """\
# The service @name@: runs again and again, by its schedule.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ .Release.Name }}-@name@
  labels:
    app.kubernetes.io/name: @word@
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  schedule: {{ .Values.@section@.schedule | quote }}
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
        metadata:
          labels:
            app.kubernetes.io/name: @word@
            app.kubernetes.io/instance: {{ .Release.Name | quote }}
        spec:
          restartPolicy: Never
          automountServiceAccountToken: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            seccompProfile: { type: RuntimeDefault }
          containers:
            - name: @word@
              image: {{ .Values.@section@.image }}
              args: [sh, -c, "echo @name@ is done"]
              resources: {{- toYaml .Values.@section@.resources | nindent 16 }}
              securityContext:
                allowPrivilegeEscalation: false
                capabilities: { drop: [ALL] }
"""

RESOURCES = """\
  # -- CPU and memory of a pod
  resources:
    requests: { cpu: 50m, memory: 64Mi }
    limits: { memory: 128Mi }
"""

DEPLOYMENT_VALUES = f"""\
@key@:
  # -- Image of @name@
  image: @image@
  # -- Pods
  replicas: 1
  # -- Port that @name@ listens on
  port: @port@
{RESOURCES}"""

STATEFULSET_VALUES = f"""\
@key@:
  # -- Image of @name@
  image: @image@
  # -- Pods
  replicas: 1
  # -- Port that @name@ listens on
  port: @port@
  # -- Size of the volume of each pod
  storage: 1Gi
{RESOURCES}"""

JOB_VALUES = f"""\
@key@:
  # -- Image of @name@
  image: @image@
{RESOURCES}"""

CRONJOB_VALUES = f"""\
@key@:
  # -- Image of @name@
  image: @image@
  # -- When @name@ runs
  schedule: "0 3 * * *"
{RESOURCES}"""

CHART = """\
apiVersion: v2
name: @word@
description: @description@
type: application
version: 0.1.0    # of the template: raised with every change of it
appVersion: 0.1.0 # of the programs in it
"""

VALUES = """\
# The default configuration. A config of an application overrides single keys of it.

# -- How much the services log: debug, info, warning or error. They get it as LOG_LEVEL
logLevel: info

# What the services read from /etc/@chart@/settings.yaml
settings:
  # -- What visitors read first
  greeting: Hello from @chart@
  # -- Largest upload, in bytes
  uploadLimit: 1000000
"""

SPEC = """\
# What Kubernetes and Helm have no word for. Helm ignores this file.
layout: file   # each file below templates/ is one service, and has its name
numbers: exact # 1000000 reaches the templates as it is written, not as 1e+06
config:
  name: @chart@-config # the ConfigMap name by which templates may refer to an application's config

services:
"""

SPEC_SERVICE = """\
  @word@:
@depends@    delivery:
      - { as: env, keys: [logLevel] } # LOG_LEVEL
      - { as: file, mountPath: /etc/@chart@/settings.yaml, key: settings, format: yaml }
"""

DEPENDS_ALONE = "    # dependsOn: { database: ready } # or started, or completed\n"

HELMIGNORE = """\
# What is no part of the chart.
.git/
.gitignore
.DS_Store
.idea/
.vscode/
*.swp
*.bak
*.orig
*~
*.tgz
# Configs are kept in Cantata, each by itself: they have secrets.
configs/
"""

README = """\
# @chart@

@description@

| what | where |
|---|---|
| a service: its objects | `templates/NAME.yaml` |
| what waits for what, what config is delivered | `cantata.yaml` |
| the default configuration | `values.yaml` |

```sh
cantata template import @chart@ .
printf 'logLevel: debug\\n' | cantata config create @chart@-dev -f -
cantata app create @chart@-dev --template @chart@ --config @chart@-dev --create-namespace
cantata app deploy @chart@-dev
```

`cantata template service add . NAME` adds a service. It is a plain Helm chart, too: `helm template @chart@ .`
renders it, without what `cantata.yaml` says.
"""
