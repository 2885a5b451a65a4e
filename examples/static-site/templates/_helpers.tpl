{{/* Labels of every object of a service: include "static-site.labels" (list . "web") */}}
{{- define "static-site.labels" -}}
{{- $root := index . 0 -}}
{{ include "static-site.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ $root.Release.Name }}
{{- end }}

{{/* Labels that tell a service's pods apart, never to be changed: include "static-site.selector" (list . "web") */}}
{{- define "static-site.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* The name of a service's objects: include "static-site.name" (list . "web") */}}
{{- define "static-site.name" -}}
{{ (index . 0).Release.Name }}-{{ index . 1 }}
{{- end }}

{{/* How every container runs: without privileges, on a root file system that it cannot write */}}
{{- define "static-site.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* How every pod runs: as this user and no other, include "static-site.podSecurity" 10001 */}}
{{- define "static-site.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}
