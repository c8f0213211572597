"""Which log streams are meant: a selector in LogQL, label=value pairs, or just a service's name."""

import difflib
import re
from collections.abc import Iterable

from skills.errors import BadArguments, not_found
from skills.loki.client import LokiClient
from skills.timerange import TimeRange

SERVICE_LABELS = ("service_name", "app", "service", "app_kubernetes_io_name", "container", "component", "job")
NAMESPACE_LABELS = ("namespace", "k8s_namespace_name", "kubernetes_namespace_name")
_PAIR = re.compile(r"""^\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*["'`]?([^"'`,{}]*)["'`]?\s*$""")


def quoted(text: str) -> str:
    """A LogQL string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'


def selector(labels: Iterable[tuple[str, str, str]]) -> str:
    """(label, operator, value) -> {label="value"}."""
    return "{" + ", ".join(f"{label}{sign}{quoted(value)}" for label, sign, value in labels) + "}"


def line_filter(text: str) -> str:
    """Plain text must be in the line; /…/ is a regular expression; what begins with | is LogQL already."""
    text = text.strip()
    if not text:
        return ""
    if text.startswith(("|", "!=", "!~")):
        return f" {text}"
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        return f" |~ {quoted(text[1:-1])}"
    return f" |= {quoted(text)}"


async def streams(client: LokiClient, written: str, span: TimeRange, service_label: str = "") -> str:
    """The selector that is meant.

    Raises:
        BadArguments: it would select everything.
        NotFound: no label has this service's name.
    """
    written = written.strip()
    if written.startswith("{"):
        return _narrow(written)
    pairs = [_PAIR.match(part) for part in written.split(",")]
    if all(pairs):
        return _narrow(selector((pair[1], pair[2], pair[3]) for pair in pairs if pair))
    return await streams_of(client, span, service=written, service_label=service_label)


async def streams_of(
    client: LokiClient, span: TimeRange, *, service: str = "", namespace: str = "", service_label: str = ""
) -> str:
    """The streams of a service, of a namespace, or of a service in a namespace."""
    chosen: list[tuple[str, str, str]] = []
    labels = await client.labels(span)
    if namespace:
        label = next((each for each in NAMESPACE_LABELS if each in labels), "namespace")
        known = await client.label_values(label, span)
        if namespace not in known:
            raise not_found("no_logs_namespace", _near(namespace, known), namespace=namespace)
        chosen.append((label, "=", namespace))
    if service:
        chosen.append(await _of_service(client, span, service, labels, service_label))
    if not chosen:
        raise BadArguments("logs_of_what")
    return selector(chosen)


async def _of_service(
    client: LokiClient, span: TimeRange, service: str, labels: tuple[str, ...], service_label: str
) -> tuple[str, str, str]:
    candidates = (service_label,) if service_label else tuple(each for each in SERVICE_LABELS if each in labels)
    known: set[str] = set()
    values = {label: await client.label_values(label, span) for label in candidates}
    for label in candidates:
        if service in values[label]:
            return label, "=", service
        known |= set(values[label])
    for label in candidates:
        ending = [each for each in values[label] if each.endswith(f"/{service}")]
        if ending:
            return label, "=", ending[0]
    if "pod" in labels and any(each.startswith(service) for each in await client.label_values("pod", span)):
        return "pod", "=~", re.escape(service).replace("\\-", "-") + ".*"
    raise not_found("no_logs_service", _near(service, known), service=service)


def _near(word: str, known: Iterable[str]) -> list[str]:
    kept = sorted(set(known))
    return difflib.get_close_matches(word, kept, n=3, cutoff=0.4) or kept[:5]


def _narrow(written: str) -> str:
    """Loki refuses a selector that may match the empty value; say so in our words."""
    if not re.search(r'[^!]=\s*["`][^"`]+["`]|=~\s*["`](?!\.\*["`])[^"`]+["`]', written):
        raise BadArguments("logs_of_what")
    return written
