{{- define "keywatch.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "keywatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "keywatch.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "keywatch.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "keywatch.selector" -}}
app.kubernetes.io/name: {{ include "keywatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "keywatch.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "keywatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "keywatch.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "keywatch.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "keywatch.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- /* The configuration file: what the user gave, and what the pod decides. */ -}}
{{- define "keywatch.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if not $config.sources -}}
{{- fail "config.sources is empty: name at least one source, as in deploy/helm/keywatch/README.md" -}}
{{- end -}}
{{- if not $config.sinks -}}
{{- fail "config.sinks is empty: name at least one sink, as in deploy/helm/keywatch/README.md" -}}
{{- end -}}
{{- $_ := set $config "version" 1 -}}
{{- $_ := set $config "data_dir" "/data" -}}
{{- $http := default dict $config.http -}}
{{- $_ := set $http "listen" "0.0.0.0:9464" -}}
{{- $_ := set $config "http" $http -}}
{{- if .Values.rules -}}
{{- $rules := default dict $config.rules -}}
{{- $_ := set $rules "paths" (append (default list $rules.paths) "/etc/keywatch/extra-rules") -}}
{{- $_ := set $config "rules" $rules -}}
{{- end -}}
{{- if .Values.watchlists -}}
{{- $rules := default dict $config.rules -}}
{{- $_ := set $rules "watchlists" (append (default list $rules.watchlists) "/etc/keywatch/site-watchlists") -}}
{{- $_ := set $config "rules" $rules -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* A container's security, the same for every pod of the chart. */ -}}
{{- define "keywatch.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
capabilities:
  drop: [ALL]
{{- end -}}
