{{/* Labels of every object of a service: include "postgres.labels" (list . "web") */}}
{{- define "postgres.labels" -}}
{{- $root := index . 0 -}}
{{ include "postgres.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ $root.Release.Name }}
{{- end }}

{{/* Labels that tell a service's pods apart, never to be changed: include "postgres.selector" (list . "web") */}}
{{- define "postgres.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* The name of a service's objects: include "postgres.name" (list . "web") */}}
{{- define "postgres.name" -}}
{{ (index . 0).Release.Name }}-{{ index . 1 }}
{{- end }}

{{/* How every container runs: without privileges, on a root file system that it cannot write */}}
{{- define "postgres.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* How every pod runs: as this user and no other, include "postgres.podSecurity" 10001 */}}
{{- define "postgres.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}
