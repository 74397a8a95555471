{{/* A list of exit codes that another try does not change: the release fails at once. Of docs/cli.md: 2 is a wrong flag, 3 the
configuration, 7 a conflict. A right that is missing (5) may be one that the API server does not know of yet. */}}
{{- define "sotto.noRetry" -}}
podFailurePolicy:
  rules:
    - action: FailJob
      onExitCodes:
        operator: In
        values: {{ toJson . }}
      onPodConditions: []  # Kubernetes 1.27 wants the key
{{- end }}

{{/* A container of the command line: Jobs, prober and tests. */}}
{{- define "sotto.cliContainer" -}}
image: {{ include "sotto.image" (dict "root" . "image" .Values.jobs.image) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "sotto.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .Values.jobs.resources | nindent 2 }}
{{- end }}

{{/* How `sotto db` finds the database. */}}
{{- define "sotto.databaseEnvironment" -}}
env:
  - name: SOTTO_DATABASE_URL
    value: {{ include "sotto.databaseUrl" . | quote }}
  {{- if include "sotto.databaseSecret" . }}
  - name: SOTTO_DATABASE_PASSWORD_FILE
    value: /etc/sotto/database/password
  {{- end }}
{{- $mounts := include "sotto.secretMounts" (dict "root" . "component" "database") | trim }}
{{- if $mounts }}
volumeMounts:
  {{- $mounts | nindent 2 }}
{{- end }}
{{- end }}

{{/* The address of the server for `sotto server test` and `watch`, from files: dict root, hosts, port. */}}
{{- define "sotto.testArguments" -}}
- --identity-dir=/etc/sotto/identity
{{- if include "sotto.passwordSecret" .root }}
- --password-file=/etc/sotto/access/password
{{- else }}
- --no-password
{{- end }}
{{- range .hosts }}
- --host={{ . }}
{{- end }}
- --port={{ int .port }}
{{- end }}

{{- define "sotto.testMounts" -}}
- name: identity
  mountPath: /etc/sotto/identity
  readOnly: true
{{- if include "sotto.passwordSecret" . }}
- name: access
  mountPath: /etc/sotto/access
  readOnly: true
{{- end }}
{{- end }}

{{/* Of the identity only what everybody may know. */}}
{{- define "sotto.testVolumes" -}}
{{ include "sotto.secretVolume" (dict "name" "identity" "secret" (include "sotto.identitySecret" .) "items" (dict "ca.crt" "ca.crt" "fingerprint" "fingerprint")) }}
{{- with include "sotto.passwordSecret" . }}
{{ include "sotto.secretVolume" (dict "name" "access" "secret" . "items" (dict "password" (include "sotto.passwordKey" $))) }}
{{- end }}
{{- end }}
