"""All doors of one house: opened only when somebody was given a token."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from starlette.routing import BaseRoute

from bot.database import Database
from bot.talk.tools.counter import Counter, Forbids, PerformRead, Search
from bot.talk.tools.knowledge_door import KnowledgeDoor
from bot.talk.tools.mcp_door import McpDoor
from bot.talk.tools.offers import Offers
from bot.talk.tools.openapi_door import OpenApiDoor
from bot.talk.tools.settings import DoorSettings
from bot.talk.tools.tokens import Tokens
from bot.talk.visits import Visits
from skills import Action


class Doors:
    """MCP, OpenAPI, and Dify's external knowledge, over one counter. `offers` holds what was proposed through them."""

    def __init__(
        self,
        actions: Iterable[Action],
        perform_read: PerformRead,
        forbids: Forbids,
        database: Database,
        now: Callable[[], datetime],
        search: Search | None = None,
        settings: DoorSettings | None = None,
        visits: Visits | None = None,
    ) -> None:
        """Raises BadInput when DOORS_TOKENS cannot be read."""
        chosen = settings or DoorSettings()
        tokens = Tokens.read(chosen.tokens.get_secret_value(), chosen.per_minute)
        tokens.visits = visits
        self.offers = Offers(database, now, chosen.plan_minutes)
        counter = Counter(actions, perform_read, forbids, self.offers, search, chosen.seconds, chosen.most_reply)
        self.counter = counter
        self._mcp = McpDoor(counter, tokens, chosen)
        doors = (self._mcp, OpenApiDoor(counter, tokens, chosen), KnowledgeDoor(counter, tokens, chosen))
        self._routes = [route for door in doors for route in door.routes()] if tokens else []

    def routes(self) -> Sequence[BaseRoute]:
        """None without a token: there is nobody to let in."""
        return self._routes

    async def close(self) -> None:
        await self._mcp.close()
