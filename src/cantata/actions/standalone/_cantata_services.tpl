{{/* What was asked of a service, and objects beside the services. */}}

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
