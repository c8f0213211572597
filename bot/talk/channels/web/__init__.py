"""The web page: one page, served by the bot itself, where people ask, look and decide."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.database import Database
from bot.database.files import Files
from bot.domain.message import Person
from bot.errors import BadInput
from bot.talk.channels.web.api import Api
from bot.talk.channels.web.channel import WebChannel
from bot.talk.channels.web.files import Files as PageFiles
from bot.talk.channels.web.library_desk import LibraryDesk
from bot.talk.channels.web.preview_desk import PreviewDesk
from bot.talk.channels.web.sessions import Sessions
from bot.talk.channels.web.settings import Seat, WebSettings
from bot.talk.channels.web.stage import Books, Pictures, Previews, Scene, Story
from bot.talk.channels.web.store import Store
from bot.talk.channels.web.threshold import Threshold, is_local
from bot.talk.channels.web.uploads import Uploads
from bot.talk.hints import Hint, Hints, none
from bot.talk.settings import HttpSettings
from bot.talk.visits import Visits

__all__ = ["Hint", "Scene", "Seat", "Story", "WebChannel", "WebSettings", "make"]
SHORTEST_TOKEN = 16


def make(
    database: Database,
    settings: WebSettings | None = None,
    *,
    host: str | None = None,
    hints: Hints = none,
    story: Story | None = None,
    pictures: Pictures | None = None,
    books: Books | None = None,
    visits: Visits | None = None,
    previews: Previews | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> WebChannel:
    """The channel with its routes. Raises BadInput when others could come in without a token."""
    settings = settings or WebSettings()
    host = HttpSettings().host if host is None else host
    _check(settings, host)
    files = Files(database)
    uploads = Uploads(files)
    people = [Person(seat.id, seat.name, "web", "", seat.roles) for seat in settings.people]
    channel = WebChannel(Store(database), now, uploads, people)
    sessions = Sessions(database, settings, now, visits)
    threshold = Threshold(sessions, host, settings.posts_per_minute)
    api = Api(channel, sessions, threshold, settings, hints, story, pictures or files.picture, uploads)
    desks = (LibraryDesk(books, threshold), PreviewDesk(previews, channel, threshold))
    channel.serve([*PageFiles().routes(), *(route for desk in desks for route in desk.routes()), *api.routes()])
    return channel


def _check(settings: WebSettings, host: str) -> None:
    if not settings.tokens and not is_local(host):
        raise BadInput("web_needs_token", host=host)
    people = {seat.id for seat in settings.people}
    if not people:
        raise BadInput("web_nobody")
    for who, token in settings.tokens.items():
        if who not in people:
            raise BadInput("web_token_of_nobody", who=who)
        if len(token.get_secret_value()) < SHORTEST_TOKEN:
            raise BadInput("web_token_short", who=who, least=SHORTEST_TOKEN)
