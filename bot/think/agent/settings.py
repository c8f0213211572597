"""Which OpenAI-compatible model thinks, and within what bounds."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ModelSettings(BaseSettings):
    """Read from MODEL_*."""

    model_config = SettingsConfigDict(env_prefix="MODEL_", env_ignore_empty=True)

    url: str = "http://127.0.0.1:11434/v1"
    """Base of an OpenAI-compatible API: OpenAI, DeepSeek, Qwen, vLLM, Ollama, llama.cpp…"""
    name: str = ""
    """Of the model, as that API names it."""
    key: SecretStr = SecretStr("")
    tools: bool = True
    """Whether the model can call tools; without, it writes its plans as a block in the answer."""
    rounds: int = Field(default=8, ge=1, le=50)
    """How often the model may be asked within one answer."""
    seconds: float = Field(default=120.0, gt=0)
    """Silence that counts as away."""
    temperature: float = 0.1
    most_tokens: int = Field(default=2000, ge=1)
    """Of one reply."""
    price_in: float = Field(default=0.0, ge=0)
    """For a million tokens read."""
    price_out: float = Field(default=0.0, ge=0)
    """For a million tokens written."""
    currency: str = ""
