{{/*
What Cantata does between a template and the cluster, for plain Helm: the config delivered to pods as environment and
files, each service's own ConfigMap and Secret, and what was asked of single services.

Each template of the chart stands beside its old place, under a name with an underscore, as it was. At the old place
stands one line, which takes its objects through `cantata.file`. The facts are in cantata-export.yaml; what differs
between environments is in the values, below `global.cantata`:

  secrets    keys of the values that are secret: they go into Secrets, and must be given
  written    scalars by key that are written in another way than Helm prints them
  files      subtrees as files: the text that holds as long as the values are these
  services   by service: replicas, paused, restartedAt, undeployed, values of its own, edits of its objects
  wait       initContainers: true makes pods wait for what their service depends on; image: that of kubectl

The functions that need to give back more than text write it into the map that they are given.
*/}}

{{/* A template file: list of the context, the file's name, and where it stands now. Included by another file, it is as it was. */}}
{{- define "cantata.file" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $source := index . 2 -}}
{{- $rendered := "" -}}
{{- if kindIs "map" $root -}}{{- with $root.Template -}}{{- $rendered = .Name -}}{{- end -}}{{- end -}}
{{- if ne $rendered $name -}}
{{- include $source $root -}}
{{- else -}}
{{- include "cantata.finish" (dict "root" $root "name" $name "source" $source) -}}
{{- end -}}
{{- end -}}

{{/* The objects of a file, those of a service with values of its own from a render of their own. */}}
{{- define "cantata.finish" -}}
{{- $root := .root -}}
{{- $chart := $root.Files.Get "cantata-export.yaml" | fromYaml -}}
{{- $given := get ($root.Values.global | default dict) "cantata" | default dict -}}
{{- if eq ($chart.numbers | default "helm") "exact" -}}
{{- include "cantata.integers" (dict "value" $root.Values) -}}
{{- end -}}
{{- $file := trimPrefix (print $root.Template.BasePath "/") .name -}}
{{- $own := list -}}
{{- $context := dict "chart" $chart "given" $given "file" $file -}}
{{- range $service, $asked := $given.services -}}
{{- if $asked.values -}}
{{- if has $service (get $chart.files $file | default list) -}}
{{- $own = append $own $service -}}
{{- $values := deepCopy $root.Values -}}
{{- include "cantata.merge" (dict "into" $values "from" $asked.values) -}}
{{- $inner := dict -}}
{{- range $key, $value := $root -}}{{- $_ := set $inner $key $value -}}{{- end -}}
{{- $_ := set $inner "Values" $values -}}
{{- $part := dict "root" $inner "only" $service "text" (include $.source $inner) -}}
{{- include "cantata.documents" (merge $part $context) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $part := dict "root" $root "except" $own "text" (include .source $root) -}}
{{- include "cantata.documents" (merge $part $context) -}}
{{- end -}}

{{/* The documents of .text, split as Helm splits them. */}}
{{- define "cantata.documents" -}}
{{- $config := dict "root" .root "chart" .chart "given" .given -}}
{{- include "cantata.config" $config -}}
{{- include "cantata.required" $config -}}
{{- range $text := regexSplit "(?:^|\\s*\\n)---\\s*" (trim .text) -1 -}}
{{- if trim $text -}}
{{- $object := fromYaml $text -}}
{{- $service := "" -}}
{{- $wanted := true -}}
{{- if $object.kind -}}
{{- $service = include "cantata.service" (dict "object" $object "chart" $.chart "file" $.file "release" $.root.Release.Name) -}}
{{- $wanted = ternary (eq $service ($.only | default "")) (not (has $service ($.except | default list))) (hasKey $ "only") -}}
{{- else -}}
{{- $wanted = not (hasKey $ "only") -}}
{{- end -}}
{{- if $wanted -}}
{{- print "\n---\n" -}}
{{- if $object.kind -}}
{{- include "cantata.object" (dict "object" $object "text" $text "service" $service "config" $config "root" $.root "chart" $.chart "given" $.given) -}}
{{- else -}}
{{- $text -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Which service an object belongs to: by its annotation, by the list of objects, by its file. */}}
{{- define "cantata.service" -}}
{{- $metadata := .object.metadata | default dict -}}
{{- $name := $metadata.name | default "" -}}
{{- $key := printf "%s/%s" .object.kind $name -}}
{{- $open := $key -}}
{{- if or (eq $name .release) (hasPrefix (print .release "-") $name) -}}
{{- $open = printf "%s/{release}%s" .object.kind (trimPrefix .release $name) -}}
{{- end -}}
{{- $services := get .chart.files .file | default list -}}
{{- with get ($metadata.annotations | default dict) "cantata.dev/service" -}}
{{- . -}}
{{- else -}}
{{- get .chart.objects $open | default (get .chart.objects $key) | default (first $services) | default "" -}}
{{- end -}}
{{- end -}}

{{/* One object: its config delivered, then what was asked of its service, then its own ConfigMap and Secret. */}}
{{- define "cantata.object" -}}
{{- $object := .object -}}
{{- $asked := get (.given.services | default dict) .service | default dict -}}
{{- $facts := get .chart.services .service | default dict -}}
{{- $hook := hasKey (($object.metadata | default dict).annotations | default dict) "helm.sh/hook" -}}
{{- if or $hook (not $asked.undeployed) -}}
{{- $place := dict "object" $object -}}
{{- include "cantata.pod" $place -}}
{{- $edits := list -}}
{{- range $edit := $asked.edits -}}
{{- if eq (replace "{release}" $.root.Release.Name $edit.object) (printf "%s/%s" $object.kind $object.metadata.name) -}}
{{- $edits = append $edits $edit -}}
{{- end -}}
{{- end -}}
{{- if not (or $place.pod $edits) -}}
{{- .text -}}
{{- else -}}
{{- $label := ternary (printf "%s.hook" $object.metadata.name) .service $hook -}}
{{- if and (not $hook) $facts.workload -}}
{{- if ne (replace "{release}" .root.Release.Name $facts.workload) (printf "%s/%s" $object.kind $object.metadata.name) -}}
{{- $label = printf "%s.%s" .service $object.metadata.name -}}
{{- end -}}
{{- end -}}
{{- $delivery := dict "config" .config "name" (.chart.config | default "") "kept" (.chart.kept | default list) "buckets" dict "volumes" list "mode" (ternary "inPlace" "rollout" $hook) "where" (printf "%s %s" $object.kind $object.metadata.name) "formatted" (concat (.given.files | default list) (.chart.formatted | default list)) "label" $label "release" .root.Release.Name -}}
{{- if $place.pod -}}
{{- include "cantata.native" (dict "delivery" $delivery "pod" $place.pod) -}}
{{- if not $hook -}}
{{- range $index, $each := $facts.delivery -}}
{{- include "cantata.inject" (dict "delivery" $delivery "pod" $place.pod "item" $each "index" $index) -}}
{{- end -}}
{{- end -}}
{{- include "cantata.close" $delivery -}}
{{- end -}}
{{- if not $hook -}}
{{- range $edit := $edits -}}
{{- include "cantata.edit" (dict "into" $object "path" $edit.path "edit" $edit) -}}
{{- end -}}
{{- include "cantata.adjust" (dict "object" $object "template" $place.template "asked" $asked) -}}
{{- if and $place.pod $facts.dependsOn -}}
{{- $annotations := $object.metadata.annotations | default dict -}}
{{- $_ := set $object.metadata "annotations" (set $annotations "cantata.dev/depends-on" $facts.dependsOn) -}}
{{- include "cantata.wait" (dict "pod" $place.pod "wait" (.given.wait | default dict) "waits" $facts.waits "release" .root.Release.Name) -}}
{{- end -}}
{{- end -}}
{{- toYaml $object -}}
{{- include "cantata.objects" (dict "delivery" $delivery "object" $object "hook" $hook) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* .pod, the spec of an object's pods, and .template around it; without pods both are empty. */}}
{{- define "cantata.pod" -}}
{{- $kind := printf "%s/%s" (first (splitList "/" (.object.apiVersion | default ""))) .object.kind -}}
{{- $template := dict -}}
{{- $spec := .object.spec | default dict -}}
{{- if eq $kind "v1/Pod" -}}
{{- $template = .object -}}
{{- else if eq $kind "batch/CronJob" -}}
{{- $template = ((($spec.jobTemplate | default dict).spec | default dict).template | default dict) -}}
{{- else if has $kind (list "v1/ReplicationController" "apps/DaemonSet" "apps/Deployment" "apps/ReplicaSet" "apps/StatefulSet" "batch/Job") -}}
{{- $template = $spec.template | default dict -}}
{{- end -}}
{{- $_ := set . "template" $template -}}
{{- $_ := set . "pod" ($template.spec | default dict) -}}
{{- end -}}

{{/* --- values and entries ------------------------------------------------------------------------------------ */}}

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

{{/* --- the object's own ConfigMaps and Secrets --------------------------------------------------------------- */}}

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

{{/* --- references to the config by its name ------------------------------------------------------------------ */}}

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

{{/* --- `delivery:` of the template and of the application ------------------------------------------------------ */}}

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

{{/* --- what was asked of a service ----------------------------------------------------------------------------- */}}

{{- define "cantata.adjust" -}}
{{- $kind := .object.kind -}}
{{- $scaled := has $kind (list "Deployment" "StatefulSet" "ReplicaSet" "ReplicationController") -}}
{{- if and $scaled (hasKey .asked "replicas") -}}{{- $_ := set .object.spec "replicas" (int64 .asked.replicas) -}}{{- end -}}
{{- if and .asked.restartedAt (has $kind (list "DaemonSet" "Deployment" "StatefulSet")) -}}
{{- $metadata := .template.metadata | default dict -}}
{{- $annotations := set ($metadata.annotations | default dict) "kubectl.kubernetes.io/restartedAt" .asked.restartedAt -}}
{{- $_ := set .template "metadata" (set $metadata "annotations" $annotations) -}}
{{- end -}}
{{- if .asked.paused -}}
{{- if $scaled -}}{{- $_ := set .object.spec "replicas" 0 -}}{{- end -}}
{{- if has $kind (list "CronJob" "Job") -}}{{- $_ := set .object.spec "suspend" true -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* Sets .edit.value at the end of .path below .into, or takes away what is there. A map behind the name of a list picks its item. */}}
{{- define "cantata.edit" -}}
{{- $step := first .path -}}
{{- $rest := rest .path -}}
{{- if not $rest -}}
{{- if .edit.remove -}}{{- $_ := unset .into $step -}}{{- else -}}{{- $_ := set .into $step .edit.value -}}{{- end -}}
{{- else if kindIs "map" (first $rest) -}}
{{- $made := list -}}
{{- $found := false -}}
{{- range $item := (get .into $step | default list) -}}
{{- $same := true -}}
{{- range $field, $wanted := first $rest -}}
{{- if ne (toString (get $item $field)) (toString $wanted) -}}{{- $same = false -}}{{- end -}}
{{- end -}}
{{- if not $same -}}
{{- $made = append $made $item -}}
{{- else -}}
{{- $found = true -}}
{{- if rest $rest -}}
{{- include "cantata.edit" (dict "into" $item "path" (rest $rest) "edit" $.edit) -}}
{{- $made = append $made $item -}}
{{- else if not $.edit.remove -}}
{{- $made = append $made $.edit.value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (or $found .edit.remove (rest $rest)) -}}{{- $made = append $made .edit.value -}}{{- end -}}
{{- $_ := set .into $step $made -}}
{{- else -}}
{{- if not (kindIs "map" (get .into $step)) -}}{{- $_ := set .into $step dict -}}{{- end -}}
{{- include "cantata.edit" (dict "into" (get .into $step) "path" $rest "edit" .edit) -}}
{{- end -}}
{{- end -}}

{{/* Init containers that wait for what the service depends on, where that is asked for. */}}
{{- define "cantata.wait" -}}
{{- if .wait.initContainers -}}
{{- $made := list -}}
{{- range $index, $each := .waits -}}
{{- $args := list -}}
{{- range $arg := $each -}}{{- $args = append $args (replace "{release}" $.release $arg) -}}{{- end -}}
{{- $security := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- $mount := dict "name" "cantata-wait" "mountPath" "/var/run/secrets/kubernetes.io/serviceaccount" "readOnly" true -}}
{{- $made = append $made (dict "name" (printf "cantata-wait-%d" $index) "image" $.wait.image "args" $args "securityContext" $security "volumeMounts" (list $mount)) -}}
{{- end -}}
{{- if $made -}}
{{- $_ := set .pod "initContainers" (concat $made (.pod.initContainers | default list)) -}}
{{- $token := dict "serviceAccountToken" (dict "path" "token") -}}
{{- $authority := dict "configMap" (dict "name" "kube-root-ca.crt" "items" (list (dict "key" "ca.crt" "path" "ca.crt"))) -}}
{{- $namespace := dict "downwardAPI" (dict "items" (list (dict "path" "namespace" "fieldRef" (dict "fieldPath" "metadata.namespace")))) -}}
{{- $volume := dict "name" "cantata-wait" "projected" (dict "sources" (list $token $authority $namespace)) -}}
{{- $_ := set .pod "volumes" (append (.pod.volumes | default list) $volume) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* --- objects beside the services ------------------------------------------------------------------------------ */}}

{{/* The config under its own name, without secrets, for what names it where nothing is rewritten. */}}
{{- define "cantata.extra" -}}
{{- $root := . -}}
{{- $chart := .Files.Get "cantata-export.yaml" | fromYaml -}}
{{- $given := get (.Values.global | default dict) "cantata" | default dict -}}
{{- if $chart.keepName }}
{{- $config := dict "root" $root "chart" $chart "given" $given -}}
{{- include "cantata.config" $config -}}
{{- $data := dict -}}
{{- range $entry := $config.list -}}
{{- if and (not $entry.secret) (eq (include "cantata.valid" $entry.key) "yes") -}}{{- $_ := set $data $entry.key $entry.text -}}{{- end -}}
{{- end }}
---
{{ toYaml (dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" (dict "name" $chart.config "annotations" (dict "cantata.dev/service" "shared")) "data" $data) }}
{{- end }}
{{- if ($given.wait | default dict).initContainers }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $root.Release.Name }}-cantata-wait
  annotations: { cantata.dev/service: shared }
rules:
  - apiGroups: [apps]
    resources: [daemonsets, deployments, statefulsets]
    verbs: [get, list, watch]
  - apiGroups: [batch]
    resources: [jobs]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $root.Release.Name }}-cantata-wait
  annotations: { cantata.dev/service: shared }
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $root.Release.Name }}-cantata-wait
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: system:serviceaccounts:{{ $root.Release.Namespace }}
{{- end }}
{{- end -}}
