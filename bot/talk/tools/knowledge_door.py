"""Dify's External Knowledge API over the library: the second door, for apps that retrieve by themselves."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.redaction import mask
from bot.shield import NAME, Shield, names_in
from bot.talk.tools.counter import Counter
from bot.talk.tools.entrance import read_object
from bot.talk.tools.settings import DoorSettings
from bot.talk.tools.tokens import Denied, Tokens
from knowledge import Passage

PATH = "/knowledge/retrieval"


class Condition(BaseModel):
    """One wish about a passage's metadata."""

    name: str | list[str]
    comparison_operator: str
    value: str | float | list[str] | None = None


class Conditions(BaseModel):
    """All of them, or any."""

    logical_operator: Literal["and", "or"] | None = "and"
    conditions: list[Condition] = Field(default_factory=list, max_length=50)


class Setting(BaseModel):
    """How many, and how near."""

    top_k: int = Field(ge=0, le=1000)
    score_threshold: float | None = 0.0


class Retrieval(BaseModel):
    """What Dify sends."""

    knowledge_id: str
    query: str = Field(max_length=20_000)
    retrieval_setting: Setting
    metadata_condition: Conditions | None = None


class KnowledgeDoor:
    """`POST /knowledge/retrieval`. Never 403, 404 or 5xx: Dify takes those for a wrong address, or tries again."""

    def __init__(self, counter: Counter, tokens: Tokens, settings: DoorSettings) -> None:
        self._counter = counter
        self._tokens = tokens
        self._settings = settings

    def routes(self) -> Sequence[BaseRoute]:
        return [Route(PATH, self._retrieve, methods=["POST"])]

    async def _retrieve(self, request: Request) -> Response:
        try:
            await self._tokens.enter(request, "knowledge", "knowledge")
            asked = Retrieval.model_validate(await read_object(request, self._settings.most_bytes))
        except Denied as error:
            headers = {"retry-after": str(error.after)} if error.after else {}
            code = 1002 if error.status == 401 else 1001
            return JSONResponse({"error_code": code, "error_msg": error.why}, error.status, headers)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            why = f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            return JSONResponse({"error_code": 1001, "error_msg": why}, 422)
        most = min(asked.retrieval_setting.top_k, 20)
        found = await self._counter.passages(asked.query, most * 3) if asked.query.strip() and most else ()
        shield = Shield(names_in(NAME.findall(asked.query)))
        records = [_record(each, shield) for each in found if fits(each, asked.metadata_condition)]
        near = asked.retrieval_setting.score_threshold or 0.0
        return JSONResponse({"records": [record for record in records if record["score"] >= near][:most]})


def _record(passage: Passage, shield: Shield) -> dict[str, Any]:
    return {
        "content": shield.text(mask(passage.text)),
        "score": min(max(float(passage.score), 0.0), 1.0),
        "title": shield.text(mask(passage.document.title)),
        "metadata": {"url": passage.document.url},
    }


def metadata_of(passage: Passage) -> dict[str, Any]:
    """What Dify may filter by; an object, never null."""
    told = {"title": passage.document.title, "url": passage.document.url}
    extra = getattr(passage.document, "labels", None) or {}
    return {**{str(name): str(value) for name, value in dict(extra).items()}, **told}


def fits(passage: Passage, wanted: Conditions | None) -> bool:
    """Whether its metadata is as wished; an operator that we do not know is not fulfilled."""
    if wanted is None or not wanted.conditions:
        return True
    kept = metadata_of(passage)
    each = [_holds(kept, condition) for condition in wanted.conditions]
    return any(each) if wanted.logical_operator == "or" else all(each)


def _holds(kept: dict[str, Any], condition: Condition) -> bool:
    names = [condition.name] if isinstance(condition.name, str) else condition.name
    test = TESTS.get(condition.comparison_operator)
    value = condition.value if condition.value is not None else ""
    return test is not None and any(test(str(kept.get(name, "")), value) for name in names)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [part.strip() for part in str(value).split(",")]


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[str, Any], bool]:
    def test(kept: str, value: Any) -> bool:
        for read in (float, datetime.fromisoformat):
            try:
                return compare(read(kept), read(str(value)))
            except (ValueError, TypeError):
                continue
        return False

    return test


TESTS: dict[str, Callable[[str, Any], bool]] = {
    "contains": lambda kept, value: str(value) in kept,
    "not contains": lambda kept, value: str(value) not in kept,
    "start with": lambda kept, value: kept.startswith(str(value)),
    "end with": lambda kept, value: kept.endswith(str(value)),
    "is": lambda kept, value: kept == str(value),
    "is not": lambda kept, value: kept != str(value),
    "in": lambda kept, value: kept in _listed(value),
    "not in": lambda kept, value: kept not in _listed(value),
    "empty": lambda kept, _: not kept,
    "not empty": lambda kept, _: bool(kept),
    "=": _compared(lambda kept, value: kept == value),
    "≠": _compared(lambda kept, value: kept != value),
    ">": _compared(lambda kept, value: kept > value),
    "<": _compared(lambda kept, value: kept < value),
    "≥": _compared(lambda kept, value: kept >= value),
    "≤": _compared(lambda kept, value: kept <= value),
    "before": _compared(lambda kept, value: kept < value),
    "after": _compared(lambda kept, value: kept > value),
}
