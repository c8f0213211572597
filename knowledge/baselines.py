"""Two plainer ways to search, to compare with: words alone, and Chroma with the model that it brings along."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from knowledge.chunks import as_embedded, cut
from knowledge.fulltext import Allowed
from knowledge.library import Library
from knowledge.passage import Document
from knowledge.tables import documents, passages
from knowledge.words import words_asked


async def words_alone(library: Library, question: str, most: int) -> list[str]:
    """BM25 over the same passages, without glossary or model: keys of documents, best first."""
    from sqlalchemy import select

    async with library.records.engine.connect() as connection:
        scores = await library.records.words.scores(connection, words_asked(question), Allowed())
        query = select(passages.c.number, documents.c.key).join(documents, documents.c.id == passages.c.document)
        rows = await connection.execute(query.where(passages.c.number.in_(list(scores))))
        owner = {row.number: row.key for row in rows}
    ranked = sorted(scores, key=lambda number: -scores[number])
    return list(dict.fromkeys(owner[number] for number in ranked))[:most]


class ChromaDefault:
    """all-MiniLM-L6-v2 as Chroma itself would use it. It fetches its weights; we only use them if they are there."""

    def __init__(self) -> None:
        self._collection: Any = None
        self._keys: list[str] = []

    def missing(self) -> str | None:
        """Why it cannot run here."""
        try:
            from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2
        except ImportError:
            return "chromadb is not installed"
        folder = Path(ONNXMiniLM_L6_V2.DOWNLOAD_PATH) / ONNXMiniLM_L6_V2.EXTRACTED_FOLDER_NAME
        if not (folder / "model.onnx").exists():
            return f"its weights are not in {folder}, and nothing is downloaded here"
        return None

    def fill(self, some: Sequence[Document]) -> None:
        import chromadb
        from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

        client = chromadb.EphemeralClient()
        model: Any = ONNXMiniLM_L6_V2(preferred_providers=["CPUExecutionProvider"])
        self._collection = client.get_or_create_collection("plain", embedding_function=model)
        texts = [(document.key, as_embedded(passage)) for document in some for passage in cut(document)]
        self._keys = [key for key, _ in texts]
        for first in range(0, len(texts), 256):
            part = texts[first : first + 256]
            ids = [str(first + i) for i in range(len(part))]
            self._collection.add(ids=ids, documents=[body for _, body in part])

    def nearest(self, question: str, most: int) -> list[str]:
        found = self._collection.query(query_texts=[question], n_results=5 * most, include=[])
        return list(dict.fromkeys(self._keys[int(key)] for key in found["ids"][0]))[:most]
