{{/* `delivery:` of the template and of the application. */}}

{{- define "cantata.inject" -}}
{{- $targets := .pod.containers | default list -}}
{{- if .item.containers -}}
{{- $targets = list -}}
{{- range $field := list "initContainers" "containers" "ephemeralContainers" -}}
{{- range $container := (get $.pod $field | default list) -}}
{{- if has $container.name $.item.containers -}}{{- $targets = append $targets $container -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $chosen := dict "delivery" .delivery "item" .item -}}
{{- include "cantata.chosen" $chosen -}}
{{- if eq .item.as "env" -}}
{{- $named := dict "from" $chosen.entries "prefix" .item.prefix -}}
{{- include "cantata.named" $named -}}
{{- range $container := $targets -}}
{{- include "cantata.addVariables" (dict "delivery" $.delivery "container" $container "names" $named.names "entries" $named.entries) -}}
{{- end -}}
{{- else -}}
{{- include "cantata.mount" (dict "delivery" .delivery "pod" .pod "item" .item "index" .index "targets" $targets "entries" $chosen.entries) -}}
{{- end -}}
{{- end -}}

{{/* .entries that a delivery names, in the order of the config. A subtree in a format is one entry. */}}
{{- define "cantata.chosen" -}}
{{- $config := .delivery.config -}}
{{- if and (eq .item.as "file") (not .item.directory) -}}
{{- $leaf := get $config.keys (.item.key | default "") -}}
{{- if $leaf -}}
{{- $_ := set . "entries" (list $leaf) -}}
{{- else -}}
{{- $inner := dict "config" $config "key" .item.key -}}
{{- include "cantata.select" $inner -}}
{{- if not (and .item.format $inner.entries) -}}
{{- include "cantata.missing" (dict "where" .delivery.where "key" .item.key) -}}
{{- end -}}
{{- $made := dict "delivery" .delivery "item" .item "entries" $inner.entries -}}
{{- include "cantata.formatted" $made -}}
{{- $_ := set . "entries" (list $made.entry) -}}
{{- end -}}
{{- else -}}
{{- $keys := dict -}}
{{- range $key := (.item.keys | default (list "")) -}}
{{- $inner := dict "config" $config "key" $key -}}
{{- include "cantata.select" $inner -}}
{{- if and $key (not $inner.entries) -}}
{{- include "cantata.missing" (dict "where" $.delivery.where "key" $key) -}}
{{- end -}}
{{- range $entry := $inner.entries -}}{{- $_ := set $keys $entry.key true -}}{{- end -}}
{{- end -}}
{{- $found := list -}}
{{- range $entry := $config.list -}}
{{- if hasKey $keys $entry.key -}}{{- $found = append $found $entry -}}{{- end -}}
{{- end -}}
{{- $_ := set . "entries" $found -}}
{{- end -}}
{{- end -}}

{{/* Entries mounted into containers that mount nothing there yet. */}}
{{- define "cantata.mount" -}}
{{- $file := regexReplaceAll "/+$" .item.mountPath "" -}}
{{- $free := list -}}
{{- range $container := .targets -}}
{{- $taken := false -}}
{{- range $mount := $container.volumeMounts -}}
{{- if eq (regexReplaceAll "/+$" $mount.mountPath "") $file -}}{{- $taken = true -}}{{- end -}}
{{- end -}}
{{- if not $taken -}}{{- $free = append $free $container -}}{{- end -}}
{{- end -}}
{{- $files := list -}}
{{- if $free -}}
{{- range $entry := .entries -}}
{{- if eq (include "cantata.valid" $entry.key) "yes" -}}
{{- $stored := dict "delivery" $.delivery "entry" $entry "mode" $.item.update -}}
{{- include "cantata.store" $stored -}}
{{- $path := ternary $entry.key (base $file) ($.item.directory | default false) -}}
{{- $files = append $files (dict "item" (dict "key" $entry.key "path" $path) "bucket" $stored.bucket) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $files -}}
{{- $name := printf "cantata-config-%d" .index -}}
{{- $names := list -}}
{{- range $volume := .pod.volumes -}}{{- $names = append $names $volume.name -}}{{- end -}}
{{- range until 4 -}}{{- if has $name $names -}}{{- $name = print $name "-x" -}}{{- end -}}{{- end -}}
{{- $volume := dict "name" $name -}}
{{- $_ := set .delivery "volumes" (append .delivery.volumes (dict "volume" $volume "files" $files)) -}}
{{- $_ := set .pod "volumes" (append (.pod.volumes | default list) $volume) -}}
{{- range $container := $free -}}
{{- $mount := dict "name" $name "mountPath" $.item.mountPath "readOnly" true -}}
{{- if not $.item.directory -}}{{- $_ := set $mount "subPath" (base $file) -}}{{- end -}}
{{- $_ := set $container "volumeMounts" (append ($container.volumeMounts | default list) $mount) -}}
{{- end -}}
{{- end -}}
{{- end -}}
