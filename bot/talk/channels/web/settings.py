"""Who may come in by the web page, and how."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Seat(BaseModel):
    """One person that the page knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")
    name: str = Field(min_length=1, max_length=60)
    roles: frozenset[str] = frozenset()
    email: str = ""


DEMO = (
    Seat(id="asker", name="Lin 林", roles=frozenset({"asker"})),
    Seat(id="approver", name="Chen 陈", roles=frozenset({"approver"})),
    Seat(id="owner", name="Zhao 赵", roles=frozenset({"owner"})),
)


class WebSettings(BaseSettings):
    """Read from WEB_*."""

    model_config = SettingsConfigDict(env_prefix="WEB_", env_ignore_empty=True)

    people: tuple[Seat, ...] = DEMO
    """Who the page knows, as JSON: [{"id": "lin", "name": "Lin", "roles": ["approver"]}, …]."""
    tokens: dict[str, SecretStr] = {}
    """By the id of a person, the secret that signs them in, as JSON. None: anybody on this machine may sit down."""
    most_letters: int = 16_000
    """Of one message."""
    posts_per_minute: int = 60
    """That one session may send."""

    def model_post_init(self, _context: Any) -> None:
        self.tokens = {who: token for who, token in self.tokens.items() if token.get_secret_value()}
