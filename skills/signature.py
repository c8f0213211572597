"""From a method's signature and docstring: what it does, what it takes, and the JSON Schema of that."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from skills.errors import BadArguments

_ENTRY = re.compile(r"^(?P<name>\w+)(?: \([^)]*\))?: (?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """A Google-style docstring, taken apart."""

    summary: str
    body: str
    arguments: Mapping[str, str]


def read_docstring(text: str) -> Docstring:
    """Summary, body, and what is said of each argument under "Args:"."""
    head, _, tail = inspect.cleandoc(text).partition("\nArgs:\n")
    summary, _, body = head.strip().partition("\n\n")
    told: dict[str, str] = {}
    name = ""
    for line in tail.splitlines():
        if line and not line.startswith(" "):
            break
        if entry := _ENTRY.match(line.strip()):
            name = entry["name"]
            told[name] = entry["text"]
        elif name and line.strip():
            told[name] += " " + line.strip()
    return Docstring(" ".join(summary.split()), body.strip(), told)


@dataclass(frozen=True, slots=True)
class Signature:
    """What an action takes."""

    action: str
    model: type[BaseModel]

    def schema(self) -> dict[str, Any]:
        """As JSON Schema, for the brain and for every door."""
        drawn = self.model.model_json_schema()
        drawn.pop("title", None)
        for field in drawn.get("properties", {}).values():
            field.pop("title", None)
        drawn.setdefault("properties", {})
        return drawn

    def read(self, arguments: Mapping[str, Any]) -> BaseModel:
        """Validated, with defaults filled in; else one sentence on what is wrong."""
        known = ", ".join(self.model.model_fields) or "nothing"
        for argument in arguments:
            if argument not in self.model.model_fields:
                raise BadArguments("unknown_argument", action=self.action, argument=str(argument)[:60], known=known)
        try:
            return self.model.model_validate(dict(arguments))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            argument = ".".join(str(part) for part in first["loc"]) or "?"
            if first["type"] == "missing":
                raise BadArguments("missing_argument", action=self.action, argument=argument) from error
            why = first["msg"].removeprefix("Value error, ")
            raise BadArguments("bad_argument", action=self.action, argument=argument, why=why) from error


def read_signature(action: str, method: Callable[..., Any], told: Mapping[str, str]) -> Signature:
    """Every parameter must have a type and a word in the docstring; nothing else is a source of the schema."""
    hints = get_type_hints(method, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if name == "self":
            continue
        if name not in hints or name not in told:
            raise TypeError(f"{action}: the argument {name} needs a type and a line under Args:")
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (hints[name], Field(default, description=told[name]))
    if stray := told.keys() - fields.keys():
        raise TypeError(f"{action}: the docstring tells of {', '.join(sorted(stray))}, which is no argument")
    manners = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, str_max_length=4096)
    model: type[BaseModel] = create_model(action, __config__=manners, **fields)
    return Signature(action, model)
