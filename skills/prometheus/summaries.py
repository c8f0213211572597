"""One line that says what the series show."""

from collections.abc import Iterator

from skills.evidence import Series
from skills.prometheus.figures import clock_time, peak, short
from skills.prometheus.services import Requests
from skills.timerange import TimeRange
from skills.words import told

_CHINESE = {"mean latency": "平均延迟", "error rate": "错误率"}


def latency_summary(service: str, span: TimeRange, lines: list[Series], before: float | None) -> str:
    """The highest of each figure, when it was, and how it was before."""
    tops = {line.name: peak(line) for line in lines}
    parts = []
    for name, unit in (("P99", "s"), ("mean latency", "s"), ("error rate", "ratio"), ("QPS", "req/s")):
        if top := tops.get(name):
            most, at = short(top[1], unit), clock_time(top[0], span.start.tzinfo)[11:]
            usually = short(before, "s") if unit == "s" and before is not None else ""
            parts.append(
                told(
                    f"{name} up to {most} at {at}" + (f" (before: {usually})" if usually else ""),
                    f"{_CHINESE.get(name, name)}最高 {most}（{at}）" + (f"，此前为 {usually}" if usually else ""),
                )
            )
    return f"{service}, {span}: " + ("; ".join(parts) or told("no requests were seen", "没有看到请求"))


def fullest(lines: list[Series]) -> str:
    """The node that is fullest."""
    tops = [(top[1], line.name) for line in lines if line.unit == "ratio" and (top := peak(line))]
    if not tops:
        return ""
    most = f"{max(tops)[1]} {short(max(tops)[0], 'ratio')}"
    return told(f"; highest: {most}", f"；最高：{most}")


def unseen(about: Requests) -> Iterator[str]:
    """What a service's metrics cannot tell."""
    if not about.status:
        yield told("No status codes are recorded: the error rate cannot be seen.", "没有记录状态码：看不到错误率。")
    if not about.has_buckets:
        yield told("No histogram is recorded: only the mean latency can be seen.", "没有直方图：只能看到平均延迟。")
