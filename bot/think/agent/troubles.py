"""What went wrong at an OpenAI-compatible API, told as one of our errors."""

import re
from collections.abc import Iterator

import structlog

from bot.errors import ODD, BotError, BrainAway, BrainRefused
from skills.bounded import Overlong

log = structlog.get_logger()

TOO_LONG = re.compile(r"context.{0,20}(length|size|window)|maximum context|too many tokens", re.IGNORECASE)


def of_api(error: Exception, url: str) -> BotError:
    """Of an error of the `openai` client; anything else is a model that failed."""
    import openai

    if any(isinstance(each, Overlong) for each in _behind(error)):
        return BrainAway("model_endless", url=url)
    if isinstance(error, ODD):
        log.warning("the model's answer could not be read", why=repr(error)[:300])
        return BrainAway("model_strange", url=url)
    match error:
        case openai.APITimeoutError():
            return BrainAway("model_silent", url=url)
        case openai.APIConnectionError():
            return BrainAway("model_unreachable", url=url)
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return BrainRefused("model_key")
        case openai.NotFoundError():
            return BrainRefused("model_missing", url=url)
        case openai.RateLimitError():
            return BrainAway("model_busy", after=_seconds(error.response.headers.get("retry-after", "")))
        case openai.APIStatusError(status_code=status) if status in {400, 413} and _too_long(error):
            return BrainRefused("model_window")
        case openai.APIStatusError(status_code=status) if status < 500:
            return BrainRefused("model_request")
        case _:
            return BrainAway("model_failed")


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """It, and what made it: client libraries wrap what they were told."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _too_long(error: Exception) -> bool:
    """Each server has words of its own for a question that does not fit its window."""
    return bool(TOO_LONG.search(str(error)))


def _seconds(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 3600.0)
    except ValueError:
        return 0.0
