{{- define "dutybot.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "dutybot.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "dutybot.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "dutybot.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "dutybot.selector" -}}
app.kubernetes.io/name: {{ include "dutybot.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "dutybot.labels" -}}
{{ include "dutybot.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "dutybot.many" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}
{{- $url := default "" .Values.settings.DUTYBOT_DATABASE_URL -}}
{{- if not (or .Values.stores.postgresql.embedded .Values.stores.postgresql.inSecret (hasPrefix "postgres" $url)) -}}
{{- fail "replicas above 1 need PostgreSQL: set stores.postgresql.embedded, or DUTYBOT_DATABASE_URL in the Secret and stores.postgresql.inSecret" -}}
{{- end -}}
{{- if not (or .Values.stores.chroma.embedded .Values.settings.KNOWLEDGE_CHROMA_URL) -}}
{{- fail "replicas above 1 need a Chroma server for the library: set stores.chroma.embedded or settings.KNOWLEDGE_CHROMA_URL" -}}
{{- end -}}
{{- if not (and .Values.persistence.enabled (or .Values.persistence.existingClaim (eq .Values.persistence.accessMode "ReadWriteMany"))) -}}
{{- fail "replicas above 1 write one audit trail: set persistence.accessMode to ReadWriteMany" -}}
{{- end -}}
true
{{- end -}}
{{- end -}}

{{- define "dutybot.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "dutybot.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "dutybot.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "dutybot.secret" -}}
{{- if .Values.externalSecret.enabled -}}
{{- include "dutybot.fullname" . -}}
{{- else -}}
{{- .Values.existingSecret -}}
{{- end -}}
{{- end -}}

{{- define "dutybot.operator.selector" -}}
app.kubernetes.io/name: {{ include "dutybot.name" . }}-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "dutybot.operator.labels" -}}
{{ include "dutybot.operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "dutybot.store" -}}
app.kubernetes.io/name: {{ include "dutybot.name" (first .) }}-{{ last . }}
app.kubernetes.io/instance: {{ (first .).Release.Name }}
{{- end -}}
