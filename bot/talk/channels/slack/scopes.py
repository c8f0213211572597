"""What Slack must allow us, as the manifest asks for it and the doctor looks for it."""

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)


EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "message.channels",
    "message.groups",
    "message.im",
)
"""What we must be told of."""


def lacking(granted: str) -> str:
    """One English sentence on what is not granted; empty when nothing is missing, or when Slack does not say."""
    given = {each.strip() for each in granted.split(",") if each.strip()}
    missing = [each for each in SCOPES if each not in given]
    if not given or not missing:
        return ""
    return f"Slack has not granted {', '.join(missing)}: add them under OAuth & Permissions and reinstall the app."
