"""The rooms that settings choose: brains, channels, alert sources, ledgers, hands, and what is read."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.act.hands import Hands, OperatorsHands
from bot.act.ledger import Ledger
from bot.act.ledger.file import FileLedger
from bot.act.ledger.settings import LedgerSettings
from bot.act.policy import DEFAULT, Policy
from bot.act.posted import Posted
from bot.act.settings import ActSettings
from bot.act.signing import private_key
from bot.act.signs import Signs
from bot.database import Database
from bot.errors import BadInput
from bot.hall.home import Home
from bot.settings import DutyBotSettings
from bot.talk.alerts import AlertSource, Around
from bot.talk.channels import Channel
from bot.talk.channels.web.stage import Books
from bot.talk.drawn import drawn
from bot.talk.hints import Hints
from bot.talk.mirrors import Mirrors, Place
from bot.talk.visits import Visits
from bot.think.agent.settings import ModelSettings
from bot.think.brains import Brain
from bot.think.diagnosis.reads import MOST_LOG_BYTES, LiveReads
from bot.think.librarian import Librarian
from bot.think.means import Means
from skills import Clock
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.connection import connection
from skills.kubernetes.settings import KubernetesSettings
from skills.loki.client import LokiClient
from skills.loki.settings import LokiSettings
from skills.prometheus.client import PrometheusClient
from skills.prometheus.settings import PrometheusSettings


def brain(name: str, means: Means) -> Brain:
    """The brain in think/brains/NAME.py."""
    made: Brain = import_module(f"bot.think.brains.{name}").make(means)
    return made


def opened(
    names: Iterable[str],
    database: Database,
    given: Mapping[str, Mapping[str, Any]],
    books: Books,
    typed: Hints,
    visits: Visits,
) -> dict[str, Channel]:
    """The channels in talk/channels/NAME/, each with what it shows of the house: our library, our commands.

    `visits`: where it is written down who comes in.
    """
    web = {"books": books, "hints": typed, "visits": visits, "previews": drawn}
    lent: dict[str, dict[str, Any]] = {"web": web, "slack": {"hints": typed}, "feishu": {"hints": typed}}
    return {name: _channel(name, database, {**lent.get(name, {}), **given.get(name, {})}) for name in names}


def _channel(name: str, database: Database, given: Mapping[str, Any]) -> Channel:
    made: Channel = import_module(f"bot.talk.channels.{name}").make(database, **given)
    return made


def alert_source(name: str, around: Around, settings: Mapping[str, Any]) -> AlertSource:
    """The source in talk/alerts/NAME.py."""
    made: AlertSource = import_module(f"bot.talk.alerts.{name}").make(around, **settings)
    return made


def live_reads(given: Mapping[str, Mapping[str, Any]]) -> LiveReads:
    """What an investigation looks through: the same servers, rights and limits as the skills'."""
    kubernetes = KubernetesSettings(**given.get("kubernetes", {}))
    return LiveReads(
        Cluster(lambda: connection(kubernetes)),
        PrometheusClient(PrometheusSettings(**given.get("prometheus", {}))),
        LokiClient(LokiSettings(**given.get("loki", {})), most_bytes=MOST_LOG_BYTES),
    )


def rules(settings: DutyBotSettings, act: ActSettings, clock: Clock) -> tuple[Policy, Posted | None]:
    """Who may do what: from a custom resource, which is to be kept in step, or from a file."""
    if not act.policy:
        return Policy.read(settings.policy_path or DEFAULT), None
    posted = Posted(Cluster(lambda: connection(KubernetesSettings())), act.policy, clock)
    return posted.policy, posted


def hands(settings: ActSettings, clock: Clock) -> Hands | None:
    """Who makes the changes: None, this process; or the operator. Raises BadInput when its key cannot be used."""
    if settings.mode == "direct":
        return None
    key, lasts = private_key(settings.signing_key_file), timedelta(minutes=settings.minutes)
    cluster = Cluster(lambda: connection(KubernetesSettings()))
    return OperatorsHands(cluster, settings.namespace, key, clock.read, lasts)


def signs(given: Mapping[str, Mapping[str, Any]], settings: DutyBotSettings, clock: Clock) -> Signs | None:
    """What repairs of incidents are to end, as Prometheus shows it; None: nobody measures, or is to be waited for."""
    minutes = ActSettings().signs_minutes
    if "prometheus" not in settings.skills or minutes <= 0:
        return None
    return Signs(
        PrometheusClient(PrometheusSettings(**given.get("prometheus", {}))), clock.read, timedelta(minutes=minutes)
    )


def open_ledger(path: Path) -> Ledger:
    """A file, and Elasticsearch as well where its address is set."""
    chosen = LedgerSettings()
    file = FileLedger(path, chosen)
    if not chosen.elasticsearch_url:
        return file
    made: Ledger = import_module("bot.act.ledger.elasticsearch").make(file, chosen)
    return made


def librarian() -> Librarian | None:
    """The model that helps the library; None where no model is named."""
    chosen = ModelSettings()
    return Librarian(chosen) if chosen.name else None


def mirrors(settings: DutyBotSettings, home: Home) -> Mirrors:
    """Places that show the same incidents, and each request. Raises BadInput when their channel is not switched on."""
    others = tuple(Place(*each.partition(":")[::2]) for each in settings.mirrors)
    for each in others:
        if each.channel not in settings.channels:
            raise BadInput("error_mirror_unknown", channel=each.channel, channels=", ".join(settings.channels))
    return Mirrors(Place(home.channel, home.place), others)
