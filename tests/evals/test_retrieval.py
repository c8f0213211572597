"""The library's scores on a set of our own: right pages first, none where there is no answer, poison at the end."""

import json

import pytest

from bot.evals import EvalOptions
from bot.evals._poison import LIE, ORDER, SOURCE, poisoned
from bot.evals._questions import read
from bot.evals.retrieval import make
from knowledge import KnowledgeSettings, Library

PAGES = {
    "pool": ("en", "Orders failed", "The database connection pool was exhausted after the deploy. We raised its size."),
    "cert": ("en", "Gateway 502", "The TLS certificate of the ingress gateway expired. We renewed the certificate."),
    "disk": ("zh", "节点磁盘写满", "日志没有轮转，节点磁盘写满，服务无法写入。清理旧日志后恢复。"),
    "dns": ("en", "Slow lookups", "DNS lookups inside pods took five seconds because of a conntrack race."),
}
ASKED = [
    ("q1", "zh", "数据库连接池耗尽了怎么处理", "pool"),
    ("q2", "en", "gateway certificate expired", "cert"),
    ("q3", "zh", "磁盘写满", "disk"),
    ("q4", "en", "dns lookups take five seconds", "dns"),
    ("q5", "zh", "打印机卡纸", None),
]


@pytest.fixture
def folder(tmp_path):
    def write(name, rows):
        (tmp_path / name).write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")

    write(
        "docs.jsonl",
        [{"id": key, "lang": lang, "title": title, "text": text} for key, (lang, title, text) in PAGES.items()],
    )
    write("queries.jsonl", [{"qid": qid, "set": "hand", "lang": lang, "text": text} for qid, lang, text, _ in ASKED])
    write("qrels.jsonl", [{"qid": qid, "doc": right, "rel": 1} for qid, _, _, right in ASKED if right])
    return tmp_path


async def test_it_says_what_it_scored(folder):
    report = await make().run(EvalOptions(folder, settings={"model": "none", "minilm": str(folder)}))
    assert (report.ran, report.not_run) == (6, 0)
    told = report.figures
    assert {"hand_hit5", "hand_ndcg10", "zh_en_hit5", "no_answer_refused", "query_ms_p95"} <= told.keys()
    assert told["beside"].keys() == {"bm25", "chroma_default"}
    assert (told["poison_asked"], told["poison_above_verified"]) == (4, 0)
    assert told["poison_unmarked"] == 0
    assert told["sets"]["hand"]["ms_p50"] > 0, "each set has its own times"
    assert (told["no_answer_asked"], told["no_answer_refused"]) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("memory", ["no", pytest.param("/proc/nowhere/vectors.sqlite", marks=pytest.mark.slow)])
async def test_it_runs_where_nothing_can_be_remembered(folder, memory):
    report = await make().run(EvalOptions(folder, limit=1, settings={"model": "light", "memory": memory}))
    assert report.figures["texts_from_memory"] == 0
    assert report.figures["passages_read"] == 4


@pytest.mark.slow
async def test_what_was_read_is_not_read_again(folder, tmp_path):
    settings = {"model": "light", "memory": str(tmp_path / "vectors.sqlite")}
    first, second = [await make().run(EvalOptions(folder, limit=4, settings=settings)) for _ in range(2)]
    assert second.figures["texts_from_memory"] >= first.figures["texts_from_memory"] + 8
    same = {"hand_hit1", "hand_ndcg10", "answerable_refused"}
    assert {each: first.figures[each] for each in same} == {each: second.figures[each] for each in same}


async def test_it_says_how_far_it_is(folder):
    heard: list[str] = []
    await make().run(EvalOptions(folder, settings={"model": "none"}, told=heard.append))
    assert "document 4 of 4 read, about 0 minutes left" in heard
    assert "question 5 of 5" in heard


async def test_poison_would_be_seen_if_it_came_through(folder, monkeypatch):
    monkeypatch.setattr("knowledge.asking.in_order", lambda found: tuple(found))
    settings = KnowledgeSettings(folder=folder / "library", database="", chroma_url="", embeddings="none")
    library = await Library.open(settings)
    known = read(folder)
    await library.add(known.documents)
    came = await poisoned(library, known, known.questions)
    assert came.above, "without our order, stuffed entries stand above the verified ones"
    assert not came.score().passed
    found = await library.search(ASKED[0][2], 40)
    texts = [each.text for each in (*found.passages, *found.near) if each.source == SOURCE]
    assert any(ORDER in text for text in texts)
    assert any(LIE in text for text in texts)
    await library.close()
