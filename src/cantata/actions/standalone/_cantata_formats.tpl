{{/* A subtree of the config as one file. */}}

{{/* .entry, a subtree as one file: the text that was exported as long as the values are those, else what Helm makes of it. */}}
{{- define "cantata.formatted" -}}
{{- $key := .item.key | default "" -}}
{{- $format := .item.format -}}
{{- $name := printf "%s..%s" ($key | default "config.") $format -}}
{{- range until 3 -}}
{{- if hasKey $.delivery.config.keys $name -}}{{- $name = regexReplaceAll "^(.*?)[.][.]" $name "${1}..." -}}{{- end -}}
{{- end -}}
{{- $tree := dict -}}
{{- $marked := dict -}}
{{- $secret := false -}}
{{- $properties := list -}}
{{- range $entry := .entries -}}
{{- $secret = or $secret $entry.secret -}}
{{- $path := $entry.path -}}
{{- if $key -}}
{{- $path = list (trimPrefix (print $key ".") $entry.key) -}}
{{- range $length := untilStep 1 (len $entry.path) 1 -}}
{{- if eq (join "." (slice $entry.path 0 $length)) $key -}}{{- $path = slice $entry.path $length -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- include "cantata.grow" (dict "tree" $tree "path" $path "value" $entry.value) -}}
{{- include "cantata.grow" (dict "tree" $marked "path" $path "value" (ternary (printf "<<cantata:%s>>" $entry.key) $entry.value $entry.secret)) -}}
{{- $properties = append $properties (dict "key" (join "." $path) "text" $entry.text) -}}
{{- end -}}
{{- $text := "" -}}
{{- if eq $format "yaml" -}}{{- $text = print (toYaml $tree) "\n" -}}
{{- else if eq $format "json" -}}{{- $text = print (toPrettyJson $tree) "\n" -}}
{{- else if eq $format "properties" -}}{{- $text = include "cantata.properties" $properties -}}
{{- else -}}{{- $text = include "cantata.dotenv" $properties -}}{{- end -}}
{{- range $each := .delivery.formatted -}}
{{- if and (eq ($each.key | default "") $key) (eq $each.format $format) (eq (toRawJson $each.value) (toRawJson $marked)) -}}
{{- $text = $each.text -}}
{{- range $entry := $.entries -}}
{{- if $entry.secret -}}
{{- $mark := include "cantata.scalar" (dict "format" $format "text" (printf "<<cantata:%s>>" $entry.key)) -}}
{{- $text = replace $mark (include "cantata.scalar" (dict "format" $format "text" $entry.text)) $text -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "entry" (dict "key" $name "text" $text "secret" $secret) -}}
{{- end -}}

{{/* Puts .value at .path into .tree. */}}
{{- define "cantata.grow" -}}
{{- $place := .tree -}}
{{- range $part := initial .path -}}
{{- if not (hasKey $place $part) -}}{{- $_ := set $place $part dict -}}{{- end -}}
{{- $place = get $place $part -}}
{{- end -}}
{{- $_ := set $place (last .path) .value -}}
{{- end -}}

{{/* A text as Cantata writes it in a file of each format. */}}
{{- define "cantata.scalar" -}}
{{- if eq .format "dotenv" -}}
{{- if regexMatch "^[-A-Za-z0-9_./:@%+,]*$" .text -}}{{- .text -}}
{{- else if contains "'" .text -}}{{- "\"" -}}{{- regexReplaceAll "([\"\\\\$`])" .text "\\${1}" -}}{{- "\"" -}}
{{- else -}}{{- printf "'%s'" .text -}}{{- end -}}
{{- else if eq .format "properties" -}}
{{- $body := regexReplaceAll "^ +" .text "" -}}
{{- repeat (int (sub (len .text) (len $body))) "\\ " -}}
{{- $body | replace "\\" "\\\\" | replace "\n" "\\n" | replace "\r" "\\r" | replace "\t" "\\t" | replace "\f" "\\f" -}}
{{- else if and (eq .format "yaml") (regexMatch "^[A-Za-z/][-A-Za-z0-9_./]*$" .text) (not (has (lower .text) (list "y" "n" "yes" "no" "on" "off" "true" "false" "null"))) -}}
{{- .text -}}
{{- else -}}
{{- toRawJson .text -}}
{{- end -}}
{{- end -}}

{{- define "cantata.properties" -}}
{{- range . -}}
{{- regexReplaceAll "([ :=#!\\\\])" .key "\\${1}" -}}=
{{- include "cantata.scalar" (dict "format" "properties" "text" .text) -}}
{{- "\n" -}}
{{- end -}}
{{- end -}}

{{- define "cantata.dotenv" -}}
{{- $named := dict "from" . -}}
{{- include "cantata.named" $named -}}
{{- range $name := $named.names -}}
{{- $name -}}=
{{- include "cantata.scalar" (dict "format" "dotenv" "text" (get $named.entries $name).text) -}}
{{- "\n" -}}
{{- end -}}
{{- end -}}
