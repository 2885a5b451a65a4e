{{/* Labels of every object of a service: include "shop.labels" (list . "web") */}}
{{- define "shop.labels" -}}
{{- $root := index . 0 -}}
{{ include "shop.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: shop
{{- end }}

{{/* Labels that tell a service's pods apart, never to be changed: include "shop.selector" (list . "web") */}}
{{- define "shop.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* One of the shop's own images: include "shop.image" (list . "web" .Values.web.tag) */}}
{{- define "shop.image" -}}
{{- $image := (index . 0).Values.image -}}
image: {{ printf "%s/%s:%s" $image.registry (index . 1) (index . 2 | default $image.tag) }}
imagePullPolicy: {{ $image.pullPolicy }}
{{- end }}

{{/* How every pod runs: as nobody, with the runtime's own seccomp profile */}}
{{- define "shop.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* How every container runs: without privileges, on a root file system that it cannot write */}}
{{- define "shop.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Access to the database as environment, by native references to the config */}}
{{- define "shop.databaseEnv" -}}
- name: DB_HOST
  valueFrom: { configMapKeyRef: { name: shop-config, key: db.host } }
- name: DB_PORT
  valueFrom: { configMapKeyRef: { name: shop-config, key: db.port } }
- name: DB_NAME
  valueFrom: { configMapKeyRef: { name: shop-config, key: db.name } }
- name: DB_USER
  valueFrom: { configMapKeyRef: { name: shop-config, key: db.user } }
- name: DB_PASSWORD
  valueFrom: { configMapKeyRef: { name: shop-config, key: db.password } }
{{- end }}
