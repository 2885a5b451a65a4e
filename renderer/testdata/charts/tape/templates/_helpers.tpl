{{- define "tape.password" -}}
{{ randNumeric 30 | quote }}
{{- end -}}
