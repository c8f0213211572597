"""Cards with every kind of block, as the house makes them, in both languages."""

import math
import time

from bot.domain.card import (
    Button,
    Buttons,
    Card,
    Chart,
    Code,
    Context,
    Divider,
    Fields,
    Fold,
    Grid,
    Image,
    Line,
    Mark,
    Markdown,
    Task,
    Tasks,
)

DIFF = """--- deployment/order-service (live)
+++ deployment/order-service (after)
@@ spec.template.metadata.annotations @@
-  kubectl.kubernetes.io/restartedAt: "2026-11-20T08:11:02Z"
+  kubectl.kubernetes.io/restartedAt: "2026-11-22T09:42:10Z"
   replicas: 3"""
LOGS = "\n".join(
    f"2026-11-22T09:{12 + at // 4:02d}:{at * 7 % 60:02d}Z ERROR HikariPool-1 - Connection is not available, "
    f"request timed out after 30000ms (total=20, active=20, idle=0, waiting={40 + at})"
    for at in range(40)
)


def latency(now: float) -> Chart:
    """P50, P95 and P99 around a fault."""
    start = now - 3600
    at = [start + 30 * step for step in range(121)]

    def curve(calm: float, high: float) -> tuple[tuple[float, float], ...]:
        return tuple(
            (when, calm * (1 + 0.08 * math.sin(when / 70)) + (high if 30 <= step <= 74 else 0) * (1 - 0.2 * (step % 5)))
            for step, when in enumerate(at)
        )

    lines = (Line("p50", curve(0.042, 0.3)), Line("p95", curve(0.11, 1.4)), Line("p99", curve(0.2, 2.9)))
    marks = (Mark("fault window", at[30], at[74]), Mark("deploy v2.4.1", at[28]))
    return Chart("order-service latency", lines, "s", marks, "p99 rose from 200 ms to 3 s between the marks")


def one_line(now: float) -> Chart:
    points = tuple((now - 3600 + 60 * step, 4.1e8 + 6e6 * step + 3e6 * math.sin(step)) for step in range(61))
    return Chart("checkout memory", (Line("working set", points),), "bytes", (Mark("limit soon", now - 300),))


def answer(zh: bool, now: float | None = None) -> Card:
    now = now or time.time()
    if zh:
        text = (
            "**订单服务** 在 9:12–9:34 变慢，最可能的原因是 **连接池耗尽**（把握 92%）。\n\n"
            "1. `HikariPool-1` 的 20 个连接全部占用，等待队列最高 **79**。\n"
            "2. 同一时间没有发布，节点资源正常。\n"
            "3. 详见 [Grafana 面板](https://grafana.example.com/d/orders) 和下面的日志。\n\n"
            "> 建议：先重启释放连接，再把 `maximumPoolSize` 调到 40。"
        )
        heads, fields = (
            ("Pod", "命名空间", "CPU", "内存"),
            (("服务", "order-service"), ("P99", "3.1 s"), ("错误率", "4.2%"), ("影响", "约 1 200 次请求")),
        )
    else:
        text = (
            "**order-service** was slow from 9:12 to 9:34; most likely its **connection pool was exhausted** (92%).\n\n"
            "1. All 20 connections of `HikariPool-1` were taken; up to **79** requests waited.\n"
            "2. Nothing was released then, and the nodes were well.\n"
            "3. See the [Grafana panel](https://grafana.example.com/d/orders) and the log lines below.\n\n"
            "> Suggestion: restart to free the connections, then raise `maximumPoolSize` to 40."
        )
        heads, fields = (
            ("Pod", "Namespace", "CPU", "Memory"),
            (
                ("Service", "order-service"),
                ("P99", "3.1 s"),
                ("Error rate", "4.2%"),
                ("Impact", "about 1 200 requests"),
            ),
        )
    rows = tuple(
        (f"order-service-7c9d8f6b5-{tail}", "shop", f"{cpu}%", f"{mem} MiB")
        for tail, cpu, mem in (("x2x9k", 92.4, 812), ("p4m7d", 88.1, 790), ("q8w2r", 31.0, 402))
    )
    return Card(
        "为什么今天 9:00-10:00 订单服务延迟飙升？" if zh else "Why did order-service get slow between 9 and 10?",
        (
            Markdown(text),
            Fields(fields),
            latency(now),
            Grid(heads, rows, "CPU 最高的 Pod" if zh else "Pods by CPU"),
            Fold(
                "证据：错误日志（40 行）" if zh else "Evidence: error lines (40)",
                (Code(LOGS, "log", '{app="order-service"} |= "ERROR"'), one_line(now)),
            ),
            Context(
                "dify · 3.4 s · 1 820 tokens",
                (
                    ("Prometheus", "https://prometheus.example.com/graph?g0.expr=x"),
                    ("Loki", "https://grafana.example.com/explore"),
                ),
            ),
            Divider(),
            Buttons(
                (
                    Button("有帮助" if zh else "Helpful", "up", "a1"),
                    Button("没帮助" if zh else "Not helpful", "down", "a1", asks_reason=True),
                )
            ),
        ),
        "info",
        "连接池耗尽" if zh else "The connection pool was exhausted",
        language="zh" if zh else "en",
    )


def approval(zh: bool, typed: str = "", until: float | None = None) -> Card:
    steps = (
        Task(
            "0",
            "rollout_restart deployment=order-service namespace=shop",
            "waiting",
            "释放占满的连接" if zh else "frees the exhausted connections",
        ),
        Task("1", "verify p99 < 500ms for=5m", "waiting"),
    )
    return Card(
        "可以吗？滚动重启 order-service" if zh else "May I? Rolling restart of order-service",
        (
            Markdown(
                "重启会逐个替换 3 个 Pod，不中断服务。"
                if zh
                else "A restart replaces the 3 pods one by one, without an outage."
            ),
            Tasks(steps, "将要做什么" if zh else "What will be done"),
            Code(DIFF, "diff", "API server 预演的变化" if zh else "What the API server says would change"),
            Context(
                "Lin 林 提出 · approver 可批准 · 规则 changing"
                if zh
                else "asked by Lin 林 · approver may approve · rule changing"
            ),
            Buttons(
                (
                    Button("批准" if zh else "Approve", "approve", "ap-1", "d" * 64, "primary", typed=typed),
                    Button("拒绝" if zh else "Reject", "reject", "ap-1", "d" * 64, "danger", asks_reason=True),
                ),
                until=until or time.time() + 14 * 60 + 32,
            ),
        ),
        "warn",
        "需要批准：重启 order-service" if zh else "Needs leave: restart order-service",
        language="zh" if zh else "en",
    )


def incident(zh: bool, severity: str = "crit") -> Card:
    return Card(
        "checkout 内存即将耗尽" if zh else "checkout is about to run out of memory",
        (
            Fields(
                (
                    ("告警" if zh else "Alerts", "KubePodCrashLooping ×3, ContainerOOM"),
                    ("开始" if zh else "Since", "09:12"),
                    ("影响" if zh else "Affects", "shop/checkout"),
                )
            ),
            one_line(time.time()),
            Tasks(
                (
                    Task("a", "读取证据" if zh else "Read the evidence", "done", "12 queries, 2.1 s"),
                    Task("b", "查找相似事件" if zh else "Look for similar incidents", "failed", "library unreachable"),
                    Task("c", "重启 checkout" if zh else "Restart checkout", "running", "2/3"),
                    Task("d", "验证" if zh else "Verify", "waiting"),
                    Task("e", "扩容" if zh else "Scale out", "skipped"),
                ),
                "进展" if zh else "Progress",
            ),
            Image("img1", "一张图" if zh else "A picture of the panel"),
            Buttons(
                (
                    Button("调查" if zh else "Investigate", "investigate", "in-1", style="primary"),
                    Button("确认" if zh else "Acknowledge", "acknowledge", "in-1"),
                    Button(
                        "静默 1 小时" if zh else "Silence 1 h",
                        "silence",
                        "in-1",
                        confirm="静默这个告警 1 小时？" if zh else "Silence this alert for one hour?",
                    ),
                )
            ),
        ),
        severity,  # type: ignore[arg-type]
        "checkout OOM",
        language="zh" if zh else "en",
    )
