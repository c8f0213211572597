"""The tree of a LogQL query: what the parser makes and the engine walks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.playground.promql import Matcher


@dataclass(frozen=True, slots=True)
class LineFilter:
    """`|= "a" or "b"` and its kin."""

    op: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parser:
    """`| json`, `| logfmt`, `| regexp "…"`, `| pattern "…"`, `| unpack`, with the fields asked for by name."""

    kind: str
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelTest:
    """One condition on a label; `kind` tells how the value is compared."""

    name: str
    op: str
    value: str | float
    kind: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions of which one must hold (`or`), or all (`and`)."""

    op: str
    parts: tuple["LabelTest | AnyOf", ...]


@dataclass(frozen=True, slots=True)
class LineFormat:
    """`| line_format "{{.a}}"`."""

    template: str


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """`| label_format a=b, c="{{.d}}"`: target, source, and whether the source is a template."""

    parts: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Prune:
    """`| drop a, b="c"` or `| keep …`."""

    keep: bool
    names: tuple[str, ...]
    matchers: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class Decolorize:
    """`| decolorize`."""


Stage = LineFilter | Parser | LabelTest | AnyOf | LineFormat | LabelFormat | Prune | Decolorize


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A selector and its pipeline."""

    matchers: tuple[Matcher, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """by or without; shaped as the engine's aggregations read it."""

    type: str
    labels: Sequence[str]


@dataclass(frozen=True, slots=True)
class RangeCall:
    """`rate({…}[5m])` and its kin; `unwrap` is the label that holds the number."""

    function: str
    query: LogQuery
    span_ns: int
    offset_ns: int = 0
    unwrap: str = ""
    conversion: str = ""
    after: tuple[Stage, ...] = ()
    param: float | None = None
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`sum by (a) (…)` and its kin."""

    op: str
    inner: "Metric"
    grouping: Grouping | None = None
    param: float | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or `vector(number)`."""

    value: float
    vector: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """label_replace."""

    inner: "Metric"
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two metrics and an operator, with how their rows find each other."""

    op: str
    left: "Metric"
    right: "Metric"
    return_bool: bool = False
    on: bool = False
    labels: tuple[str, ...] = ()
    card: str = "OneToOne"
    include: tuple[str, ...] = field(default=())


Metric = RangeCall | Aggregation | Number | Replace | Binary
Query = LogQuery | Metric
