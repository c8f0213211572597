"""The plainer ways that we compare with: BM25, and the model that Chroma takes by itself, where its weights are."""

import os
from pathlib import Path

import pytest

from knowledge import Document, Library
from knowledge.baselines import ChromaDefault, words_alone
from tests.servers import minilm_weights
from tests.servers.programs import NotBuilt

POOL = Document("Pool", "The connection pool was exhausted after the deploy.", "u1", key="pool")
CERT = Document("Certificate", "The certificate of the gateway expired.", "u2", key="cert")


async def test_words_alone(plain: Library):
    await plain.add([POOL, CERT])
    assert (await words_alone(plain, "connection pool", 5))[0] == "pool"


def test_without_its_weights_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "nothing is downloaded" in (ChromaDefault().missing() or "")
    assert ChromaDefault().nearest("x", 5) == []


@pytest.mark.servers
def test_chromas_own_model_reads_english_and_no_chinese():
    if os.environ.get("DUTYBOT_TESTS") == "quick":
        pytest.skip("DUTYBOT_TESTS=quick leaves what is fetched out")
    try:
        plain = ChromaDefault([minilm_weights.find()])
    except NotBuilt as why:
        pytest.skip(str(why))
    assert plain.missing() is None
    plain.fill([POOL, CERT])
    assert plain.nearest("database connections ran out", 2)[0] == "pool"
    assert plain.nearest("tls cert is not valid any more", 2)[0] == "cert"
    one, other = plain._read(["数据库连接池耗尽", "证书过期"])
    assert one @ other > 0.8, "to it, all Chinese is alike"
