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
