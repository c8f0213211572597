"""The one way to an OpenAI-compatible model: a client made from the settings, when it is first needed."""

from typing import TYPE_CHECKING, Any

import httpx

from bot.think.agent.settings import ModelSettings
from skills.bounded import bounded

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

MOST_BYTES = 8_000_000
"""Of one answer: no server is trusted to end."""


def chat_of(chosen: ModelSettings, **more: Any) -> "ChatOpenAI":
    """As the settings say; what is given beside them wins."""
    from langchain_openai import ChatOpenAI  # it takes a second to load: those without a model never do

    told: dict[str, Any] = {
        "model": chosen.name,
        "base_url": chosen.url,
        "api_key": chosen.key if chosen.key.get_secret_value() else "none",
        "temperature": chosen.temperature,
        "max_completion_tokens": chosen.most_tokens,
        "timeout": chosen.seconds,
        "max_retries": 1,
        "http_async_client": httpx.AsyncClient(
            event_hooks=bounded(MOST_BYTES), timeout=chosen.seconds, follow_redirects=True
        ),
    }
    return ChatOpenAI(**told | more)
