"""What keeps Feishu from working, and where to click: permissions, events, callbacks, the way in, and the clock."""

from bot.errors import ChannelError
from bot.talk.channels.feishu.client import FeishuClient
from bot.talk.channels.feishu.scopes import lacking, unsubscribed

MOST_SKEW = 60.0
HIDDEN = (
    "Feishu does not show events and callbacks to this app: allow application:application:self_manage "
    "(Permissions / 权限管理) to have them checked."
)


async def examined(client: FeishuClient, *, socket: bool) -> str:
    """English sentences; empty when all is well. Raises ChannelError when Feishu cannot be asked at all."""
    found = []
    try:
        told = await client.call("GET", "/application/v6/scopes")
        found.append(lacking(told.get("scopes") or []))
    except ChannelError as error:
        found.append(f"The permissions cannot be read ({error.values.get('code', error)}).")
    try:
        told = await client.call("GET", f"/application/v6/applications/{client.app_id}", params={"lang": "zh_cn"})
        found.append(unsubscribed(told.get("app") or {}, socket))
    except ChannelError:
        found.append(HIDDEN)
    if socket:
        await client.endpoint()
    if abs(client.skew) > MOST_SKEW:
        found.append(f"The clock here is {client.skew:+.0f} s off Feishu's: set it by NTP.")
    return " ".join(each for each in found if each)
