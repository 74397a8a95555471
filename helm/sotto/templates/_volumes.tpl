{{/*
Volumes with what a program reads, and their mounts: dict root, component, check. `check` leaves out Secrets that do not exist
before the chart is installed.
*/}}
{{- define "sotto.secrets" -}}
{{- $values := .root.Values -}}
{{- $stores := has .component (list "queue" "auth") -}}
{{- if eq .component "gateway" }}
- {name: identity, secret: {{ include "sotto.identitySecret" .root }}}
{{- if and (include "sotto.webSecret" .root) (not .check) }}
- {name: web, secret: {{ include "sotto.webSecret" .root }}}
{{- end }}
{{- end }}
{{- if and (ne $values.internalTls.mode "plaintext") (ne .component "database") (not .check) }}
- {name: tls, secret: {{ include "sotto.tlsSecret" . }}}
{{- end }}
{{- if or $stores (eq .component "database") }}
{{- if not (and .check $values.cloudnativepg.enabled) }}
{{- with include "sotto.databaseSecret" .root }}
- {name: database, secret: {{ . }}, file: password, key: {{ $values.cloudnativepg.enabled | ternary "password" $values.database.password.key }}}
{{- end }}
{{- with include "sotto.databaseCaSecret" .root }}
- {name: database-ca, secret: {{ . }}, file: ca.crt, key: {{ $values.cloudnativepg.enabled | ternary "ca.crt" $values.database.ca.key }}}
{{- end }}
{{- end }}
{{- end }}
{{- if $stores }}
- {name: platform-key, secret: {{ $values.database.platformKey.existingSecret }}, file: platform-key, key: {{ $values.database.platformKey.key }}}
{{- end }}
{{- if has .component (list "queue" "auth" "notification") }}
{{- with $values.redis.password.existingSecret }}
- {name: redis, secret: {{ . }}, file: password, key: {{ $values.redis.password.key }}}
{{- end }}
{{- if $values.redis.tls.enabled }}
{{- with $values.redis.tls.ca.existingSecret }}
- {name: redis-ca, secret: {{ . }}, file: ca.crt, key: {{ $values.redis.tls.ca.key }}}
{{- end }}
{{- with $values.redis.tls.clientSecret }}
- {name: redis-tls, secret: {{ . }}}
{{- end }}
{{- end }}
{{- end }}
{{- if eq .component "auth" }}
{{- with include "sotto.passwordSecret" .root }}
- {name: access, secret: {{ . }}, file: password, key: {{ include "sotto.passwordKey" $.root }}}
{{- end }}
{{- if $values.auth.admin.enabled }}
- {name: admin, secret: {{ $values.auth.admin.tlsSecret }}}
- {name: admin-identities, secret: {{ $values.auth.admin.identitiesSecret }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "sotto.secretVolumes" -}}
{{- range include "sotto.secrets" . | fromYamlArray }}
{{- $items := dict }}
{{- if .file }}{{ $items = dict .file .key }}{{ end }}
{{ include "sotto.secretVolume" (dict "name" .name "secret" .secret "items" $items) }}
{{- end }}
{{- end }}

{{- define "sotto.secretMounts" -}}
{{- range include "sotto.secrets" . | fromYamlArray }}
- name: {{ .name }}
  mountPath: /etc/sotto/{{ .name }}
  readOnly: true
{{- end }}
{{- end }}
