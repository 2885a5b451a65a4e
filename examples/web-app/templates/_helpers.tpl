{{/* Labels of every object of a service: include "web-app.labels" (list . "web") */}}
{{- define "web-app.labels" -}}
{{- $root := index . 0 -}}
{{ include "web-app.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ $root.Release.Name }}
{{- end }}

{{/* Labels that tell a service's pods apart, never to be changed: include "web-app.selector" (list . "web") */}}
{{- define "web-app.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* The name of a service's objects: include "web-app.name" (list . "web") */}}
{{- define "web-app.name" -}}
{{ (index . 0).Release.Name }}-{{ index . 1 }}
{{- end }}

{{/* How every container runs: without privileges, on a root file system that it cannot write */}}
{{- define "web-app.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* How every pod runs: as this user and no other, include "web-app.podSecurity" 10001 */}}
{{- define "web-app.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}
