{{/* References to the config by its name. */}}

{{- define "cantata.native" -}}
{{- if .delivery.name -}}
{{- range $field := list "initContainers" "containers" "ephemeralContainers" -}}
{{- range $container := (get $.pod $field | default list) -}}
{{- include "cantata.nativeKeys" (dict "delivery" $.delivery "container" $container) -}}
{{- include "cantata.nativeBulk" (dict "delivery" $.delivery "container" $container) -}}
{{- end -}}
{{- end -}}
{{- range $volume := .pod.volumes -}}
{{- include "cantata.nativeVolume" (dict "delivery" $.delivery "volume" $volume) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* "yes" where .reference means the config, by the field .named; .kind is ConfigMap or Secret. */}}
{{- define "cantata.ours" -}}
{{- if .reference -}}
{{- if and (eq (get .reference .named | toString) .delivery.name) (not (has .kind .delivery.kept)) -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{- define "cantata.missing" -}}
{{- fail (printf "%s uses the config key %s, which does not exist" .where .key) -}}
{{- end -}}

{{- define "cantata.nativeKeys" -}}
{{- if .container.env -}}
{{- $env := list -}}
{{- range $item := .container.env -}}
{{- $stays := true -}}
{{- range $field, $reference := $item.valueFrom -}}
{{- if has $field (list "configMapKeyRef" "secretKeyRef") -}}
{{- $kind := ternary "Secret" "ConfigMap" (eq $field "secretKeyRef") -}}
{{- if include "cantata.ours" (dict "delivery" $.delivery "reference" $reference "kind" $kind "named" "name") -}}
{{- $entry := get $.delivery.config.keys $reference.key -}}
{{- if $entry -}}
{{- $wanted := dict "delivery" $.delivery "entry" $entry -}}
{{- if hasKey $reference "optional" -}}{{- $_ := set $wanted "optional" $reference.optional -}}{{- end -}}
{{- include "cantata.reference" $wanted -}}
{{- $_ := set $item "valueFrom" $wanted.source -}}
{{- else if $reference.optional -}}
{{- $stays = false -}}
{{- else -}}
{{- include "cantata.missing" (dict "where" $.delivery.where "key" $reference.key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $stays -}}{{- $env = append $env $item -}}{{- end -}}
{{- end -}}
{{- $_ := set .container "env" $env -}}
{{- end -}}
{{- end -}}

{{- define "cantata.nativeBulk" -}}
{{- $rest := list -}}
{{- $names := list -}}
{{- $entries := dict -}}
{{- $found := false -}}
{{- range $source := .container.envFrom -}}
{{- $ours := "" -}}
{{- range $field, $kind := dict "configMapRef" "ConfigMap" "secretRef" "Secret" -}}
{{- if include "cantata.ours" (dict "delivery" $.delivery "reference" (get $source $field) "kind" $kind "named" "name") -}}
{{- $ours = $kind -}}
{{- end -}}
{{- end -}}
{{- if $ours -}}
{{- $found = true -}}
{{- $from := dict "config" $.delivery.config "secrets" (eq $ours "Secret") -}}
{{- include "cantata.all" $from -}}
{{- $named := dict "from" $from.entries "prefix" $source.prefix -}}
{{- include "cantata.named" $named -}}
{{- range $name := $named.names -}}
{{- if not (hasKey $entries $name) -}}{{- $names = append $names $name -}}{{- end -}}
{{- $_ := set $entries $name (get $named.entries $name) -}}
{{- end -}}
{{- else -}}
{{- $rest = append $rest $source -}}
{{- end -}}
{{- end -}}
{{- if $found -}}
{{- include "cantata.addVariables" (dict "delivery" .delivery "container" .container "names" $names "entries" $entries) -}}
{{- $_ := set .container "envFrom" $rest -}}
{{- if not $rest -}}{{- $_ := unset .container "envFrom" -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* .entries of the whole config, or its secrets alone. */}}
{{- define "cantata.all" -}}
{{- $found := list -}}
{{- range $entry := .config.list -}}
{{- if or $entry.secret (not $.secrets) -}}{{- $found = append $found $entry -}}{{- end -}}
{{- end -}}
{{- $_ := set . "entries" $found -}}
{{- end -}}

{{/* Variables before those that the container has, which win. */}}
{{- define "cantata.addVariables" -}}
{{- $present := list -}}
{{- range $item := .container.env -}}{{- $present = append $present $item.name -}}{{- end -}}
{{- $wanted := dict "delivery" .delivery "names" .names "entries" .entries "present" $present -}}
{{- include "cantata.variables" $wanted -}}
{{- $env := concat $wanted.made (.container.env | default list) -}}
{{- if $env -}}{{- $_ := set .container "env" $env -}}{{- end -}}
{{- end -}}

{{- define "cantata.nativeVolume" -}}
{{- range $field, $named := dict "configMap" "name" "secret" "secretName" -}}
{{- $reference := get $.volume $field -}}
{{- $kind := ternary "Secret" "ConfigMap" (eq $field "secret") -}}
{{- if include "cantata.ours" (dict "delivery" $.delivery "reference" $reference "kind" $kind "named" $named) -}}
{{- $wanted := dict "delivery" $.delivery "reference" $reference "secrets" (eq $field "secret") -}}
{{- include "cantata.files" $wanted -}}
{{- $_ := unset $.volume $field -}}
{{- $made := dict "volume" $.volume "files" $wanted.files -}}
{{- if hasKey $reference "defaultMode" -}}{{- $_ := set $made "defaultMode" $reference.defaultMode -}}{{- end -}}
{{- $_ := set $.delivery "volumes" (append $.delivery.volumes $made) -}}
{{- end -}}
{{- end -}}
{{- $projected := .volume.projected | default dict -}}
{{- if $projected.sources -}}
{{- $sources := list -}}
{{- $found := false -}}
{{- range $source := $projected.sources -}}
{{- $made := $source -}}
{{- range $field, $kind := dict "configMap" "ConfigMap" "secret" "Secret" -}}
{{- $reference := get $source $field -}}
{{- if include "cantata.ours" (dict "delivery" $.delivery "reference" $reference "kind" $kind "named" "name") -}}
{{- $wanted := dict "delivery" $.delivery "reference" $reference "secrets" (eq $field "secret") -}}
{{- include "cantata.files" $wanted -}}
{{- $made = dict "cantataFiles" $wanted.files -}}
{{- $found = true -}}
{{- end -}}
{{- end -}}
{{- $sources = append $sources $made -}}
{{- end -}}
{{- if $found -}}
{{- $_ := set .delivery "volumes" (append .delivery.volumes (dict "projected" $projected "sources" $sources)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* .files that a reference means, each with its item and its bucket. */}}
{{- define "cantata.files" -}}
{{- $files := list -}}
{{- if hasKey .reference "items" -}}
{{- range $item := .reference.items -}}
{{- $entry := get $.delivery.config.keys $item.key -}}
{{- if $entry -}}
{{- $stored := dict "delivery" $.delivery "entry" $entry -}}
{{- include "cantata.store" $stored -}}
{{- $files = append $files (dict "item" $item "bucket" $stored.bucket) -}}
{{- else if not $.reference.optional -}}
{{- include "cantata.missing" (dict "where" $.delivery.where "key" $item.key) -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- $from := dict "config" .delivery.config "secrets" .secrets -}}
{{- include "cantata.all" $from -}}
{{- range $entry := $from.entries -}}
{{- if eq (include "cantata.valid" $entry.key) "yes" -}}
{{- $stored := dict "delivery" $.delivery "entry" $entry -}}
{{- include "cantata.store" $stored -}}
{{- $files = append $files (dict "item" (dict "key" $entry.key "path" $entry.key) "bucket" $stored.bucket) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "files" $files -}}
{{- end -}}
