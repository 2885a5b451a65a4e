{{/* An object's own ConfigMaps and Secrets, and what refers to them. */}}

{{/* Puts .entry into the bucket of its kind, and notes .site, a map whose "name" will be that of the object. */}}
{{- define "cantata.store" -}}
{{- $kind := ternary "Secret" "ConfigMap" .entry.secret -}}
{{- $id := printf "%s/%s" (.mode | default .delivery.mode) $kind -}}
{{- if not (hasKey .delivery.buckets $id) -}}
{{- $new := dict "kind" $kind "mode" (.mode | default .delivery.mode) "data" dict "sites" list "name" "" -}}
{{- $_ := set .delivery.buckets $id $new -}}
{{- end -}}
{{- $bucket := get .delivery.buckets $id -}}
{{- $_ := set $bucket.data .entry.key .entry.text -}}
{{- if hasKey . "site" -}}{{- $_ := set $bucket "sites" (append $bucket.sites .site) -}}{{- end -}}
{{- $_ := set . "bucket" $bucket -}}
{{- end -}}

{{/* .source, the valueFrom of a variable that takes its value from .entry. */}}
{{- define "cantata.reference" -}}
{{- $site := dict "name" "" "key" .entry.key -}}
{{- if hasKey . "optional" -}}{{- $_ := set $site "optional" .optional -}}{{- end -}}
{{- include "cantata.store" (dict "delivery" .delivery "entry" .entry "site" $site) -}}
{{- $_ := set . "source" (dict (ternary "secretKeyRef" "configMapKeyRef" .entry.secret) $site) -}}
{{- end -}}

{{/* .made, variables for the names that are not .present. */}}
{{- define "cantata.variables" -}}
{{- $made := list -}}
{{- range $name := .names -}}
{{- if not (has $name $.present) -}}
{{- $wanted := dict "delivery" $.delivery "entry" (get $.entries $name) -}}
{{- include "cantata.reference" $wanted -}}
{{- $made = append $made (dict "name" $name "valueFrom" $wanted.source) -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "made" $made -}}
{{- end -}}

{{/* Names by content, written to all sites; then the volumes. The names of Secrets come from a slow hash, since a name is no secret. */}}
{{- define "cantata.close" -}}
{{- range $id, $bucket := .buckets -}}
{{- $whole := printf "%s-%s" $.release $.label -}}
{{- if gt (len $whole) 45 -}}
{{- $whole = printf "%s-%s" (regexReplaceAll "[-.]+$" (trunc 36 $whole) "") (sha256sum $whole | trunc 8) -}}
{{- end -}}
{{- $name := printf "%s-%s" $whole (ternary "secret" "config" (eq $bucket.kind "Secret")) -}}
{{- if eq $bucket.mode "rollout" -}}
{{- $items := list -}}
{{- range $key, $text := $bucket.data -}}{{- $items = append $items (list $key $text) -}}{{- end -}}
{{- $content := toRawJson (list $bucket.kind $.release $.label $items) -}}
{{- if eq $bucket.kind "Secret" -}}{{- $content = derivePassword 1 "long" $content $.label $.release -}}{{- end -}}
{{- $name = printf "%s-%s" $name (sha256sum $content | trunc 10) -}}
{{- end -}}
{{- $_ := set $bucket "name" $name -}}
{{- range $site := $bucket.sites -}}{{- $_ := set $site "name" $name -}}{{- end -}}
{{- end -}}
{{- range $volume := .volumes -}}{{- include "cantata.fill" $volume -}}{{- end -}}
{{- end -}}

{{/* A volume of entries: of one kind it is that kind's, of both a projected one; or sources of one of the chart's own. */}}
{{- define "cantata.fill" -}}
{{- if hasKey . "projected" -}}
{{- $sources := list -}}
{{- range $source := .sources -}}
{{- if hasKey $source "cantataFiles" -}}
{{- $inner := dict "files" $source.cantataFiles -}}
{{- include "cantata.sources" $inner -}}
{{- $sources = concat $sources $inner.sources -}}
{{- else -}}
{{- $sources = append $sources $source -}}
{{- end -}}
{{- end -}}
{{- $_ := set .projected "sources" $sources -}}
{{- else -}}
{{- $inner := dict "files" .files -}}
{{- include "cantata.sources" $inner -}}
{{- $made := dict -}}
{{- if hasKey . "defaultMode" -}}{{- $_ := set $made "defaultMode" .defaultMode -}}{{- end -}}
{{- if ne (len $inner.sources) 1 -}}
{{- $_ := set .volume "projected" (set $made "sources" $inner.sources) -}}
{{- else -}}
{{- range $field, $source := first $inner.sources -}}
{{- $_ := set $made "items" $source.items -}}
{{- $_ := set $.volume $field (set $made (ternary "secretName" "name" (eq $field "secret")) $source.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* .sources, one for each object that holds .files, ConfigMaps first. */}}
{{- define "cantata.sources" -}}
{{- $made := list -}}
{{- range $field := list "configMap" "secret" -}}
{{- $items := list -}}
{{- $name := "" -}}
{{- range $file := $.files -}}
{{- if eq $file.bucket.kind (ternary "Secret" "ConfigMap" (eq $field "secret")) -}}
{{- $name = $file.bucket.name -}}
{{- $items = append $items $file.item -}}
{{- end -}}
{{- end -}}
{{- if $items -}}{{- $made = append $made (dict $field (dict "name" $name "items" $items)) -}}{{- end -}}
{{- end -}}
{{- $_ := set . "sources" $made -}}
{{- end -}}

{{/* The objects themselves; those of a hook are hooks before it. */}}
{{- define "cantata.objects" -}}
{{- range $id, $bucket := .delivery.buckets -}}
{{- $metadata := dict "name" $bucket.name -}}
{{- with $.object.metadata.namespace -}}{{- $_ := set $metadata "namespace" . -}}{{- end -}}
{{- if $.hook -}}
{{- $annotations := $.object.metadata.annotations -}}
{{- $weight := sub (int (get $annotations "helm.sh/hook-weight" | default "0")) 1 -}}
{{- $_ := set $metadata "annotations" (dict "helm.sh/hook" (get $annotations "helm.sh/hook") "helm.sh/hook-weight" (toString $weight) "helm.sh/hook-delete-policy" "before-hook-creation") -}}
{{- end -}}
{{- $made := dict "apiVersion" "v1" "kind" $bucket.kind "metadata" $metadata "data" $bucket.data -}}
{{- if eq $bucket.mode "rollout" -}}{{- $_ := set $made "immutable" true -}}{{- end -}}
{{- if eq $bucket.kind "Secret" -}}
{{- $data := dict -}}
{{- range $key, $text := $bucket.data -}}{{- $_ := set $data $key (b64enc $text) -}}{{- end -}}
{{- $_ := set $made "data" $data -}}
{{- $_ := set $made "type" "Opaque" -}}
{{- end }}
---
{{ toYaml $made -}}
{{- end -}}
{{- end -}}
