"""What the numbers of a series mean, as its name tells; and the size in which people read them."""

UNITS = {
    "milliseconds": "ms",
    "ms": "ms",
    "seconds": "s",
    "bytes": "bytes",
    "mebibytes": "MiB",
    "percent": "%",
    "utilization": "%",
    "cpuutilization": "%",
    "ratio": "ratio",
    "millicores": "millicores",
    "cores": "cores",
}
TIMES = frozenset({"latency", "duration", "lag"})
"""Names that say no unit are in seconds, as Prometheus and the clouds have it."""
SHARES = frozenset({"availability", "success"})
COUNTED = frozenset({"total", "count", "bucket", "sum"})
"""What only grows, or is a number of things."""
SIZES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def unit_of(name: str, most: float = 0.0) -> str:
    """The unit of a metric, '' where its name does not tell. `most`: its largest value, to tell 0.99 from 99 %."""
    words = name.lower().split("_")
    if COUNTED & set(words):
        return ""
    told = next((UNITS[word] for word in reversed(words) if word in UNITS), "")
    if told or not (TIMES | SHARES) & set(words):
        return told
    if TIMES & set(words):
        return "s"
    return "ratio" if most <= 1.0 else "%"


def scaled(unit: str, most: float) -> tuple[float, str]:
    """(factor, unit) in which values up to `most` are read best: 1.9e10 bytes as 17.7 GiB, 0.012 s as 12 ms."""
    most = abs(most)
    if unit == "bytes":
        return next(((1 / size, name) for size, name in SIZES if most >= size), (1.0, "B"))
    if unit == "ratio":
        return 100.0, "%"
    if unit in ("s", "seconds"):
        return (1000.0, "ms") if most < 1 else (1 / 60, "min") if most >= 600 else (1.0, "s")
    return 1.0, unit
