"""Where the library keeps what it knows, and which model reads it."""

import os
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from knowledge.schedules import wanted

PASSED_ON = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|GIT_\w+|SSH_AUTH_SOCK|SSL_CERT_(?:FILE|DIR)"
    r"|(?:HTTPS?|NO|ALL)_PROXY|LD_LIBRARY_PATH|PYTHON\w+|OMP_NUM_THREADS",
    re.IGNORECASE,
)
"""What a program that we start may know of our environment: how to run, and no secret."""


def environment() -> dict[str, str]:
    """For programs that we start."""
    return {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}


class KnowledgeSettings(BaseSettings):
    """Read from KNOWLEDGE_*."""

    model_config = SettingsConfigDict(env_prefix="KNOWLEDGE_", env_ignore_empty=True)

    folder: Path = Path("var/knowledge")
    """Database, vectors and the prepared model; one process owns it."""
    database: str = ""
    """SQLAlchemy URL (sqlite+aiosqlite or postgresql+asyncpg). Empty: a SQLite file in the folder."""
    chroma_url: str = ""
    """http://host:port of a Chroma server. Empty: Chroma embedded, in the folder."""
    chroma_token: SecretStr = SecretStr("")
    collection: str = Field(default="dutybot", pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{1,60}[a-zA-Z0-9]$")
    embeddings: Literal["e5", "light", "endpoint", "langchain", "none"] = "e5"
    """e5, light: inside, no network. endpoint: any OpenAI-compatible one. langchain: by its name. none: words alone."""
    embeddings_url: str = ""
    embeddings_key: SecretStr = SecretStr("")
    embeddings_model: str = ""
    threads: int = Field(default=1, ge=1, le=32)
    glossary: Path | None = None
    """More words in two languages, one `中文: english; english` a line."""
    sync: str = ""
    """Importers to run by the clock, with commas between, each with the workspace and the label that it is read for, if
    not for all: `jira, markdown:/srv/runbooks, confluence for T024BE7LH label sre`."""
    sync_minutes: float = Field(default=60, ge=1)
    rerank: bool = False
    """The brain's model puts what was found in order, within bounds."""
    read_cases: bool = False
    """The brain's model reads tickets whose cause and fix the rules could not find."""
    fits: float = Field(default=0.35, ge=0, le=1)
    """How sure it must be that the best passage answers a question; else nothing fits."""

    @field_validator("sync")
    @classmethod
    def _readable(cls, told: str) -> str:
        wanted(told)
        return told
