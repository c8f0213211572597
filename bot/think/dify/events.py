"""One event of Dify's stream, as it came over the wire: nothing in it is trusted to be there."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError


def _text(value: Any) -> Any:
    return "" if value is None else value


def _fields(value: Any) -> Any:
    return {} if value is None else value


def _listed(value: Any) -> Any:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


Text = Annotated[str, BeforeValidator(_text)]
Fields = Annotated[dict[str, Any], BeforeValidator(_fields)]


class Event(BaseModel):
    """The fields of all kinds of events in one; those that a kind does not have stay empty."""

    model_config = ConfigDict(extra="ignore")

    event: str
    task_id: Text = ""
    conversation_id: Text = ""
    message_id: Text = ""
    workflow_run_id: Text = ""
    id: Text = ""
    answer: Text = ""
    thought: Text = ""
    observation: Text = ""
    tool: Text = ""
    tool_input: Text = ""
    metadata: Fields = {}
    data: Fields = {}
    type: Text = ""
    url: Text = ""
    belongs_to: Text = ""
    files: Annotated[list[Fields], BeforeValidator(_listed)] = []
    code: Text = ""
    message: Text = ""
    status: int | str | None = None

    def of(self, name: str) -> str:
        """A text field of `data`; empty if it is something else."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""


def read_event(raw: bytes) -> Event | None:
    """None for what is no event of the kind we know: a damaged or future one must not end the answer."""
    try:
        return Event.model_validate_json(raw)
    except ValidationError:
        return None
