"""What a question wants, read by rules in Chinese and English; None when no rule fits."""

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Literal

from bot.think.scripted.deadline import without_deadline
from bot.think.scripted.names import namespace_in, spoken_in, without_namespace, words_in, written_in
from bot.think.scripted.wishes import Kind, read_kind


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted, of what, over which time."""

    kind: Kind
    target: str = ""
    """A workload or service as the person names it; a node for what is done to nodes."""
    namespace: str = ""
    time_range: str = ""
    """As the person wrote it; empty: the action's default."""
    resource: Literal["cpu", "memory"] = "cpu"
    number: int | None = None
    by: int | None = None
    """How many more (less: negative), where no number was named to end with."""
    spoken: bool = False
    """The target is a word of speech (订单服务, "the order service"), not a name as the cluster writes it."""
    words: tuple[str, ...] = field(default=(), compare=False)
    """Where no target stands out: what may be one, if something that runs is called so."""
    text: str = field(default="", compare=False)
    """All that was said, without the command's own word."""


COMMANDS: dict[str, Kind] = {
    "top": "top",
    "nodes": "nodes",
    "why": "latency",
    "latency": "latency",
    "errors": "errors",
    "logs": "logs",
    "alerts": "alerts",
    "problems": "problems",
    "status": "status",
    "services": "running",
    "pods": "pods",
    "events": "events",
    "changes": "changes",
    "history": "history",
    "capacity": "capacity",
    "kb": "knowledge",
    "restart": "restart",
    "scale": "scale",
    "rollback": "rollback",
    "cordon": "cordon",
    "uncordon": "uncordon",
    "drain": "drain",
    "aiops": "help",
    "help": "help",
}
TIME = re.compile(
    r"(?:(?:今天|昨天|前天|今早|昨晚|today|yesterday)?\s*(?:上午|下午|晚上|凌晨|早上)?\s*"
    r"(?:between |from )?\d{1,2}(?::\d{2}|点半?|时)\s*(?:-|–|~|到|至|to|and)\s*"
    r"\d{1,2}(?::\d{2}|点半?|时)?(?:\s*(?:am|pm))?)"
    r"|(?:between \d{1,2} and \d{1,2}(?:\s*(?:am|pm))?)"
    r"|(?:(?:过去|最近|近|last|past)\s*(?:the\s*)?[\d一二两三四五六七八九十半]*\s*个?"
    r"(?:分钟|小时|天|周|minutes?|mins?|hours?|h|days?|weeks?)[半]?)"
    r"|(?<![\w.-])\d+(?:s|m|h|d|w)(?![\w-])"
    r"|今天|昨天|yesterday|today",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(?:到|至|成|为|to|=|replicas?|副本数?)\s*(\d{1,4})|(?<![\w.-])(\d{1,4})\s*(?:个|replicas?|副本)")
MORE = re.compile(
    r"(?:增加|再加|加|多开|\badd)\s*(\d{1,4})|\bup by (\d{1,4})|(\d{1,4}) more\b|\bscale up .*\bby (\d{1,4})"
)
FEWER = re.compile(
    r"(?:减少|去掉|减)\s*(\d{1,4})|\bdown by (\d{1,4})|(\d{1,4}) (?:less|fewer)\b|\bscale down .*\bby (\d{1,4})"
)


def read_intent(text: str) -> Intent | None:
    """The wish in a text; a command says its kind outright."""
    words = text.strip()
    if words.startswith("/"):
        return _command(words[1:])
    kind = read_kind(words.lower())
    return _filled(kind, words) if kind else None


def _command(words: str) -> Intent | None:
    name, _, rest = words.partition(" ")
    kind = COMMANDS.get(name.lower())
    if kind is None:
        return None
    intent = _filled(kind, rest)
    if intent.target or kind in {"knowledge", "help"}:
        return intent
    left = without_namespace(TIME.sub(" ", rest)).split()
    plain = [word for word in left if re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z][a-z0-9.-]*", word)]
    target = next((word for word in plain if word not in {"cpu", "memory", "mem"}), "")
    bare = next((int(word) for word in left if word.isdigit()), None)
    number = intent.number if intent.number is not None else bare
    return dataclasses.replace(intent, target=target, number=number)


def _filled(kind: Kind, words: str) -> Intent:
    time = TIME.search(words)
    without_time = TIME.sub(" ", words).lower()
    rest = without_namespace(without_time)
    by = _by(rest) if kind == "scale" else None
    number = NUMBER.search(rest) or re.search(r"(?<![\w.-])()(\d{1,4})\s*$", rest)
    written = written_in(rest)
    target = written or spoken_in(rest)
    if kind == "add_nodes":
        number = re.search(r"()(\d{1,4})", without_deadline(words))
    counted = kind in {"scale", "add_nodes"} and by is None
    return Intent(
        kind,
        target,
        namespace_in(without_time),
        time.group(0).strip() if time else "",
        "memory" if re.search(r"内存|memory|\bmem\b|oom", rest) else "cpu",
        next((int(part) for part in number.groups() if part), None) if counted and number else None,
        by,
        bool(target) and not written,
        () if target else words_in(rest),
        words.strip(),
    )


def _by(rest: str) -> int | None:
    for rule, sign in ((MORE, 1), (FEWER, -1)):
        if found := rule.search(rest):
            return sign * int(next(part for part in found.groups() if part))
    return None
