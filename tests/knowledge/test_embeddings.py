"""Models: the embedded one, and servers that are busy, away, or talk nonsense."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge import Document, KnowledgeSettings, Library, LibraryError, OtherModel
from knowledge.embeddings import make, measured
from knowledge.errors import ModelMissing, ShelfAway
from knowledge.language import language_of
from knowledge.upkeep import reindex
from tests.fakes.embeddings_server import EmbeddingsServer, embeddings_server

PAGE = Document("Pool", "the pool was exhausted", "https://wiki/1")


def settings(folder: Path, server: EmbeddingsServer, model: str = "fake") -> KnowledgeSettings:
    return KnowledgeSettings(
        folder=folder, embeddings="endpoint", embeddings_url=server.url, embeddings_model=model, database=""
    )


def test_the_embedded_model_puts_like_texts_near(knowing: KnowledgeSettings):
    model = make(knowing)
    assert model
    one, other, far = model.passages(["the disk is full", "no space left on device", "bake a cake with apples"])
    assert one @ other > one @ far
    assert np.allclose(np.linalg.norm(one), 1, atol=1e-5)
    assert set(model.means()) == {"doc_en", "doc_zh", "q_en", "q_zh"}


def test_a_long_batch_keeps_its_order(knowing: KnowledgeSettings):
    model = make(knowing)
    assert model
    texts = ["the disk is full " * 2, "certificate expired " * 90, "队列积压", "pods were evicted " * 20]
    together, alone = model.passages(texts), np.stack([model.passages([text])[0] for text in texts])
    assert list((together @ alone.T).argmax(1)) == [0, 1, 2, 3]


def test_a_busy_server_is_asked_again(tmp_path: Path):
    with embeddings_server() as server:
        server.busy = 2
        model = make(settings(tmp_path, server))
        assert model
        assert model.width == 64
        assert model.passages(["a"] * 130).shape == (130, 64)
        assert max(map(len, server.asked)) == 64


@pytest.mark.parametrize("nonsense", ["<html>", '{"data": []}', '{"data": [{"index": 0, "embedding": []}]}'])
def test_nonsense_is_no_vector(tmp_path: Path, nonsense: str):
    with embeddings_server() as server:
        model = make(settings(tmp_path, server))
        assert model
        assert model.width == 64
        server.broken = nonsense
        with pytest.raises(ShelfAway):
            model.question("x")


@pytest.mark.slow
async def test_a_model_that_is_away_leaves_the_words(tmp_path: Path):
    with embeddings_server() as server:
        library = await Library.open(settings(tmp_path, server))
        await library.add([PAGE])
    found = await library.search("pool exhausted")
    await library.close()
    assert found.gaps == ("words_only",)
    assert found.passages[0].document == PAGE


async def test_another_model_is_refused_until_all_is_read_anew(tmp_path: Path):
    with embeddings_server() as server:
        library = await Library.open(settings(tmp_path, server))
        await library.add([PAGE])
        await library.close()
        library = await Library.open(settings(tmp_path, server, "other"))
        with pytest.raises(OtherModel, match=r"built with fake.* now say other"):
            await library.add([replace(PAGE, key="2")])
        found = await library.search("pool exhausted")
        assert found.gaps == ("other_model",)
        assert found.passages[0].document.title == PAGE.title, "found by its words; vectors of two models never meet"
        assert await reindex(library) == 1, "two documents of one text"
        assert (await library.search("pool exhausted")).gaps == ()
        await library.close()


async def test_a_model_that_cannot_be_prepared_leaves_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ModelMissing("library_no_model", model="e5", why="the disk is full")

    monkeypatch.setattr("knowledge.embeddings.graph.prepare", broken)
    library = await Library.open(KnowledgeSettings(folder=tmp_path))
    assert (await library.add([PAGE])).added == 1
    found = await library.search("pool exhausted")
    assert (found.passages[0].document, found.gaps) == (PAGE, ("words_only",))
    assert "the disk is full" in library.gaps[0]
    await library.close()


async def test_the_languages_of_an_unknown_model_are_measured(tmp_path: Path):
    with embeddings_server() as server:
        library = await Library.open(settings(tmp_path, server))
        assert library.marks["centring"] == measured.NAME
        await library.add([PAGE])
        asked = [text for texts in server.asked for text in texts]
        assert set(measured.samples("zh", measured.LONG)) <= set(asked)
        await library.close()


def test_both_languages_are_measured_on_the_same_things():
    chinese, english = (measured.samples(language, measured.SHORT) for language in ("zh", "en"))
    assert len(chinese) == len(english) >= 24
    assert {language_of(text) for text in chinese} == {"zh"}
    assert {language_of(text) for text in english} == {"en"}


async def test_without_its_settings_words_are_used_and_it_is_said(tmp_path: Path):
    library = await Library.open(KnowledgeSettings(folder=tmp_path, embeddings="endpoint"))
    await library.add([PAGE])
    assert (await library.search("pool exhausted")).gaps == ("words_only",)
    assert "KNOWLEDGE_EMBEDDINGS_URL" in library.gaps[0]
    await library.close()


def test_every_error_can_be_said():
    from knowledge.errors import SENTENCES

    for key, sentence in SENTENCES.items():
        names = {part.split("}")[0] for part in sentence.split("{")[1:]}
        assert str(LibraryError(key, **dict.fromkeys(names, "x")))
