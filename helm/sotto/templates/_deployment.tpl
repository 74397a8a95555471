{{/* The Deployment of a component: dict root, component, ports (list of name and port). */}}
{{- define "sotto.deployment" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $values := index $root.Values $component -}}
{{- $autoscaling := default dict $values.autoscaling -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "sotto.metadata" (dict "root" $root "name" $component "component" $component) | nindent 2 }}
spec:
  {{- if not $autoscaling.enabled }}
  replicas: {{ int $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      {{- include "sotto.selectorLabels" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $component }}
  template:
    metadata:
      {{- $checksum := dict "checksum/config" (include "sotto.config" . | sha256sum) }}
      {{- include "sotto.podMetadata" (dict "root" $root "component" $component "annotations" $checksum) | nindent 6 }}
    spec:
      {{- $spec := include "sotto.podSpec" . | fromYaml }}
      {{- if $spec.Error }}{{ fail $spec.Error }}{{ end }}
      {{- toYaml (mergeOverwrite $spec (deepCopy $values.podSpec)) | nindent 6 }}
{{- end }}

{{- define "sotto.podSpec" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $values := index $root.Values $component -}}
{{- include "sotto.podCommon" $root }}
serviceAccountName: {{ include "sotto.serviceAccountName" $root }}
terminationGracePeriodSeconds: {{ include "sotto.gracePeriod" $values }}
{{- with $root.Values.pods.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if $root.Values.pods.topologySpread }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "sotto.selectorLabels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $component }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
containers:
  - name: {{ $component }}
    image: {{ include "sotto.image" (dict "root" $root "image" $values.image) }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    securityContext:
      {{- include "sotto.containerSecurity" $root | nindent 6 }}
    env:
      - name: SOTTO_CONFIG
        value: /etc/sotto/config/sotto.toml
      {{- /* The images set addresses by variables, which would go before the file. Empty: not set. */}}
      - name: SOTTO_METRICS_LISTEN
        value: ""
      {{- if ne $component "gateway" }}
      - name: SOTTO_LISTEN
        value: ""
      {{- end }}
      {{- with $values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports:
      {{- range .ports }}
      - name: {{ .name }}
        containerPort: {{ .port }}
      {{- end }}
      - name: metrics
        containerPort: 9090
    startupProbe:
      httpGet: {path: /livez, port: metrics}
      periodSeconds: 2
      timeoutSeconds: 2
      failureThreshold: 60
    livenessProbe:
      httpGet: {path: /livez, port: metrics}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /readyz, port: metrics}
      periodSeconds: 3
      timeoutSeconds: 3
      failureThreshold: 2
    resources:
      {{- toYaml $values.resources | nindent 6 }}
    volumeMounts:
      - name: config
        mountPath: /etc/sotto/config
        readOnly: true
      {{- if eq $component "auth" }}
      - name: run
        mountPath: /run/sotto
      {{- end }}
      {{- include "sotto.secretMounts" . | nindent 6 }}
      {{- with $values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: config
    configMap:
      name: {{ include "sotto.fullname" $root }}-{{ $component }}
  {{- if eq $component "auth" }}
  - name: run
    emptyDir:
      medium: Memory
      sizeLimit: 1Mi
  {{- end }}
  {{- include "sotto.secretVolumes" . | nindent 2 }}
  {{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
