{{/* Values as entries of the config. */}}

{{/* Whole numbers of .value as integers: maps are changed in place, a number or a list becomes another .value. */}}
{{- define "cantata.integers" -}}
{{- $value := .value -}}
{{- if kindIs "float64" $value -}}
{{- if eq (floor $value) $value -}}{{- $_ := set . "value" (int64 $value) -}}{{- end -}}
{{- else if kindIs "map" $value -}}
{{- range $key, $item := $value -}}
{{- $inner := dict "value" $item -}}
{{- include "cantata.integers" $inner -}}
{{- $_ := set $value $key $inner.value -}}
{{- end -}}
{{- else if kindIs "slice" $value -}}
{{- $made := list -}}
{{- range $item := $value -}}
{{- $inner := dict "value" $item -}}
{{- include "cantata.integers" $inner -}}
{{- $made = append $made $inner.value -}}
{{- end -}}
{{- $_ := set . "value" $made -}}
{{- end -}}
{{- end -}}

{{/* Values over others, in place, by Helm's rules: maps merge, everything else replaces, null deletes. */}}
{{- define "cantata.merge" -}}
{{- $into := .into -}}
{{- range $key, $value := .from -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $into $key -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $into $key)) -}}
{{- include "cantata.merge" (dict "into" (get $into $key) "from" $value) -}}
{{- else -}}
{{- $_ := set $into $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* .list and .keys, all entries of the values. */}}
{{- define "cantata.config" -}}
{{- $written := dict -}}
{{- range $some := list .chart.written .given.written -}}
{{- range $key, $each := $some -}}{{- $_ := set $written $key $each -}}{{- end -}}
{{- end -}}
{{- $_ := set . "written" $written -}}
{{- $_ := set . "secrets" (.given.secrets | default list) -}}
{{- $_ := set . "list" list -}}
{{- $_ := set . "keys" dict -}}
{{- $values := omit .root.Values "global" -}}
{{- with omit (.root.Values.global | default dict) "cantata" -}}{{- $_ := set $values "global" . -}}{{- end -}}
{{- include "cantata.entries" (dict "value" $values "path" list "into" . "chart" .chart) -}}
{{- end -}}

{{/* Every leaf of .value as an entry, in the order of their paths, into .into.list and .into.keys. */}}
{{- define "cantata.entries" -}}
{{- range $name, $value := .value -}}
{{- $path := append $.path $name -}}
{{- $key := join "." $path -}}
{{- if and (kindIs "map" $value) $value -}}
{{- include "cantata.entries" (dict "value" $value "path" $path "into" $.into "chart" $.chart) -}}
{{- else if not (or (kindIs "invalid" $value) (hasKey $.into.keys $key)) -}}
{{- if or (not (has (first $path) ($.chart.subcharts | default list))) (has $key ($.chart.known | default list)) -}}
{{- $text := include "cantata.text" $value -}}
{{- $written := get $.into.written $key -}}
{{- if $written -}}{{- if eq (toRawJson $written.value) (toRawJson $value) -}}{{- $text = $written.text -}}{{- end -}}{{- end -}}
{{- $entry := dict "key" $key "path" $path "value" $value "text" $text "secret" (has $key $.into.secrets) -}}
{{- $_ := set $.into.keys $key $entry -}}
{{- $_ := set $.into "list" (append $.into.list $entry) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "cantata.text" -}}
{{- if kindIs "string" . -}}{{- . -}}
{{- else if kindIs "float64" . -}}{{- ternary (printf "%.0f" .) (toString .) (eq (floor .) .) -}}
{{- else if or (kindIs "map" .) (kindIs "slice" .) -}}{{- toRawJson . -}}
{{- else -}}{{- toString . -}}{{- end -}}
{{- end -}}

{{- define "cantata.required" -}}
{{- range $key := .secrets -}}
{{- if not (hasKey $.keys $key) -}}
{{- fail (printf "%s is a secret, which the export left out: give it by --set-string, or by a values file" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* .names and .entries of variables: those of the entries .from with a valid name; of equal names the first. */}}
{{- define "cantata.named" -}}
{{- $names := list -}}
{{- $entries := dict -}}
{{- $prefix := .prefix | default "" -}}
{{- range $entry := .from -}}
{{- if eq (include "cantata.valid" $entry.key) "yes" -}}
{{- $snake := regexReplaceAll "([a-z0-9])([A-Z])" $entry.key "${1}_${2}" -}}
{{- $name := print $prefix (regexReplaceAll "[^A-Za-z0-9_]" $snake "_" | upper) -}}
{{- if and (regexMatch "^[A-Za-z_][A-Za-z0-9_]*$" $name) (not (hasKey $entries $name)) -}}
{{- $names = append $names $name -}}
{{- $_ := set $entries $name $entry -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "names" $names -}}
{{- $_ := set . "entries" $entries -}}
{{- end -}}

{{/* Whether a ConfigMap may have such a key. */}}
{{- define "cantata.valid" -}}
{{- if and (regexMatch "^[-._a-zA-Z0-9]{1,253}$" .) (not (hasPrefix ".." .)) (ne "." .) -}}yes{{- end -}}
{{- end -}}

{{/* .entries at or below .key; all of them for an empty one. */}}
{{- define "cantata.select" -}}
{{- $found := list -}}
{{- $key := .key | default "" -}}
{{- range $entry := .config.list -}}
{{- if or (not $key) (eq $entry.key $key) (hasPrefix (print $key ".") $entry.key) -}}
{{- $found = append $found $entry -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "entries" $found -}}
{{- end -}}
