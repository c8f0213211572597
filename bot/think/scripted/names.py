"""What a text names: workloads as the cluster writes them or as people speak of them, namespaces, plain words."""

import re
from pathlib import Path

NAME = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?![\w])|(?<=`)[a-z0-9][a-z0-9.-]*(?=`)")
SPOKEN = re.compile(r"([\u4e00-\u9fff]{2,6}?)(?:服务|系统|模块)|\b([a-z][a-z0-9]+)(?: |-)?(?:service|deployment|app)\b")
SPOKEN_NAMES = {
    "订单": "order",
    "支付": "payment",
    "库存": "inventory",
    "用户": "user",
    "购物车": "cart",
    "网关": "gateway",
    "通知": "notification",
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
ORDERED = re.compile(
    r"(?:restart|bounce|scale|roll\s*back|revert|uncordon|cordon|drain|重启|回滚|扩容|缩容|排空)(?: up| down)?"
    r"\s+(?:the )?(?:node )?(?:节点\s*)?([a-z][a-z0-9-]*)"
)
FILLER = re.compile(r"^(?:为什么|查询|查看|请|帮我|今天|昨天|现在|一下|最近)+")
WORD = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![\w-])")
COMMON = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())
"""Words of speech; no workload is looked for by them."""


def namespace_in(text: str) -> str:
    """The namespace that is named as one, or none."""
    found = NAMESPACE.search(text)
    return next((part for part in found.groups() if part), "") if found else ""


def without_namespace(text: str) -> str:
    """The text without it."""
    return NAMESPACE.sub(" ", text)


def written_in(text: str) -> str:
    """A name as the cluster writes it."""
    if named := NAME.search(text):
        return named.group(0)
    ordered = ORDERED.search(text)
    return ordered.group(1) if ordered and ordered.group(1) not in COMMON else ""


def spoken_in(text: str) -> str:
    """A service as people speak of it."""
    for spoken in SPOKEN.finditer(text):
        chinese = FILLER.sub("", spoken.group(1) or "")
        if spoken.group(2) and spoken.group(2) not in COMMON:
            return spoken.group(2)
        if known := next((known for known in SPOKEN_NAMES if chinese.endswith(known)), ""):
            return SPOKEN_NAMES[known]
    return next((name for word, name in SPOKEN_NAMES.items() if word in text), "")


def words_in(text: str) -> tuple[str, ...]:
    """Plain words that may yet turn out to be a workload or a namespace."""
    return tuple(dict.fromkeys(word for word in WORD.findall(text) if len(word) > 1 and word not in COMMON))
