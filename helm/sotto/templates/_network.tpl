{{/* Pods of some components: dict root, components. */}}
{{- define "sotto.podSelector" -}}
matchLabels:
  {{- include "sotto.selectorLabels" .root | nindent 2 }}
matchExpressions:
  - {key: app.kubernetes.io/component, operator: In, values: {{ toJson .components }}}
{{- end }}

{{/* To pods of some components: dict root, components, port. */}}
{{- define "sotto.egress" -}}
- to:
    - podSelector:
        {{- include "sotto.podSelector" . | nindent 8 }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}

{{- define "sotto.databaseEgress" -}}
- ports:
    - {protocol: TCP, port: {{ .Values.cloudnativepg.enabled | ternary 5432 (int .Values.database.port) }}}
  {{- if .Values.networkPolicy.database }}
  to:
    {{- toYaml .Values.networkPolicy.database | nindent 4 }}
  {{- else if .Values.cloudnativepg.enabled }}
  to:
    - podSelector:
        matchLabels:
          cnpg.io/cluster: {{ include "sotto.fullname" . }}-database
  {{- end }}
{{- end }}

{{- define "sotto.redisEgress" -}}
- ports:
    {{- $ports := list }}
    {{- range .Values.redis.nodes }}
    {{- $ports = append $ports (regexFind "[0-9]+$" (contains ":" . | ternary . ":6379")) }}
    {{- end }}
    {{- range $ports | uniq }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .Values.networkPolicy.redis }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
