{{- /*
The RBAC rules that a list of actions needs, out of files/rights.yaml.
Give it a dict: actions (names), rights (the file), namespaced (true: only what lives in namespaces; false: only what does not).
*/ -}}
{{- define "dutybot.rules" -}}
{{- $verbs := dict -}}
{{- range $action := .actions -}}
{{- $known := index $.rights.actions $action -}}
{{- if not $known -}}
{{- fail (printf "rbac.changes: there is no action %s that changes the cluster; files/rights.yaml lists them." $action) -}}
{{- end -}}
{{- range $right := $known.needs -}}
{{- $parts := splitList ":" $right -}}
{{- $thing := first $parts -}}
{{- $alone := has $thing $.rights.without_namespace -}}
{{- if ne $alone $.namespaced -}}
{{- $_ := set $verbs $thing (append (default list (index $verbs $thing)) (last $parts) | uniq | sortAlpha) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $thing := keys $verbs | sortAlpha -}}
{{- $group := "" -}}
{{- $resource := $thing -}}
{{- $core := or (not (contains "/" $thing)) (has $thing $.rights.core_subresources) -}}
{{- if not $core -}}
{{- $group = first (splitList "/" $thing) -}}
{{- $resource = trimPrefix (printf "%s/" $group) $thing -}}
{{- end }}
- apiGroups: [{{ $group | quote }}]
  resources: [{{ $resource | quote }}]
  verbs: {{ index $verbs $thing | toJson }}
{{- end -}}
{{- end -}}
