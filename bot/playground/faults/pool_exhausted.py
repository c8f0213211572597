"""A pool run dry: a report job left transactions open, and order-service waits for database connections."""

from dataclasses import dataclass, field

from bot.playground.shop.shop import Shop
from bot.playground.shop.weather import Effect

_LINES = (
    "{at} ERROR 1 --- [nio-8080-exec-{thread}] c.s.order.OrderRepository : could not load order\n"
    "org.springframework.transaction.CannotCreateTransactionException: Could not open JPA EntityManager for transaction\n"
    "Caused by: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out "
    "after 3000ms (total=20, active=20, idle=0, waiting={n})\n"
    "\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:686)\n"
    "\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:179)\n"
    "\tat com.shop.order.OrderRepository.find(OrderRepository.java:58)",
    "{at} WARN  1 --- [HikariPool-1 housekeeper] c.z.hikari.pool.ProxyLeakTask : Connection leak detection triggered for "
    "org.postgresql.jdbc.PgConnection@{hex} on thread report-export-{thread}, stack trace follows",
)
ENOUGH_PODS = 6


@dataclass(slots=True)
class PoolExhausted:
    """Every connection of order-service's pools is held by transactions that nobody ends."""

    name: str = "pool_exhausted"
    alert: str = "HighLatency"
    story: str = "order-service became slow all at once: its requests wait for database connections that are never given back."
    repair: str = "restart order-service, or scale it to six pods so that there are connections to spare"
    effects: list[Effect] = field(default_factory=list)

    def start(self, shop: Shop) -> None:
        """The connections are taken."""
        effect = Effect(
            lambda life: life.app == "order-service", shop.world.now, errors=0.06, slow=42.0, cpu=0.7, pool=1.0,
            relief=ENOUGH_PODS, until_restart=True, lines=_LINES,
        )
        self.effects = [shop.feel(effect)]

    def stop(self, shop: Shop) -> None:
        """The transactions end."""
        shop.end(self.effects)


def make() -> PoolExhausted:
    """The fault."""
    return PoolExhausted()
