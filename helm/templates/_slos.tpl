{{- /* Multi-window, multi-burn-rate alerts: 14.4x over 1h and 5m, 6x over 6h and 30m wake someone; 3x over 1d and 2h, 1x over 3d and 6h do not. */ -}}
{{- define "dutybot.slos" -}}
{{- $windows := list "5m" "30m" "1h" "2h" "6h" "1d" "3d" -}}
{{- $burns := list (list "1h" "5m" "14.4" "critical" "2m") (list "6h" "30m" "6" "critical" "15m") (list "1d" "2h" "3" "warning" "1h") (list "3d" "6h" "1" "warning" "3h") -}}
{{- range $slo := .Values.slos }}
- name: slo-{{ $slo.name }}
  rules:
    {{- range $window := $windows }}
    - record: slo:errors:ratio_rate{{ $window }}
      expr: ({{ $slo.errors | replace "$window" $window }}) / ({{ $slo.all | replace "$window" $window }} > 0)
      labels: {slo: {{ $slo.name }}, service: {{ $slo.service }}}
    {{- end }}
    {{- range $burn := $burns }}
    - alert: ErrorBudgetBurning
      expr: |-
        slo:errors:ratio_rate{{ index $burn 0 }}{slo="{{ $slo.name }}"} > {{ index $burn 2 }} * (1 - {{ $slo.objective }} / 100)
        and slo:errors:ratio_rate{{ index $burn 1 }}{slo="{{ $slo.name }}"} > {{ index $burn 2 }} * (1 - {{ $slo.objective }} / 100)
      for: {{ index $burn 4 }}
      labels: {severity: {{ index $burn 3 }}, window: {{ index $burn 0 }}}
      annotations:
        summary: "{{ $slo.service }} fails {{ "{{ $value | humanizePercentage }}" }} of its requests"
        summary_zh: "{{ $slo.service }} 的请求失败率为 {{ "{{ $value | humanizePercentage }}" }}"
        description: The error budget of {{ $slo.name }} ({{ $slo.objective }}%) is spent {{ index $burn 2 }} times as fast as it may be, over {{ index $burn 0 }} and still over {{ index $burn 1 }}.
        description_zh: {{ $slo.name }}（目标 {{ $slo.objective }}%）的错误预算消耗速度超过允许值的 {{ index $burn 2 }} 倍，过去 {{ index $burn 0 }} 与最近 {{ index $burn 1 }} 均如此。
        runbook_url: {{ $.Values.prometheusRule.runbooks }}ErrorBudgetBurning.md
    {{- end }}
{{- end }}
{{- end -}}
