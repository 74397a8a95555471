{{/* What the schema cannot say: values that need each other. Every problem is told at once. */}}
{{- define "sotto.validate" -}}
{{- $v := .Values -}}
{{- $problems := list -}}
{{- if and (not $v.identity.existingSecret) (not $v.identity.generate.enabled) -}}
{{- $problems = append $problems "identity.existingSecret is empty: make an identity (`sotto init`) and name its Secret, or set identity.generate.enabled" -}}
{{- end -}}
{{- if and $v.identity.existingSecret $v.identity.generate.enabled -}}
{{- $problems = append $problems "identity.existingSecret and identity.generate.enabled exclude each other" -}}
{{- end -}}
{{- if and $v.identity.generate.enabled (not $v.identity.generate.storeCaKey) -}}
{{- $problems = append $problems "identity.generate.enabled needs identity.generate.storeCaKey: an identity whose CA key nobody has cannot renew its certificate; copy the key to an offline place and delete its Secret afterwards" -}}
{{- end -}}
{{- if and (not (include "sotto.passwordSecret" .)) (not $v.access.open) -}}
{{- $problems = append $problems "access.existingSecret is empty: name a Secret with the first password, or set access.open to let anybody create queues" -}}
{{- end -}}
{{- if and $v.access.existingSecret $v.access.open -}}
{{- $problems = append $problems "access.existingSecret and access.open exclude each other" -}}
{{- end -}}
{{- if not $v.database.platformKey.existingSecret -}}
{{- $problems = append $problems "database.platformKey.existingSecret is empty: make a key (`sotto db new-key`) and name its Secret" -}}
{{- end -}}
{{- if $v.cloudnativepg.enabled -}}
{{- if $v.database.host -}}
{{- $problems = append $problems "database.host and cloudnativepg.enabled exclude each other" -}}
{{- end -}}
{{- else -}}
{{- if not $v.database.host -}}
{{- $problems = append $problems "database.host is empty: name your PostgreSQL, or set cloudnativepg.enabled" -}}
{{- end -}}
{{- if and (hasPrefix "verify-" $v.database.sslMode) (not $v.database.ca.existingSecret) -}}
{{- $problems = append $problems (printf "database.sslMode %s needs database.ca.existingSecret" $v.database.sslMode) -}}
{{- end -}}
{{- end -}}
{{- if and $v.backup.enabled $v.cloudnativepg.enabled -}}
{{- $problems = append $problems "backup.enabled and cloudnativepg.enabled exclude each other: use cloudnativepg.scheduledBackup" -}}
{{- end -}}
{{- if and $v.backup.enabled (not $v.backup.existingClaim) -}}
{{- $problems = append $problems "backup.enabled needs backup.existingClaim, a PersistentVolumeClaim for the dumps" -}}
{{- end -}}
{{- if $v.cloudnativepg.scheduledBackup.enabled -}}
{{- if not $v.cloudnativepg.enabled -}}
{{- $problems = append $problems "cloudnativepg.scheduledBackup needs cloudnativepg.enabled" -}}
{{- else if not (or (hasKey $v.cloudnativepg.spec "backup") (hasKey $v.cloudnativepg.spec "plugins")) -}}
{{- $problems = append $problems "cloudnativepg.scheduledBackup needs cloudnativepg.spec.backup or cloudnativepg.spec.plugins: where backups go" -}}
{{- end -}}
{{- end -}}
{{- if not $v.redis.nodes -}}
{{- $problems = append $problems "redis.nodes is empty: name your Redis, as host:port" -}}
{{- end -}}
{{- if eq $v.internalTls.mode "existingSecrets" -}}
{{- range $component, $secret := $v.internalTls.existingSecrets -}}
{{- if not $secret -}}
{{- $problems = append $problems (printf "internalTls.mode existingSecrets needs internalTls.existingSecrets.%s" $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $v.auth.admin.enabled (not (and $v.auth.admin.tlsSecret $v.auth.admin.identitiesSecret)) -}}
{{- $problems = append $problems "auth.admin.enabled needs auth.admin.tlsSecret and auth.admin.identitiesSecret" -}}
{{- end -}}
{{- $certificate := $v.gateway.web.certificate.certManager -}}
{{- if and $certificate.enabled (not (and $certificate.issuerName $v.identity.hosts)) -}}
{{- $problems = append $problems "gateway.web.certificate.certManager needs its issuerName, and identity.hosts" -}}
{{- end -}}
{{- if and (include "sotto.webSecret" .) (not $v.gateway.service.ports.https) -}}
{{- $problems = append $problems "gateway.web.certificate needs gateway.service.ports.https" -}}
{{- end -}}
{{- if and (or $v.gateway.web.ingress.enabled $v.gateway.web.httpRoute.enabled) (not (and $v.gateway.web.enabled $v.identity.hosts)) -}}
{{- $problems = append $problems "gateway.web.ingress and gateway.web.httpRoute need gateway.web.enabled, and identity.hosts" -}}
{{- end -}}
{{- if and (eq $v.gateway.web.showAddress "always") (not $v.identity.hosts) -}}
{{- $problems = append $problems "gateway.web.showAddress always needs identity.hosts" -}}
{{- end -}}
{{- if and $v.publicTest.enabled (not $v.identity.hosts) -}}
{{- $problems = append $problems "publicTest.enabled needs identity.hosts" -}}
{{- end -}}
{{- $autoscaling := $v.gateway.autoscaling -}}
{{- if and $autoscaling.enabled (not (or $autoscaling.targetCpu $autoscaling.targetConnections)) -}}
{{- $problems = append $problems "gateway.autoscaling needs targetCpu or targetConnections" -}}
{{- end -}}
{{- if and $autoscaling.keda.enabled (not (and $autoscaling.enabled $autoscaling.targetConnections $autoscaling.keda.prometheusUrl)) -}}
{{- $problems = append $problems "gateway.autoscaling.keda needs gateway.autoscaling.enabled, its targetConnections, and keda.prometheusUrl" -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n\nThese values cannot be used:\n- %s\n" (join "\n- " $problems)) -}}
{{- end -}}
{{- end }}
