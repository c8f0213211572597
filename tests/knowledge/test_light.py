"""The light model: small and fast, in both languages, and never mixed with another."""

import numpy as np
import pytest

from knowledge import Document, KnowledgeSettings, Library, OtherModel
from knowledge.embeddings import make


@pytest.fixture
def light(wordy: KnowledgeSettings) -> KnowledgeSettings:
    return wordy.model_copy(update={"embeddings": "light"})


def test_like_texts_are_near_and_order_is_kept(light: KnowledgeSettings):
    model = make(light)
    assert model
    texts = ["the disk is full", "x" * 9000, "", "no space left on device", "烤一个苹果蛋糕", "\ud800 half a letter"]
    vectors = model.passages(texts)
    assert vectors.shape == (6, model.width)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[4]
    assert np.allclose(vectors[3], model.question(texts[3]), atol=1e-4)
    assert set(model.means()) == {"doc_en", "doc_zh", "q_en", "q_zh"}


@pytest.mark.slow
async def test_a_chinese_question_reaches_an_english_page(light: KnowledgeSettings):
    library = await Library.open(light)
    pool = Document("Orders slow", "The database connection pool was exhausted after the deploy.", "u1")
    await library.add([pool, Document("Cake", "Bake a cake with apples for an hour.", "u2")])
    found = await library.search("数据库连接池耗尽")
    assert (found.passages[0].document, found.gaps) == (pool, ())
    await library.close()
    library = await Library.open(light.model_copy(update={"embeddings": "e5"}))
    with pytest.raises(OtherModel):
        await library.shelf()
    await library.close()
