"""What went wrong at Dify, told as one of our errors; Dify's own words may hold addresses, so nobody sees them."""

import re

from pydantic import BaseModel, ValidationError

from bot.errors import BotError, BrainAway, BrainRefused, ConversationGone, Declined

_PROVIDER_STATUS = re.compile(r"status[ _]code:?\s*(\d{3})|Error code: (\d{3})|\"code\\*\":\s*\\*\"?(\d{3})")
_WRONG_APP = {
    "app_unavailable",
    "not_chat_app",
    "not_workflow_app",
    "agent_not_published",
    "conversation_completed",
    "bad_request",
}
_MODEL_MISSING = {"provider_not_initialize", "model_currently_not_support"}


class _Envelope(BaseModel):
    code: str = ""
    message: str = ""


def of_response(status: int, headers: dict[str, str], body: bytes) -> BotError:
    """Of an answer that is not 200."""
    try:
        told = _Envelope.model_validate_json(body)
    except ValidationError:
        told = _Envelope()
    after = _seconds(headers.get("retry-after", ""))
    match status:
        case 401:
            return BrainRefused("dify_key")
        case 403:
            return BrainRefused("dify_forbidden")
        case 404 if "conversation" in told.message.lower():
            return ConversationGone("dify_conversation_gone")
        case 404 if told.code == "human_input_form_not_found":
            return Declined("dify_form_gone")
        case 404 | 405:
            return BrainRefused("dify_address")
        case 412:
            return Declined("dify_form_expired" if "expired" in told.code else "dify_form_done")
        case 413 | 415:
            return BrainRefused("dify_file")
        case 429:
            return BrainAway("dify_busy", after=after)
        case 400 if told.code or told.message:
            return of_failure(told.code, "400", told.message)
        case 400:
            return BrainRefused("dify_address")
        case _:
            return BrainAway("dify_down", status=status, after=after)


def of_failure(code: str, status: str, message: str) -> BotError:
    """Of an error told in the stream, of a run that failed, or of a refused request."""
    if code in {"too_many_requests", "rate_limit_error"} or message.startswith("Too many requests"):
        return BrainAway("dify_busy", after=0.0)
    if code == "unauthorized":
        return BrainRefused("dify_key")
    if code == "invalid_form_data":
        return Declined("dify_form_refused")
    if code in _WRONG_APP or "not published" in message or "blocking mode" in message:
        return BrainRefused("dify_app")
    if code in _MODEL_MISSING or re.search(r"Provider \S+ does not exist", message):
        return BrainRefused("dify_model_missing")
    if code == "provider_quota_exceeded":
        return BrainAway("dify_model_busy")
    if "api provider" in message or "Tool provider" in message or "ToolProvider" in message:
        return BrainRefused("dify_tools_missing")
    if "strategy" in message.lower() or "PluginDaemonNotFound" in message or "plugin not found" in message.lower():
        return BrainRefused("dify_plugin_missing")
    if "in input form" in message:
        return BrainRefused("dify_inputs", why=message[:200])
    return _of_model(code, status, message)


def _of_model(code: str, status: str, message: str) -> BotError:
    found = _PROVIDER_STATUS.search(message)
    provider = int(next(group for group in found.groups() if group)) if found else 0
    if provider in {401, 403}:
        return BrainRefused("dify_model_key")
    if provider == 429:
        return BrainAway("dify_model_busy")
    if provider or code in {"workflow_failed", "completion_request_error"} or "error_type" in message:
        return BrainAway("dify_model_failed")
    if code == "invalid_param" and status == "400":
        return BrainRefused("dify_request")
    return BrainAway("dify_failed")


def _seconds(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 3600.0)
    except ValueError:
        return 0.0
