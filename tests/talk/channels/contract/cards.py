"""Neutral cards for the contract: one of every kind, some that are too much, and a strategy for any at all."""

from hypothesis import strategies as st

from bot.domain.card import (
    Ask,
    Attached,
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

CLICKS = Buttons(
    (
        Button("Approve 批准", "approve", "ap-1", "d" * 64, "primary", typed="payments"),
        Button("Reject", "reject", "ap-1", "d" * 64, "danger", asks_reason=True),
        Button("Stop", "stop", "a-1", confirm="Really stop? 确定停止？"),
        Button(
            "Change…", "edit", "ap-1", "d" * 64, asks=(Ask("0.replicas", "replicas 副本数", "3"), Ask("0.x", "", ""))
        ),
    )
)
CHART = Chart(
    "CPU of order-service 订单服务",
    (Line("pod-a", ((0.0, 1.0), (60.0, 2.0))), Line("", ())),
    "cores",
    (Mark("fault 故障", 10.0, 50.0), Mark("release", 30.0)),
    "CPU doubled",
)
TASKS = Tasks(
    tuple(Task(str(n), f"step {n}", s, "why *so*") for n, s in enumerate(("waiting", "running", "done", "failed"))),
    "Steps",
)
GRID = Grid(("pod", "内存", ""), (("a", "1 GiB", ""), ("订单-b", "2 GiB", "x|y\n`z`")), "Most memory")
ATTACK = "<!channel> @all <@U2> <at id=all></at> [x](javascript:alert(1)) ![p](http://x/p.png) & </script> `$(rm)`"
PLAINS = {
    "markdown": Markdown("# Title\n**支付**延迟 \\*as it is\\*\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n```\ncode\n```"),
    "fields": Fields((("标签", "*value* <!here>"), ("b", ""))),
    "grid": GRID,
    "code": Code("kubectl get pods\n$ <!channel>", "sh", "What it says"),
    "attached": Attached("capacity-2026-11-20.csv", "名称,用量\n订单,3\n"),
    "image": Image("img-1", "a picture"),
    "chart": CHART,
    "tasks": TASKS,
    "context": Context("by rules · 12:00", (("Grafana", "https://grafana/x?a=1&b=2"), ("bad", "javascript:x"))),
    "divider": Divider(),
}


def cards(language):
    """By name: one of every kind of block, each with buttons, and all of them together."""
    made = {
        kind: Card(f"Title of {kind} 标题", (block, CLICKS), "warn", "in short", language=language)
        for kind, block in PLAINS.items()
    }
    fold = Fold("Evidence 证据", tuple(PLAINS.values()))
    made["fold"] = Card("Folded", (fold, CLICKS), language=language)
    made["all"] = Card("All", (*PLAINS.values(), fold, CLICKS), "crit", language=language)
    made["empty"] = Card("", (CLICKS,), language=language)
    made["attack"] = Card(ATTACK, (Markdown(ATTACK), Fields(((ATTACK, ATTACK),)), CLICKS), "info", ATTACK[:200])
    made["log"] = Card("Log", (Code("\n".join(f"line {n} 日志" for n in range(10_000))), CLICKS), language=language)
    rows = tuple((f"pod-{n}", "中文🙂" * 9, "x" * 200) for n in range(200))
    made["table"] = Card("Table", (Grid(("a", "b", "c"), rows), Grid(("a",), rows), CLICKS), language=language)
    made["many"] = Card("Many", (*(Markdown("word " * 900) for _ in range(60)), CLICKS), language=language)
    made["dividers"] = Card("Lines", (*(Divider() for _ in range(80)), CLICKS, Divider()), language=language)
    return made


ODD = [
    ATTACK,
    "@all @channel @here",
    "مرحبا بالعالم",
    "👩‍👩‍👧‍👦" * 80,
    "```",
    "**" * 200,
    "x" * 9_000,
    "[" * 3_000,
    "\x00\x1b[31m",
    "\u3000",
]
words = st.text(max_size=300) | st.sampled_from(ODD)
short = st.text(max_size=40) | st.sampled_from(["", "标签", "a*b", "<!here>", "👍" * 200])
tasks = st.builds(Task, short, words, st.sampled_from(["waiting", "running", "done", "failed", "skipped"]), words)
rows = st.lists(words, max_size=6).map(tuple)
plains = st.one_of(
    st.builds(Markdown, words),
    st.builds(Fields, st.lists(st.tuples(short, words), max_size=14).map(tuple)),
    st.builds(Grid, st.lists(short, max_size=24).map(tuple), st.lists(rows, max_size=5).map(tuple), short),
    st.builds(Code, words, short, short),
    st.builds(Attached, short, words),
    st.builds(Image, short, words),
    st.builds(Chart, short, st.just(()), alt=words),
    st.builds(Tasks, st.lists(tasks, max_size=60).map(tuple), short),
    st.builds(Context, words, st.lists(st.tuples(short, words), max_size=12).map(tuple)),
    st.just(Divider()),
)
clicks = st.builds(
    Buttons,
    st.lists(
        st.builds(
            Button,
            short,
            st.sampled_from(["approve", "reject", "stop", "up", "down", "edit"]),
            st.text(max_size=80),
            st.just("d" * 64),
            st.sampled_from(["default", "primary", "danger"]),
            short,
            st.sampled_from(["", "payments"]),
            st.booleans(),
            st.lists(st.builds(Ask, short, short, words), max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=7,
    ).map(tuple),
)
any_card = st.builds(
    Card,
    words,
    st.lists(st.one_of(plains, clicks, st.builds(Fold, short, st.lists(plains, max_size=4).map(tuple))), max_size=12)
    .map(tuple)
    .filter(lambda blocks: sum(isinstance(each, Buttons) for each in blocks) <= 4),
    st.sampled_from(["info", "ok", "warn", "crit"]),
    short,
    language=st.sampled_from(["zh", "en"]),
)
