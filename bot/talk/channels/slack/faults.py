"""What a call to Slack can end with; its libraries are loaded only when one is made."""

from functools import cache


@cache
def faults() -> tuple[type[Exception], ...]:
    """All that a call can end with."""
    from aiohttp import ClientError
    from slack_sdk.errors import SlackClientError

    return (SlackClientError, ClientError, OSError, TimeoutError, ValueError)
