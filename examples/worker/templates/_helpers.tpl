{{/* Labels of every object of a service: include "worker.labels" (list . "web") */}}
{{- define "worker.labels" -}}
{{- $root := index . 0 -}}
{{ include "worker.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ $root.Release.Name }}
{{- end }}

{{/* Labels that tell a service's pods apart, never to be changed: include "worker.selector" (list . "web") */}}
{{- define "worker.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* The name of a service's objects: include "worker.name" (list . "web") */}}
{{- define "worker.name" -}}
{{ (index . 0).Release.Name }}-{{ index . 1 }}
{{- end }}

{{/* How every container runs: without privileges, on a root file system that it cannot write */}}
{{- define "worker.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* How every pod runs: as this user and no other, include "worker.podSecurity" 10001 */}}
{{- define "worker.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}
