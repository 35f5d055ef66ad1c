{{- define "herald.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains .Values.name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Values.name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "herald.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "herald.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "herald.selectorLabels" -}}
app.kubernetes.io/name: {{ .Values.name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "herald.commonLabels" -}}
{{ include "herald.selectorLabels" . }}
app.kubernetes.io/component: notifications
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "herald.labels" -}}
{{ include "herald.commonLabels" . }}
app.kubernetes.io/part-of: herald
{{- end -}}

{{- /* Argo CD reads its ConfigMaps and Secrets by this label. */ -}}
{{- define "herald.argocdLabels" -}}
{{ include "herald.commonLabels" . }}
app.kubernetes.io/part-of: argocd
{{- end -}}

{{- define "herald.subjects" -}}
- kind: ServiceAccount
  name: {{ include "herald.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{- /* Of a cluster-wide object, which releases in several namespaces have one each of. */ -}}
{{- define "herald.clusterName" -}}
{{- printf "%s-%s" (include "herald.fullname" .) .Release.Namespace | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- /* server, volume or memory. */ -}}
{{- define "herald.store" -}}
{{- if or .Values.queue.url .Values.queue.existingSecret.name -}}
server
{{- else if .Values.persistence.enabled -}}
volume
{{- else -}}
memory
{{- end -}}
{{- end -}}

{{- define "herald.writesAnnotation" -}}
{{- if or (eq .Values.notifiedAnnotation "write") (and (not .Values.notifiedAnnotation) (eq (include "herald.store" .) "memory")) -}}
true
{{- end -}}
{{- end -}}

{{- define "herald.context" -}}
{{- $domain := (.Values.global).domain | default "" -}}
{{- $url := .Values.argocdUrl | default (ternary (printf "https://%s" $domain) "" (ne $domain "")) -}}
{{- $context := ternary (dict "argocdUrl" $url) (dict) (ne $url "") -}}
{{- with merge (dict) .Values.context $context -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{- /* The keys of the ConfigMap, as a map of texts. */ -}}
{{- define "herald.configuration" -}}
{{- with include "herald.context" . }}
context: {{ . | quote }}
{{- end }}
{{- range $values := list .Values.notifiers .Values.templates .Values.triggers }}
{{- range $key, $value := $values }}
{{ $key | quote }}: {{ ternary $value (toYaml $value) (kindIs "string" $value) | quote }}
{{- end }}
{{- end }}
{{- range $key := list "subscriptions" "silences" "muteTimes" "inhibit" "groups" "argocd" }}
{{- with get $.Values $key }}
{{ $key }}: {{ toYaml . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "herald.parameter" -}}
- name: {{ index . 0 }}
  valueFrom:
    configMapKeyRef:
      name: argocd-cmd-params-cm
      key: {{ index . 1 }}
      optional: true
{{- end -}}
