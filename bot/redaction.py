"""Takes secrets out of text before anybody sees it."""

import re

SECRETS = re.compile(
    r"(?i)(?P<name>(?:password|passwd|pwd|secret|token|api[_-]?key|authorization|密码|口令)[\"']?\s*[:=：]\s*[\"']?(?:bearer\s+|basic\s+)?)"
    r"(?P<value>[^\s\"',;&]{4,})"
)


def mask(text: str) -> str:
    """The same text without the values of what is named a secret."""
    return SECRETS.sub(lambda found: f"{found['name']}[REDACTED]", text)
