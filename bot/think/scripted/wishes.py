"""Which kind of wish a text is: rules in Chinese and English, and guards for what only speaks of a change."""

import re
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
    "status",
    "running",
    "pods",
    "events",
    "changes",
    "history",
    "capacity",
    "knowledge",
    "restart",
    "scale",
    "rollback",
    "cordon",
    "uncordon",
    "drain",
    "add_nodes",
]
CHANGES: frozenset[Kind] = frozenset({"restart", "scale", "rollback", "cordon", "uncordon", "drain", "add_nodes"})
ON_NODES: frozenset[Kind] = frozenset({"cordon", "uncordon", "drain"})

ORDERS: tuple[tuple[Kind, str], ...] = (
    (
        "add_nodes",
        r"(?:增加|添加|新增|加|扩)\s*\d+\s*[个台]?\s*(?:node|节点|机器)|\badd \d+ (?:more )?(?:node|machine)s?\b",
    ),
    ("rollback", r"回滚|回退|\broll(?:ing)?\s*back\b|\brollback\b|undo the (?:deploy|release|rollout)|\brevert\b"),
    ("scale", r"扩容|缩容|扩到|缩到|扩展到|\bscale\b|副本"),
    ("restart", r"重启|\brestart\b|\bbounce\b"),
    ("uncordon", r"恢复调度|解除(?:封锁|隔离)|\buncordon\b"),
    ("cordon", r"停止调度|禁止调度|封锁节点|\bcordon\b"),
    ("drain", r"排空|腾空|驱逐节点|\bdrain\b"),
)
QUESTIONS: tuple[tuple[Kind, str], ...] = (
    (
        "capacity",
        r"容量|预测|用完|用满|快满|撑多久|够用|够吗|耗尽.*(?:什么时候|何时)|(?:需要|应该|何时|时候).*加.{0,4}节点",
    ),
    ("capacity", r"\bcapacity\b|forecast|\bruns? out\b|\bfills? up\b|\b(?:be|get) full\b|enough (?:room|nodes|space)"),
    ("latency", r"延迟|变慢|很慢|响应慢|卡顿|超时率|\bslow\b|latency|\bp9\d\b|\bqps\b|飙升|响应时间|吞吐"),
    ("changes", r"变更|改动|改了什么|动过|变化|what(?:'s| has| was)? (?:been )?changed|recent changes|\bchanges\b"),
    ("errors", r"报错|错误|异常|\berrors?\b|exceptions?\b|\bpanic|5xx|\b500s?\b"),
    ("logs", r"日志|\blogs?\b"),
    ("nodes", r"(?:哪个|哪些|which|busiest|top)\s*(?:个|的)?\s*(?:节点|nodes?)"),
    (
        "top",
        r"(?:cpu|内存|memory|mem).*(?:pod|容器|占用|使用|高|most|top|high)|(?:高|high|most|top).*(?:cpu|内存|memory)",
    ),
    ("nodes", r"节点|\bnodes?\b"),
    ("alerts", r"告警|报警|\balerts?\b|firing"),
    ("events", r"事件|\bevents?\b"),
    ("history", r"发布|上线|版本历史|\brollouts?\b|deployed|history|releases?\b"),
    ("knowledge", r"知识库|历史案例|以前.*(?:遇到|发生)|runbook|seen this before|similar (?:case|incident)"),
    ("status", r"崩溃|重启|挂了|起不来|不可用|\boom|crash|restart(?:s|ed|ing)\b|\bdown\b|unavailable"),
    ("problems", r"问题|健康|状[态况]|怎么[样了]|还好吗|正常吗|巡检"),
    ("problems", r"\b(?:problems?|status|ok|okay|wrong|broken)\b|\bhealth|how (?:is|are)\b"),
    ("pods", r"\bpods?\b|容器组"),
    ("running", r"(?:哪些|列出|所有).*(?:服务|工作负载|部署|应用)"),
    ("running", r"what(?:'s| is) running|\b(?:workloads|services|deployments)\b"),
    ("help", r"帮助|你能做什么|怎么用|\bhelp\b|what can you do|^\s*(?:hi|hello|你好|您好)\b"),
)
HOW = re.compile(r"(?:如何|怎样|怎么)(?!样|了|回事|办|用)|怎么处理|\bhow (?:do|does|can|should|to|would)\b")
"""Asks for the way, not for the deed."""
UNWANTED = re.compile(
    r"(?:不要|不用|别|勿|不能|不许|无需|先不)\s*(?:再)?\s*(?:去)?\s*(?:重启|回滚|扩容|缩容|排空)"
    r"|\b(?:don'?t|do not|never|without|not)\s+(?:\w+\s+)?(?:restart|bounce|scale|roll|revert|drain|cordon)"
)
TOLD_OF = re.compile(
    r"为什么|为何|原因|什么时候|何时|几次|多少次|是否|有没有|要不要|该不该|需不需要|了吗|过吗|了没|是谁|谁"
    r"|(?:频繁|一直|反复|不断|自动|老是|总是|又|总)\s*(?:在)?\s*重启|(?:重启|回滚|扩容|缩容|排空)(?:了|过|次数|失败)"
    r"|^\W*(?:why|who|when|how|did|does|was|were|has|have|is|are|should|what|which)\b"
)
"""Speaks of a change that was, or might be, and orders none."""


def read_kind(text: str) -> Kind | None:
    """The kind of wish in a text (lower case); a change only where one is ordered."""
    if HOW.search(text):
        return "help" if re.search(r"what can you do|你能做什么", text) else "knowledge"
    ordered = not UNWANTED.search(text) and not TOLD_OF.search(text)
    return _first(ORDERS, text) if ordered and _first(ORDERS, text) else _first(QUESTIONS, text)


def _first(rules: tuple[tuple[Kind, str], ...], text: str) -> Kind | None:
    return next((kind for kind, rule in rules if re.search(rule, text)), None)
