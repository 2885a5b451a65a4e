{{/* Labels of every object of a service: include "full-stack.labels" (list . "web") */}}
{{- define "full-stack.labels" -}}
{{- $root := index . 0 -}}
{{ include "full-stack.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ $root.Release.Name }}
{{- end }}

{{/* Labels that tell a service's pods apart, never to be changed: include "full-stack.selector" (list . "web") */}}
{{- define "full-stack.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* The name of a service's objects: include "full-stack.name" (list . "web") */}}
{{- define "full-stack.name" -}}
{{ (index . 0).Release.Name }}-{{ index . 1 }}
{{- end }}

{{/* How every container runs: without privileges, on a root file system that it cannot write */}}
{{- define "full-stack.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* How every pod runs: as this user and no other, include "full-stack.podSecurity" 10001 */}}
{{- define "full-stack.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* Access to the database as environment */}}
{{- define "full-stack.databaseEnv" -}}
- { name: PGHOST, value: {{ include "full-stack.name" (list . "database") }} }
- { name: PGDATABASE, value: {{ .Values.database.name | quote }} }
- { name: PGUSER, value: {{ .Values.database.user | quote }} }
- name: PGPASSWORD
  valueFrom: { secretKeyRef: { name: {{ include "full-stack.name" (list . "database") }}, key: password } }
{{- end }}
