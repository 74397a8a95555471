{{/* Names. */}}
{{- define "sotto.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "sotto.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "sotto.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sotto.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* Labels that never change: what Deployments, Services and policies select by. */}}
{{- define "sotto.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sotto.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* metadata of an object: dict root, name (what follows the full name) or fullName, component, labels, annotations. */}}
{{- define "sotto.metadata" -}}
{{- $root := .root -}}
name: {{ if .fullName }}{{ .fullName }}{{ else }}{{ include "sotto.fullname" $root }}{{ with .name }}-{{ . }}{{ end }}{{ end }}
namespace: {{ $root.Release.Namespace }}
labels:
  helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
  {{- include "sotto.selectorLabels" $root | nindent 2 }}
  app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ $root.Release.Service }}
  {{- with .component }}
  app.kubernetes.io/component: {{ . }}
  {{- end }}
  {{- with merge dict (default dict .labels) $root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge dict (default dict .annotations) $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Annotations of a hook before install and upgrade; Argo CD takes them for PreSync with the same order. dict weight. */}}
{{- define "sotto.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* An image: dict root, image (the component's). */}}
{{- define "sotto.image" -}}
{{- $global := .root.Values.image -}}
{{- $name := printf "%s/%s%s" $global.registry $global.repositoryPrefix .image.repository -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default $global.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{- define "sotto.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "sotto.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{/* Secrets that may be made by the identity Job. */}}
{{- define "sotto.identitySecret" -}}
{{- .Values.identity.existingSecret | default (printf "%s-identity" (include "sotto.fullname" .)) -}}
{{- end }}

{{/* Whether there is a Job that makes the identity, or compares it. */}}
{{- define "sotto.identityJob" -}}
{{- if or .Values.identity.generate.enabled .Values.identity.marker.enabled .Values.identity.expectedFingerprint -}}
true
{{- end -}}
{{- end }}

{{- define "sotto.passwordSecret" -}}
{{- if .Values.access.existingSecret -}}
{{- .Values.access.existingSecret -}}
{{- else if and .Values.identity.generate.enabled .Values.access.generate (not .Values.access.open) -}}
{{- include "sotto.fullname" . }}-password
{{- end -}}
{{- end }}

{{- define "sotto.passwordKey" -}}
{{- if .Values.access.existingSecret -}}
{{- .Values.access.key -}}
{{- else -}}
password
{{- end -}}
{{- end }}

{{/* The database, whether it is given or made here. */}}
{{- define "sotto.databaseSecret" -}}
{{- if .Values.cloudnativepg.enabled -}}
{{- include "sotto.fullname" . }}-database-app
{{- else -}}
{{- .Values.database.password.existingSecret -}}
{{- end -}}
{{- end }}

{{- define "sotto.databaseCaSecret" -}}
{{- if .Values.cloudnativepg.enabled -}}
{{- include "sotto.fullname" . }}-database-ca
{{- else -}}
{{- .Values.database.ca.existingSecret -}}
{{- end -}}
{{- end }}

{{- define "sotto.databaseUrl" -}}
{{- $database := .Values.database -}}
{{- if .Values.cloudnativepg.enabled -}}
host={{ include "sotto.fullname" . }}-database-rw port=5432 dbname={{ $database.name }} user={{ $database.user }} sslmode=verify-full sslrootcert=/etc/sotto/database-ca/ca.crt
{{- else -}}
host={{ $database.host }} port={{ int64 $database.port }} dbname={{ $database.name }} user={{ $database.user }} sslmode={{ $database.sslMode }}{{ if $database.ca.existingSecret }} sslrootcert=/etc/sotto/database-ca/ca.crt{{ end }}
{{- end -}}
{{- end }}

{{/* Where a service is, for its clients: dict root, service, port. A headless Service: its name has the address of every replica. */}}
{{- define "sotto.target" -}}
{{ include "sotto.fullname" .root }}-{{ .service }}.{{ .root.Release.Namespace }}.svc:{{ .port }}
{{- end }}

{{/* The Secret with the internal certificate of a component: dict root, component. */}}
{{- define "sotto.tlsSecret" -}}
{{- if eq .root.Values.internalTls.mode "certManager" -}}
{{ include "sotto.fullname" .root }}-{{ .component }}-tls
{{- else -}}
{{ index .root.Values.internalTls.existingSecrets .component }}
{{- end -}}
{{- end }}

{{- define "sotto.webSecret" -}}
{{- if .Values.gateway.web.certificate.existingSecret -}}
{{- .Values.gateway.web.certificate.existingSecret -}}
{{- else if .Values.gateway.web.certificate.certManager.enabled -}}
{{- include "sotto.fullname" . }}-web-tls
{{- end -}}
{{- end }}

{{/* terminationGracePeriodSeconds: all that a program may take after SIGTERM, and a little more. dict drain. */}}
{{- define "sotto.gracePeriod" -}}
{{- add (int .drain.announceSeconds) (int (default 0 .drain.closeSeconds)) (int .drain.requestSeconds) 15 -}}
{{- end }}

{{/* What every container may: nothing. */}}
{{- define "sotto.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "sotto.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.pods.runAsUser }}
runAsUser: {{ int64 . }}
runAsGroup: {{ int64 . }}
fsGroup: {{ int64 . }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What the spec of every pod has. */}}
{{- define "sotto.podCommon" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "sotto.podSecurity" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.pods.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* metadata of a pod: dict root, component, annotations. */}}
{{- define "sotto.podMetadata" -}}
labels:
  {{- include "sotto.selectorLabels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  {{- with merge dict .root.Values.pods.labels .root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge dict (default dict .annotations) .root.Values.pods.annotations .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A volume of some keys of a Secret: dict name, secret, items (file: key). No items: all. */}}
{{- define "sotto.secretVolume" -}}
- name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
    {{- with .items }}
    items:
      {{- range $file, $key := . }}
      - key: {{ $key }}
        path: {{ $file }}
      {{- end }}
    {{- end }}
{{- end }}
