"""What a question wants, read by rules in Chinese and English; None when no rule fits."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "help",
    "top",
    "nodes",
    "latency",
    "errors",
    "logs",
    "alerts",
    "problems",
    "events",
    "history",
    "capacity",
    "knowledge",
    "restart",
    "scale",
    "rollback",
]
CHANGES: frozenset[Kind] = frozenset({"restart", "scale", "rollback"})


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted, of what, over which time."""

    kind: Kind
    target: str = ""
    """A workload or service as the person names it."""
    namespace: str = ""
    time_range: str = ""
    """As the person wrote it; empty: the action's default."""
    resource: Literal["cpu", "memory"] = "cpu"
    number: int | None = None
    spoken: bool = False
    """The target is a word of speech (订单服务, "the order service"), not a name as the cluster writes it."""


RULES: tuple[tuple[Kind, str], ...] = (
    ("rollback", r"回滚|回退|roll\s*back|undo the (?:deploy|release|rollout)|revert"),
    ("scale", r"扩容|缩容|扩到|缩到|扩展到|\bscale\b|副本"),
    ("restart", r"重启|\brestart\b|\bbounce\b"),
    ("capacity", r"容量|预测|\bcapacity\b|forecast|run out|用完|耗尽.*(?:什么时候|何时)"),
    ("latency", r"延迟|变慢|很慢|响应慢|卡顿|超时率|\bslow\b|latency|\bp9\d\b|\bqps\b|飙升|响应时间"),
    ("errors", r"报错|错误|异常|\berrors?\b|exceptions?\b|\bpanic|5xx|\b500s?\b"),
    ("logs", r"日志|\blogs?\b"),
    (
        "top",
        r"(?:cpu|内存|memory|mem).*(?:pod|容器|占用|使用|高|most|top|high)|(?:高|high|most|top).*(?:cpu|内存|memory)",
    ),
    ("nodes", r"节点|\bnodes?\b"),
    ("alerts", r"告警|报警|\balerts?\b|firing"),
    ("events", r"事件|\bevents?\b"),
    ("history", r"发布|上线|变更|版本历史|\brollouts?\b|deployed|history|what changed|releases?\b"),
    ("knowledge", r"知识库|怎么处理|如何处理|历史案例|以前.*(?:遇到|发生)|runbook|seen this before|how (?:do|to) "),
    ("problems", r"问题|健康|状态|怎么样|巡检|\bproblems?\b|\bhealth|\bstatus\b|wrong|\bok\b"),
    ("help", r"帮助|你能做什么|怎么用|\bhelp\b|what can you do|^\s*(?:hi|hello|你好|您好)\b"),
)
COMMANDS: dict[str, Kind] = {
    "top": "top",
    "nodes": "nodes",
    "why": "latency",
    "latency": "latency",
    "errors": "errors",
    "logs": "logs",
    "alerts": "alerts",
    "problems": "problems",
    "events": "events",
    "history": "history",
    "capacity": "capacity",
    "kb": "knowledge",
    "restart": "restart",
    "scale": "scale",
    "rollback": "rollback",
    "aiops": "help",
    "help": "help",
}
NAME = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?![\w])|(?<=`)[a-z0-9][a-z0-9.-]*(?=`)")
SPOKEN = re.compile(r"([\u4e00-\u9fff]{2,6}?)(?:服务|系统|模块)|\b([a-z][a-z0-9]+)(?: |-)?(?:service|deployment|app)\b")
SPOKEN_NAMES = {
    "订单": "order",
    "支付": "payment",
    "库存": "inventory",
    "用户": "user",
    "购物车": "cart",
    "网关": "gateway",
    "商品": "product",
    "搜索": "search",
    "推荐": "recommendation",
    "物流": "shipping",
    "登录": "auth",
    "认证": "auth",
}
NAMESPACE = re.compile(
    r"(?:-n|--namespace|\bnamespace|命名空间)[ =:：]*([a-z0-9][a-z0-9-]*)"
    r"|([a-z0-9][a-z0-9-]*)\s*(?:namespace|命名空间|空间)|\bin (?:the )?([a-z0-9][a-z0-9-]*) namespace"
)
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
ORDERED = re.compile(
    r"(?:restart|bounce|scale|roll\s*back|revert|重启|回滚|扩容|缩容)(?: up| down)?\s+(?:the )?([a-z][a-z0-9-]+)"
)
FILLER = re.compile(r"^(?:为什么|查询|查看|请|帮我|今天|昨天|现在|一下|最近)+")


def read_intent(text: str) -> Intent | None:
    """The wish in a text; a command says its kind outright."""
    words = text.strip()
    if words.startswith("/"):
        return _command(words[1:])
    low = words.lower()
    kind = next((kind for kind, rule in RULES if re.search(rule, low)), None)
    return _filled(kind, words) if kind else None


def _command(words: str) -> Intent | None:
    name, _, rest = words.partition(" ")
    kind = COMMANDS.get(name.lower())
    if kind is None:
        return None
    intent = _filled(kind, rest)
    if intent.target or kind in {"knowledge", "help"}:
        return intent
    left = NAMESPACE.sub(" ", TIME.sub(" ", rest)).split()
    plain = [word for word in left if re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z][a-z0-9.-]*", word)]
    target = next((word for word in plain if word not in {"cpu", "memory", "mem"}), "")
    bare = next((int(word) for word in left if word.isdigit()), None)
    return Intent(kind, target, intent.namespace, intent.time_range, intent.resource, intent.number or bare)


def _filled(kind: Kind, words: str) -> Intent:
    time = TIME.search(words)
    without_time = TIME.sub(" ", words)
    namespace = NAMESPACE.search(without_time.lower())
    rest = NAMESPACE.sub(" ", without_time.lower())
    number = NUMBER.search(rest) or re.search(r"(?<![\w.-])()(\d{1,4})\s*$", rest)
    written = _written(rest)
    target = written or _spoken(rest)
    return Intent(
        kind,
        target,
        next((part for part in namespace.groups() if part), "") if namespace else "",
        time.group(0).strip() if time else "",
        "memory" if re.search(r"内存|memory|\bmem\b|oom", rest) else "cpu",
        next((int(part) for part in number.groups() if part), None) if number and kind == "scale" else None,
        bool(target) and not written,
    )


def _written(rest: str) -> str:
    """A name as the cluster writes it."""
    if named := NAME.search(rest):
        return named.group(0)
    if ordered := ORDERED.search(rest):
        return ordered.group(1)
    return ""


def _spoken(rest: str) -> str:
    """A service as people speak of it."""
    for spoken in SPOKEN.finditer(rest):
        chinese = FILLER.sub("", spoken.group(1) or "")
        if spoken.group(2):
            return spoken.group(2)
        if known := next((known for known in SPOKEN_NAMES if chinese.endswith(known)), ""):
            return SPOKEN_NAMES[known]
    return next((name for word, name in SPOKEN_NAMES.items() if f"{word}" in rest), "")
