"""An ApprovalPolicy: the rules as a custom resource instead of a file. Its status says whether they hold."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.act.posted import read_posted
from bot.act.rules import PolicyFile
from bot.errors import BadInput

KEPT = ("description", "type", "enum", "pattern", "format", "minimum", "maximum", "minItems", "minLength", "required")
CONDITION = {
    "type": "object",
    "required": ["type", "status"],
    "properties": {name: {"type": "string"} for name in ("type", "status", "reason", "message", "lastTransitionTime")},
}
STATUS = {
    "type": "object",
    "properties": {
        "valid": {"type": "boolean"},
        "why": {"type": "string"},
        "conditions": {"type": "array", "items": CONDITION},
    },
}


def status_of(spec: Mapping[str, Any], now: datetime | None = None) -> dict[str, Any]:
    """Valid, or not and why: then nothing runs."""
    try:
        read_posted(spec)
        valid, why = True, "these rules hold"
    except BadInput as error:
        valid, why = False, f"nothing runs: {error.values.get('why', error)}"
    condition = {
        "type": "Valid",
        "status": str(valid),
        "reason": "Read" if valid else "Broken",
        "message": why[:1000],
        "lastTransitionTime": (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {"valid": valid, "why": why, "conditions": [condition]}


def resource_definition() -> dict[str, Any]:
    """The CustomResourceDefinition; its schema is the one of the policy file."""
    whole = PolicyFile.model_json_schema()
    spec = structural(whole, whole.get("$defs", {}))
    del spec["properties"]["calendar"]  # a file beside the file; freezes stand in the resource itself
    columns = [("Valid", "boolean", ".status.valid", 0), ("Why", "string", ".status.why", 1)]
    columns += [("Age", "date", ".metadata.creationTimestamp", 0)]
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, "priority": priority}
            for name, kind, path, priority in columns
        ],
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "required": ["spec"],
                "properties": {"spec": spec, "status": STATUS},
            }
        },
    }
    names = {
        "plural": "approvalpolicies",
        "singular": "approvalpolicy",
        "kind": "ApprovalPolicy",
        "shortNames": ["apol"],
        "categories": ["dutybot"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "approvalpolicies.dutybot.io"},
        "spec": {"group": "dutybot.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }


def structural(schema: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """As the API server takes it: no references, no unions, and no defaults, which it would write into the object."""
    if "$ref" in schema:
        schema = {**known[str(schema["$ref"]).rpartition("/")[2]], **{k: v for k, v in schema.items() if k != "$ref"}}
    if "anyOf" in schema:
        (only,) = [each for each in schema["anyOf"] if each.get("type") != "null"]
        told = {"description": schema["description"]} if "description" in schema else {}
        return {**structural(only, known), **told, "nullable": True}
    made = {name: schema[name] for name in KEPT if name in schema}
    if "const" in schema:
        made["enum"] = [schema["const"]]
    if "items" in schema:
        made["items"] = structural(schema["items"], known)
    if "properties" in schema:
        made["properties"] = {name: structural(each, known) for name, each in schema["properties"].items()}
    if isinstance(more := schema.get("additionalProperties"), Mapping):
        made["additionalProperties"] = structural(more, known)
    return made
