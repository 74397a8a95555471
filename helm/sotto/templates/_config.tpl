{{/*
A dict of tables as TOML. Numbers of values are floating point for Helm; all numbers of Sotto are whole.
*/}}
{{- define "sotto.toml" -}}
{{- range $table, $keys := . }}
[{{ $table }}]
{{- range $key, $value := $keys }}
{{ $key }} = {{ if or (kindIs "float64" $value) (kindIs "int" $value) (kindIs "int64" $value) }}{{ int64 $value }}{{ else }}{{ toJson $value }}{{ end }}
{{- end }}
{{ end -}}
{{- end }}

{{/* What all programs are told. dict root, drain. As YAML, like the definitions below: fromYaml makes a dict of it. */}}
{{- define "sotto.config.common" -}}
log:
  level: {{ .root.Values.log.level }}
  format: {{ .root.Values.log.format }}
metrics:
  listen: "{{ .root.Values.pods.listenAddress }}:9090"
shutdown:
  announce_time: {{ int .drain.announceSeconds }}s
  drain_time: {{ int .drain.requestSeconds }}s
{{- end }}

{{/* Towards another service: dict root, service, port, check (the certificate may come later). */}}
{{- define "sotto.config.client" -}}
targets: {{ include "sotto.target" . }}
{{- if and (ne .root.Values.internalTls.mode "plaintext") (not .check) }}
tls_ca: /etc/sotto/tls/ca.crt
tls_certificate: /etc/sotto/tls/tls.crt
tls_key: /etc/sotto/tls/tls.key
{{- end }}
{{- end }}

{{/* Where a service is served: dict root, port. */}}
{{- define "sotto.config.grpc" -}}
listen: "{{ .root.Values.pods.listenAddress }}:{{ .port }}"
{{- if eq .root.Values.internalTls.mode "plaintext" }}
plaintext_anywhere: true
{{- else }}
tls_ca: /etc/sotto/tls/ca.crt
tls_certificate: /etc/sotto/tls/tls.crt
tls_key: /etc/sotto/tls/tls.key
{{- end }}
{{- end }}

{{/* PostgreSQL: dict root, check (the Secrets that come later are not there yet). */}}
{{- define "sotto.config.database" -}}
url: {{ include "sotto.databaseUrl" .root | quote }}
{{- if not (and .check .root.Values.cloudnativepg.enabled) }}
{{- if include "sotto.databaseSecret" .root }}
password_file: /etc/sotto/database/password
{{- end }}
{{- end }}
platform_key_file: /etc/sotto/platform-key/platform-key
{{- end }}

{{- define "sotto.config.redis" -}}
{{- $redis := .Values.redis -}}
url: {{ printf "%s://%s%s" (ternary "rediss" "redis" $redis.tls.enabled) (empty $redis.user | ternary "" (printf "%s@" $redis.user)) (join "," $redis.nodes) }}
{{- if $redis.password.existingSecret }}
password_file: /etc/sotto/redis/password
{{- end }}
{{- if $redis.tls.enabled }}
{{- if $redis.tls.ca.existingSecret }}
tls_ca: /etc/sotto/redis-ca/ca.crt
{{- end }}
{{- if $redis.tls.clientSecret }}
tls_certificate: /etc/sotto/redis-tls/tls.crt
tls_key: /etc/sotto/redis-tls/tls.key
{{- end }}
{{- with $redis.tls.name }}
tls_name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "sotto.config.gateway" -}}
{{- $gateway := .root.Values.gateway -}}
{{- include "sotto.config.common" (dict "root" .root "drain" $gateway.drain) }}
  close_time: {{ int $gateway.drain.closeSeconds }}s
transport:
  ports: [5223{{ if $gateway.service.ports.https }}, 8443{{ end }}]
  {{- with $gateway.proxyProtocol.trustedNetworks }}
  proxy_protocol_networks: {{ join "," . | quote }}
  {{- end }}
identity:
  dir: /etc/sotto/identity
queue_service:
  {{- include "sotto.config.client" (dict "root" .root "service" "queue" "port" 7450 "check" .check) | nindent 2 }}
auth_service:
  {{- include "sotto.config.client" (dict "root" .root "service" "auth" "port" 7451 "check" .check) | nindent 2 }}
proxy:
  enabled: {{ $gateway.proxy.enabled }}
{{- if or $gateway.web.enabled (include "sotto.webSecret" .root) }}
web:
  {{- if $gateway.web.enabled }}
  listen: "{{ .root.Values.pods.listenAddress }}:8000"
  {{- end }}
  show_address: {{ $gateway.web.showAddress }}
  {{- with .root.Values.identity.hosts }}
  hosts: {{ join "," . | quote }}
  {{- end }}
  {{- if and (include "sotto.webSecret" .root) (not .check) }}
  certificate: /etc/sotto/web/tls.crt
  key: /etc/sotto/web/tls.key
  {{- end }}
information:
  {{- range $key, $value := $gateway.information }}
  {{- if $value }}
  {{ snakecase $key }}: {{ $value | quote }}
  {{- end }}
  {{- end }}
  {{- $queues := default dict .root.Values.queue.settings.queues }}
  quota: {{ int64 (default 128 $queues.quota) }}
  message_lifetime: {{ default "21d" $queues.message_lifetime }}
{{- end }}
{{- end }}

{{- define "sotto.config.queue" -}}
{{- include "sotto.config.common" (dict "root" .root "drain" .root.Values.queue.drain) }}
grpc:
  {{- include "sotto.config.grpc" (dict "root" .root "port" 7450) | nindent 2 }}
database:
  {{- include "sotto.config.database" . | nindent 2 }}
redis:
  {{- include "sotto.config.redis" .root | nindent 2 }}
notification_service:
  {{- include "sotto.config.client" (dict "root" .root "service" "notification" "port" 7452 "check" .check) | nindent 2 }}
{{- end }}

{{- define "sotto.config.auth" -}}
{{- $auth := .root.Values.auth -}}
{{- include "sotto.config.common" (dict "root" .root "drain" $auth.drain) }}
grpc:
  {{- include "sotto.config.grpc" (dict "root" .root "port" 7451) | nindent 2 }}
database:
  {{- include "sotto.config.database" . | nindent 2 }}
redis:
  {{- include "sotto.config.redis" .root | nindent 2 }}
{{- if include "sotto.passwordSecret" .root }}
access:
  password_file: /etc/sotto/access/password
{{- end }}
queue_service:
  {{- include "sotto.config.client" (dict "root" .root "service" "queue" "port" 7450 "check" .check) | nindent 2 }}
notification_service:
  {{- include "sotto.config.client" (dict "root" .root "service" "notification" "port" 7452 "check" .check) | nindent 2 }}
admin:
  socket: /run/sotto/admin.sock
  {{- if $auth.admin.enabled }}
  listen: "{{ .root.Values.pods.listenAddress }}:7460"
  tls_ca: /etc/sotto/admin/ca.crt
  tls_certificate: /etc/sotto/admin/tls.crt
  tls_key: /etc/sotto/admin/tls.key
  identities: /etc/sotto/admin-identities/admins.toml
  {{- end }}
{{- end }}

{{- define "sotto.config.notification" -}}
{{- include "sotto.config.common" (dict "root" .root "drain" .root.Values.notification.drain) }}
grpc:
  {{- include "sotto.config.grpc" (dict "root" .root "port" 7452) | nindent 2 }}
redis:
  {{- include "sotto.config.redis" .root | nindent 2 }}
{{- end }}

{{/* The configuration file of a component: dict root, component, check. What `settings` says goes before what the chart sets. */}}
{{- define "sotto.config" -}}
{{- $config := fromYaml (include (printf "sotto.config.%s" .component) .) -}}
{{- if $config.Error }}{{ fail $config.Error }}{{ end -}}
{{- include "sotto.toml" (mergeOverwrite $config (deepCopy (index .root.Values .component).settings)) | trim }}
{{ end }}
