"""How we get into Feishu or Lark, and which of its departments and people mean which role."""

from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class FeishuSettings(BaseSettings):
    """Read from FEISHU_*."""

    model_config = SettingsConfigDict(env_prefix="FEISHU_", env_ignore_empty=True)

    app_id: str = ""
    """`cli_…`, from Credentials & Basic Info."""
    app_secret: SecretStr = SecretStr("")
    """From the same page."""
    api_url: str = "https://open.feishu.cn"
    """https://open.larksuite.com for Lark."""
    mode: Literal["socket", "webhook"] = "socket"
    """socket: we call Feishu, no address of ours need be reachable; webhook: Feishu calls /feishu/events."""
    encrypt_key: SecretStr = SecretStr("")
    """Needed for webhook: Event Subscription, Encrypt Key."""
    verification_token: SecretStr = SecretStr("")
    """Needed for webhook, from the same page."""
    roles: dict[str, str] = {}
    """Role by the open_id of a person, or the id of a department, a group chat (oc_…) or a user group, as JSON:
    {"od-1234": "approver"}."""
    urgent: list[str] = []
    """open_ids of those who get an urgent notice when something dangerous waits for leave, as JSON: ["ou_1234"]."""
    language: Literal["zh", "en"] = "zh"
    """Of people: Feishu does not tell us theirs."""
    zone: str = "Asia/Shanghai"
    """Of people: Feishu does not tell us theirs."""
