"""The services of the shop: how they are built, how big they are, whom they call and how much is asked of them."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["go", "java", "python", "node"]


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `rate` is requests a second at an ordinary hour; `calls` is whom a request asks, and how often."""

    name: str
    language: Language
    replicas: int
    versions: tuple[tuple[float, str], ...]
    rate: float
    median_ms: float
    cpu_idle: float
    cpu_per_request: float
    memory_mib: float
    requests: tuple[str, str]
    limits: tuple[str, str]
    calls: tuple[tuple[str, float], ...] = ()
    routes: tuple[str, ...] = ("/",)
    pool: int = 0
    port: int = 8080

    @property
    def image(self) -> str:
        """The image without its tag."""
        return f"registry.shop.example/{self.name}"

    def tagged(self, tag: str) -> str:
        """The image of one version."""
        return f"{self.image}:{tag}"

    @property
    def current(self) -> str:
        """The tag of the newest version that works."""
        return self.versions[-1][1]


SERVICES: tuple[Service, ...] = (
    Service(
        "gateway",
        "go",
        3,
        ((9.0, "v1.18.2"), (5.2, "v1.19.0")),
        60,
        9,
        0.02,
        0.0016,
        90,
        ("200m", "128Mi"),
        ("1", "256Mi"),
        (("order-service", 0.3), ("cart-service", 0.4), ("user-service", 0.3), ("storefront", 0.5)),
        ("/api/orders", "/api/cart", "/api/users", "/"),
    ),
    Service(
        "storefront",
        "node",
        2,
        ((9.0, "v5.3.1"), (2.4, "v5.4.0")),
        32,
        22,
        0.03,
        0.0035,
        180,
        ("200m", "256Mi"),
        ("1", "512Mi"),
        (("inventory-service", 0.6),),
        ("/", "/product/:id", "/search"),
    ),
    Service(
        "order-service",
        "java",
        3,
        ((9.0, "v2.3.0"), (6.1, "v2.3.1"), (3.0, "v2.4.0")),
        18,
        38,
        0.06,
        0.009,
        620,
        ("500m", "768Mi"),
        ("1500m", "1Gi"),
        (("payment-service", 0.4), ("inventory-service", 0.7)),
        ("/orders", "/orders/{id}", "/orders/{id}/pay"),
        20,
    ),
    Service(
        "payment-service",
        "java",
        2,
        ((9.0, "v3.0.4"), (4.3, "v3.1.0")),
        7,
        85,
        0.05,
        0.011,
        540,
        ("300m", "640Mi"),
        ("1", "768Mi"),
        (),
        ("/pay", "/refund"),
        10,
    ),
    Service(
        "inventory-service",
        "go",
        2,
        ((9.0, "v0.9.7"), (1.6, "v1.0.2")),
        31,
        6,
        0.02,
        0.0018,
        140,
        ("150m", "192Mi"),
        ("500m", "384Mi"),
        (),
        ("/stock/{sku}", "/reserve"),
        15,
    ),
    Service(
        "user-service",
        "python",
        2,
        ((9.0, "v4.11.0"), (7.3, "v4.12.1")),
        18,
        17,
        0.03,
        0.005,
        210,
        ("200m", "256Mi"),
        ("750m", "512Mi"),
        (),
        ("/users/{id}", "/login"),
        10,
    ),
    Service(
        "cart-service",
        "go",
        2,
        ((9.0, "v1.6.0"), (2.1, "v1.6.3")),
        24,
        5,
        0.02,
        0.0014,
        75,
        ("100m", "128Mi"),
        ("500m", "256Mi"),
        (),
        ("/cart/{id}",),
    ),
    Service(
        "notification-service",
        "python",
        1,
        ((9.0, "v0.7.5"),),
        3,
        45,
        0.02,
        0.012,
        150,
        ("100m", "192Mi"),
        ("500m", "384Mi"),
        (),
        ("/send",),
    ),
)
BY_NAME = {service.name: service for service in SERVICES}
NAMESPACE = "shop"
NODES: tuple[tuple[str, str], ...] = (
    ("node-1", "10.0.0.11"),
    ("node-2", "10.0.0.12"),
    ("node-3", "10.0.0.13"),
    ("node-4", "10.0.0.14"),
)
NODE_CORES = 4
NODE_MEMORY = 8 * 2**30
NODE_DISK = 80 * 2**30
DAYS_OF_HISTORY = 9.0
