"""Two plainer ways to search, to compare with: words alone, and Chroma with the model that it brings along."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.chunks import as_embedded, cut
from knowledge.embeddings.remembered import Memory
from knowledge.embeddings.weights import Floats
from knowledge.fulltext import Allowed
from knowledge.library import Library
from knowledge.passage import Document
from knowledge.tables import documents, passages
from knowledge.words import words_asked

LONGEST = 256
"""Tokens that Chroma lets this model read."""
AT_ONCE = 512
"""Tokens in one run: more does not fit the caches."""
TEXTS = 64
"""Between two words on how far it is."""


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
    """all-MiniLM-L6-v2, which Chroma takes where it is given no model. It is only used if its weights are there."""

    def __init__(self, folders: Sequence[Path] = (), memory: Path | None = None, threads: int = 1) -> None:
        """`folders`: where an .onnx and a tokenizer.json may lie, besides where Chroma itself would keep them.

        `memory`: a file for what it has read, so that it reads no text twice.
        """
        self._folders = folders
        self._memory = memory
        self._threads = threads
        self._keys: list[str] = []
        self._vectors: Floats | None = None

    def _files(self) -> tuple[Path, Path] | None:
        for folder in (*self._folders, _own_folder()):
            networks, tokenizers = sorted(folder.glob("*.onnx")), sorted(folder.glob("*tokenizer.json"))
            if networks and tokenizers:
                return networks[0], tokenizers[0]
        return None

    def missing(self) -> str | None:
        """Why it cannot run here."""
        if self._files():
            return None
        return f"its weights are not in {_own_folder()}, and nothing is downloaded here"

    def fill(self, some: Sequence[Document], told: Callable[[int, int], object] | None = None) -> None:
        """Read the same passages as the library."""
        texts = [(document.key, as_embedded(passage)) for document in some for passage in cut(document)]
        texts.sort(key=lambda row: len(row[1]))  # the longest of a few sets their pace
        self._keys = [key for key, _ in texts]
        files = self._files()
        memory = Memory(self._memory, "all-MiniLM-L6-v2", *files) if self._memory and files else None
        made = []
        for first in range(0, len(texts), TEXTS):
            part = [text for _, text in texts[first : first + TEXTS]]
            made.append(memory.vectors("passage", part, self._read) if memory else self._read(part))
            if told:
                told(first + len(part), len(texts))
        self._vectors = np.concatenate(made)

    def nearest(self, question: str, most: int) -> list[str]:
        """Keys of documents, best first."""
        if self._vectors is None:
            return []
        likeness = self._vectors @ self._read([question])[0]
        return list(dict.fromkeys(self._keys[row] for row in np.argsort(-likeness)[: 5 * most]))[:most]

    @cached_property
    def _network(self) -> tuple[Any, Any]:
        import onnxruntime
        from tokenizers import Tokenizer

        network, words = self._files() or (Path(), Path())
        tokenizer = Tokenizer.from_file(str(words))
        tokenizer.enable_truncation(LONGEST)
        tokenizer.no_padding()
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads, settings.inter_op_num_threads = self._threads, 1
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        settings.log_severity_level = 3
        return tokenizer, onnxruntime.InferenceSession(str(network), settings, providers=["CPUExecutionProvider"])

    def _read(self, texts: Sequence[str]) -> Floats:
        """As Chroma reads: the mean of all words, of length one."""
        tokenizer, network = self._network
        read = tokenizer.encode_batch([text.encode("utf-8", "ignore").decode() for text in texts])
        made, first = [], 0
        while first < len(read):
            last = first + 1
            while last < len(read) and (last - first + 1) * max(map(len, read[first : last + 1])) <= AT_ONCE:
                last += 1
            made.append(self._run(network, read[first:last]))
            first = last
        return np.concatenate(made)

    @staticmethod
    def _run(network: Any, read: Sequence[Any]) -> Floats:
        longest = max(map(len, read))
        ids, mask = np.zeros((len(read), longest), np.int64), np.zeros((len(read), longest), np.int64)
        for row, one in enumerate(read):
            ids[row, : len(one)], mask[row, : len(one)] = one.ids, 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        hidden = network.run(None, {each.name: given[each.name] for each in network.get_inputs()})[0]
        mean = (hidden * mask[..., None]).sum(1) / np.maximum(mask.sum(1, keepdims=True), 1)
        unit: Floats = (mean / (np.linalg.norm(mean, axis=1, keepdims=True) + 1e-12)).astype(np.float32)
        return unit


def _own_folder() -> Path:
    """Where Chroma keeps what it has fetched."""
    return Path.home() / ".cache" / "chroma" / "onnx_models" / "all-MiniLM-L6-v2" / "onnx"
