"""What the API server itself holds: the bot only tries things out, and only the operator changes what was approved."""

from typing import Any


def policies(bot: str, operator: str, name: str = "dutybot") -> list[dict[str, Any]]:
    """ValidatingAdmissionPolicies with their bindings; the accounts as `system:serviceaccount:NAMESPACE:NAME`."""
    tries = {
        "matchConditions": [{"name": "the-bot", "expression": f"request.userInfo.username == '{bot}'"}],
        "validations": [
            {
                "expression": "request.dryRun == true || (request.resource.group == 'dutybot.io'"
                " && request.operation == 'CREATE')",
                "message": "the bot only asks what would happen; changes are made by the operator",
            }
        ],
    }
    kept = {
        "validations": [
            {
                "expression": f"request.operation != 'CREATE' || request.userInfo.username == '{bot}'",
                "message": "only the bot writes Remediations",
            },
            {
                "expression": f"request.operation != 'UPDATE' || request.userInfo.username == '{operator}'",
                "message": "only the operator says what came of them",
            },
        ]
    }
    everything = [{"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}]
    remediations = [
        {"apiGroups": ["dutybot.io"], "apiVersions": ["*"], "resources": ["remediations", "remediations/status"]}
    ]
    return [
        *_policy(f"{name}-bot-only-tries", tries, everything, ["CREATE", "UPDATE", "DELETE"]),
        *_policy(f"{name}-remediations", kept, remediations, ["CREATE", "UPDATE"]),
    ]


def _policy(
    name: str, spec: dict[str, Any], rules: list[dict[str, Any]], operations: list[str]
) -> list[dict[str, Any]]:
    api = "admissionregistration.k8s.io/v1"
    matched = {"resourceRules": [{**rule, "operations": operations} for rule in rules]}
    return [
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {"failurePolicy": "Fail", "matchConstraints": matched, **spec},
        },
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    ]
